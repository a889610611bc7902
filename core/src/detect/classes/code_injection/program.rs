//! Reads a value as tokens of several languages and finds calls that act on the system.

use super::names::{self, Meaning};
use super::php::{Call, Variable};
use super::rules;
use crate::detect::decode::work::work;
use crate::detect::evidence::{Evidence, Rule};
use crate::detect::lang::code;
use crate::detect::lang::code::Token::{Edge, Mark, Name, Number, Text};
use crate::detect::lang::code::{Lexer, Token, WINDOW, Window};

/// Add the evidence of `text` as code.
pub(super) fn read(text: &[u8], evidence: &mut Evidence<'_>) {
    if let Some(at) = memchr::memmem::find(text, b"@{") {
        let inner = text[at + 2..].trim_ascii_start();
        if inner.starts_with(b"[") && inner.len() > 1 {
            evidence.add(&rules::PERL, at..text.len());
        }
    }
    let mut prose = read_from(text, 0, 0, evidence);
    // The value may end a text that it was put into.
    for quote in [b'\'', b'"'] {
        let Some(at) = memchr::memchr(quote, text) else { continue };
        if !evidence.is_enough() {
            prose = read_from(text, at + 1, prose, evidence);
        }
    }
}

/// Read `text` from `start` on, where `prose` was seen before, and return how much there is.
fn read_from(text: &[u8], start: usize, prose: usize, evidence: &mut Evidence<'_>) -> usize {
    let mut lexer = Lexer::new(text, start, true);
    let mut reader = Reader::default();
    let score = evidence.full_score();
    while lexer.advance()[WINDOW - 1] != Edge {
        reader.check_tokens(text, &lexer, evidence);
        if evidence.is_enough() {
            return prose;
        }
    }
    if ends_in_input(lexer.window()) {
        evidence.add(&rules::SUPERGLOBAL, 0..text.len());
    }
    let prose = prose.max(reader.prose);
    if evidence.full_score() > score && prose < MAX_PROSE && is_one_statement(text) {
        evidence.add(&rules::ONLY_CODE, 0..text.len());
    }
    prose
}

/// So many pairs of words make prose.
const MAX_PROSE: usize = 2;

/// Whether no line begins another statement: posted source code and diffs have several lines.
fn is_one_statement(text: &[u8]) -> bool {
    work(text.len());
    let continues = |line: &[u8]| {
        matches!(line.trim_ascii_start().first(), None | Some(b'(' | b'[' | b'#' | b'/' | b';'))
    };
    let mut hidden = false;
    text.split(|byte| *byte == b'\n').enumerate().all(|(at, line)| {
        let one = at == 0 || hidden || continues(line);
        let (open, close) = (memchr::memmem::rfind(line, b"/*"), memchr::memmem::rfind(line, b"*/"));
        hidden = if hidden { close.is_none() || open > close } else { open > close };
        one
    })
}

#[derive(Default)]
struct Reader {
    variable: Variable,
    /// Pairs of words without anything between, as prose has them.
    prose: usize,
    /// Attributes that Python keeps for itself, and those among them that lead out.
    private: usize,
    leading_out: usize,
    /// Whether the latest tokens are the name of a function in brackets, which may be called.
    callable: bool,
}

impl Reader {
    /// Add the evidence of the tokens up to the latest one.
    fn check_tokens(&mut self, text: &[u8], lexer: &Lexer<'_>, evidence: &mut Evidence<'_>) {
        let window = lexer.window();
        let end = lexer.at();
        let mut add = |rule: &'static Rule, holds: bool| {
            if holds {
                evidence.add(rule, end.saturating_sub(SHOWN)..end);
            }
        };
        let call = self.variable.advance(window);
        match window[WINDOW - 1] {
            Mark(b'(' | b')' | b',' | b'.' | b'@' | b'}' | b']') => {}
            Mark(mark @ (b'[' | b'{' | b'=' | b';')) => {
                add(&rules::SUPERGLOBAL, reads_input(window));
                self.callable &= matches!(mark, b'[' | b'{');
                return;
            }
            // Nothing else that is looked for ends in one of these, of which an attacker can write many.
            Mark(_) => {
                self.callable = false;
                return;
            }
            Number(_) => return,
            Name(_) | Text(_) | Edge => {}
        }
        add(&rules::COMPUTED_CALL, call == Some(Call::Computed));
        add(&rules::VARIABLE_CALL, call == Some(Call::Plain));
        add(&rules::INDIRECT_CALL, self.calls_indirectly(window, lexer.apart()));
        add(&rules::TAINTED, runs_input(window));
        add(&rules::NESTED, runs_hidden(window) || runs_spelled(window));
        add(&rules::RUN, is_call_of(window, lexer, Meaning::Run));
        add(&rules::PROBE, is_call_of(window, lexer, Meaning::Probe));
        add(
            &rules::SPLICED,
            matches!(window, [.., Name(name), Mark(b'(')] if !is_keyword(name)) && lexer.hidden(),
        );
        add(
            &rules::COMPUTED_NAME,
            matches!(window, [.., Mark(b'$'), Mark(b'{'), Text(_), Mark(b'}' | b'.')]),
        );
        add(&rules::IMPORT, imports(window));
        add(&rules::MODULE, acts_through_module(window));
        add(&rules::JAVA, acts_in_java(window));
        add(&rules::JAVA_EXEC, executes_in_java(window));
        add(&rules::EXPRESSION, is_java_expression(window));
        add(&rules::DOTNET, acts_in_dotnet(window));
        add(&rules::FUNCTION_OBJECT, reaches_function(window));
        add(&rules::PRIVATE, self.walks(window));
        let loops =
            matches!(window, [.., Name(name), Mark(b'(')] if name.is("while")) && is_endless(&text[end..]);
        add(&rules::ENDLESS, loops);
        self.prose += usize::from(matches!(window, [.., Name(first), Name(_)] if !is_keyword(first)));
    }

    /// A function named in brackets, in a text, or as an entry of a list, and called: `('system')('id')`.
    fn calls_indirectly(&mut self, window: &Window<'_>, apart: bool) -> bool {
        // `array_map('system', ..`
        if let [.., Name(caller), Mark(b'('), Text(text), Mark(b',')] = window
            && names::maps(caller)
            && names::text_runs(text)
        {
            return true;
        }
        if matches!(window, [.., Name(replace), Mark(b'('), Text(pattern), Mark(b',')]
            if replace.is("preg_replace") && evaluates(pattern))
        {
            return true;
        }
        if let [.., Text(text), Mark(b'(')] = window
            && !apart
            && names::text_runs(text)
        {
            return true;
        }
        let called = self.callable && matches!(window[WINDOW - 1], Mark(b'('));
        let bare = matches!(window, [.., Mark(b'('), Name(_), Mark(b')'), Mark(b'(')]);
        self.callable = match window {
            [.., Mark(b'(' | b'['), Name(name), Mark(b')' | b']')] => names::runs(name),
            [.., Mark(b'(' | b'['), Text(text), Mark(b')' | b']')] => names::text_runs(text),
            [.., Mark(b'[' | b']' | b')' | b'{' | b'}') | Number(_)] => self.callable,
            _ => false,
        };
        called && !(bare && apart)
    }

    /// From an object to all classes, as Python keeps them.
    fn walks(&mut self, window: &Window<'_>) -> bool {
        if let [.., Name(get), Mark(b'('), Name(builtins), Mark(b',')] = window {
            return get.is("getattr") && builtins.is("__builtins__");
        }
        let [.., Mark(b'.'), Name(name)] = window else { return false };
        if !name.is_dunder() {
            return false;
        }
        self.private += 1;
        let out = ["__globals__", "__builtins__", "__subclasses__", "__mro__", "__bases__"];
        self.leading_out += usize::from(out.iter().any(|known| name.is(known)));
        self.private > 1 && self.leading_out > 0
    }
}

/// Whether a pattern of PHP has its matches replaced by what code gives back: `/x/e`.
fn evaluates(pattern: &[u8]) -> bool {
    let flags = pattern.iter().rev().take(8).take_while(|byte| byte.is_ascii_alphabetic()).count();
    let (pattern, flags) = pattern.split_at(pattern.len() - flags);
    flags.contains(&b'e')
        && matches!(pattern, [first, .., last] if first == last && !first.is_ascii_alphanumeric())
}

/// Whether the value is nothing but input of the request: `$_COOKIE`.
fn ends_in_input(window: &Window<'_>) -> bool {
    matches!(window, [.., Edge, Mark(b'$'), Name(name), Edge] if is_superglobal(name))
}

/// How much of the code is in the span.
const SHOWN: usize = 48;

/// Words that precede others in code too.
fn is_keyword(name: &code::Name<'_>) -> bool {
    const KEYWORDS: [&str; 19] = [
        "async", "await", "class", "const", "echo", "from", "function", "if", "import", "let", "new",
        "print", "return", "throw", "use", "for", "switch", "while", "var",
    ];
    KEYWORDS.iter().any(|keyword| name.is(keyword))
}

fn is_superglobal(name: &code::Name<'_>) -> bool {
    let known: [&[u8]; 9] =
        [b"GLOBALS", b"_COOKIE", b"_ENV", b"_FILES", b"_GET", b"_POST", b"_REQUEST", b"_SERVER", b"_SESSION"];
    known.contains(&name.text)
}

/// `$_GET[..`: input of the request, as PHP calls it.
fn reads_input(window: &Window<'_>) -> bool {
    matches!(window, [.., Mark(b'$'), Name(name), Mark(b'[' | b'{' | b'=' | b';')] if is_superglobal(name))
}

/// `eval($_POST[..`: input of the request is run.
fn runs_input(window: &Window<'_>) -> bool {
    match window {
        [.., Name(run), Mark(b'('), Mark(b'$'), Name(input)]
        | [.., Name(run), Mark(b'('), Mark(b'@'), Mark(b'$'), Name(input)] => {
            names::runs(run) && is_superglobal(input)
        }
        _ => false,
    }
}

/// `eval(base64_decode(..`: what is run is hidden.
fn runs_hidden(window: &Window<'_>) -> bool {
    let [.., Name(run), Mark(b'('), Name(hide), Mark(b'(')] = window else { return false };
    names::runs(run)
        && (matches!(names::meaning(hide), Some(Meaning::Probe | Meaning::Run))
            || ["atob", "decodeURIComponent", "unescape"].iter().any(|known| hide.is(known)))
}

/// `eval(String.fromCharCode`: what is run is spelled by numbers.
fn runs_spelled(window: &Window<'_>) -> bool {
    matches!(window, [.., Name(run), Mark(b'('), Name(_), Mark(b'.'), Name(spell)]
        if names::runs(run) && spell.is("fromCharCode"))
}

/// Whether a function that means `meaning` is called.
fn is_call_of(window: &Window<'_>, lexer: &Lexer<'_>, meaning: Meaning) -> bool {
    matches!(window, [.., Name(name), Mark(b'(')] if names::meaning(name) == Some(meaning)) && !lexer.apart()
}

/// A module that acts is fetched and used at once.
fn imports(window: &Window<'_>) -> bool {
    let is_module = |text| names::meaning(&code::Name::of(text)) == Some(Meaning::Module);
    match window {
        [.., Name(import), Mark(b'('), Text(module), Mark(b')')] => {
            import.is("__import__") && !module.is_empty()
        }
        [.., Mark(b'('), Text(module), Mark(b')'), Mark(b'.'), Name(action), Mark(b'(')] if matches!(window, [_, Name(require), ..] if require.is("require")) => {
            is_module(module) && is_action(action)
        }
        [.., Name(process), Mark(b'.'), Name(main)] => process.is("process") && main.is("mainModule"),
        _ => false,
    }
}

fn is_action(name: &code::Name<'_>) -> bool {
    matches!(names::meaning(name), Some(Meaning::Action | Meaning::Ambiguous))
}

/// `os.system(`, `Process.spawn(`, `process["env"]`.
fn acts_through_module(window: &Window<'_>) -> bool {
    match window {
        [.., Name(module), Mark(b'.'), Name(action), Mark(b'(')] => {
            names::meaning(module) == Some(Meaning::Module) && is_action(action)
        }
        [.., Name(process), Mark(b'['), Name(_) | Text(_)] => process.is("process"),
        // Ruby and Perl run what follows a pipe.
        [.., Name(open), Mark(b'('), Text(file)] => open.is("open") && file.trim_ascii().starts_with(b"|"),
        _ => false,
    }
}

/// `getRuntime(`, `new ProcessBuilder(`, or a context of beans from elsewhere.
fn acts_in_java(window: &Window<'_>) -> bool {
    match window {
        [.., Name(new), Name(class), Mark(b'(')] if new.is("new") => {
            class.is("ProcessBuilder") || class.is("ScriptEngineManager")
        }
        [.., Mark(b'.'), Name(class), Mark(b'(')] if class.text == b"ProcessBuilder" => true,
        [.., Name(method), Mark(b'(')] => method.is("getRuntime") || method.is("getEngineByName"),
        _ => false,
    }
}

/// `getRuntime().exec(`.
fn executes_in_java(window: &Window<'_>) -> bool {
    match window {
        [.., Name(runtime), Mark(b'('), Mark(b')'), Mark(b'.'), Name(exec), Mark(b'(')] => {
            runtime.is("getRuntime") && exec.is("exec")
        }
        _ => false,
    }
}

/// What only expression languages of Java have: `T(java.lang.X)`, `@java.lang.X@y`, `_memberAccess`, and contexts of
/// beans that are fetched from elsewhere.
fn is_java_expression(window: &Window<'_>) -> bool {
    match window {
        [.., Name(operator), Mark(b'('), Name(java), Mark(b'.')] => {
            operator.text == b"T" && java.text == b"java"
        }
        [.., Mark(b'@'), Name(ognl), Mark(b'.'), Name(_), Mark(b'@')] => ognl.is("ognl"),
        [.., Mark(b'@'), Name(java), Mark(b'.'), Name(_), Mark(b'.'), Name(_), Mark(b'@')] => {
            java.is("java") || java.is("javax")
        }
        [.., Mark(b'#'), Name(access)] => access.is("_memberAccess"),
        [.., Name(context), Mark(b'('), Text(place)] => {
            let known =
                context.is("FileSystemXmlApplicationContext") || context.is("ClassPathXmlApplicationContext");
            known && memchr::memmem::find(place, b"://").is_some()
        }
        _ => false,
    }
}

/// `System.Diagnostics.Process.Start(`, `[System.Reflection.Assembly]::Load(`.
fn acts_in_dotnet(window: &Window<'_>) -> bool {
    let acts = |space: &code::Name<'_>| {
        ["Diagnostics", "Reflection", "IO", "Net", "Management", "CodeDom"]
            .iter()
            .any(|known| space.is(known))
    };
    match window {
        [Name(system), Mark(b'.'), Name(space), Mark(b'.'), Name(_), Mark(b'.'), Name(_), Mark(b'(')] => {
            system.is("System") && acts(space)
        }
        [.., Name(process), Mark(b'.'), Name(start), Mark(b'('), Text(_)] => {
            process.text == b"Process" && start.text == b"Start"
        }
        [.., Name(space), Mark(b'.'), Name(_), Mark(b']'), Mark(b':'), Mark(b':'), Name(_)] => acts(space),
        _ => false,
    }
}

/// The constructor of functions, by way of that of an object.
fn reaches_function(window: &Window<'_>) -> bool {
    match window {
        [.., Name(first), Mark(b'.'), Name(second)] => first.is("constructor") && second.is("constructor"),
        _ => false,
    }
}

/// Whether `condition`, behind an opening parenthesis, is a constant that holds, and nothing but its end follows.
fn is_endless(condition: &[u8]) -> bool {
    let mut lexer = Lexer::new(&condition[..condition.len().min(SHOWN)], 0, false);
    let mut negated = false;
    let mut token = lexer.advance()[WINDOW - 1];
    while let Mark(b'!' | b'+' | b'-' | b'(') = token {
        negated ^= token == Mark(b'!');
        token = lexer.advance()[WINDOW - 1];
    }
    let Some(truth) = truth(token, &mut lexer) else { return false };
    let rest = lexer.rest();
    work(rest.len());
    truth != negated
        && rest.contains(&b')')
        && rest.iter().all(|byte| matches!(byte, b')' | b';' | b'{' | b'}' | b' '))
}

/// Whether a constant counts as true.
fn truth(token: Token<'_>, lexer: &mut Lexer<'_>) -> Option<bool> {
    match token {
        Number(digits) => Some(digits.iter().any(|digit| *digit != b'0')),
        Text(text) => Some(!text.is_empty()),
        Mark(b'[') => (lexer.advance()[WINDOW - 1] == Mark(b']')).then_some(true),
        Name(name) if name.is("true") || name.is("Infinity") => Some(true),
        Name(name) if ["false", "null", "undefined", "NaN"].iter().any(|known| name.is(known)) => Some(false),
        _ => None,
    }
}
