//! Client-controlled text in findings and events: masked where it is secret, bounded, and without control characters.

use portcullis_core::event::{Event, MetaValue};
use portcullis_core::{BodyRule, ByteSize, Check, Verdict};

use crate::support::{Request, SCRIPT, SQL, Store, engine, with_policy};

fn excerpt(request: &Request) -> String {
    let engine = engine(|config| config.detect.sensitive = vec!["PIN".into()]);
    let verdict = request.run(&engine, &Store::default());
    assert_eq!(verdict.status(), Some(400), "{request:?}");
    verdict.finding.unwrap().excerpt
}

fn texts(event: &Event) -> Vec<&str> {
    let metadata = event.metadata.iter().filter_map(|(_, value)| match value {
        MetaValue::Text(text) => Some(text.as_ref()),
        _ => None,
    });
    let named = [&event.user_agent, &event.endpoint, &event.method].map(Option::as_deref);
    let named = named.into_iter().chain([event.pattern.as_deref()]).flatten();
    metadata.chain(named).chain([event.reason.as_str()]).collect()
}

#[test]
fn values_of_sensitive_names_stay_out_of_excerpts() {
    let secret = format!("hunter2{SQL}");
    for request in [
        Request::get(&format!("/?password={secret}")),
        Request::get(&format!("/?PassWord={secret}")),
        Request::get(&format!("/?pin={secret}")),
        Request::get("/").header("Authorization", &secret),
        Request::get("/").header("cookie", format!("a=b; SESSION={secret}")),
        Request::post("/", "application/json", format!("{{\"user\": {{\"token\": \"{secret}\"}}}}")),
        Request::post("/", "application/json", format!("{{\"token\": [1, [\"{secret}\"]]}}")),
        Request::post("/", "application/x-www-form-urlencoded", format!("secret={secret}")),
    ] {
        assert_eq!(excerpt(&request), "[masked]");
        let engine = engine(|config| config.detect.sensitive = vec!["pin".into()]);
        let verdict = request.run(&engine, &Store::default());
        let output = format!("{:?} {:?}", verdict.events, verdict.finding);
        assert!(!output.contains("hunter2"), "{output}");
    }
    assert!(excerpt(&Request::get(&format!("/?comment={secret}"))).contains("union"));
}

#[test]
fn an_event_names_the_canonical_path_and_keeps_another_spelling() {
    let engine = engine(|config| config.trap.paths = vec!["/old".into()]);
    for (path, raw) in [("/old", None), ("//%6fld;x", Some("//%6fld;x")), ("/OLD/", Some("/OLD/"))] {
        let verdict = Request::get(path).run(&engine, &Store::default());
        assert_eq!(verdict.status(), Some(403), "{path}");
        for event in &verdict.events {
            let expected = if path.contains("OLD") { "/OLD" } else { "/old" };
            assert_eq!(event.endpoint.as_deref(), Some(expected));
            let kept = event.metadata.iter().find(|(name, _)| *name == "raw_path").map(|(_, value)| value);
            assert_eq!(kept, raw.map(MetaValue::from).as_ref(), "{path}");
        }
    }
}

fn assert_printable(verdict: &Verdict) {
    let finding = verdict.finding.as_ref().expect("a finding");
    assert!(finding.excerpt.len() <= 80, "{} bytes: {}", finding.excerpt.len(), finding.excerpt);
    assert!(finding.name.len() <= 64, "{} bytes: {}", finding.name.len(), finding.name);
    for event in &verdict.events {
        assert!(event.user_agent.as_ref().is_none_or(|text| text.len() <= 256));
        assert!(event.endpoint.as_ref().is_none_or(|text| text.len() <= 256));
        assert!(event.method.as_ref().is_none_or(|text| text.len() <= 256));
        for text in texts(event) {
            assert!(text.len() <= 512, "{text}");
            let odd =
                |c: char| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}' | '\u{202a}'..='\u{202e}');
            assert!(!text.contains(odd), "{text:?}");
        }
    }
}

#[test]
fn checklist_44_text_of_the_client_is_bounded_and_printable_wherever_it_appears() {
    let engine = engine(|_| {});
    let paddings: [&[u8]; 6] = [
        b"",
        b"\r\nSet-Cookie: a=b\r\n",
        b"\x1b[31m\x00\x07",
        "\u{202e}\u{2028}\u{85}".as_bytes(),
        b"\xff\xfe\xc3\x28",
        b"\x01",
    ];
    for padding in paddings {
        let many = padding.repeat(400 / padding.len().max(1));
        let around = |attack: &str| [&many[..], attack.as_bytes(), &many[..]].concat();
        let mut request = Request::post("/", "text/plain", around(SCRIPT)).header("user-agent", &many);
        request.path = format!("/{}", String::from_utf8_lossy(&many));
        request.method = format!("P{}", String::from_utf8_lossy(&many));
        let verdict = request.run(&engine, &Store::default());
        assert_eq!(verdict.status(), Some(400), "{padding:?}");
        assert_printable(&verdict);

        let verdict = Request::get("/").header("x-note", around(SQL)).run(&engine, &Store::default());
        assert_eq!(verdict.status(), Some(400), "{padding:?}");
        assert_printable(&verdict);
        assert!(verdict.finding.unwrap().excerpt.contains("union"), "what was found is what is shown");

        let mut request = Request::get("/");
        request.query = Some(format!("{}={SQL}", String::from_utf8_lossy(&many).replace(['=', '&'], "")));
        let verdict = request.run(&engine, &Store::default());
        assert_eq!(verdict.status(), Some(400), "{padding:?}");
        assert_printable(&verdict);
    }
}

#[test]
fn header_bytes_beyond_text_are_inspected() {
    let engine = engine(|_| {});
    for value in [
        [b"\xff\xfe", SCRIPT.as_bytes(), b"\x80"].concat(),
        [b"caf\xe9 ", SQL.as_bytes()].concat(),
        [b"\x00\x01", SCRIPT.as_bytes()].concat(),
    ] {
        let verdict = Request::get("/").header("x-note", &value).run(&engine, &Store::default());
        assert_eq!(verdict.status(), Some(400), "{value:?}");
        assert_eq!(verdict.finding.unwrap().name, "x-note");
    }
}

#[test]
fn names_of_parameters_headers_and_cookies_carry_attacks_too() {
    let engine = engine(|_| {});
    for request in [
        Request::get(&format!("/?{SCRIPT}")),
        Request::get(&format!("/?{SCRIPT}=1")),
        Request::get("/").header("cookie", format!("a={SCRIPT}")),
        Request::get("/").header("cookie", SCRIPT),
        Request::post("/", "application/x-www-form-urlencoded", format!("{SCRIPT}=1")),
        Request::post("/", "application/json", format!("{{\"{SCRIPT}\": 1}}")),
    ] {
        assert_eq!(request.status(&engine, &Store::default()), Some(400), "{request:?}");
    }
}

#[test]
fn a_rejected_body_is_not_echoed() {
    let policy = portcullis_core::RoutePolicy::new().body(BodyRule::Inspect(ByteSize(4)));
    let (engine, handle) = with_policy(&engine(|_| {}), policy);
    let verdict = Request::post("/", "text/plain", SCRIPT).policy(handle).run(&engine, &Store::default());
    let denial = verdict.denial().unwrap();
    assert_eq!((denial.check, denial.body.as_str()), (Check::RequestSizeContent, "Request too large"));
}
