use super::*;
use crate::Head;
use crate::event::EventKind;

const OLD: &str = "application/csp-report";
const NEW: &str = "Application/Reports+JSON; charset=utf-8";

#[test]
fn the_older_document_is_read() {
    let body = r#"{"csp-report": {"document-uri": "https://a.test/page?token=secret#part", "referrer": "x",
        "violated-directive": "script-src 'self'", "blocked-uri": "https://evil.test/x.js?y=z",
        "source-file": "https://a.test/app.js#1", "line-number": 12, "script-sample": "alert(1)"}}"#;
    let reports = parse_csp_report(OLD, body.as_bytes()).unwrap();
    let expected = CspReport {
        document_uri: "https://a.test/page".into(),
        violated_directive: "script-src 'self'".into(),
        blocked_uri: "https://evil.test/x.js".into(),
        source_file: Some("https://a.test/app.js".into()),
        line_number: Some(12),
    };
    assert_eq!(reports, [expected]);
}

#[test]
fn reports_of_the_reporting_api_are_read_and_others_left_out() {
    let body = r#"[{"type": "deprecation", "body": {}},
        {"type": "csp-violation", "body": {"documentURL": "https://a.test/", "effectiveDirective": "img-src",
         "blockedURL": "data:image/png;base64,AAAA", "lineNumber": -1}},
        {"type": "csp-violation"}]"#;
    let reports = parse_csp_report(NEW, body.as_bytes()).unwrap();
    assert_eq!(reports.len(), 1);
    assert_eq!((reports[0].blocked_uri.as_str(), reports[0].line_number), ("data:image/png", None));
    assert_eq!(reports[0].source_file, None);
}

#[test]
fn a_report_is_bounded_in_every_direction() {
    let one =
        format!(r#"{{"type":"csp-violation","body":{{"documentURL":"https://{}"}}}}"#, "a".repeat(1000));
    let many = format!("[{}]", vec![one.as_str(); 40].join(","));
    let reports = parse_csp_report(NEW, many.as_bytes()).unwrap();
    assert_eq!((reports.len(), reports[0].document_uri.len()), (MAX_REPORTS, EVENT_TEXT));
    let long = vec![b' '; MAX_CSP_REPORT + 1];
    assert_eq!(parse_csp_report(OLD, &long), Err(CspReportError::Length));
    let deep = "[".repeat(MAX_CSP_REPORT);
    assert_eq!(parse_csp_report(NEW, deep.as_bytes()), Err(CspReportError::Malformed));
}

#[test]
fn what_is_no_report_is_rejected() {
    for (content_type, body, expected) in [
        ("application/json", "{}", CspReportError::Type),
        ("", "{}", CspReportError::Type),
        (OLD, "", CspReportError::Malformed),
        (OLD, "{}", CspReportError::Malformed),
        (OLD, r#"{"csp-report": "x"}"#, CspReportError::Malformed),
        (NEW, "{}", CspReportError::Malformed),
    ] {
        assert_eq!(parse_csp_report(content_type, body.as_bytes()), Err(expected), "{content_type} {body}");
    }
}

#[test]
fn fields_of_odd_types_are_as_good_as_missing() {
    let body = r#"{"csp-report": {"document-uri": 7, "blocked-uri": null, "line-number": "12", "source-file": "",
        "effective-directive": "img-src\n\u202e"}}"#;
    let report = &parse_csp_report(OLD, body.as_bytes()).unwrap()[0];
    assert_eq!((report.document_uri.as_str(), report.line_number), ("", None));
    assert_eq!(report.source_file, None);
    assert!(!report.violated_directive.contains(['\n', '\u{202e}']));
}

#[test]
fn an_event_says_none_where_there_is_no_file() {
    let engine = crate::Config::default().compile().unwrap();
    let request = http::Request::post("/csp")
        .header("content-type", OLD)
        .extension(core::net::IpAddr::from([192, 0, 2, 7]));
    let (parts, ()) = request.body(()).unwrap().into_parts();
    let body = br#"{"csp-report": {"violated-directive": "img-src"}}"#;
    let events = engine.csp_violations(&Head::from(&parts), body).unwrap();
    assert_eq!((events[0].kind, events[0].action), (EventKind::CspViolation, "logged"));
    assert_eq!(events[0].address, Some([192, 0, 2, 7].into()));
    assert!(events[0].metadata.contains(&("source_file", "None".into())));
    let mut config = crate::Config::default();
    config.events.muted = vec![EventKind::CspViolation];
    let muted = config.compile().unwrap();
    assert!(muted.csp_violations(&Head::from(&parts), body).unwrap().is_empty());
    assert_eq!(muted.csp_violations(&Head::from(&parts), b"").unwrap_err().status(), 400);
}

#[test]
fn an_event_keeps_secrets_of_the_reporting_request_to_itself() {
    let engine = crate::Config::default().compile().unwrap();
    let request = http::Request::post("/csp;token=s3cr3t")
        .header("content-type", OLD)
        .header("user-agent", "app password=s3cr3t")
        .extension(core::net::IpAddr::from([192, 0, 2, 7]));
    let (parts, ()) = request.body(()).unwrap().into_parts();
    let events = engine.csp_violations(&Head::from(&parts), br#"{"csp-report": {}}"#).unwrap();
    assert!(!format!("{events:?}").contains("s3cr3t"), "{events:?}");
}
