//! Reads simple commands and keeps the evidence of the one that weighs most.

use arrayvec::ArrayVec;

use super::argument::{contains, is_address, kind_of};
use super::lexer::{Lexeme, Lexer, Word};
use super::program::{self, Program};
use super::variables::Variables;
use super::{expansion, glob, rules};
use crate::detect::evidence::{Evidence, Rule};
use crate::detect::lang::dictionary;

/// From this many plain words on a value is a text, in which separators and code quoting are punctuation.
const TEXT: u32 = 10;

/// From this many lines on it is one, too.
const LINES: u32 = 3;

/// The longest word that may precede a command.
const WORD: usize = 40;

/// The longest address with a port.
const ADDRESS: usize = 21;

/// How the value came to the command that is being read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum CommandEntry {
    Start,
    Separator {
        pipe: bool,
    },
    NewLine,
    Substitute,
    /// A code span in a text: backticks behind a blank.
    Quoted,
    Call,
    Group,
}

/// What is known of one simple command.
#[derive(Clone, Copy, Debug)]
struct Command {
    entry: CommandEntry,
    leading: bool,
    start: usize,
    end: usize,
    program: Option<Program>,
    by_path: bool,
    globbed: bool,
    spelled: bool,
    joined: bool,
    piped: bool,
    words: u32,
    plain: u32,
    numbers: u32,
    /// One bit for each kind of argument seen.
    kinds: u8,
    sensitive: bool,
    code: bool,
    network: bool,
    /// Whether a program precedes it that only runs it.
    prefixed: bool,
    /// Whether its name is kept in a variable that the value sets.
    kept: bool,
    /// Whether it gives a command another name.
    alias: bool,
    /// Whether the value ends with it.
    last: bool,
    /// Whether a brace and commas join its words, as they join names in other languages.
    braced: bool,
    /// Whether only an address precedes it, which is the argument of a network program.
    addressed: bool,
    /// Whether nothing but one word does.
    behind_word: bool,
}

impl Command {
    const fn new(entry: CommandEntry, leading: bool, start: usize) -> Self {
        Self {
            entry,
            leading,
            start,
            end: start,
            program: None,
            by_path: false,
            globbed: false,
            spelled: false,
            joined: false,
            piped: false,
            words: 0,
            plain: 0,
            numbers: 0,
            kinds: 0,
            sensitive: false,
            code: false,
            network: false,
            prefixed: false,
            kept: false,
            alias: false,
            last: false,
            braced: false,
            addressed: false,
            behind_word: false,
        }
    }
}

/// Reads one value.
pub(super) struct Reader<'t> {
    text: &'t [u8],
    /// Whether the value may start with a command.
    whole: bool,
    path: bool,
    lines: u32,
    /// Parentheses that are open.
    depth: u32,
    /// Whether a parenthesis that nothing opened was closed just now.
    out: bool,
    current: Command,
    best: Option<(Command, bool)>,
    best_weight: u16,
    plain: u32,
    /// Whether anything but quotes and closing parentheses stood before the first separator.
    begun: bool,
    fetched: bool,
    probed: bool,
    /// Whether a command went to another directory.
    moved: bool,
    /// Whether a device of the network is named whose directory a variable holds.
    connected: bool,
    variables: Variables,
}

/// Collect the evidence in `text`. With `whole` the value as a whole can be a command line, with `path` it is a
/// path, whose last segment may be one.
pub(super) fn read(text: &[u8], whole: bool, path: bool, evidence: &mut Evidence<'_>) {
    let entry = CommandEntry::Start;
    let mut reader = Reader {
        text,
        whole,
        path,
        lines: 0,
        depth: 0,
        out: false,
        current: Command::new(entry, false, 0),
        best: None,
        best_weight: 0,
        plain: 0,
        begun: false,
        fetched: false,
        probed: false,
        moved: false,
        connected: false,
        variables: Variables::default(),
    };
    let mut at_end = false;
    for lexeme in Lexer::new(text) {
        at_end = reader.push(lexeme, evidence);
    }
    let trailing = at_end && reader.current.words == 0;
    reader.end_command(false, evidence);
    reader.report(trailing, evidence);
}

impl Reader<'_> {
    /// Take one lexeme in; whether it was a separator.
    fn push(&mut self, lexeme: Lexeme, evidence: &Evidence<'_>) -> bool {
        match lexeme {
            Lexeme::Word(word) => self.word(word, evidence),
            Lexeme::Separator { pipe } => {
                self.end_command(true, evidence);
                self.begin(CommandEntry::Separator { pipe });
                return true;
            }
            Lexeme::NewLine => {
                self.lines += u32::from(self.current.words > 0);
                self.end_command(true, evidence);
                self.begin(CommandEntry::NewLine);
            }
            Lexeme::Substitute { tick } => {
                let quoted = tick
                    && self.plain > 0
                    && self.current.end < self.text.len()
                    && matches!(self.text.get(self.current.end), Some(0..=b' '));
                self.end_command(true, evidence);
                self.begin(if quoted { CommandEntry::Quoted } else { CommandEntry::Substitute });
            }
            Lexeme::Group => {
                self.probed |= self.is_probe();
                let call = self.current.program == Some(Program::Caller) || self.is_exec();
                self.depth += 1;
                self.end_command(false, evidence);
                self.begin(if call { CommandEntry::Call } else { CommandEntry::Group });
            }
            Lexeme::Close => {
                self.end_command(true, evidence);
                self.begin(CommandEntry::Group);
                self.out = self.depth == 0;
                self.depth = self.depth.saturating_sub(1);
            }
            Lexeme::Redirect => {
                if self.current.program.is_some() {
                    self.current.kinds |= 1;
                }
            }
        }
        false
    }

    /// Whether the command so far is the name of a function that only attackers call, and its arguments are empty.
    fn is_probe(&self) -> bool {
        let name = &self.text[self.current.start..self.current.end];
        let empty = self.text[self.current.end..].starts_with(b"()");
        self.current.words == 1
            && empty
            && [&b"phpinfo"[..], b"phpversion"].iter().any(|probe| name.ends_with(probe))
    }

    /// Whether the only word so far ends in the name of a function that runs commands, as in the path of a URL.
    fn is_exec(&self) -> bool {
        let word = &self.text[self.current.start..self.current.end];
        let name = word.rsplit(|byte| matches!(byte, b'/' | b'=')).next().unwrap_or_default();
        self.current.words == 1
            && (word.ends_with(b"exec") || program::named(dictionary::hash(name)) == Some(Program::Caller))
    }

    fn begin(&mut self, entry: CommandEntry) {
        let leading = !self.begun || self.out;
        self.out = false;
        let before = &self.text[..self.current.end];
        let addressed = self.current.start == 0 && before.len() <= ADDRESS && is_address(before);
        let behind_word = !before.is_empty() && before.len() <= WORD && !before.contains(&b' ');
        self.current = Command::new(entry, leading, self.current.end);
        self.current.addressed = addressed;
        self.current.behind_word = behind_word;
    }

    fn word(&mut self, mut word: Word, evidence: &Evidence<'_>) {
        if program::named(word.hash).is_none() && self.trim(&mut word) {
            self.end_command(true, evidence);
            self.begin(CommandEntry::NewLine);
        }
        let raw = &self.text[word.start..word.end];
        let is_quotes =
            raw.iter().all(|byte| matches!(byte, b'\'' | b'"' | b'\\' | b'@' | b'{' | b'}' | b'^' | b'$'));
        if is_quotes && !word.joined {
            return;
        }
        if self.current.words == 0 {
            self.current.start = word.start;
        }
        self.current.end = word.end;
        self.connected |= raw.starts_with(b"$") && (contains(raw, b"/tcp/") || contains(raw, b"/udp/"));
        self.current.joined |= word.joined;
        self.current.braced |= word.joined && self.text.get(word.end) == Some(&b',');
        let first = self.current.program.is_none_or(|program| program == Program::Prefix)
            && (self.current.words == 0 || self.current.program == Some(Program::Prefix));
        self.begun = true;
        self.out = false;
        self.current.words += 1;
        if first && self.name(word, raw) {
            return;
        }
        self.argument(word, raw);
    }

    /// Cut line breaks that are spelled out off both ends of a word; whether there was one at its start.
    fn trim(&self, word: &mut Word) -> bool {
        let is_break = |at: usize| matches!(self.text.get(at..at + 2), Some([b'\\', b'n' | b'r']));
        let from = word.start;
        while word.start + 2 < word.end && is_break(word.start) {
            word.start += 2;
        }
        let to = word.end;
        while word.start + 2 < word.end && is_break(word.end - 2) {
            word.end -= 2;
        }
        if word.start != from || word.end != to {
            let raw = &self.text[word.start..word.end];
            let base = raw.iter().rposition(|byte| *byte == b'/').map_or(0, |at| at + 1);
            word.hash = dictionary::hash(raw);
            word.base = dictionary::hash(&raw[base..]);
            word.spelled = false;
        }
        word.start != from
    }

    /// Take a word as the name of the program; whether it is one.
    fn name(&mut self, word: Word, raw: &[u8]) -> bool {
        self.variables.set(raw);
        self.current.kept |= self.variables.hold(raw);
        if self.current.kept {
            self.current.program = Some(Program::Certain);
            return true;
        }
        let path = raw.iter().any(|byte| matches!(byte, b'/' | b'\\'));
        let whole = program::named(word.hash).or_else(|| program::in_braces(raw));
        let base = if path { program::named(word.base) } else { None };
        let is_path = self.path && self.current.entry == CommandEntry::Start;
        let in_directory = || {
            let named = contains(raw, b"bin") || contains(raw, b"ystem32") || contains(raw, b"dows");
            named && !raw.contains(&b'=') || is_path
        };
        let command = &mut self.current;
        if glob::names_program(raw) {
            command.globbed = true;
            command.program = Some(Program::Certain);
            return true;
        }
        let named = match (whole, base) {
            (Some(program), _) => {
                command.spelled = word.spelled;
                Some(program)
            }
            (None, Some(program)) if program != Program::Caller && in_directory() => {
                command.by_path = !is_path;
                Some(program)
            }
            (None, None) if program::with_switch(raw, word.end < self.text.len()) => {
                command.kinds |= 2;
                Some(Program::Certain)
            }
            (None, None) => program::executable(raw).or_else(|| program::versioned(raw)),
            _ => None,
        };
        if named.is_some() {
            command.prefixed |= command.program == Some(Program::Prefix);
            command.program = named;
        } else if command.program == Some(Program::Prefix) {
            return false;
        }
        named.is_some()
    }

    fn argument(&mut self, word: Word, raw: &[u8]) {
        let mut body = raw;
        while let [b'\'' | b'"' | b'(', rest @ ..] = body {
            body = rest;
        }
        while let [rest @ .., b'\'' | b'"'] = body {
            body = rest;
        }
        let plain = body.len() > 1
            && body.iter().all(|byte| {
                byte.is_ascii_alphabetic() || matches!(byte, b',' | b'.' | b'!' | b'?' | b':' | b'\'' | b'"')
            });
        if plain {
            self.plain += 1;
            self.current.plain += 1;
        }
        if self.current.program.is_none() {
            return;
        }
        let command = &mut self.current;
        let first = &self.text[command.start..word.start];
        let aliases = first.get(..6).is_some_and(|name| name.eq_ignore_ascii_case(b"alias "));
        command.alias |= aliases && command.plain == 0 && raw.contains(&b'=');
        if command.words == 2 && program::is_command_of(first.trim_ascii(), body) {
            command.program = Some(Program::Certain);
        }
        let kind = kind_of(body);
        command.kinds |= kind & 31;
        command.kinds |= if glob::names_by_class(body) { 16 } else { 0 };
        if kind == 32 && command.joined {
            command.kinds |= 4;
        }
        command.sensitive |= program::is_sensitive(word.base) && (kind == 4 || kind == 32 || self.moved)
            || body.starts_with(b"/etc/")
            || contains(body, b"/etc/") && contains(body, b"pass");
        self.moved |= first.trim_ascii() == b"cd" && (body.starts_with(b"/") || body == b"etc");
        command.network |= contains(body, b"/dev/tcp/") || contains(body, b"/dev/udp/");
        command.numbers += u32::from(!body.is_empty() && body.iter().all(u8::is_ascii_digit));
        let interpreter = matches!(command.program, Some(Program::Interpreter));
        let inline = matches!(body, [b'-' | b'/', b'c' | b'C' | b'e' | b'E' | b'r' | b'k', tail @ ..] if tail.len() < 14);
        let nested = program::named(word.hash) == Some(Program::Certain);
        command.code |= interpreter && (inline || nested);
    }

    fn end_command(&mut self, closed: bool, evidence: &Evidence<'_>) {
        let mut command = self.current;
        let fetched = matches!(command.program, Some(Program::Certain | Program::Tool | Program::Everyday))
            && (command.kinds & 8 != 0 || command.code || command.words > 1);
        command.piped = command.entry == CommandEntry::Separator { pipe: true }
            && self.fetched
            && command.program == Some(Program::Interpreter)
            && command.plain == 0;
        self.fetched = fetched;
        command.last = command.end + 3 >= self.text.len();
        if command.program.is_some() {
            let lone = command.words == 1;
            let weight = weigh(&command, self.whole, lone && closed, false, evidence, &mut |_| {});
            if weight > self.best_weight {
                self.best_weight = weight;
                self.best = Some((command, lone));
            }
        }
        self.current.program = None;
        self.current.words = 0;
    }

    fn report(&self, trailing: bool, evidence: &mut Evidence) {
        let bare = self.text.iter().all(u8::is_ascii_alphanumeric);
        if self.probed && self.plain <= 1 && !bare {
            evidence.add(&rules::PROBE, 0..self.text.len());
            return;
        }
        if self.connected {
            evidence.add(&rules::NETWORK, 0..self.text.len());
        }
        let Some((command, lone)) = self.best else { return };
        let text = self.plain >= TEXT || self.lines >= LINES;
        let last = command.last;
        let mut rules: ArrayVec<&'static Rule, 16> = ArrayVec::new();
        weigh(&command, self.whole, lone, text, evidence, &mut |rule| {
            let _ = rules.try_push(rule);
        });
        // `a|id|`, not the last cell of a table.
        let begun =
            !matches!(command.entry, CommandEntry::Start | CommandEntry::Quoted | CommandEntry::Group);
        if !text && begun && expansion::holds_sum(self.text) {
            evidence.add(&rules::EXPANSION, command.start..command.end);
        }
        let trailing = trailing && last && self.text.get(command.end).is_some_and(|byte| *byte > b' ');
        if trailing && !text && (lone && command.entry != CommandEntry::Start || command.kinds != 0) {
            let _ = rules.try_push(&rules::TRAILING);
        }
        let apart =
            last && (command.leading || command.addressed || trailing) || command.entry == CommandEntry::Call;
        if lone && !text && apart && command.entry != CommandEntry::Start {
            let _ = rules.try_push(&rules::LONE);
        }
        for rule in rules {
            evidence.add(rule, command.start..command.end);
        }
    }
}

/// The weight of what a command shows by itself; `add` gets every rule.
fn weigh(
    command: &Command,
    whole: bool,
    lone: bool,
    text: bool,
    evidence: &Evidence<'_>,
    add: &mut dyn FnMut(&'static Rule),
) -> u16 {
    let mut weight = 0;
    let mut count = |rule: &'static Rule, holds: bool| {
        if holds && !evidence.is_off(rule) {
            weight += rule.weight;
            add(rule);
        }
    };
    let entry = command.entry;
    count(&rules::SEPARATOR, !text && matches!(entry, CommandEntry::Separator { .. }));
    count(&rules::NEWLINE, !text && entry == CommandEntry::NewLine);
    count(
        &rules::LEADING,
        !text && command.leading && entry != CommandEntry::Start && entry != CommandEntry::Call,
    );
    count(&rules::ADDRESSED, !text && command.addressed && entry != CommandEntry::Start);
    count(&rules::SUBSTITUTION, !text && entry == CommandEntry::Substitute);
    count(&rules::CALL, !text && entry == CommandEntry::Call);
    count(&rules::WHOLE, !text && whole && entry == CommandEntry::Start);
    // Benign headers do not pass files of secrets to programs.
    let reached = whole || entry != CommandEntry::Start || command.sensitive;
    let substituted = entry == CommandEntry::Substitute && command.leading && command.last;
    count(&rules::WHOLE, !text && substituted && !lone);
    count(&rules::PREFIXED, !text && reached && command.prefixed);
    count(&rules::KEPT_PROGRAM, !text && command.kept);
    count(&rules::ALIAS, !text && reached && command.alias);
    match command.program {
        Some(Program::Certain) if !command.globbed => count(&rules::CERTAIN, reached),
        Some(Program::Tool | Program::Interpreter) => count(&rules::TOOL, reached),
        Some(Program::Everyday | Program::Prefix) => count(&rules::EVERYDAY, reached),
        _ => {}
    }
    count(&rules::GLOBBED, command.globbed && reached);
    count(&rules::PROGRAM_PATH, command.by_path && reached && !text);
    count(&rules::HIDDEN_PROGRAM, command.spelled && reached);
    count(&rules::BLANK, command.joined && reached && (!command.braced || command.kinds != 0));
    let prose = command.plain > 3;
    count(&rules::OPTION, !text && !prose && command.kinds != 0);
    count(&rules::SECOND_ARGUMENT, !text && !prose && command.kinds.count_ones() > 1);
    count(&rules::SENSITIVE_FILE, command.sensitive);
    let numbered = !text && command.numbers == 1 && command.words == 2;
    count(&rules::NUMBER, numbered);
    let separated = matches!(entry, CommandEntry::Separator { .. });
    count(&rules::BEHIND_WORD, numbered && separated && command.behind_word && command.last);
    count(&rules::LONE, lone && entry == CommandEntry::Start && command.by_path);
    count(&rules::PIPED, command.piped && !text);
    count(&rules::ENCODED, command.code && !text);
    count(&rules::NETWORK, command.network);
    weight
}
