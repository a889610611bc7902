//! Attack detection in messages of long-lived connections, such as WebSockets.
//!
//! [`Engine::inspect_message`] only returns a finding. It counts no strike, writes no event and closes no connection,
//! because a message has no verdict: the caller decides what follows from a finding.

use core::net::IpAddr;

use super::Engine;
use crate::body::binary::{self, Noise};
use crate::body::buffers::Buffers;
use crate::body::walk::Value;
use crate::budget::WorkBudget;
use crate::check::inspector::{InspectFlow, Inspector};
use crate::checks::Check;
use crate::config::StrikeReason;
use crate::config::policy::{Bypass, PolicyHandle};
use crate::detect::lang::json;
use crate::detect::{ClassSet, Finding, Input, Location};
use crate::request::scratch::Scratch;
use crate::rules::skips::SkipSet;
use crate::state::{Batch, ClientKey, Subject};
use crate::time::Timestamp;

impl Engine {
    /// The first attack in a message that was received on a connection with this policy.
    ///
    /// Inspects the keys and strings of JSON, the runs of text of a binary message, as of uploaded files, and any other
    /// message as one text, with its noise and without it. The policy applies as to a body, except for exclusions with a
    /// path: a message has no path. Rules in shadow report nothing.
    ///
    /// ```
    /// use portcullis_core::{Config, Scratch};
    ///
    /// let engine = Config::default().compile()?;
    /// let mut scratch = Scratch::new();
    /// let finding = engine.inspect_message(None, br#"{"text": "<script>alert(1)</script>"}"#, &mut scratch).unwrap();
    /// assert_eq!((finding.class.name(), finding.name.as_str()), ("xss", "text"));
    /// assert!(engine.inspect_message(None, br#"{"text": "1 < 2, isn't it?"}"#, &mut scratch).is_none());
    /// # Ok::<(), portcullis_core::config::ConfigErrors>(())
    /// ```
    #[must_use]
    pub fn inspect_message(
        &self,
        policy: Option<PolicyHandle>,
        message: &[u8],
        scratch: &mut Scratch,
    ) -> Option<Finding> {
        let rules = &self.rules.detect;
        let policy = policy.and_then(|handle| self.policy(handle));
        let enabled = policy.and_then(|policy| policy.source.detect).unwrap_or(rules.enabled);
        let skips = policy.map(|policy| policy.skips).unwrap_or_default();
        let bypassed = skips.intersects(SkipSet::bypass(Bypass::Penetration));
        if !enabled || bypassed {
            return None;
        }
        scratch.trim();
        let Scratch { scanner, buffers, .. } = scratch;
        let budget = WorkBudget::unlimited();
        let mut inspector = Inspector::of(rules, policy, scanner, &budget);
        if !json::looks_like_json(message) {
            return inspect_text(&mut inspector, buffers, message).break_value().map(|finding| *finding);
        }
        let mut has_bare_words = false;
        let mut text = buffers.take();
        let mut found = json::walk(message, &mut text, None, &mut |leaf| {
            has_bare_words |= leaf.is_bare;
            let location = if leaf.is_key { Location::JsonKey } else { Location::Json };
            let input = Input { location, name: leaf.name, value: leaf.value };
            inspector.inspect_value(&Value { input, content: leaf.after, classes: ClassSet::ALL })
        });
        buffers.give(text);
        // Not valid JSON: the handler may read it as one text.
        if found.is_continue() && has_bare_words {
            found = inspector.inspect(Location::Message, b"", message);
        }
        let mut finding = *found.break_value()?;
        finding.mask_secrets_of(message, &rules.sensitive);
        Some(finding)
    }

    /// Whether messages of `client` are inspected on a connection with this policy. Like requests, they are not if the
    /// allow list of the configuration contains the client and the route has no allow list of its own.
    #[must_use]
    pub fn inspects_messages_from(&self, policy: Option<PolicyHandle>, client: IpAddr) -> bool {
        let lists = policy.and_then(|handle| self.policy(handle)).map(|policy| &policy.lists);
        lists.is_some_and(|lists| !lists.allow.is_empty()) || !self.rules.lists.allow.contains(client)
    }

    /// The strikes for an attack in a message, as for one in a request. Pass the replies of the store to
    /// [`Engine::events_for_replies`]. In report-only mode strikes are counted without a ban.
    #[must_use]
    pub fn strikes_for_message(&self, client: IpAddr, finding: &Finding, now: Timestamp) -> Batch {
        let key = ClientKey::new(client, self.rules.ipv6_prefix);
        let network = Some(key.network()).filter(|_| !self.is_report_only(Check::SuspiciousActivity));
        let mut batch = Batch::new(now);
        let reason = StrikeReason::Attack(finding.class);
        self.rules.ban.strike_subject(&mut batch, Subject::Client(key), network, reason);
        batch
    }
}

/// Inspect a message that is no JSON. A handler may replace invalid bytes and read on, so noise is inspected as text.
fn inspect_text(inspector: &mut Inspector<'_>, buffers: &mut Buffers, message: &[u8]) -> InspectFlow {
    let mut inspect = |value: &[u8], classes: ClassSet| {
        let input = Input { location: Location::Message, name: b"", value };
        inspector.inspect_value(&Value { input, content: b"", classes })
    };
    let stripped_classes = match Noise::of(message) {
        Noise::Clean => return inspect(message, ClassSet::ALL),
        Noise::Binary => {
            return binary::runs(message).try_for_each(|run| inspect(run.text, run.classes));
        }
        Noise::Noisy => {
            inspect(message, ClassSet::ALL)?;
            if binary::has_much_noise(message) {
                binary::long_runs(message).try_for_each(|run| inspect(run, ClassSet::ALL))?;
            }
            ClassSet::IN_NOISE
        }
        Noise::Mixed => {
            binary::mixed_runs(message).try_for_each(|run| inspect(run, ClassSet::ALL))?;
            ClassSet::IN_FILES
        }
    };
    let mut text = buffers.take();
    binary::strip(message, &mut text);
    let found = inspect(&text, stripped_classes);
    buffers.give(text);
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::policy::RoutePolicy;
    use crate::config::{Config, Exclude, Pattern, PatternLocation};
    use crate::detect::Class;

    const ATTACK: &[u8] = b"1' union select password from users--";

    fn inspect(
        engine: &Engine,
        policy: Option<PolicyHandle>,
        message: &[u8],
    ) -> Option<(Location, std::string::String)> {
        let finding = engine.inspect_message(policy, message, &mut Scratch::new());
        finding.map(|finding| (finding.location, finding.name))
    }

    #[test]
    fn a_message_is_json_or_one_text() {
        let engine = Config::default().compile().unwrap();
        assert_eq!(inspect(&engine, None, ATTACK), Some((Location::Message, "".into())));
        let json = br#"[{"id": "1' union select password from users--"}]"#;
        assert_eq!(inspect(&engine, None, json), Some((Location::Json, "id".into())));
        let key = br#"{"<script>alert(1)</script>": 1}"#;
        assert_eq!(inspect(&engine, None, key).unwrap().0, Location::JsonKey);
        let torn = br#"{"a": 1} <script>alert(1)</script>"#;
        assert!(inspect(&engine, None, torn).is_some());
        for benign in [&b"hello, it's me"[..], br#"{"op": "subscribe", "id": 7}"#, b"", b"ping"] {
            assert_eq!(inspect(&engine, None, benign), None);
        }
    }

    #[test]
    fn odd_bytes_do_not_hide_a_text() {
        let engine = Config::default().compile().unwrap();
        for odd in [&b"\xff\xfe"[..], b"\x00\x01", &[0x90; 100]] {
            assert!(inspect(&engine, None, &[odd, ATTACK, odd].concat()).is_some(), "{odd:?}");
        }
        let json = br#"{"id": "1' union select password from users--", "x": "PLACE"}"#;
        let json =
            json.iter().map(|byte| if *byte == b'P' { 0xff } else { *byte }).collect::<std::vec::Vec<u8>>();
        assert_eq!(inspect(&engine, None, &json), Some((Location::Json, "id".into())));
        // In a file, short text is a fragment.
        assert_eq!(inspect(&engine, None, b"\x89PNG\r\n\x1a\n\xff$(id)\x80' or 1=1\x00"), None, "a file");
        assert!(inspect(&engine, None, b"\xff\x80\x81\x82' or 1=1\x00\x00\x00").is_some(), "no file");
    }

    #[test]
    fn the_policy_of_the_route_holds() {
        let engine = Config::default().compile().unwrap();
        let json = br#"{"sql": "1' union select password from users--"}"#;
        let field = Exclude { field: Some("sql".into()), ..Exclude::default() };
        let below = Exclude { path: Some("/ws".into()), class: Some(Class::Sqli), ..Exclude::default() };
        let cases = [
            ("excluded", RoutePolicy::new().exclude(field), true),
            ("path", RoutePolicy::new().exclude(below), false),
            ("off", RoutePolicy::new().detect(false), true),
            ("classes", RoutePolicy::new().classes([Class::Xss]), true),
            ("bypassed", RoutePolicy::new().bypass(Bypass::Penetration), true),
            ("same", RoutePolicy::new(), false),
        ];
        for (name, policy, passes) in cases {
            let (engine, handle) = engine.with_policy(name, &policy).unwrap();
            assert_eq!(inspect(&engine, Some(handle), json).is_none(), passes, "{name}");
            let other = br#"{"other": "<script>alert(1)</script>"}"#;
            let off = matches!(name, "off" | "bypassed");
            assert_eq!(inspect(&engine, Some(handle), other).is_none(), off, "{name}");
        }
    }

    #[test]
    fn the_operators_patterns_apply_where_bodies_are_meant() {
        let mut config = Config::default();
        config.detect.pattern =
            std::vec![Pattern::new("acme-1", "drop the bass").locations([PatternLocation::Body])];
        let engine = config.compile().unwrap();
        let finding = engine.inspect_message(None, b"please drop the bass", &mut Scratch::new()).unwrap();
        assert_eq!((&*finding.rule, finding.class.name(), finding.span), ("acme-1", "custom", (7, 20)));
        let mut config = engine.config().clone();
        config.detect.pattern[0].locations = std::vec![PatternLocation::Query];
        assert_eq!(inspect(&config.compile().unwrap(), None, b"please drop the bass"), None);
    }

    #[test]
    fn rules_in_shadow_find_nothing() {
        let mut config = Config::default();
        config.detect.shadow = std::vec!["sqli".into()];
        let engine = config.compile().unwrap();
        assert_eq!(inspect(&engine, None, ATTACK), None);
        assert!(inspect(&engine, None, b"<script>alert(1)</script>").is_some());
    }

    #[test]
    fn an_attack_in_a_message_costs_what_one_in_a_request_does() {
        use crate::state::model::Model;
        use crate::state::reduce::reduce;
        use crate::state::{Op, Reply};

        let client = IpAddr::from([198, 51, 100, 7]);
        let (mut config, now) = (Config::default(), Timestamp::from_millis(0));
        config.ban.threshold = 2;
        for (passive, banned) in [(false, true), (true, false)] {
            config.passive = passive;
            let engine = config.clone().compile().unwrap();
            let finding = engine.inspect_message(None, ATTACK, &mut Scratch::new()).unwrap();
            let mut store = Model::default();
            reduce(&mut store, &engine.strikes_for_message(client, &finding, now));
            reduce(&mut store, &engine.strikes_for_message(client, &finding, now));
            let mut look = Batch::new(now);
            look.push(Op::FindBan(client));
            assert_eq!(matches!(reduce(&mut store, &look)[0], Reply::Banned(_)), banned, "{passive}");
        }
    }

    #[test]
    fn messages_of_clients_on_the_allow_list_are_not_inspected() {
        let mut config = Config::default();
        let (allowlisted, stranger) = (IpAddr::from([10, 0, 0, 1]), IpAddr::from([192, 0, 2, 1]));
        config.access.allow = vec!["10.0.0.0/8".parse().unwrap()];
        let engine = config.compile().unwrap();
        let narrow = RoutePolicy::new().allow("10.0.0.1".parse().unwrap());
        let (engine, narrow) = engine.with_policy("narrow", &narrow).unwrap();
        assert!(
            !engine.inspects_messages_from(None, allowlisted)
                && engine.inspects_messages_from(None, stranger)
        );
        assert!(engine.inspects_messages_from(Some(narrow), allowlisted), "a route's own list trusts nobody");
    }
}
