//! Dynamic rules in force: the engine is swapped, the store is told once, sinks hear of it, and the base comes back.
//!
//! What a document means is the core's to say, see [`portcullis_core::compat::rules`]. Rules end when somebody asks for the engine
//! after their end, or calls [`Guard::expire_rules`]: no timer has to run.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use portcullis_core::Timestamp;
use portcullis_core::compat::rules::{
    DocumentEffects, DocumentOutcome, IgnoreReason, RuleDocument, StoreCommand,
};
use portcullis_core::config::ConfigErrors;
use portcullis_core::state::{Batch, MAX_OPS, Op, Reply};

use crate::guard::Guard;
use crate::operate::sink::Context;

/// That no rules in force end.
pub(crate) const NEVER: u64 = u64::MAX;

/// What came of a document of rules.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RulesOutcome {
    /// Nothing.
    Ignore(IgnoreReason),
    /// It is in force.
    #[non_exhaustive]
    InForce {
        /// What was dropped of it, and why.
        warnings: Vec<String>,
        /// Bans that the store did not pronounce, and lifts that it did not hear of.
        undone: usize,
    },
}

impl Guard {
    /// Put a document of rules over the configuration, in place of the one before. Bans and lifts go to the store once for
    /// each id and version.
    ///
    /// # Errors
    /// What it makes of the configuration, or of the registered policies, cannot be served; then nothing has changed.
    pub async fn apply_rules(&self, document: &RuleDocument) -> Result<RulesOutcome, ConfigErrors> {
        // The commands of a document come before those of the next one, however long the store takes.
        let _turn = self.0.orders.lock().await;
        let now = self.0.clock.now();
        let applied = match self.receive(document, now)? {
            DocumentOutcome::Ignore(why) => return Ok(RulesOutcome::Ignore(why)),
            DocumentOutcome::Apply(applied) => *applied,
        };
        let DocumentEffects { commands, mut events, warnings, .. } = applied;
        self.0.report_events(&mut events, &Context::new(&self.engine(), now));
        let mut undone = 0;
        for commands in commands.chunks(MAX_OPS) {
            undone += self.carry_out(commands, now).await;
        }
        Ok(RulesOutcome::InForce { warnings, undone })
    }

    /// The rules in force.
    #[must_use]
    pub fn rules(&self) -> Option<RuleDocument> {
        self.expire_if_due();
        self.0.lock_rules().current().cloned()
    }

    /// Whether rules were in force and have ended: the configuration without them is back.
    ///
    /// # Errors
    /// A registered policy that cannot be served without the rules; then they stay in force.
    pub fn expire_rules(&self) -> Result<bool, ConfigErrors> {
        let now = self.0.clock.now();
        let mut book = self.0.lock_rules();
        let mut next = book.clone();
        let Some(base) = next.expire(now) else {
            // They may have been replaced, or the clock put back, since somebody saw their end.
            self.0.rules_end.store(next.ends_at().map_or(NEVER, Timestamp::as_millis), Ordering::Release);
            return Ok(false);
        };
        let engine = self.0.engine.load_full().recompile(base)?;
        self.0.engine.store(Arc::new(engine));
        self.0.rules_end.store(NEVER, Ordering::Release);
        *book = next;
        Ok(true)
    }

    /// Expire rules whose end has come, on the way to the engine. To compile takes a while: one request does it, and those
    /// beside it are served under the rules until it is done.
    pub(crate) fn expire_if_due(&self) {
        let end = self.0.rules_end.load(Ordering::Acquire);
        if end == NEVER || self.0.clock.now().as_millis() < end {
            return;
        }
        if self.0.rules_end.compare_exchange(end, NEVER, Ordering::AcqRel, Ordering::Acquire).is_err() {
            return;
        }
        if let Err(errors) = self.expire_rules() {
            // Said once: the next reload or document decides anew.
            tracing::error!(target: "portcullis", "the dynamic rules cannot end and stay in force: {errors}");
        }
    }

    fn receive(&self, document: &RuleDocument, now: Timestamp) -> Result<DocumentOutcome, ConfigErrors> {
        let mut book = self.0.lock_rules();
        let mut next = book.clone();
        let received = next.receive(document, now)?;
        if let DocumentOutcome::Apply(applied) = &received {
            let engine = self.0.engine.load_full().recompile(applied.config.clone())?.under(next.current());
            self.0.engine.store(Arc::new(engine));
            let end = next.ends_at().map_or(NEVER, Timestamp::as_millis);
            self.0.rules_end.store(end, Ordering::Release);
        }
        *book = next;
        Ok(received)
    }

    /// Have the store do what a document commands; how many it did not.
    async fn carry_out(&self, commands: &[StoreCommand], now: Timestamp) -> usize {
        let mut batch = Batch::new(now);
        // A chunk holds what a batch can.
        for order in commands {
            batch.push(order.op);
        }
        let Ok(replies) = self.0.apply_remote(&batch).await else { return commands.len() };
        let mut undone = commands.len().saturating_sub(replies.len());
        for (order, reply) in commands.iter().zip(&replies) {
            let done = matches!(order.op, Op::Unban { .. }) || matches!(reply, Reply::Banned(_));
            undone += usize::from(!done);
            if let Some(event) = order.done.clone().filter(|_| done) {
                self.0.tell_one(event);
            }
        }
        undone
    }
}
