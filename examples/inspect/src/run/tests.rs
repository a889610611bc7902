use std::io;

use super::*;
use crate::input::{Format, open};

/// Records the calls with their requests.
#[derive(Default)]
struct CallRecorder(Vec<(char, u64)>);

impl Replay for CallRecorder {
    fn warm_up_with(&mut self, request: &Request) {
        self.0.push(('w', request.position));
    }

    fn replay(&mut self, request: &Request) -> io::Result<()> {
        self.0.push(('r', request.position));
        Ok(())
    }
}

/// The calls for three requests, with a malformed record before the second.
fn play(warmup: usize) -> Vec<(char, u64)> {
    let path = std::env::temp_dir().join(format!("portcullis-inspect-{}-{warmup}", std::process::id()));
    let request = r#"{"method":"GET","path":"/"}"#;
    std::fs::write(&path, format!("{request}\n?\n{request}\n{request}\n")).unwrap();
    let bar = ProgressBar::hidden();
    let session = Session { requests: open(&path, Format::Jsonl, &bar).unwrap(), warmup, bar: &bar };
    let mut notes = CallRecorder::default();
    assert_eq!(session.play(&mut notes).unwrap(), 1);
    std::fs::remove_file(path).unwrap();
    notes.0
}

#[test]
fn the_first_requests_warm_up_and_all_are_replayed() {
    let all = [('r', 1), ('r', 3), ('r', 4)];
    assert_eq!(play(0), all);
    assert_eq!(play(2), [&[('w', 1), ('w', 3)][..], &all].concat());
    assert_eq!(play(4), [&[('w', 1), ('w', 3), ('w', 4), ('w', 1)][..], &all].concat());
}
