//! The runner: drives a target through a case and reports every difference.

use std::fmt::{Debug, Write as _};
use std::process::ExitCode;

use hmac_sha256::Hash as Sha256;
use libtest_mimic::{Arguments, Failed, Trial};
use portcullis_core::Timestamp;
use portcullis_core::event::MetaValue;

use crate::known_differences::KnownDifferences;
use crate::target::{Observation, Report, Target};
use crate::vector::{Action, Case, Expect, HandlerBody, Rejection, Step, VectorFile, WireRequest};

/// The instant at which every case begins: 2023-11-14T22:13:20Z.
pub const START: u64 = 1_700_000_000_000;
/// Repetitions of a step whose differences are reported: the rest of a repeated request is likely to be the same.
const MAX_DESCRIBED: usize = 3;

/// Constructor of a target for a case.
pub type Build = fn(&Case) -> Result<Box<dyn Target>, String>;

/// Run one case. Differences are described step by step.
///
/// # Errors
/// The description.
pub fn run(case: &Case, target: &mut dyn Target) -> Result<(), String> {
    let mut differences = Vec::new();
    for (index, step) in case.steps.iter().enumerate() {
        let at = Timestamp::from_millis(START.saturating_add_signed(step.at));
        differences.extend(play(index, step, at, target));
        if differences.len() >= MAX_DESCRIBED {
            break;
        }
    }
    if differences.is_empty() { Ok(()) } else { Err(differences.join("\n")) }
}

fn play(index: usize, step: &Step, at: Timestamp, target: &mut dyn Target) -> Vec<String> {
    let mut differences = Vec::new();
    let title = format!("step {index} at {}ms", step.at);
    let rejected = match &step.action {
        Action::Send { request, times } => {
            for time in 1..=*times {
                let observed = target.send(at, request);
                let found = compare(&step.expect, &observed);
                if !found.is_empty() {
                    differences.push(describe(&title, request, time, *times, &found, &observed));
                    break;
                }
            }
            None
        }
        Action::Ban { target: network, term } => Some(!target.ban(at, *network, *term)),
        Action::Unban(network) => {
            target.unban(at, *network);
            Some(false)
        }
        Action::Reload(config) => Some(match &**config {
            Ok(config) => !target.reload(config.clone()),
            Err(_) => true,
        }),
        Action::Rules(document) => Some(!target.rules(at, document)),
    };
    let mut found = Vec::new();
    if let Some(expected) = step.expect.rejected {
        differs(&mut found, "rejected", &Some(expected), &rejected);
    }
    for (addresses, expected) in [(&step.expect.banned, true), (&step.expect.free, false)] {
        for address in addresses {
            differs(&mut found, &format!("{address} is banned"), &expected, &target.is_banned(at, *address));
        }
    }
    if !found.is_empty() {
        differences.push(format!("{title}:\n  {}", found.join("\n  ")));
    }
    differences
}

fn describe(
    title: &str,
    request: &WireRequest,
    time: u32,
    times: u32,
    found: &[String],
    observed: &Observation,
) -> String {
    let mut text = format!("{title}, {} {}", request.method, request.target);
    if times > 1 {
        let _ = write!(text, " ({time} of {times})");
    }
    let body = String::from_utf8_lossy(&observed.body[..observed.body.len().min(200)]);
    let events = observed.report.iter().flat_map(|report| &report.events);
    let reasons: Vec<String> =
        events.map(|event| format!("{}: {}", event.kind.name(), event.reason)).collect();
    let _ = write!(text, ":\n  {}\n  in a response {} {body:?}", found.join("\n  "), observed.status);
    if !reasons.is_empty() {
        let _ = write!(text, "\n  with the events {}", reasons.join("; "));
    }
    text
}

/// Everything about a response that is not as expected, one line each.
fn compare(expect: &Expect, observed: &Observation) -> Vec<String> {
    let mut found = Vec::new();
    differs(&mut found, "status", &expect.status, &Some(observed.status));
    compare_response(&mut found, expect, observed);
    compare_handler(&mut found, expect, observed);
    match &observed.report {
        Some(report) => compare_report(&mut found, expect, report),
        None if expects_report(expect) => found.push("the guard did not check the request".into()),
        None => {}
    }
    if let Some(secret) = &expect.secret {
        let everything = format!("{observed:?}");
        if everything.contains(secret) {
            found.push(format!("the secret {secret:?} was disclosed"));
        }
    }
    found
}

fn compare_response(found: &mut Vec<String>, expect: &Expect, observed: &Observation) {
    let body = String::from_utf8_lossy(&observed.body);
    if let Some(expected) = &expect.body {
        let reference = observed.headers.get("x-reference-id").and_then(|value| value.to_str().ok());
        differs(
            found,
            "body",
            &expected.replace("{reference}", reference.unwrap_or("{reference}")),
            &body.into(),
        );
    } else if let Some(part) = &expect.body_has
        && !body.contains(part)
    {
        found.push(format!("body: {part:?} is not in {body:?}"));
    }
    let all = |name: &str| -> Vec<String> {
        observed
            .headers
            .get_all(name)
            .iter()
            .map(|value| String::from_utf8_lossy(value.as_bytes()).into())
            .collect()
    };
    for (name, value) in &expect.headers {
        differs(found, name, &vec![value.clone()], &all(name));
    }
    for name in &expect.present {
        if all(name).len() != 1 {
            found.push(format!("{name}: expected once, observed {:?}", all(name)));
        }
    }
    for name in &expect.absent {
        differs(found, name, &Vec::new(), &all(name));
    }
}

fn compare_handler(found: &mut Vec<String>, expect: &Expect, observed: &Observation) {
    let ran = expect.handler_ran.unwrap_or(expect.status == Some(200));
    differs(found, "handler ran", &ran, &observed.handler.is_some());
    let Some(body) = &observed.handler else { return };
    match &expect.handler_body {
        None => {}
        Some(HandlerBody::Text(text)) => {
            differs(found, "handler's body", text, &String::from_utf8_lossy(body).into_owned());
        }
        Some(HandlerBody::Sha256(hash)) => {
            let observed = Sha256::hash(body).iter().fold(String::new(), |mut text, byte| {
                let _ = write!(text, "{byte:02x}");
                text
            });
            differs(found, "handler's body (SHA-256)", hash, &observed);
        }
    }
}

fn expects_report(expect: &Expect) -> bool {
    let finding = expect.class.is_some() || expect.rule.is_some();
    let events = expect.events.is_some() || expect.reason.is_some() || !expect.metadata.is_empty();
    finding || expect.client.is_some() || events || expect.gaps.is_some()
}

fn compare_report(found: &mut Vec<String>, expect: &Expect, report: &Report) {
    if let Some(expected) = &expect.client {
        report.client.iter().for_each(|client| differs(found, "client", expected, client));
    }
    let (class, rule) = report.finding.clone().unwrap_or_default();
    if let Some(expected) = &expect.class {
        differs(found, "class", expected, &class);
    }
    if let Some(expected) = &expect.rule {
        differs(found, "rule", expected, &rule);
    }
    if let Some(expected) = &expect.events {
        let events = report.events.iter();
        let events = events.map(|event| (event.kind.name().to_owned(), event.action.to_owned())).collect();
        differs(found, "events", expected, &events);
    }
    let latest = report.events.last();
    if let Some(expected) = &expect.reason {
        differs(found, "reason", &Some(expected), &latest.map(|event| &event.reason));
    }
    for (name, expected) in &expect.metadata {
        let value = latest.and_then(|event| event.metadata.iter().find(|(known, _)| known == name));
        let value = value.map(|(_, value)| match value {
            MetaValue::Number(number) => number.to_string(),
            MetaValue::Bool(value) => value.to_string(),
            MetaValue::Text(text) => text.to_string(),
            MetaValue::Texts(texts) => texts.join(", "),
            MetaValue::Span(from, to) => format!("{from}..{to}"),
            other => format!("{other:?}"),
        });
        differs(found, &format!("metadata {name}"), &Some(expected), &value.as_ref());
    }
    if let Some(expected) = &expect.gaps {
        differs(found, "gaps", expected, &report.gaps.iter().map(|gap| (*gap).to_owned()).collect());
    }
}

fn differs<T: PartialEq + Debug>(found: &mut Vec<String>, what: &str, expected: &T, observed: &T) {
    if expected != observed {
        found.push(format!("{what}: expected {expected:?}, observed {observed:?}"));
    }
}

/// The whole suite against one target, as the `main` of a test without a harness: one test per case.
///
/// `select` chooses the cases that the target can run.
#[must_use]
pub fn main(name: &'static str, select: fn(&Case) -> bool, build: Build) -> ExitCode {
    let arguments = Arguments::from_args();
    let files = match VectorFile::load_all(&crate::vectors()) {
        Ok(files) => files,
        Err(error) => {
            eprintln!("{error}");
            return ExitCode::FAILURE;
        }
    };
    let known = match KnownDifferences::parse(include_str!("../known.toml")) {
        Ok(known) => known,
        Err(error) => {
            eprintln!("{error}");
            return ExitCode::FAILURE;
        }
    };
    let mut trials = vec![unused_entries(name, &files, &known, select)];
    for file in files {
        for case in file.cases.into_iter().filter(&select) {
            let title = format!("{}: {}", file.name, case.name);
            let reason = known.find(name, &file.name, &case.name).map(|entry| entry.reason.clone());
            trials.push(Trial::test(title, move || run_declared(&case, reason.as_deref(), build)));
        }
    }
    libtest_mimic::run(&arguments, trials).exit_code()
}

/// Run a case; one with a known difference must differ.
fn run_declared(case: &Case, known: Option<&str>, build: Build) -> Result<(), Failed> {
    let outcome = match &case.rejected {
        Some(rejection) => expect_rejection(rejection, case, build),
        // A target that cannot be built does not count as a difference.
        None => run(case, &mut *build(case)?),
    };
    match (outcome, known) {
        (Ok(()), None) | (Err(_), Some(_)) => Ok(()),
        (Err(difference), None) => Err(difference.into()),
        (Ok(()), Some(reason)) => {
            Err(format!("holds after all; remove it from known.toml ({reason})").into())
        }
    }
}

/// A wrong configuration or policy must be rejected with the message that the case expects.
fn expect_rejection(rejection: &Rejection, case: &Case, build: Build) -> Result<(), String> {
    let message = match &rejection.unread {
        Some(problem) => problem.clone(),
        None => build(case).err().ok_or("expected a rejection, but the configuration is accepted")?,
    };
    let matches = message.contains(&rejection.message);
    matches
        .then_some(())
        .ok_or_else(|| format!("expected {:?} in the message, observed {message:?}", rejection.message))
}

/// A test that fails when an entry about this target names no case that runs on it.
fn unused_entries(
    name: &'static str,
    files: &[VectorFile],
    known: &KnownDifferences,
    select: fn(&Case) -> bool,
) -> Trial {
    let runs = |file: &str, case: &str| {
        let file = files.iter().find(|known| known.name == file);
        file.is_some_and(|file| file.cases.iter().any(|known| known.name == case && select(known)))
    };
    let about = known.difference.iter().filter(|entry| entry.target == name);
    let stray: Vec<String> = about
        .filter(|entry| !runs(&entry.file, &entry.case))
        .map(|entry| format!("{}: {}", entry.file, entry.case))
        .collect();
    Trial::test("known.toml names cases that run", move || match stray.as_slice() {
        [] => Ok(()),
        stray => Err(format!("no such case on this target: {}", stray.join("; ")).into()),
    })
}

#[cfg(test)]
mod tests;
