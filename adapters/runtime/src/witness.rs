//! Showing the guard what the application answered, without changing it.
//!
//! Most responses are told when their head is there. Where a rule is about bodies, the adapter shows the first bytes as they
//! pass, and the guard is told when it has seen enough, or when the body ends or is given up. Nothing is ever held back.

use std::fmt;
use std::sync::Arc;

use portcullis_core::{Engine, Headers, Served, Ticket};

use crate::guard::Guard;

/// Copies what passes of a response, and tells the guard when it is dropped.
pub struct Witness {
    guard: Guard,
    engine: Arc<Engine>,
    ticket: Ticket,
    status: u16,
    cost: u32,
    prefix: usize,
    seen: Vec<u8>,
}

impl Guard {
    /// The head of a response is there: tell the guard, or give what has to watch its body pass. A switch of protocols is no
    /// response to be told about. `cost` is what the handler says that the response costs; one without it.
    #[must_use]
    pub fn witness(
        &self,
        engine: &Arc<Engine>,
        ticket: &Ticket,
        status: u16,
        headers: &dyn Headers,
        cost: Option<u32>,
    ) -> Option<Witness> {
        let cost = cost.unwrap_or(1);
        if status == 101 {
            return None;
        }
        let Some(prefix) = engine.watches(ticket, headers) else {
            self.served(engine, ticket, &Served { status, body: None, cost });
            return None;
        };
        Some(Witness {
            guard: self.clone(),
            engine: Arc::clone(engine),
            ticket: *ticket,
            status,
            cost,
            prefix,
            seen: Vec::new(),
        })
    }
}

impl Witness {
    /// Copy what the guard wants to see. Returns whether it has seen enough: then drop this.
    pub fn see(&mut self, data: &[u8]) -> bool {
        let room = self.prefix - self.seen.len();
        self.seen.extend_from_slice(&data[..data.len().min(room)]);
        self.seen.len() == self.prefix
    }
}

impl Drop for Witness {
    fn drop(&mut self) {
        let served = Served { status: self.status, body: Some(&self.seen), cost: self.cost };
        self.guard.served(&self.engine, &self.ticket, &served);
    }
}

impl fmt::Debug for Witness {
    /// Without what was seen: it is the application's.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Witness").field("status", &self.status).finish_non_exhaustive()
    }
}
