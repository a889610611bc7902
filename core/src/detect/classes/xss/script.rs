//! Reads a value as script: calls of dangerous functions, and indirect ways to reach them.
//!
//! Names alone are no evidence. Evidence is a call where text has none: after the end of a string, as the whole value, or
//! through indirection.

use super::names;
use super::rules;
use super::text::{Name, is_blank, is_word};
use crate::detect::decode::work::work;
use crate::detect::evidence::Evidence;
use crate::detect::gate::{word, word_kind_at};

/// How far a parenthesis may be from the name it calls.
const GAP: usize = 24;

/// How far a call may be from the scheme that makes it code.
const REACH: usize = 64;

/// Whether `value` looks like code rather than a word: it calls, assigns or reaches into something.
pub(super) fn is_code(value: &[u8]) -> bool {
    value.iter().any(|byte| matches!(byte, b'(' | b'`' | b'=' | b'[')) || super::url::scheme(value).is_some()
}

/// Whether a handler does nothing but call functions of the page's own, as examples do.
pub(super) fn is_plain(value: &[u8]) -> bool {
    let ordinary = |byte: &u8| is_word(*byte) || memchr::memchr(*byte, b" (){}.,;+-=>").is_some();
    value.iter().all(ordinary) && !Words::new(value).any(|word| word.name(value).is_some())
}

/// Whether `value` calls one of the functions that act.
pub(super) fn calls(value: &[u8]) -> bool {
    Words::new(value).any(|word| {
        word.name(value).is_some_and(|name| names::has(names::CALLS, name.bytes())) && is_call(value, &word)
    }) || memchr::memmem::find(value, b"constructor").is_some()
}

/// Whether `value` begins with a function that acts, which is to be called later, and goes on: `alert;throw 1`.
pub(super) fn begins_with_sink(value: &[u8]) -> bool {
    let len = value.iter().take(GAP).take_while(|byte| is_word(**byte)).count();
    names::has(names::CALLS, Name::of(&value[..len]).bytes()) && matches!(value.get(len), Some(b';' | b','))
}

/// Add the evidence of `text` as script.
pub(super) fn read(text: &[u8], evidence: &mut Evidence) {
    let mut breakout = Breakout::default();
    let mut read = 0;
    let mut before: Option<Name> = None;
    for word in Words::new(text) {
        breakout.advance(&text[read..word.start]);
        read = word.end;
        let name = word.name(text);
        if let Some(name) = &name {
            check_word(text, &word, name.bytes(), before.as_ref(), &breakout, evidence);
        }
        breakout.word();
        before = name;
        if evidence.is_enough() {
            return;
        }
    }
    if let Some(span) = symbols_only(text) {
        evidence.add(&rules::SYMBOL_CODE, span);
    }
}

fn check_word(
    text: &[u8],
    word: &Word,
    name: &[u8],
    before: Option<&Name>,
    breakout: &Breakout,
    evidence: &mut Evidence,
) {
    let span = word.start..text.len().min(word.end + GAP);
    let rest = &text[word.end..];
    if names::has(names::CALLS, name) && is_call(text, word) && (name != b"function" || takes_text(rest)) {
        if breakout.has_left() {
            evidence.add(&rules::BREAKOUT_CALL, span.clone());
        }
        let delayed = is_dialog(name) && is_delayed(text, word);
        if delayed || is_whole(text, word) || is_dialog(name) && is_reached_whole(text, word) {
            let rule = if is_dialog(name) { &rules::EXPRESSION } else { &rules::CALL };
            evidence.add(rule, span.clone());
        }
    }
    reach(text, word, name, evidence);
    if names::has(names::OBJECTS, name) && is_computed_call(rest) {
        evidence.add(&rules::COMPUTED_CALL, span.clone());
    }
    let scheme = matches!(name, b"javascript" | b"vbscript") && rest.starts_with(b":");
    if scheme && calls(&rest[..rest.len().min(REACH)]) {
        evidence.add(&rules::CODE_SCHEME, span.clone());
    }
    let hidden = name == b"cookie" && is_hidden_member(&text[..word.start]);
    if name == b"cookie" && (hidden || before.is_some_and(|before| before.is(b"document"))) {
        evidence.add(&rules::COOKIE, span.clone());
        if breakout.has_left()
            || rest.trim_ascii_start().starts_with(b"=")
            || text.starts_with(b"&{")
            || is_indexed(text, word)
            || hidden
        {
            evidence.add(&rules::COOKIE_USE, span.clone());
        }
    }
    if name == b"constructor" {
        let quoted = takes_text(rest);
        let doubled = before.is_some_and(|before| before.is(b"constructor"));
        let reached =
            text[..word.start].trim_ascii_end().ends_with(b".") || text[..word.start].ends_with(b"{{");
        if quoted && (reached || doubled) {
            evidence.add(&rules::TEMPLATE_CODE, span.clone());
        }
    }
    if matches!(name, b"call" | b"apply" | b"map" | b"bind") && starts_template(rest) {
        evidence.add(&rules::COMPUTED_CALL, span.clone());
    }
    if name == b"adw"
        && rest.starts_with(b"-")
        && (rest.len() > 4 && (rest[1].is_ascii_alphabetic() || rest[1] == b'/'))
    {
        evidence.add(&rules::UTF7, span);
    }
}

/// Ways to act on a page by other means than a call of a function by its name.
fn reach(text: &[u8], word: &Word, name: &[u8], evidence: &mut Evidence) {
    let span = word.start..text.len().min(word.end + GAP);
    let rest = &text[word.end..];
    if name == b"document" && writes_page(rest) && is_whole(text, word) {
        evidence.add(&rules::PAGE_WRITE, span.clone());
    }
    if is_dialog(name) && (is_renamed(text, word) || is_callback(text, word)) {
        evidence.add(&rules::EXPRESSION, span.clone());
    }
    if name == b"function" && takes_text(rest) && is_invoked(rest) {
        evidence.add(&rules::TEMPLATE_CODE, span.clone());
    }
    if name == b"location" && navigates(rest) && is_reached_whole(text, word) {
        evidence.add(&rules::PAGE_WRITE, span.clone());
    }
}

/// Whether a member of the document follows, with a comment before or behind the dot.
fn is_hidden_member(before: &[u8]) -> bool {
    let near = &before[before.len().saturating_sub(3 * GAP)..];
    work(near.len());
    let Some(owner) = before_comments(near).strip_suffix(b".") else { return false };
    let owner = before_comments(owner);
    owner.len() + 1 < near.trim_ascii_end().len()
        && owner.len().checked_sub(8).is_some_and(|at| owner[at..].eq_ignore_ascii_case(b"document"))
}

/// `text` without the comments and blanks at its end.
fn before_comments(text: &[u8]) -> &[u8] {
    let mut rest = text.trim_ascii_end();
    while let Some(body) = rest.strip_suffix(b"*/") {
        let Some(start) = memchr::memmem::rfind(body, b"/*") else { return rest };
        rest = body[..start].trim_ascii_end();
    }
    rest
}

/// Whether the word is a property in brackets and quotes at the end of the value: `document["cookie"]`.
fn is_indexed(text: &[u8], word: &Word) -> bool {
    let before = &text[..word.start];
    (before.ends_with(b"[\"") || before.ends_with(b"['")) && text[word.end..].trim_ascii_end().len() <= 2
}

fn takes_text(rest: &[u8]) -> bool {
    matches!(after_open(rest), Some(b'"' | b'\'' | b'`'))
}

fn is_dialog(name: &[u8]) -> bool {
    matches!(name, b"alert" | b"confirm" | b"prompt" | b"eval" | b"execscript")
}

/// A word of script.
struct Word {
    start: usize,
    end: usize,
}

impl Word {
    /// Its name, if it can be one that matters: the gate's table decides for most words.
    fn name(&self, text: &[u8]) -> Option<Name> {
        let text = &text[self.start..self.end];
        let known = text.first()?.is_ascii_alphabetic()
            && word_kind_at(text) & (word::SCRIPT_SINK | word::SCRIPT_SCHEME) != 0;
        known.then(|| Name::of(text))
    }
}

/// The words of a text.
struct Words<'t> {
    text: &'t [u8],
    at: usize,
}

impl<'t> Words<'t> {
    fn new(text: &'t [u8]) -> Self {
        Self { text, at: 0 }
    }
}

impl Iterator for Words<'_> {
    type Item = Word;

    fn next(&mut self) -> Option<Word> {
        let skipped = self.text[self.at..].iter().position(|byte| is_word(*byte))?;
        let start = self.at + skipped;
        work(skipped + 1);
        let len = self.text[start..].iter().take_while(|byte| is_word(**byte)).count();
        work(len);
        self.at = start + len;
        Some(Word { start, end: self.at })
    }
}

/// Whether `word` is called: `f(`, `f?.(`, `(f)(`, `f.call(`, `` f` ``, with comments and blanks between.
fn is_call(text: &[u8], word: &Word) -> bool {
    let rest = &text[word.end..];
    let window = &rest[..rest.len().min(GAP)];
    let closed = text[..word.start].ends_with(b"(") && window.starts_with(b")");
    let window = if closed { &window[1..] } else { window };
    // Prose puts a blank before a parenthesis, script hardly ever.
    match window {
        [b'(' | b'`', ..] | [b'?', b'.', b'(', ..] => true,
        [b'.', rest @ ..] => [b"call".as_slice(), b"apply", b"bind"].iter().any(|method| {
            rest.get(..method.len()).is_some_and(|start| start.eq_ignore_ascii_case(method))
                && matches!(rest.get(method.len()), Some(b'(' | b'`'))
        }),
        [b'/', b'*', rest @ ..] => {
            memchr::memmem::find(rest, b"*/").is_some_and(|len| after_open(&rest[len + 2..]).is_some())
        }
        [b'<', rest @ ..] => memchr::memchr(b'>', rest).is_some_and(|len| rest[len + 1..].starts_with(b"(")),
        _ => false,
    }
}

/// The first byte inside the parenthesis or template that `rest` starts with.
fn after_open(rest: &[u8]) -> Option<u8> {
    match rest.trim_ascii_start() {
        [b'(' | b'`', rest @ ..] => Some(rest.first().copied().unwrap_or_default()),
        _ => None,
    }
}

/// What follows the blanks and comments that `text` starts with.
fn after_comments(text: &[u8]) -> &[u8] {
    let mut rest = text.trim_ascii_start();
    while let Some(body) = rest.strip_prefix(b"/*") {
        let Some(end) = memchr::memmem::find(body, b"*/") else { return rest };
        rest = body[end + 2..].trim_ascii_start();
    }
    rest
}

/// Whether the value gives the function another name and calls it by that: `a=alert,a(1)`.
fn is_renamed(text: &[u8], word: &Word) -> bool {
    let Some(before) = text[..word.start].strip_suffix(b"=") else { return false };
    let near = &before[before.len().saturating_sub(GAP)..];
    let len = near.iter().rev().take_while(|byte| is_word(**byte)).count();
    let name = &near[near.len() - len..];
    let behind = text[word.end..].split_first().filter(|(byte, _)| matches!(byte, b',' | b';'));
    let called = behind.and_then(|(_, rest)| rest.trim_ascii_start().strip_prefix(name));
    len > 0 && called.is_some_and(|rest| matches!(rest.first(), Some(b'(' | b'`')))
}

/// Whether the value begins with a function that runs the text which it is given, and the call begins that text:
/// `setTimeout('alert(1)')`.
fn is_delayed(text: &[u8], word: &Word) -> bool {
    const RUNNERS: [&[u8]; 4] = [b"function(", b"setimmediate(", b"setinterval(", b"settimeout("];
    let Some((before, b'\'' | b'"' | b'`')) =
        text[..word.start].split_last().map(|(last, rest)| (rest, *last))
    else {
        return false;
    };
    let before = before.trim_ascii();
    before.len() < GAP && RUNNERS.iter().any(|known| before.eq_ignore_ascii_case(known))
}

/// Whether the function is handed to a method of a list, which calls it: `[1].map(alert)`.
fn is_callback(text: &[u8], word: &Word) -> bool {
    const METHODS: [&[u8]; 10] = [
        b"every",
        b"filter",
        b"find",
        b"findindex",
        b"flatmap",
        b"foreach",
        b"from",
        b"map",
        b"some",
        b"sort",
    ];
    let Some(before) = text[..word.start].strip_suffix(b"(") else { return false };
    let near = &before[before.len().saturating_sub(GAP)..];
    let len = near.iter().rev().take_while(|byte| is_word(**byte)).count();
    let (list, method) = near.split_at(near.len() - len);
    list.ends_with(b"].")
        && text[word.end..].trim_ascii_start().starts_with(b")")
        && METHODS.iter().any(|known| method.eq_ignore_ascii_case(known))
}

/// Whether what a call, of which `rest` are the arguments, gives back is called at once.
fn is_invoked(rest: &[u8]) -> bool {
    let near = &rest[..rest.len().min(REACH)];
    work(near.len());
    memchr::memmem::find(near, b")(").is_some() || memchr::memmem::find(near, b")`").is_some()
}

/// Whether a URL is assigned: `.href='//site.example'`.
fn navigates(rest: &[u8]) -> bool {
    let rest = rest.strip_prefix(b".href").unwrap_or(rest).trim_ascii_start();
    let Some(value) = rest.strip_prefix(b"=") else { return false };
    let Some((b'"' | b'\'', url)) = value.trim_ascii_start().split_first() else { return false };
    super::url::is_remote(url) || super::url::is_code(url)
}

/// Whether the value is nothing but script that begins with this word, or with the window or document whose member it is.
fn is_reached_whole(text: &[u8], word: &Word) -> bool {
    let before = &text[..word.start];
    let owner = before.strip_suffix(b"?.").or_else(|| before.strip_suffix(b".")).map(|before| {
        let len = before.iter().rev().take(GAP).take_while(|byte| is_word(**byte)).count();
        Word { start: before.len() - len, end: before.len() }
    });
    match owner {
        Some(owner) => {
            let name = Name::of(&text[owner.start..owner.end]);
            names::has(names::OBJECTS, name.bytes()) && is_whole(text, &owner)
        }
        None => is_whole(text, word),
    }
}

/// Members of the document, or of what it holds, by which a page is changed.
const WRITERS: [&[u8]; 9] = [
    b"appendChild",
    b"createElement",
    b"domain",
    b"innerHTML",
    b"insertAdjacentHTML",
    b"location",
    b"outerHTML",
    b"write",
    b"writeln",
];

/// Whether a chain of members, behind the name of the document, ends in a call or assignment that changes the page.
fn writes_page(mut rest: &[u8]) -> bool {
    rest = &rest[..rest.len().min(REACH)];
    while let Some(member) = rest.strip_prefix(b".") {
        let len = member.iter().take_while(|byte| is_word(**byte)).count();
        work(len);
        let behind = member[len..].trim_ascii_start();
        let acts = behind.starts_with(b"(") || behind.starts_with(b"=") && !behind.starts_with(b"==");
        if acts && WRITERS.iter().any(|known| member[..len].eq_ignore_ascii_case(known)) {
            return true;
        }
        rest = match behind.strip_prefix(b"(") {
            Some(arguments) => {
                let end = memchr::memchr(b')', arguments).map_or(arguments.len(), |at| at + 1);
                &arguments[end..]
            }
            None => behind,
        };
    }
    false
}

/// `[..](`: a member is computed and called at once. Looks at most [`GAP`] bytes far.
fn is_computed_call(rest: &[u8]) -> bool {
    let window = after_comments(&rest[..rest.len().min(3 * GAP)]);
    window.starts_with(b"[")
        && memchr::memchr_iter(b']', window).any(|at| matches!(window.get(at + 1), Some(b'(' | b'`' | b'[')))
}

fn starts_template(rest: &[u8]) -> bool {
    let rest = rest.trim_ascii_start();
    rest.starts_with(b"`") && memchr::memmem::find(&rest[..rest.len().min(GAP)], b"${").is_some()
}

/// Whether the value is nothing but script around this call: only punctuation before it, and an end as of an
/// expression.
fn is_whole(text: &[u8], word: &Word) -> bool {
    let before = &text[..word.start];
    let punctuation = |byte: &u8| is_blank(*byte) || memchr::memchr(*byte, b"(!+-~${};,?[\"'>/*=").is_some();
    if before.len() >= GAP || !before.iter().all(punctuation) {
        return false;
    }
    let ends = |text: &[u8]| {
        matches!(
            text.trim_ascii_end().last(),
            Some(b')' | b';' | b'`' | b'/' | b'>' | b'}' | b'-' | b'"' | b'\'' | b']' | b',')
        )
    };
    // Attackers comment out what follows, and sign their work.
    ends(text) || memchr::memmem::rfind(text, b"//").is_some_and(|comment| ends(&text[..comment]))
}

/// Follows how a string literal around the value would be closed: an opening quote, closing brackets, an operator.
#[derive(Default)]
struct Breakout {
    /// How often each kind of quote occurred, odd or even.
    odd: [bool; 3],
    state: State,
}

#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum State {
    #[default]
    In,
    /// A quote that no other one opened, then nothing but blanks and closing brackets.
    Closed,
    /// After that an operator: what follows is script.
    Out,
}

impl Breakout {
    fn advance(&mut self, between: &[u8]) {
        for byte in between {
            match byte {
                b'"' | b'\'' | b'`' => {
                    self.quote(usize::from(*byte == b'"') + 2 * usize::from(*byte == b'`'));
                }
                b')' | b']' | b'}' => {}
                b'\\' | b'.' | b'@' | b'#' if self.state == State::Closed => self.state = State::In,
                byte if is_blank(*byte) && *byte != b'\n' => {}
                _ if self.state == State::Closed => self.state = State::Out,
                _ => {}
            }
        }
    }

    fn quote(&mut self, kind: usize) {
        self.odd[kind] = !self.odd[kind];
        if self.odd[kind] {
            if self.state == State::In {
                self.state = State::Closed;
            }
        } else {
            self.state = State::In;
        }
    }

    fn word(&mut self) {
        if self.state == State::Closed {
            self.state = State::In;
        }
    }

    fn has_left(&self) -> bool {
        self.state == State::Out
    }
}

/// A run of `[]()!+` long enough to spell something: script without a letter.
fn symbols_only(text: &[u8]) -> Option<core::ops::Range<usize>> {
    work(text.len());
    let mut start = 0;
    for run in
        text.split(|byte| !matches!(byte, b'[' | b']' | b'(' | b')' | b'!' | b'+' | b'{' | b'}' | b' '))
    {
        let has = |needle: &[u8]| memchr::memmem::find(run, needle).is_some();
        if run.len() >= 12 && has(b"[]") && (has(b"![") || has(b"+[") || has(b"+!")) {
            return Some(start..start + run.len());
        }
        start += run.len() + 1;
    }
    None
}
