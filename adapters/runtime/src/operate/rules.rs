//! Dynamic rules: replaces the engine, sends the commands to the store once, sends events, and restores the base.
//!
//! [`portcullis_core::compat::rules`] interprets a document. Rules expire when the engine is next used after their end, or
//! by [`Guard::expire_rules`]: no timer is needed.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use portcullis_core::compat::rules::{
    DocumentEffects, DocumentOutcome, IgnoreReason, RuleDocument, StoreCommand,
};
use portcullis_core::config::ConfigErrors;
use portcullis_core::state::{Batch, MAX_OPS, Op, Reply};
use portcullis_core::{Engine, Timestamp};

use crate::guard::{Guard, NO_EXPIRY};
use crate::telemetry::sink::Context;

/// The result of a document of rules.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RulesOutcome {
    /// The document was ignored.
    Ignore(IgnoreReason),
    /// The document is in force.
    #[non_exhaustive]
    InForce {
        /// Parts that were dropped, and why.
        warnings: Vec<String>,
        /// Bans that the store rejected, and commands that it did not receive.
        undone: usize,
    },
}

impl Guard {
    /// The engine in force. A request keeps the engine it started with.
    #[must_use]
    pub fn engine(&self) -> Arc<Engine> {
        self.expire_if_due();
        self.0.engine.load_full()
    }

    /// Apply a document of rules to the base configuration, in place of the previous one. Bans and unbans are sent to the store
    /// once for each id and version.
    ///
    /// # Errors
    /// The resulting configuration is invalid, alone or with the registered policies; then nothing has changed.
    pub async fn apply_rules(&self, document: &RuleDocument) -> Result<RulesOutcome, ConfigErrors> {
        // The lock keeps the commands of two documents in order, however long the store takes.
        let _lock = self.0.document_lock.lock().await;
        let now = self.0.clock.now();
        let applied = match self.receive(document, now)? {
            DocumentOutcome::Ignore(why) => return Ok(RulesOutcome::Ignore(why)),
            DocumentOutcome::Apply(applied) => *applied,
        };
        let DocumentEffects { commands, mut events, warnings, .. } = applied;
        self.0.report_events(&mut events, &Context::new(&self.engine(), now));
        let mut undone = 0;
        for commands in commands.chunks(MAX_OPS) {
            undone += self.send_commands(commands, now).await;
        }
        Ok(RulesOutcome::InForce { warnings, undone })
    }

    /// The rules in force.
    #[must_use]
    pub fn rules(&self) -> Option<RuleDocument> {
        self.expire_if_due();
        self.0.lock_rules().current().cloned()
    }

    /// Whether rules were in force and have expired: the base configuration is restored.
    ///
    /// # Errors
    /// A registered policy that is invalid without the rules; then they stay in force.
    pub fn expire_rules(&self) -> Result<bool, ConfigErrors> {
        let now = self.0.clock.now();
        let mut rules = self.0.lock_rules();
        let mut next = rules.clone();
        let Some(base) = next.expire(now) else {
            // The rules were replaced, or the clock stepped back, since the caller compared the end.
            self.0.rules_end.store(next.ends_at().map_or(NO_EXPIRY, Timestamp::as_millis), Ordering::Release);
            return Ok(false);
        };
        let engine = self.0.engine.load_full().recompile(base)?;
        self.0.engine.store(Arc::new(engine));
        self.0.rules_end.store(NO_EXPIRY, Ordering::Release);
        *rules = next;
        Ok(true)
    }

    /// Expire rules whose end has passed, before the engine is used. Compiling takes a while: one request does it, and
    /// concurrent requests use the old engine meanwhile.
    pub(crate) fn expire_if_due(&self) {
        let end = self.0.rules_end.load(Ordering::Acquire);
        if end == NO_EXPIRY || self.0.clock.now().as_millis() < end {
            return;
        }
        if self.0.rules_end.compare_exchange(end, NO_EXPIRY, Ordering::AcqRel, Ordering::Acquire).is_err() {
            return;
        }
        if let Err(errors) = self.expire_rules() {
            // Reported once: the next reload or document tries again.
            tracing::error!(target: "portcullis", "the dynamic rules cannot end and stay in force: {errors}");
        }
    }

    fn receive(&self, document: &RuleDocument, now: Timestamp) -> Result<DocumentOutcome, ConfigErrors> {
        let mut rules = self.0.lock_rules();
        let mut next = rules.clone();
        let received = next.receive(document, now)?;
        if let DocumentOutcome::Apply(applied) = &received {
            let engine =
                self.0.engine.load_full().recompile(applied.config.clone())?.with_rules(next.current());
            self.0.engine.store(Arc::new(engine));
            let end = next.ends_at().map_or(NO_EXPIRY, Timestamp::as_millis);
            self.0.rules_end.store(end, Ordering::Release);
        }
        *rules = next;
        Ok(received)
    }

    /// Send the commands of a document to the store; returns how many failed.
    async fn send_commands(&self, commands: &[StoreCommand], now: Timestamp) -> usize {
        let mut batch = Batch::new(now);
        // A chunk has at most `MAX_OPS` commands.
        for command in commands {
            batch.push(command.op);
        }
        let Ok(replies) = self.0.apply_remote(&batch).await else { return commands.len() };
        let mut undone = commands.len().saturating_sub(replies.len());
        for (command, reply) in commands.iter().zip(&replies) {
            let done = matches!(command.op, Op::Unban { .. }) || matches!(reply, Reply::Banned(_));
            undone += usize::from(!done);
            if let Some(event) = command.done.clone().filter(|_| done) {
                self.0.send_event(event);
            }
        }
        undone
    }
}
