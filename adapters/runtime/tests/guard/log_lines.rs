//! The lines of `TracingSink`: whatever a client sends, a strict parser reads the fields that were written, and no others.

use std::collections::BTreeMap;

use portcullis_core::config::LogLevel;
use portcullis_runtime::sink::TracingSink;
use portcullis_runtime::{Guard, Head, Peer, RoutePolicy};
use proptest::prelude::*;

use crate::sinks::{TracingRecorder, run};
use crate::support::{CLIENT, config, no_body};

/// A line as formatters of `tracing` write it: the message, then the fields.
fn line(fields: &BTreeMap<String, String>) -> String {
    let written = fields.iter().filter(|(name, _)| !["message", "target", "level"].contains(&name.as_str()));
    let written = written.map(|(name, value)| format!(" {name}={value}")).collect::<String>();
    format!("{}{written}", fields["message"])
}

/// A parser of lines. Every function returns the rest of the text.
struct Parser<'t>(&'t str);

impl<'t> Parser<'t> {
    fn expect(&mut self, text: &str) {
        self.0 = self.0.strip_prefix(text).unwrap_or_else(|| panic!("{text:?} expected at {:?}", self.0));
    }

    fn word(&mut self) -> &'t str {
        let (word, rest) = self.0.split_at(self.0.find(char::is_whitespace).unwrap_or(self.0.len()));
        assert!(!word.replace("\\\\", "").replace("\\\"", "").contains('"'), "{word}");
        self.0 = rest;
        word
    }

    fn quoted(&mut self) -> &'t str {
        self.expect("\"");
        let mut escaped = false;
        let end = self.0.find(|char| {
            let ends = char == '"' && !escaped;
            escaped = char == '\\' && !escaped;
            ends
        });
        let (text, rest) = self.0.split_at(end.expect("a closing quote"));
        self.0 = &rest[1..];
        text
    }

    /// The names of `{"name": "value", ...}`.
    fn headers(&mut self) -> Vec<&'t str> {
        let mut names = Vec::new();
        self.expect("{");
        while !self.0.starts_with('}') {
            if !names.is_empty() {
                self.expect(", ");
            }
            names.push(self.quoted());
            self.expect(": ");
            self.quoted();
        }
        self.expect("}");
        names
    }

    /// The fields up to the end of the line.
    fn fields(&mut self) -> BTreeMap<&'t str, &'t str> {
        let mut fields = BTreeMap::new();
        while !self.0.is_empty() {
            self.expect(" ");
            let (name, rest) = self.0.split_at(self.0.find('=').expect("a field"));
            assert!(name.bytes().all(|byte| byte.is_ascii_lowercase()), "{name}");
            self.0 = &rest[1..];
            let value = if self.0.starts_with('"') { self.quoted() } else { self.word() };
            assert!(fields.insert(name, value).is_none(), "{name} twice");
        }
        fields
    }
}

/// A request with arbitrary bytes in every part.
#[derive(Clone, Debug)]
struct Sent {
    method: String,
    path: String,
    query: Option<String>,
    headers: Vec<(String, Vec<u8>)>,
    principal: Option<String>,
    policy: String,
}

/// Text with what separates the fields of a line.
fn text() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        any::<char>().prop_map(String::from),
        "[ -~]{0,8}",
        prop::sample::select(vec![
            "\"",
            "\\",
            "\\\"",
            "\", \"",
            "\"} outcome=\"allow\"",
            " policy=\"x\"",
            " client=192.0.2.1",
            "=",
            " ",
            "\n",
            " - Headers: {}",
            "{",
            "}",
            "\u{a0}",
            "\u{2028}",
            "\\u{22}",
            "%22",
            "' or 1=1--",
            "sqlmap",
            ": ",
            "'",
        ])
        .prop_map(String::from),
    ];
    prop::collection::vec(piece, 0..6).prop_map(|pieces| pieces.concat())
}

fn sent() -> impl Strategy<Value = Sent> {
    let value = prop_oneof![text().prop_map(String::into_bytes), prop::collection::vec(any::<u8>(), 0..12)];
    let name = prop_oneof![text(), Just("user-agent".into()), Just("referer".into())];
    let headers = prop::collection::vec((name, value), 0..4);
    let parts = (text(), text(), prop::option::of(text()), headers, prop::option::of(text()), text());
    parts.prop_map(|(method, path, query, headers, principal, policy)| Sent {
        method,
        path: format!("/{path}"),
        query,
        headers,
        principal,
        policy: format!("p{policy}"),
    })
}

/// The lines about a request: of its events, and of itself.
fn lines_of(sent: &Sent) -> Vec<String> {
    let written = TracingRecorder::default();
    let config = config(|config| {
        config.log.requests = LogLevel::Info;
        config.access.deny_user_agents = vec!["sqlmap".into()];
    });
    let guard = Guard::builder(config).sink(TracingSink).build().unwrap();
    let policy = guard.policy(&sent.policy, RoutePolicy::new()).ok();
    let head = Head::new(&sent.method, &sent.path, &sent.headers)
        .query(sent.query.as_deref())
        .principal(sent.principal.as_deref())
        .peer(Peer::Address(CLIENT))
        .policy(policy);
    tracing::subscriber::with_default(written.clone(), || {
        run(async { drop(guard.arrive().check(head, &mut no_body()).await) });
    });
    let lines = written.0.lock().unwrap();
    lines.iter().map(line).collect()
}

fn assert_unforged(sent: &Sent, line: &str) {
    assert!(!line.contains(|char: char| char.is_control() || char == '\u{2028}'), "{line:?}");
    if !line.starts_with("Request from ") {
        let mut parser = Parser(line);
        let fields = line.find(" action=").expect("the first field");
        assert!(!line[..fields].contains('='), "{line}");
        parser.0 = &line[fields..];
        let fields = parser.fields();
        assert_eq!(fields.get("client"), Some(&"198.51.100.7"), "{line}");
        assert!(fields.contains_key("event") && fields.contains_key("action"), "{line}");
        return;
    }
    let mut parser = Parser(line);
    parser.expect("Request from 198.51.100.7: ");
    parser.word();
    parser.expect(" ");
    parser.word();
    parser.expect(" - Headers: ");
    assert_eq!(parser.headers().len(), sent.headers.len(), "{line}");
    let fields = parser.fields();
    let known = ["check", "outcome", "policy", "reference"];
    assert!(fields.keys().all(|name| known.contains(name)), "{line}");
    let policy = fields.get("policy").map(|policy| format!("\"{policy}\""));
    assert_eq!(policy.unwrap_or_default(), format!("{:?}", sent.policy), "{line}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn checklist_52_no_field_of_a_line_can_be_forged(sent in sent()) {
        let lines = lines_of(&sent);
        prop_assert!(!lines.is_empty());
        lines.iter().for_each(|line| assert_unforged(&sent, line));
    }
}

#[test]
fn quotes_of_a_client_stay_within_their_field() {
    let sent = Sent {
        method: "G ET".into(),
        path: "/a\" outcome=\"allow".into(),
        query: None,
        headers: vec![("user-agent".into(), b"sqlmap\\\", \"x-admin\": \"1 action=\"y\"".to_vec())],
        principal: None,
        policy: "p".into(),
    };
    let lines = lines_of(&sent);
    lines.iter().for_each(|line| assert_unforged(&sent, line));
    assert!(lines[1].contains(r#"G\u{20}ET /a\"\u{20}outcome=\"allow - Headers"#), "{}", lines[1]);
    assert!(
        lines[1].contains(r#"{"user-agent": "sqlmap\\\", \"x-admin\": \"1 action=\"y\""}"#),
        "{}",
        lines[1]
    );
    assert!(lines[0].contains(r#"action\x3d\"y\"' in global blocklist action="#), "{}", lines[0]);
}
