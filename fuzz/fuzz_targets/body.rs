//! A body of any kind, charset and coding, in any chunks: no panic, the same verdict as for one chunk, the bytes returned
//! unchanged, and twice the body for at most twice the work.
#![no_main]

use arbitrary::Arbitrary;
use bytes::Bytes;
use libfuzzer_sys::fuzz_target;
use portcullis_core::fuzzing::work_at_most_doubles;
use portcullis_core::{
    ByteSize, Config, Engine, Feed, Head, NextStep, Peer, RequestSlot, Scratch, Step, Timestamp, Verdict,
};

#[derive(Arbitrary, Debug)]
struct Post<'a> {
    kind: Kind<'a>,
    coding: Coding,
    cuts: [u16; 3],
    body: &'a [u8],
}

#[derive(Arbitrary, Clone, Copy, Debug)]
enum Kind<'a> {
    Form,
    Json,
    Multipart,
    Nested,
    Xml,
    Graphql,
    Utf16,
    ShiftJis,
    Image,
    Other(&'a str),
}

#[derive(Arbitrary, Clone, Copy, Debug)]
enum Coding {
    Plain,
    Gzip,
    Deflate,
    Brotli,
    Both,
}

impl Post<'_> {
    fn headers(&self) -> Vec<(&str, &str)> {
        let kind = match self.kind {
            Kind::Form => "application/x-www-form-urlencoded",
            Kind::Json => "application/json",
            Kind::Multipart => "multipart/form-data; boundary=x",
            Kind::Nested => "multipart/mixed; boundary=\"y\"; charset=utf-16",
            Kind::Xml => "text/xml",
            Kind::Graphql => "application/graphql",
            Kind::Utf16 => "application/json; charset=utf-16",
            Kind::ShiftJis => "application/x-www-form-urlencoded; charset=shift_jis",
            Kind::Image => "image/png",
            Kind::Other(kind) => kind,
        };
        let coding = match self.coding {
            Coding::Plain => "identity",
            Coding::Gzip => "gzip",
            Coding::Deflate => "deflate",
            Coding::Brotli => "br",
            Coding::Both => "gzip, br",
        };
        vec![("content-type", kind), ("content-encoding", coding)]
    }

    /// The verdict, and the returned body if it was read.
    fn send(&self, engine: &Engine, cuts: &[usize]) -> (Verdict, Option<Vec<u8>>) {
        let headers = self.headers();
        let head = Head::new("POST", "/", &headers).peer(Peer::Address([192, 0, 2, 7].into())).has_body(true);
        let mut scratch = Scratch::new();
        let mut slot = RequestSlot::new();
        let mut admitted = match engine.begin(head, Timestamp::from_millis(0), &mut scratch, &mut slot) {
            Step::Done(done) => return (done.into_verdict(), None),
            Step::State(need) => need.resume(Err(portcullis_core::state::Unavailable)),
            Step::Continue(admitted) => admitted,
        };
        let mut replay = None;
        loop {
            admitted = match admitted {
                NextStep::Done(done) => return (done.into_verdict(), replay),
                NextStep::Body(need) => {
                    let inspected = feed(need, self.body, cuts);
                    replay = Some(inspected.replay.to_vec());
                    inspected.next
                }
                NextStep::Punish(need) => {
                    return (need.resume(Err(portcullis_core::state::Unavailable)), replay);
                }
                NextStep::Verify(_) | NextStep::Hook(_) => unreachable!("no policy"),
            }
        }
    }
}

fn feed<'s, 'r>(
    mut need: portcullis_core::NeedBody<'s, 'r>,
    body: &[u8],
    cuts: &[usize],
) -> portcullis_core::BodyOutcome<'s, 'r> {
    let mut from = 0;
    for to in cuts.iter().copied().chain([body.len()]) {
        need = match need.push(Bytes::copy_from_slice(&body[from..to])) {
            Feed::More(need) => need,
            Feed::Complete(need) => return need.finish(),
            Feed::Ready(inspected) => return inspected,
        };
        from = to;
    }
    need.finish()
}

fuzz_target!(|post: Post<'_>| {
    let mut config = Config::default();
    config.body.limit = ByteSize::kib(64);
    config.body.inflate_limit = ByteSize::kib(64);
    let engine = config.compile().expect("a valid configuration");
    let mut cuts = post.cuts.map(|cut| usize::from(cut) % (post.body.len() + 1));
    cuts.sort_unstable();
    let (whole, replay) = post.send(&engine, &[]);
    let (pieces, cut_replay) = post.send(&engine, &cuts);
    assert_eq!(whole.status(), pieces.status());
    assert_eq!(whole.finding, pieces.finding);
    assert_eq!(whole.coverage, pieces.coverage);
    if post.body.len() <= 64 << 10 {
        assert!(replay.is_none_or(|replay| replay == post.body));
        assert!(cut_replay.is_none_or(|replay| replay == post.body));
    }
    if let Coding::Plain = post.coding {
        work_at_most_doubles(post.body, |body| drop(Post { body, ..post }.send(&engine, &[])));
    }
});
