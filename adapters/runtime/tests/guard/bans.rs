//! Operator bans.

use std::time::Duration;

use portcullis_core::event::EventKind;
use portcullis_core::net::Cidr;
use portcullis_runtime::{BanEntry, BanError, Config, Guard, MemoryStore};

use crate::support::{FakeStore, NOW, Request, StoreMode, builder, config, denial};

const MINUTE: Duration = Duration::from_secs(60);

fn cidr(text: &str) -> Cidr {
    text.parse().unwrap()
}

#[tokio::test]
async fn a_ban_acts_on_the_next_request_and_ends() {
    let (builder, clock, _) = builder(config(|_| {}));
    let guard = builder.build().unwrap();
    assert_eq!(Request::clean().status(&guard).await, None);
    assert_eq!(guard.ban(cidr("198.51.100.0/24"), MINUTE).await, Ok(NOW.after(MINUTE)));
    assert_eq!(Request::clean().status(&guard).await, Some(403));
    assert_eq!(Request::clean().from([198, 51, 101, 7]).status(&guard).await, None);
    clock.advance(MINUTE - Duration::from_millis(1));
    assert_eq!(Request::clean().status(&guard).await, Some(403));
    clock.advance(Duration::from_millis(1));
    assert_eq!(Request::clean().status(&guard).await, None);
}

#[tokio::test]
async fn unban_removes_only_the_same_network() {
    let (builder, _, _) = builder(config(|_| {}));
    let guard = builder.build().unwrap();
    guard.ban(cidr("198.51.100.0/24"), MINUTE).await.unwrap();
    guard.unban(cidr("198.51.100.7")).await.unwrap();
    assert_eq!(Request::clean().status(&guard).await, Some(403), "the network is still banned");
    guard.unban(cidr("198.51.100.0/24")).await.unwrap();
    assert_eq!(Request::clean().status(&guard).await, None);
    assert_eq!(guard.unban(cidr("203.0.113.1")).await, Ok(()), "lifting what is not there is done already");
}

#[tokio::test]
async fn defect_03_strikes_count_for_all_guards_of_a_store() {
    let [one, other] = sharing_a_store(&config(|config| config.ban.threshold = 3));
    assert_eq!(Request::attack().status(&one).await, Some(400));
    assert_eq!(Request::attack().status(&other).await, Some(400));
    let third = denial(Request::attack().check(&one).await).unwrap();
    assert_eq!((third.status, third.body.as_str()), (403, "IP has been banned"));
    assert_eq!(Request::clean().status(&other).await, Some(403));
}

#[tokio::test]
async fn defect_29_unban_applies_to_all_guards_of_a_store() {
    let [one, other] = sharing_a_store(&config(|_| {}));
    one.ban(cidr("198.51.100.7"), MINUTE).await.unwrap();
    assert_eq!(Request::clean().status(&other).await, Some(403));
    one.unban(cidr("198.51.100.7")).await.unwrap();
    assert_eq!(Request::clean().status(&other).await, None);
}

/// Two guards with one store, like two processes.
fn sharing_a_store(config: &Config) -> [Guard; 2] {
    let store = FakeStore::new(StoreMode::Ready);
    [(); 2].map(|()| builder(config.clone()).0.store(store.clone()).build().unwrap())
}

#[tokio::test]
async fn a_shorter_ban_does_not_shorten_a_longer_one() {
    let (builder, _, _) = builder(config(|_| {}));
    let guard = builder.build().unwrap();
    guard.ban(cidr("198.51.100.7"), 2 * MINUTE).await.unwrap();
    assert_eq!(guard.ban(cidr("198.51.100.7"), MINUTE).await, Ok(NOW.after(2 * MINUTE)));
}

#[tokio::test]
async fn what_must_not_be_banned_is_rejected() {
    let (builder, _, _) =
        builder(config(|config| config.client.trusted_proxies = vec!["10.0.0.0/8".parse().unwrap()]));
    let guard = builder.build().unwrap();
    for target in ["127.0.0.1", "::1", "10.1.2.3", "10.0.0.0/7", "0.0.0.0/0", "::/0", "::ffff:127.0.0.1"] {
        let error = guard.ban(cidr(target), MINUTE).await.unwrap_err();
        assert_eq!(error, BanError::Protected(cidr(target)), "{target}");
        assert!(error.to_string().contains("contains loopback or a trusted proxy"), "{error}");
    }
    assert_eq!(guard.ban(cidr("192.0.2.1"), Duration::ZERO).await, Err(BanError::ZeroTerm));
    assert_eq!(BanError::ZeroTerm.to_string(), "a ban must last longer than zero");
    guard.reload(config(|_| {})).unwrap();
    assert!(guard.ban(cidr("10.1.2.3"), MINUTE).await.is_ok(), "no longer a proxy");
}

#[tokio::test]
async fn a_ban_without_room_or_store_is_an_error() {
    let small = MemoryStore::builder().max_bans(1).shards(1).build();
    let guard = Guard::builder(config(|_| {})).store(small).build().unwrap();
    guard.ban(cidr("192.0.2.1"), MINUTE).await.unwrap();
    assert_eq!(guard.ban(cidr("192.0.2.2"), MINUTE).await, Err(BanError::NoRoom));
    assert_eq!(Request::clean().from([192, 0, 2, 1]).status(&guard).await, Some(403), "the old one stays");

    let guard = Guard::builder(config(|_| {})).store(FakeStore::new(StoreMode::Fail)).build().unwrap();
    assert_eq!(guard.ban(cidr("192.0.2.1"), MINUTE).await, Err(BanError::Unavailable));
    assert_eq!(guard.unban(cidr("192.0.2.1")).await, Err(BanError::Unavailable));
}

#[tokio::test]
async fn sinks_receive_operator_bans() {
    let (builder, _, sink) = builder(config(|_| {}));
    let guard = builder.store(MemoryStore::builder().max_bans(1).shards(1).build()).build().unwrap();
    guard.ban(cidr("192.0.2.1"), MINUTE).await.unwrap();
    guard.unban(cidr("192.0.2.1")).await.unwrap();
    guard.ban_because(cidr("192.0.2.0/24"), MINUTE, "a scanner").await.unwrap();
    guard.ban(cidr("198.51.100.1"), MINUTE).await.unwrap_err();
    guard.ban(cidr("127.0.0.1"), MINUTE).await.unwrap_err();
    let events = sink.events();
    let events_of_bans: Vec<_> =
        events.iter().map(|event| (event.kind.name(), event.action, event.reason.as_str())).collect();
    assert_eq!(
        events_of_bans,
        [
            ("ip_banned", "banned", "manual"),
            ("ip_unbanned", "unbanned", "manual"),
            ("ip_banned", "banned", "a scanner"),
            (
                "ip_ban_failed",
                "ban_not_applied",
                "Ban of 198.51.100.1 rejected: the ban budget of the store is used up"
            ),
        ]
    );
    assert_eq!(events[0].address, Some([192, 0, 2, 1].into()));
    assert_eq!(events[0].metadata, [("duration", 60_u64.into())]);
    assert_eq!((events[2].address, &events[2].metadata[0]), (None, &("network", "192.0.2.0/24".into())));
}

#[tokio::test]
async fn muted_bans_are_not_reported() {
    let (builder, _, sink) = builder(config(|config| config.events.muted = vec![EventKind::IpBanned]));
    let guard = builder.build().unwrap();
    guard.ban(cidr("192.0.2.1"), MINUTE).await.unwrap();
    guard.unban(cidr("192.0.2.1")).await.unwrap();
    let kinds: Vec<_> = sink.events().iter().map(|event| event.kind.name()).collect();
    assert_eq!(kinds, ["ip_unbanned"]);
}

#[tokio::test]
async fn bans_are_listed_and_looked_up() {
    let (builder, clock, _) = builder(config(|_| {}));
    let guard = builder.build().unwrap();
    guard.ban(cidr("192.0.2.0/24"), MINUTE).await.unwrap();
    guard.ban(cidr("198.51.100.1"), 2 * MINUTE).await.unwrap();
    let listed = |bans: Vec<BanEntry>| -> Vec<_> {
        bans.iter().map(|ban| (ban.target.to_string(), ban.until)).collect()
    };
    let (short, long) = (NOW.after(MINUTE), NOW.after(2 * MINUTE));
    assert_eq!(
        listed(guard.bans(10).await.unwrap()),
        [("198.51.100.1".into(), long), ("192.0.2.0/24".into(), short)]
    );
    assert_eq!((guard.bans(1).await.unwrap().len(), guard.bans(0).await.unwrap().len()), (1, 0));
    assert_eq!(guard.bans(usize::MAX).await.unwrap().len(), 2);
    assert_eq!(guard.is_banned([192, 0, 2, 77].into()).await, Ok(Some(short)));
    assert_eq!(guard.is_banned([192, 0, 3, 77].into()).await, Ok(None));
    clock.advance(MINUTE);
    assert_eq!(guard.is_banned([192, 0, 2, 77].into()).await, Ok(None));
    assert_eq!(listed(guard.bans(10).await.unwrap()), [("198.51.100.1".into(), long)]);
}

#[tokio::test]
async fn a_store_without_list_bans_is_an_error() {
    let (builder, _, _) = builder(config(|_| {}));
    let guard = builder.store(FakeStore::new(StoreMode::Fail)).build().unwrap();
    assert_eq!(guard.bans(10).await, Err(BanError::Unsupported));
    assert_eq!(guard.is_banned([192, 0, 2, 1].into()).await, Err(BanError::Unavailable));
}
