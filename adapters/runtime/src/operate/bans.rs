//! Bans by hand: pronounce, lift, look up and list them. Sinks hear of what changed.

use std::fmt;
use std::net::IpAddr;
use std::time::Duration;

use portcullis_core::Timestamp;
use portcullis_core::event::{Event, EventKind};
use portcullis_core::net::Cidr;
use portcullis_core::state::{Batch, ListBansError, Op, Reply};
use tokio::time::timeout;

use crate::guard::Guard;

/// The most bans that [`Guard::bans`] lists.
pub const MAX_LISTED: usize = 10_000;
/// How long a store may take to list its bans.
const LIST_DEADLINE: Duration = Duration::from_secs(5);

/// A ban in force.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct BanEntry {
    /// Who is banned.
    pub target: Cidr,
    /// Until when.
    pub until: Timestamp,
}

impl Guard {
    /// Ban a network or address from now on for `term`, and say until when. A longer ban in force stays. Sinks get an
    /// `ip_banned` with the reason `manual`.
    ///
    /// # Errors
    /// A target that must not be banned, a term of zero, a store that does not answer or has no room.
    pub async fn ban(&self, target: Cidr, term: Duration) -> Result<Timestamp, BanError> {
        self.ban_because(target, term, "manual").await
    }

    /// [`Guard::ban`] with a reason for the event.
    ///
    /// # Errors
    /// As for [`Guard::ban`].
    pub async fn ban_because(
        &self,
        target: Cidr,
        term: Duration,
        reason: &str,
    ) -> Result<Timestamp, BanError> {
        if term.is_zero() {
            return Err(BanError::ZeroTerm);
        }
        if !self.engine().may_ban(target.network()) {
            return Err(BanError::Protected(target));
        }
        let ban = Op::Ban { target: target.network(), term };
        match self.operate(ban).await {
            Some(Reply::Banned(until)) => {
                let mut event = about(target, EventKind::IpBanned, "banned", reason);
                event.metadata.push(("duration", term.as_secs().into()));
                self.0.tell_one(event);
                Ok(until)
            }
            Some(_) => {
                let reason = format!("Ban of {target} refused: the ban budget of the store is used up");
                let mut event = about(target, EventKind::IpBanFailed, "ban_not_applied", &reason);
                event.metadata.push(("ip_address", target.to_string().into()));
                self.0.tell_one(event);
                Err(BanError::NoRoom)
            }
            None => Err(BanError::Unavailable),
        }
    }

    /// Lift the ban of exactly this network or address. Sinks get an `ip_unbanned`, whether or not there was one.
    ///
    /// # Errors
    /// A store that does not answer.
    pub async fn unban(&self, target: Cidr) -> Result<(), BanError> {
        let unban = Op::Unban { target: target.network() };
        self.operate(unban).await.ok_or(BanError::Unavailable)?;
        let mut event = about(target, EventKind::IpUnbanned, "unbanned", "manual");
        event.metadata.push(("action", "unban".into()));
        self.0.tell_one(event);
        Ok(())
    }

    /// Until when `address` is banned, by itself or with a network around it.
    ///
    /// # Errors
    /// A store that does not answer.
    pub async fn is_banned(&self, address: IpAddr) -> Result<Option<Timestamp>, BanError> {
        match self.operate(Op::Banned(address)).await {
            Some(Reply::Banned(until)) => Ok(Some(until)),
            Some(_) => Ok(None),
            None => Err(BanError::Unavailable),
        }
    }

    /// Bans in force, the ones that last longest first: at most `limit` of them, and at most [`MAX_LISTED`]. Where there
    /// are more, which ones are listed is up to the store.
    ///
    /// # Errors
    /// A store that does not answer, or cannot list.
    pub async fn bans(&self, limit: usize) -> Result<Vec<BanEntry>, BanError> {
        let limit = limit.min(MAX_LISTED);
        let listing = self.0.store.list_bans(self.0.clock.now(), limit);
        let listed = timeout(LIST_DEADLINE, listing).await.unwrap_or(Err(ListBansError::Unavailable));
        let listed = listed.map_err(|unlisted| match unlisted {
            ListBansError::Unsupported => BanError::Unsupported,
            _ => BanError::Unavailable,
        })?;
        let entry = |(network, until)| BanEntry { target: Cidr::from(network), until };
        let mut bans: Vec<BanEntry> = listed.into_iter().take(limit).map(entry).collect();
        bans.sort_unstable_by(|a, b| (b.until, a.target).cmp(&(a.until, b.target)));
        Ok(bans)
    }

    async fn operate(&self, op: Op) -> Option<Reply> {
        let mut batch = Batch::new(self.0.clock.now());
        batch.push(op);
        let replies = self.0.apply_remote(&batch).await.ok()?;
        replies.first().copied()
    }
}

/// An event about a ban. One of a network has no address.
fn about(target: Cidr, kind: EventKind, action: &'static str, reason: &str) -> Event {
    let mut event = Event::new(kind, action, "ip_ban", reason.into());
    let network = target.network();
    if network.prefix_len() == network.max_prefix_len() {
        event.address = Some(network.addr());
    } else {
        event.metadata.push(("network", target.to_string().into()));
    }
    event
}

/// Why a ban was not applied, lifted or found.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum BanError {
    /// The target holds the machine itself or a trusted proxy.
    Protected(Cidr),
    /// A ban of no length.
    ZeroTerm,
    /// The store's ban budget is used up; existing bans stay.
    NoRoom,
    /// The store did not answer.
    Unavailable,
    /// The store cannot list its bans.
    Unsupported,
}

impl fmt::Display for BanError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Protected(target) => {
                write!(f, "`{target}` holds the loopback or a trusted proxy and is never banned")
            }
            Self::ZeroTerm => f.write_str("a ban must last longer than zero"),
            Self::NoRoom => f.write_str("the ban budget of the store is used up; raise it or lift bans"),
            Self::Unavailable => f.write_str("the state store did not answer"),
            Self::Unsupported => f.write_str("this store cannot list its bans; look up single addresses"),
        }
    }
}

impl std::error::Error for BanError {}
