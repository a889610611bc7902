//! Server-side includes injection (CWE-97): directives that the web server runs in a page that contains the value.
//!
//! A directive is an HTML comment that starts with a hash and one of a few names, with an attribute that this name has.
//! Other comments, such as the regions of editors, are not directives.

mod rules;

use memchr::memmem;

use crate::detect::decode::View;
use crate::detect::decode::work::work;
use crate::detect::evidence::{Evidence, Rule};
use crate::detect::gate::byte;

pub(in crate::detect) const RULES: &[&Rule] = rules::ALL;

/// Whether an attack of this class can be in the view.
pub(in crate::detect) fn may_hold(view: &View<'_>) -> bool {
    view.shape.all(byte::LESS | byte::BANG | byte::HASH) && memmem::find(view.bytes, b"<!--").is_some()
}

/// Add the evidence for this class in `view`.
pub(in crate::detect) fn recognise(view: &View<'_>, evidence: &mut Evidence<'_>) {
    for at in memmem::find_iter(view.bytes, b"<!--") {
        let comment = &view.bytes[at + 4..];
        let comment = &comment[..comment.len().min(MAX_DIRECTIVE)];
        let blanks = comment.iter().take_while(|byte| byte.is_ascii_whitespace()).count();
        work(blanks + 1);
        if let Some(rule) = comment[blanks..].strip_prefix(b"#").and_then(directive) {
            evidence.add(rule, at..view.bytes.len().min(at + MAX_DIRECTIVE));
        }
    }
}

/// How much of a directive is looked at.
const MAX_DIRECTIVE: usize = 64;

/// The rule about the directive that `text` starts with.
fn directive(text: &[u8]) -> Option<&'static Rule> {
    let len = text.iter().take_while(|byte| byte.is_ascii_alphabetic()).count();
    work(len);
    let (name, rest) = text.split_at(len);
    let (_, attributes, rule) =
        DIRECTIVES.into_iter().find(|(known, ..)| name.eq_ignore_ascii_case(known))?;
    let rest = rest.trim_ascii_start();
    let has = |attribute: &&[u8]| {
        let value = rest.get(attribute.len()..).unwrap_or_default().trim_ascii_start();
        rest.get(..attribute.len()).is_some_and(|name| name.eq_ignore_ascii_case(attribute))
            && value.starts_with(b"=")
    };
    let holds = if attributes.is_empty() { rest.starts_with(b"--") } else { attributes.iter().any(has) };
    holds.then_some(rule)
}

type Directive = (&'static [u8], &'static [&'static [u8]], &'static Rule);

/// Directives, their attributes, and what each is evidence of.
static DIRECTIVES: [Directive; 8] = [
    (b"exec", &[b"cmd", b"cgi"], &rules::EXECUTE),
    (b"include", &[b"file", b"virtual"], &rules::INCLUDE),
    (b"echo", &[b"var", b"encoding"], &rules::SHOW),
    (b"printenv", &[], &rules::SHOW),
    (b"config", &[b"errmsg", b"timefmt", b"sizefmt"], &rules::SHOW),
    (b"fsize", &[b"file", b"virtual"], &rules::SHOW),
    (b"flastmod", &[b"file", b"virtual"], &rules::SHOW),
    (b"set", &[b"var"], &rules::SHOW),
];
