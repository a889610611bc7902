//! PHP only: open tags, and variable functions.

use super::names::{self, Meaning};
use super::rules;
use crate::detect::decode::work::work;
use crate::detect::evidence::Evidence;
use crate::detect::lang::code::{Name, Token, WINDOW, Window};

/// Add the open tags of `text` that code follows.
pub(super) fn read_tags(text: &[u8], evidence: &mut Evidence<'_>) {
    for at in memchr::memmem::find_iter(text, b"<?") {
        let rest = &text[at + 2..];
        if opens_code(rest) {
            evidence.add(&rules::OPEN_TAG, at..text.len().min(at + SHOWN));
            if text[..at].iter().filter(|byte| byte.is_ascii_whitespace()).count() < 2 {
                evidence.add(&rules::LEADING_TAG, at..text.len().min(at + SHOWN));
            }
            return;
        }
    }
}

/// Add the tag of pages that put PHP in brackets, where the value begins with it and with a call that acts: people show
/// code to each other with the same tag.
pub(super) fn read_bracketed(text: &[u8], evidence: &mut Evidence<'_>) {
    if opens_bracketed(text) {
        evidence.add(&rules::OPEN_TAG, 0..text.len().min(SHOWN));
        evidence.add(&rules::LEADING_TAG, 0..text.len().min(SHOWN));
    }
}

/// Whether `text` begins with `[php]` and a call that acts.
pub(super) fn opens_bracketed(text: &[u8]) -> bool {
    let tag = text.trim_ascii_start().split_at_checked(5);
    tag.is_some_and(|(tag, code)| {
        let (name, behind) = word(&code[..code.len().min(SHOWN)]);
        let name = Name::of(name);
        let acts = names::meaning(&name) == Some(Meaning::Run)
            || ["assert", "eval", "exec", "popen", "system"].iter().any(|known| name.is(known));
        tag.eq_ignore_ascii_case(b"[php]") && acts && behind.starts_with(b"(")
    })
}

/// Add the calls of functions that leave a text of PHP, or whose names are put together from texts.
pub(super) fn read_texts(text: &[u8], evidence: &mut Evidence<'_>) {
    if appends_call(text) {
        evidence.add(&rules::APPENDED_CALL, 0..text.len().min(SHOWN));
    }
    if calls_joined(text) {
        evidence.add(&rules::INDIRECT_CALL, 0..text.len().min(SHOWN));
    }
}

/// Whether the value ends a text, appends a call to it, and the rest of the text to that: `'.print(1).'`.
pub(super) fn appends_call(text: &[u8]) -> bool {
    let text = text.trim_ascii();
    let Some((quote @ (b'\'' | b'"'), rest)) = text.split_first() else { return false };
    let Some(call) = rest.strip_prefix(b".").and_then(|rest| rest.strip_suffix(&[*quote])) else {
        return false;
    };
    let Some(call) = call.strip_suffix(b".") else { return false };
    let (name, behind) = word(call.trim_ascii_start().strip_prefix(b"@").unwrap_or(call.trim_ascii_start()));
    !name.is_empty() && behind.starts_with(b"(") && call.trim_ascii_end().ends_with(b")")
}

/// Whether a text that is put together in parentheses is called: `('sys'.'tem')('id')`.
pub(super) fn calls_joined(text: &[u8]) -> bool {
    [&b"')("[..], b"\")("].iter().any(|end| {
        memchr::memmem::find_iter(text, end).any(|at| {
            let before = &text[at.saturating_sub(SHOWN)..at];
            work(before.len());
            let open = memchr::memrchr(b'(', before).map_or(0, |open| open + 1);
            let joined = &before[open..];
            open > 0
                && joined.first() == end.first()
                && joined.windows(3).any(|join| join[0] == end[0] && join[1] == b'.' && join[2] == end[0])
        })
    })
}

/// How much of the code is in the span.
const SHOWN: usize = 64;

/// Whether `rest`, behind `<?`, is code: `php` and a statement, `=` and an expression, or a statement at once.
fn opens_code(rest: &[u8]) -> bool {
    let rest = &rest[..rest.len().min(SHOWN)];
    work(rest.len());
    if let Some(expression) = rest.strip_prefix(b"=") {
        return begins_statement(expression);
    }
    let blanks = rest.iter().take_while(|byte| byte.is_ascii_whitespace()).count();
    let (name, behind) = word(&rest[blanks..]);
    if name.eq_ignore_ascii_case(b"php") {
        return behind.first().is_some_and(u8::is_ascii_whitespace) && begins_statement(behind);
    }
    if name.eq_ignore_ascii_case(b"xml") && blanks == 0 {
        // A declaration has attributes: anything else makes `xml` a name of PHP.
        return matches!(behind.trim_ascii_start().first(), Some(b':' | b'(' | b';'));
    }
    blanks > 0 && begins_statement(&rest[blanks..])
}

/// Whether a statement of PHP begins here.
fn begins_statement(text: &[u8]) -> bool {
    let text = text.trim_ascii_start();
    let (name, behind) = word(text);
    let statement =
        ["echo", "print", "include", "require", "return", "eval", "if", "die", "exit", "system", "exec"];
    match text.first() {
        Some(b'$' | b'`' | b'@' | b'/' | b'#' | b'"' | b'\'') => true,
        _ if statement.iter().any(|known| name.eq_ignore_ascii_case(known.as_bytes())) => true,
        _ => !name.is_empty() && behind.first() == Some(&b'('),
    }
}

/// The name that `text` starts with, and what follows it.
fn word(text: &[u8]) -> (&[u8], &[u8]) {
    text.split_at(text.iter().take_while(|byte| byte.is_ascii_alphanumeric() || **byte == b'_').count())
}

/// Whether `text` may hold `${'name'}` or `${$name}`: a variable whose name is computed.
pub(super) fn interpolates(text: &[u8]) -> bool {
    memchr::memchr_iter(b'$', text).any(|at| {
        let rest = text[at + 1..].strip_prefix(b" ").unwrap_or(&text[at + 1..]);
        matches!(rest, [b'{', b'\'' | b'"' | b'$' | b'@', ..])
    })
}

/// Whether `text` may contain a PHP variable; prices are not variables.
pub(super) fn names_variable(text: &[u8]) -> bool {
    text.windows(2)
        .any(|pair| pair[0] == b'$' && (pair[1].is_ascii_alphabetic() || matches!(pair[1], b'_' | b'$')))
}

/// Follows a variable up to where its value is called: `$a(`, `$a['b'](`, `${'a'}(`, `$a->$b(`.
#[derive(Clone, Copy, Default)]
pub(super) struct Variable {
    state: State,
    /// Open brackets inside of an index.
    nesting: usize,
    /// Whether the name or an index is computed.
    computed: bool,
    /// Whether it is where a statement begins.
    leads: bool,
    /// Whether the latest name is a method, or a function that scripts have.
    method: bool,
}

#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum State {
    #[default]
    None,
    Dollar,
    Named,
    Index,
    Dash,
    Arrow,
}

/// How a variable is called.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Call {
    /// `$a(`, at the beginning.
    Plain,
    /// With a name or index that is computed.
    Computed,
}

impl Variable {
    /// Read the latest token; returns a call of the variable.
    pub(super) fn advance(&mut self, window: &Window<'_>) -> Option<Call> {
        let token = window[WINDOW - 1];
        let mut called = None;
        self.state = match (self.state, token) {
            (State::Dollar, Token::Name(name)) => {
                self.method |= SCRIPTED.iter().any(|known| name.is(known));
                State::Named
            }
            (State::Dollar, Token::Mark(b'$')) => State::Dollar,
            (State::Dollar | State::Named, Token::Mark(b'{')) | (State::Named, Token::Mark(b'[')) => {
                self.nesting = 0;
                State::Index
            }
            (State::Named, Token::Mark(b'-')) => State::Dash,
            (State::Dash, Token::Mark(b'>')) => State::Arrow,
            (State::Arrow, Token::Name(_)) => {
                self.method = true;
                State::Named
            }
            (State::Arrow, Token::Mark(b'$')) => {
                self.computed = true;
                State::Dollar
            }
            (State::Named, Token::Mark(b'(')) => {
                called = self.call();
                State::None
            }
            (State::Index, Token::Edge) => State::None,
            (State::Index, token) => self.index(token, window[WINDOW - 2]),
            (_, Token::Mark(b'$')) => {
                let leads = matches!(window[WINDOW - 2], Token::Edge | Token::Mark(b'@'));
                *self = Self { leads, ..Self::default() };
                State::Dollar
            }
            _ => State::None,
        };
        called
    }

    fn index(&mut self, token: Token<'_>, before: Token<'_>) -> State {
        match token {
            Token::Mark(b'[' | b'{' | b'(') => self.nesting += 1,
            Token::Mark(b']' | b'}' | b')') if self.nesting > 0 => self.nesting -= 1,
            // An index without content computes nothing.
            Token::Mark(b']' | b'}') if matches!(before, Token::Mark(b'[' | b'{')) => return State::None,
            Token::Mark(b']' | b'}') => {
                self.computed = true;
                return State::Named;
            }
            _ => {}
        }
        State::Index
    }

    const fn call(&self) -> Option<Call> {
        if self.computed && !self.method {
            Some(Call::Computed)
        } else if self.leads && !self.method {
            Some(Call::Plain)
        } else {
            None
        }
    }
}

/// Functions that frameworks of browsers call so.
const SCRIPTED: [&str; 14] = [
    "http",
    "timeout",
    "interval",
    "fetch",
    "emit",
    "watch",
    "set",
    "on",
    "broadcast",
    "q",
    "compile",
    "t",
    "tc",
    "nexttick",
];
