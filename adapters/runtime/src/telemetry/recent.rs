//! The number of recent events about a client, for enriched events.
//!
//! Counted by this process, by time span and for a bounded number of clients; no decision depends on it.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};

use portcullis_core::Timestamp;

/// The length of a span, in seconds.
const SPAN: u64 = 300;
/// The maximum number of clients in one span; the count of any other client is 1.
const MAX_CLIENTS: usize = 10_000;

/// The span that an instant is in.
pub(crate) const fn span(at: Timestamp) -> u64 {
    at.as_millis() / 1000 / SPAN
}

/// Events by client in one span.
#[derive(Debug, Default)]
pub(crate) struct RecentEvents(Mutex<(u64, HashMap<IpAddr, u32>)>);

impl RecentEvents {
    /// Count an event about `client`, and return the count of its span.
    pub(crate) fn count(&self, client: IpAddr, at: Timestamp) -> u32 {
        let mut recent = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (current, clients) = &mut *recent;
        if *current != span(at) {
            (*current, *clients) = (span(at), HashMap::new());
        }
        if clients.len() >= MAX_CLIENTS && !clients.contains_key(&client) {
            return 1;
        }
        let count = clients.entry(client).or_default();
        *count = count.saturating_add(1);
        *count
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flood_of_clients_takes_no_more_room_and_the_count_starts_anew() {
        let (recent, now) = (RecentEvents::default(), Timestamp::from_millis(SPAN * 1000));
        let many = u32::try_from(MAX_CLIENTS).unwrap() + 5;
        let clients: Vec<IpAddr> = (0..many).map(|client| IpAddr::from(client.to_be_bytes())).collect();
        for _ in 0..2 {
            for client in &clients {
                recent.count(*client, now);
            }
        }
        assert_eq!(recent.0.lock().unwrap().1.len(), MAX_CLIENTS);
        assert_eq!((recent.count(clients[0], now), recent.count(clients[MAX_CLIENTS], now)), (3, 1));
        assert_eq!(recent.count(clients[0], Timestamp::from_millis(2 * SPAN * 1000)), 1);
    }
}
