//! Vulnerability scanning (CWE-200, OAT-014): scanners, by the name they send.
//!
//! An authorised test can be exempted in the configuration. Tools with benign uses, such as `curl`, libraries and
//! crawlers, are not listed. Only headers that describe the client are inspected.

mod rules;
pub(in crate::detect) mod words;

use crate::detect::decode::View;
use crate::detect::decode::work::work;
use crate::detect::evidence::{Evidence, Rule};
use crate::detect::gate::Memo;

#[cfg(test)]
mod tests;

pub(in crate::detect) const RULES: &[&Rule] = rules::ALL;
/// The names, in lower case, as whole words.
const NAMES: &[&str] = &[
    "absinthe",
    "acunetix",
    "appscan",
    "arachni",
    "bsqlbf",
    "cgichk",
    "commix",
    "datcha0s",
    "dirbuster",
    "dirsearch",
    "feroxbuster",
    "ffuf",
    "fimap",
    "fuzz faster u fool",
    "gobuster",
    "grendel-scan",
    "havij",
    "jaeles",
    "jbrofuzz",
    "jorgee",
    "l9explore",
    "l9tcpid",
    "masscan",
    "morfeus",
    "mysqloit",
    "nessus",
    "netsparker",
    "nikto",
    "nmap scripting engine",
    "nmap",
    "nsauditor",
    "nuclei",
    "openvas",
    "pmafind",
    "qualys",
    "skipfish",
    "sqlmap",
    "sqlninja",
    "sqlsus",
    "w3af",
    "webinspect",
    "webshag",
    "wfuzz",
    "whatweb",
    "wpscan",
    "xsser",
    "zgrab",
    "zmeu",
];

/// Names that are words too: on their own, or in the brackets of a browser's, they are the tool.
const COMMON_WORDS: &[&str] = &["brutus", "grabber", "hydra", "pangolin", "whisker"];

/// The suffixes of out-of-band (OAST) hosts, and the suffix of the scripts of a
/// scanner. A dot precedes them.
const LISTENERS: &[&str] = &["burpcollaborator.net", "interact.sh", "nasl", "oast.", "oastify.com"];

/// Whether a header of this name describes the client. Those are the ones whose values the memo keeps, so that what is
/// harmless in one of them is harmless in all.
pub(in crate::detect) fn describes_client(name: &[u8]) -> bool {
    Memo::accepts(name)
}

/// Whether an attack of this class can be in the view.
pub(in crate::detect) fn may_hold(view: &View<'_>) -> bool {
    describes_client(view.name)
}

/// Add the evidence for this class in `view`.
pub(in crate::detect) fn recognise(view: &View<'_>, evidence: &mut Evidence<'_>) {
    let text = view.bytes;
    for at in (0..text.len()).filter(|at| *at == 0 || !text[at - 1].is_ascii_alphanumeric()) {
        work(1);
        let rest = &text[at..];
        if let Some(name) = NAMES.iter().find(|name| starts_with_word(rest, name)) {
            evidence.add(&rules::TOOL, at..at + name.len());
        }
        let alone = at == 0 || text[at - 1] == b'(';
        if let Some(name) = COMMON_WORDS.iter().find(|name| alone && starts_with_word(rest, name)) {
            let end = text.get(at + name.len());
            if matches!(end, None | Some(b'/' | b')')) {
                evidence.add(&rules::TOOL, at..at + name.len());
            }
        }
        if at > 0 && text[at - 1] == b'.' && LISTENERS.iter().any(|host| starts_with(rest, host)) {
            evidence.add(&rules::LISTENER, at..at + 1);
        }
    }
}

fn starts_with(text: &[u8], prefix: &str) -> bool {
    text.get(..prefix.len()).is_some_and(|start| start.eq_ignore_ascii_case(prefix.as_bytes()))
}

fn starts_with_word(text: &[u8], word: &str) -> bool {
    starts_with(text, word) && !text.get(word.len()).is_some_and(u8::is_ascii_alphanumeric)
}
