//! Showing the guard what the application answered, without changing it.
//!
//! Most responses are told when their head is there. Where a rule is about bodies, the adapter shows the first bytes as they
//! pass, and the guard is told when it has seen enough, or when the body ends or is given up. Nothing is ever held back.

use std::fmt;

use portcullis_core::{HeaderFields, ResponseInfo, Timestamp};

use crate::guard::Guard;
use crate::request::exchange::Exchange;

/// Copies what passes of a response, and tells the guard when it is dropped.
pub struct ResponseObserver {
    admission: Exchange,
    status: u16,
    cost: u32,
    prefix: usize,
    seen: Vec<u8>,
}

impl Guard {
    /// The head of a response is there: count it, or give what has to watch its body pass.
    pub(crate) fn observer(
        &self,
        admission: &Exchange,
        status: u16,
        headers: &dyn HeaderFields,
        cost: Option<u32>,
        now: Timestamp,
    ) -> Option<ResponseObserver> {
        let cost = cost.unwrap_or(1);
        if status == 101 {
            return None;
        }
        let (engine, ticket) = (admission.engine(), admission.ticket());
        let Some(prefix) = engine.watches(ticket, headers) else {
            self.served_at(engine, ticket, &ResponseInfo { status, body: None, cost }, now);
            return None;
        };
        Some(ResponseObserver { admission: admission.clone(), status, cost, prefix, seen: Vec::new() })
    }
}

impl ResponseObserver {
    /// Copy what the guard wants to see. Returns whether it has seen enough: then drop this.
    pub fn observe(&mut self, data: &[u8]) -> bool {
        let room = self.prefix - self.seen.len();
        self.seen.extend_from_slice(&data[..data.len().min(room)]);
        self.seen.len() == self.prefix
    }
}

impl Drop for ResponseObserver {
    fn drop(&mut self) {
        let served = ResponseInfo { status: self.status, body: Some(&self.seen), cost: self.cost };
        let admission = &self.admission;
        admission.guard().served(admission.engine(), admission.ticket(), &served);
    }
}

impl fmt::Debug for ResponseObserver {
    /// Without what was seen: it is the application's.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Witness").field("status", &self.status).finish_non_exhaustive()
    }
}
