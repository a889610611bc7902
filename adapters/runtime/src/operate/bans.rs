//! Operator bans: ban, unban, look up and list. Sinks receive an event for each change.

use std::fmt;
use std::net::IpAddr;
use std::time::Duration;

use portcullis_core::Timestamp;
use portcullis_core::event::{Event, EventKind};
use portcullis_core::net::Cidr;
use portcullis_core::state::{Batch, ListBansError, Op, Reply};
use tokio::time::timeout;

use crate::guard::Guard;

/// The maximum number of bans that [`Guard::bans`] lists.
pub const MAX_LISTED: usize = 10_000;
/// The deadline of a store that lists its bans.
const LIST_DEADLINE: Duration = Duration::from_secs(5);

/// A ban in force.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct BanEntry {
    /// The banned network.
    pub target: Cidr,
    /// The end of the ban.
    pub until: Timestamp,
}

impl Guard {
    /// Ban a network or address from now on for `term`, and return the end of the ban. A longer ban in force stays. Sinks
    /// receive an `ip_banned` with the reason `manual`.
    ///
    /// # Errors
    /// A protected target, a term of zero, a store that is unavailable or full.
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
                self.0.send_event(event);
                Ok(until)
            }
            Some(_) => {
                let reason = format!("Ban of {target} rejected: the ban budget of the store is used up");
                let mut event = about(target, EventKind::IpBanFailed, "ban_not_applied", &reason);
                event.metadata.push(("ip_address", target.to_string().into()));
                self.0.send_event(event);
                Err(BanError::NoRoom)
            }
            None => Err(BanError::Unavailable),
        }
    }

    /// Remove the ban of exactly this network or address. Sinks receive an `ip_unbanned`, whether or not there was a ban.
    ///
    /// # Errors
    /// A store that is unavailable.
    pub async fn unban(&self, target: Cidr) -> Result<(), BanError> {
        let unban = Op::Unban { target: target.network() };
        self.operate(unban).await.ok_or(BanError::Unavailable)?;
        let mut event = about(target, EventKind::IpUnbanned, "unbanned", "manual");
        event.metadata.push(("action", "unban".into()));
        self.0.send_event(event);
        Ok(())
    }

    /// The end of the ban of `address`, by itself or with a network around it.
    ///
    /// # Errors
    /// A store that is unavailable.
    pub async fn is_banned(&self, address: IpAddr) -> Result<Option<Timestamp>, BanError> {
        match self.operate(Op::FindBan(address)).await {
            Some(Reply::Banned(until)) => Ok(Some(until)),
            Some(_) => Ok(None),
            None => Err(BanError::Unavailable),
        }
    }

    /// Bans in force, sorted by their ends, the latest first: at most `limit` of them, and at most [`MAX_LISTED`]. Where there
    /// are more, the store chooses which it lists.
    ///
    /// # Errors
    /// A store that is unavailable, or does not list bans.
    pub async fn bans(&self, limit: usize) -> Result<Vec<BanEntry>, BanError> {
        let limit = limit.min(MAX_LISTED);
        let listing = self.0.store.list_bans(self.0.clock.now(), limit);
        let listed = timeout(LIST_DEADLINE, listing).await.unwrap_or(Err(ListBansError::Unavailable));
        let listed = listed.map_err(|error| match error {
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

/// An event about a ban. The event of a network has no address.
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

/// Why a ban was not applied, removed or found.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum BanError {
    /// The target contains loopback or a trusted proxy.
    Protected(Cidr),
    /// A ban of zero length.
    ZeroTerm,
    /// The store's ban budget is used up; existing bans stay.
    NoRoom,
    /// The store did not reply.
    Unavailable,
    /// The store cannot list its bans.
    Unsupported,
}

impl fmt::Display for BanError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Protected(target) => {
                write!(f, "`{target}` contains loopback or a trusted proxy and is never banned")
            }
            Self::ZeroTerm => f.write_str("a ban must last longer than zero"),
            Self::NoRoom => f.write_str("the ban budget of the store is used up; raise it or remove bans"),
            Self::Unavailable => f.write_str("the state store did not reply"),
            Self::Unsupported => f.write_str("this store cannot list its bans; look up single addresses"),
        }
    }
}

impl std::error::Error for BanError {}
