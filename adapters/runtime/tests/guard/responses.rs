//! Reports of rejections to the application, and its changes of responses.

use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use http::header::{CONTENT_TYPE, SERVER};
use http::{HeaderMap, HeaderValue, StatusCode};
use portcullis_core::event::EventKind;
use portcullis_runtime::{
    BlockReport, Check, Config, CspReportError, Guard, GuardBuilder, HookDecision, MutableResponse, Rate,
    RoutePolicy,
};
use portcullis_runtime::{Start, sink::CallbackSink};

use crate::support::{CLIENT, Request, builder, config, denial, header};

/// A generous timeout for an idle thread.
const SOON: Duration = Duration::from_secs(10);

fn with_reports(builder: GuardBuilder) -> (Guard, Receiver<BlockReport>) {
    let (sender, receiver) = channel();
    let guard = builder.on_block(move |blocked| sender.send(blocked).unwrap()).build().unwrap();
    (guard, receiver)
}

#[tokio::test]
async fn a_rejection_is_reported_once_with_its_response() {
    let (guard, blocked) = with_reports(builder(Config::default()).0);
    assert_eq!(Request::clean().status(&guard).await, None);
    let rejected = denial(Request::attack().check(&guard).await).unwrap();
    let report = blocked.recv_timeout(SOON).unwrap();
    assert_eq!(
        (report.check, report.status_code, report.passive_mode),
        (Check::SuspiciousActivity, Some(400), false)
    );
    assert_eq!(
        (report.client_ip, report.path.as_str(), report.method.as_str()),
        (Some(CLIENT), "/items", "GET")
    );
    assert_eq!(report.reference, Some(rejected.reference));
    assert!(!report.trigger_info.is_empty() && report.reason.ends_with(&report.trigger_info), "{report:?}");
    drop(guard);
    assert!(blocked.recv().is_err(), "reported once, and no report of a clean request");
}

#[tokio::test]
async fn secrets_in_a_path_and_in_a_user_agent_are_not_reported() {
    let config = config(|config| config.access.deny_user_agents = vec!["probe".into()]);
    let (builder, _, sink) = builder(config);
    let (guard, blocked) = with_reports(builder);
    let request = Request {
        path: "/reset/token=s3cr3t/\u{202e}x",
        headers: vec![("user-agent", "probe password=s3cr3t")],
        ..Request::clean()
    };
    assert_eq!(request.status(&guard).await, Some(403));
    let report = blocked.recv_timeout(SOON).unwrap();
    assert_eq!(report.path, "/reset/[REDACTED]/\\u{202e}x");
    assert_eq!(report.reason, "Blocked user agent: [REDACTED]");
    let events = sink.events();
    assert!(!events.is_empty() && !format!("{events:?}").contains("s3cr3t"), "{events:?}");
}

#[tokio::test]
async fn passive_mode_reports_every_check_without_a_status() {
    let config = config(|config| {
        config.passive = true;
        config.rate.limit = Some(Rate::per_minute(1));
    });
    let (guard, blocked) = with_reports(builder(config).0);
    for _ in 0..2 {
        assert_eq!(Request::attack().status(&guard).await, None);
    }
    let report: Vec<_> = (0..3).map(|_| blocked.recv_timeout(SOON).unwrap()).collect();
    let checks: Vec<_> = report.iter().map(|report| report.check).collect();
    assert_eq!(checks, [Check::SuspiciousActivity, Check::RateLimit, Check::SuspiciousActivity]);
    assert!(report.iter().all(|report| report.passive_mode && report.status_code.is_none()));
    assert!(report[1].reason.starts_with("Rate limit exceeded") && report[1].trigger_info.is_empty());
}

#[tokio::test]
async fn defect_17_hooks_that_reject_and_hooks_that_fail_are_reported_too() {
    let (builder, ..) = builder(Config::default());
    let builder = builder
        .hook("no", |_| async { HookDecision::Deny(StatusCode::IM_A_TEAPOT, "teapot".into()) })
        .hook("broken", |_| async { HookDecision::Fail });
    let (guard, blocked) = with_reports(builder);
    for (name, status) in [("no", 418), ("broken", 500)] {
        let policy = guard.policy(name, RoutePolicy::new().validator(name)).unwrap();
        assert_eq!(Request::policy(policy).status(&guard).await, Some(status));
        let report = blocked.recv_timeout(SOON).unwrap();
        assert_eq!((report.check, report.status_code), (Check::CustomValidators, Some(status)));
    }
}

#[tokio::test]
async fn a_callback_that_panics_is_called_again() {
    let (sender, receiver) = channel();
    let mut first = true;
    let (builder, ..) = builder(Config::default());
    let guard = builder
        .on_block(move |blocked: BlockReport| {
            assert!(!std::mem::take(&mut first), "the first one is too much");
            sender.send(blocked.check).unwrap();
        })
        .build()
        .unwrap();
    for _ in 0..2 {
        Request::attack().status(&guard).await;
    }
    assert_eq!(receiver.recv_timeout(SOON), Ok(Check::SuspiciousActivity));
    let missed = guard.missed_blocks().unwrap();
    assert_eq!((missed.count(), missed.panicked()), (0, 1));
}

#[tokio::test]
async fn a_sink_whose_callback_panics_gets_the_next_event() {
    let (sender, receiver) = channel();
    let mut first = true;
    let sink = CallbackSink::new(move |event| {
        assert!(!std::mem::take(&mut first), "the first one is too much");
        sender.send(event.kind).unwrap();
    });
    let sink = sink.unwrap();
    let dropped = sink.dropped();
    let guard = builder(Config::default()).0.sink(sink).build().unwrap();
    for _ in 0..2 {
        Request::attack().status(&guard).await;
    }
    assert_eq!(receiver.recv_timeout(SOON), Ok(EventKind::PenetrationAttempt));
    assert_eq!((dropped.count(), dropped.panicked()), (0, 1));
}

#[tokio::test]
async fn a_modifier_changes_rejections_and_responses() {
    let (builder, ..) = builder(Config::default());
    let guard = builder
        .modify(|response: &mut MutableResponse<'_>| {
            response.headers.insert(SERVER, HeaderValue::from_static("edge"));
            response.headers.remove("x-frame-options");
            if let Some(rejection) = &mut response.rejection {
                *response.status = StatusCode::NOT_FOUND;
                *rejection.body = format!("{} said no", rejection.check.name());
            }
        })
        .build()
        .unwrap();
    let rejected = denial(Request::attack().check(&guard).await).unwrap();
    assert_eq!((rejected.status, rejected.body.as_str()), (404, "suspicious_activity said no"));
    assert_eq!((header(&rejected, "server"), header(&rejected, "x-frame-options")), (Some("edge"), None));
    let reference = rejected.reference.to_string();
    assert_eq!(header(&rejected, "x-reference-id"), Some(reference.as_str()));
    let (mut status, mut headers) = (StatusCode::OK, HeaderMap::new());
    guard.modify(&mut status, &mut headers);
    assert_eq!((status, headers.len()), (StatusCode::OK, 1));
}

#[tokio::test]
async fn a_modifier_that_panics_changes_nothing() {
    let (builder, ..) = builder(Config::default());
    let guard = builder
        .modify(|response: &mut MutableResponse<'_>| {
            response.headers.clear();
            *response.status = StatusCode::OK;
            panic!("half done");
        })
        .build()
        .unwrap();
    let rejected = denial(Request::attack().check(&guard).await).unwrap();
    assert_eq!((rejected.status, rejected.body.as_str()), (400, "Suspicious activity detected"));
    assert!(header(&rejected, "x-frame-options").is_some());
    let (mut status, mut headers) = (StatusCode::CREATED, HeaderMap::new());
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/plain"));
    guard.modify(&mut status, &mut headers);
    assert_eq!((status, headers.len()), (StatusCode::CREATED, 1));
}

#[tokio::test]
async fn what_passive_mode_would_have_rejected_is_not_modified() {
    let (builder, ..) = builder(config(|config| config.passive = true));
    let guard = builder.modify(|_: &mut MutableResponse<'_>| panic!("never called")).build().unwrap();
    assert!(Request::attack().check(&guard).await.is_ok());
}

#[tokio::test]
async fn a_preflight_is_an_answer_and_no_rejection() {
    let config = config(|config| config.cors.enabled = true);
    let (builder, _, sink) = builder(config);
    let guard = builder.modify(|_: &mut MutableResponse<'_>| panic!("never called")).build().unwrap();
    let mut request = Request::clean();
    request.headers = vec![("origin", "https://a.test"), ("access-control-request-method", "PUT")];
    let head = request.head().method("OPTIONS");
    let Start::Decided(Err(answer)) = guard.arrive().start(head, None) else { panic!("not answered") };
    assert_eq!((answer.status.as_u16(), answer.body.as_str(), answer.rejection), (200, "OK", None));
    assert!(sink.events().is_empty());
    assert_eq!(sink.records()[0].0.status, None);
}

#[tokio::test]
async fn headers_applied_is_reported_at_intervals() {
    let (builder, clock, sink) = builder(Config::default());
    let guard = builder.build().unwrap();
    for _ in 0..2 {
        Request::clean().status(&guard).await;
    }
    assert!(sink.events().is_empty(), "there is no event at the start");
    clock.advance(Duration::from_secs(300));
    for _ in 0..2 {
        Request { path: "/reset;token=s3cr3t", ..Request::clean() }.status(&guard).await;
    }
    let events = sink.events();
    assert!(!format!("{events:?}").contains("s3cr3t"), "{events:?}");
    assert_eq!(events.len(), 1);
    assert_eq!((events[0].kind, events[0].action), (EventKind::SecurityHeadersApplied, "headers_added"));
    assert!(events[0].metadata.contains(&("has_csp", false.into())));
}

#[tokio::test]
async fn reports_of_browsers_become_events() {
    let (builder, _, sink) = builder(Config::default());
    let guard = builder.build().unwrap();
    let mut request = Request::clean();
    request.headers = vec![("content-type", "application/csp-report")];
    let body = br#"{"csp-report": {"violated-directive": "img-src", "blocked-uri": "inline"}}"#;
    assert_eq!(guard.csp_report(&request.head(), body), Ok(1));
    assert_eq!(sink.events()[0].kind, EventKind::CspViolation);
    assert_eq!(guard.csp_report(&request.head(), b"{"), Err(CspReportError::Malformed));
    assert!(sink.events().is_empty());
}
