//! A request that a framework offers to several routes in a row, and a body that it withholds.

use std::time::Duration;

use portcullis_runtime::{BodyFault, Guard, Rate, RoutePolicy, Start, StoreReplies};

use crate::support::{ChunkedBody, RecordingSink, Request, builder, config, denial};

fn guard() -> (Guard, RecordingSink) {
    let (builder, _, sink) = builder(config(|config| config.rate.limit = Some(Rate::per_minute(2))));
    (builder.build().unwrap(), sink)
}

fn nothing() -> ChunkedBody {
    ChunkedBody { chunks: Vec::new(), pause: Duration::ZERO, fault: None }
}

#[tokio::test]
async fn what_was_counted_for_one_route_is_not_counted_for_the_next_and_its_own_limit_is() {
    let (guard, _) = guard();
    let strict = guard.policy("strict", RoutePolicy::new().rate(Rate::per_minute(1))).unwrap();
    let mut statuses = Vec::new();
    for _ in 0..2 {
        let mut answers = StoreReplies::default();
        for policy in [None, None, Some(strict)] {
            let request = Request { policy, ..Request::clean() };
            let at_once = guard.arrive().start(request.head(), Some(&mut answers));
            let is_decided = matches!(at_once, Start::Decided(_));
            assert_eq!(is_decided, statuses.len() % 3 == 0, "only where nothing is known yet");
            let checked = match at_once {
                Start::Decided(checked) => checked,
                Start::Pending(_) => {
                    guard.arrive().recheck(request.head(), &mut nothing(), &mut answers).await
                }
            };
            statuses.push(denial(checked).map(|denial| denial.status));
        }
    }
    assert_eq!(statuses, [None, None, None, None, None, Some(429)]);
    let third = guard.arrive().check(Request::clean().head(), &mut nothing()).await;
    assert_eq!(denial(third).unwrap().status, 429, "two requests were counted, not six");
}

#[tokio::test]
async fn a_withheld_body_is_rejected_with_advice_unless_the_route_says_otherwise() {
    let (guard, sink) = guard();
    let open = guard.policy("open", RoutePolicy::new().insecure_uninspected_body()).unwrap();
    let mut rejections = Vec::new();
    for policy in [None, Some(open)] {
        let mut body = ChunkedBody { fault: Some(BodyFault::Withheld("read it elsewhere")), ..nothing() };
        let request = Request { policy, has_body: true, ..Request::clean() };
        let checked = guard.arrive().check(request.head(), &mut body).await;
        rejections.push(denial(checked).map(|denial| (denial.status, denial.body)));
    }
    assert_eq!(rejections, [Some((413, "Request too large: read it elsewhere".into())), None]);
    let gaps: Vec<Vec<_>> = sink.records().iter().map(|(record, _)| record.gaps.names().collect()).collect();
    assert_eq!(gaps, [["broken"], ["skipped"]]);
}
