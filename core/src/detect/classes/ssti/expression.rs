//! Reads one template expression and finds what page authors do not write.

use super::delimiter::{End, Opening};
use super::names::{self, Meaning};
use super::rules;
use crate::detect::evidence::Evidence;
use crate::detect::lang::code;
use crate::detect::lang::code::Token::{Edge, Mark, Name, Number, Text};
use crate::detect::lang::code::{Lexer, Token, WINDOW, Window};

/// Read the expression behind `opening` up to its end.
pub(super) fn read(lexer: &mut Lexer<'_>, opening: &Opening, evidence: &mut Evidence<'_>) {
    let mut reader = Reader { start: opening.at, opening, steps: 0, evidence };
    let mut nesting = 0_usize;
    loop {
        let token = lexer.advance()[WINDOW - 1];
        reader.check_tokens(lexer);
        if reader.evidence.is_enough() {
            return;
        }
        match token {
            Edge => return,
            Mark(b'{' | b'(' | b'[') => nesting += 1,
            Mark(mark) if ends(opening.end, mark, nesting, lexer.rest()) => return,
            Mark(b'}' | b')' | b']') => nesting = nesting.saturating_sub(1),
            _ => {}
        }
    }
}

/// Whether `mark` ends the expression; `rest` follows it.
fn ends(end: End, mark: u8, nesting: usize, rest: &[u8]) -> bool {
    match end {
        End::Brace => mark == b'}' && nesting == 0,
        End::PercentBrace => mark == b'%' && rest.starts_with(b"}"),
        End::PercentAngle => mark == b'%' && rest.starts_with(b">"),
        End::Angle => mark == b'>' && nesting == 0,
        End::Bracket => mark == b']' && nesting == 0,
        End::Parenthesis => mark == b')' && nesting == 0,
        End::Value => false,
    }
}

struct Reader<'r, 't> {
    start: usize,
    opening: &'r Opening,
    /// Steps from objects to classes so far.
    steps: usize,
    evidence: &'r mut Evidence<'t>,
}

impl Reader<'_, '_> {
    /// Add the evidence of the tokens up to the latest one.
    fn check_tokens(&mut self, lexer: &Lexer<'_>) {
        let window = lexer.window();
        let span = self.start..lexer.at();
        let mut add = |rule, holds: bool| {
            if holds {
                self.evidence.add(rule, span.clone());
            }
        };
        add(&rules::ARITHMETIC, !self.opening.raised && computes_constants(window));
        add(&rules::CONSTANT_TEST, tests_constant(window));
        add(&rules::DUNDER, reaches_dunder(window));
        add(&rules::ATTRIBUTE, matches!(window, [.., Mark(b'|'), Name(name), Mark(b'(')] if name.is("attr")));
        add(&rules::ESCAPE, escapes(window));
        add(&rules::TYPE, names_type(window));
        add(&rules::CALLBACK, is_callback_filter(window));
        add(&rules::LITERAL_METHOD, calls_on_literal(window));
        add(&rules::FRAMEWORK, shows_framework(window));
        add(&rules::DUMP, dumps(window));
        add(
            &rules::PHP,
            self.opening.len == 1 && matches!(window, [.., Edge, Name(php), Mark(b'}')] if php.is("php")),
        );
        add(
            &rules::COMMAND,
            runs(window, lexer.apart()) || self.opening.end == End::PercentAngle && runs_ruby(lexer),
        );
        add(&rules::FILE, reads_file(window));
        add(
            &rules::METHOD,
            matches!(window, [.., Mark(b'.'), Name(name), Mark(b'(')] if names::is_ambiguous(name)),
        );
        self.steps += steps(window);
        let walks = self.steps > 1;
        if walks {
            self.evidence.add(&rules::WALK, self.start..lexer.at());
        }
    }
}

/// `7*7` and the like, whose result is constant: all of an expression, or a product anywhere.
fn computes_constants(window: &Window<'_>) -> bool {
    let [.., before, left, Mark(operator), right, after] = window else { return false };
    let literals = matches!(left, Number(_) | Text(_)) && matches!(right, Number(_) | Text(_));
    let numeric = matches!(left, Number(_)) || matches!(right, Number(_));
    let begins = match before {
        Edge | Mark(b'(' | b'{' | b'=' | b'[') => true,
        Name(statement) => ["echo", "print", "put", "puts"].iter().any(|known| statement.is(known)),
        _ => false,
    };
    let ends = matches!(after, Edge | Mark(b')' | b'}' | b']' | b'%'));
    literals
        && numeric
        && begins
        && match operator {
            b'*' => true,
            b'+' | b'-' | b'/' => ends,
            _ => false,
        }
}

/// A call that is given the absolute path of a file of the system.
fn reads_file(window: &Window<'_>) -> bool {
    // A filter is given it from the left.
    let ([.., Name(_), Mark(b'('), Text(path), Mark(b')' | b',')] | [.., Text(path), Mark(b'|'), Name(_)]) =
        window
    else {
        return false;
    };
    [&b"/etc/"[..], b"/proc/", b"/root/", b"c:\\windows"]
        .iter()
        .any(|start| path.get(..start.len()).is_some_and(|path| path.eq_ignore_ascii_case(start)))
}

/// `if True`: constant conditions occur in probes only.
fn tests_constant(window: &Window<'_>) -> bool {
    match window {
        [.., Name(test), Name(constant), _] => test.is("if") && constant.is("true"),
        [.., Name(test), Number(_), Mark(b'%' | b'}')] => test.is("if"),
        _ => false,
    }
}

/// An attribute that Python keeps for itself, as a member or spelled in a text.
fn reaches_dunder(window: &Window<'_>) -> bool {
    match window {
        [.., Mark(b'.'), Name(name)] => name.is_dunder(),
        [.., Mark(b'[' | b'(' | b','), Text(text)] => code::is_dunder(text),
        _ => false,
    }
}

/// A member through which an expression leaves the objects that it was given.
fn escapes(window: &Window<'_>) -> bool {
    let is_escape = |name| names::meaning(name) == Some(Meaning::Escape);
    match window {
        [.., Name(reject), Mark(b'.'), Name(member)] if is_globals(reject) && member.is("process") => true,
        [.., Name(import), Name(module)] if import.is("import") => {
            ["commands", "importlib", "os", "subprocess", "sys"].iter().any(|known| module.is(known))
        }
        [.., Mark(b'.' | b'?' | b':'), Name(name)] => is_escape(name),
        [.., Mark(b'[' | b'('), Text(text)] => is_escape(&code::Name::of(text)),
        _ => false,
    }
}

fn is_globals(name: &code::Name<'_>) -> bool {
    name.is("global") || name.is("root") || name.is("globalthis")
}

/// A class of Java by its full name, or `?new` and `?eval` of Freemarker.
fn names_type(window: &Window<'_>) -> bool {
    match window {
        [.., Mark(b'?'), Name(builtin), Mark(b'(')] => builtin.is("new") || builtin.is("eval"),
        [.., Mark(b'?'), Name(builtin), Mark(b'.' | b'}')] => builtin.is("api") || builtin.is("interpret"),
        [.., Name(operator), Mark(b'('), Name(package), Mark(b'.' | b')')] => {
            operator.text == b"T" && names::is_package(package)
        }
        [.., Mark(b'@'), Name(package), Mark(b'.')] => names::is_package(package),
        [.., Name(new), Name(package), Mark(b'.')] => new.is("new") && names::is_package(package),
        [.., Text(text)] => text.starts_with(b"freemarker.template.") || text.starts_with(b"java.lang."),
        _ => false,
    }
}

/// A filter that calls a command for every entry, or a function whose name is put together.
fn is_callback_filter(window: &Window<'_>) -> bool {
    let is_mapper = |name| names::meaning(name) == Some(Meaning::Mapper);
    match window {
        [.., Mark(b'|'), Name(filter), Mark(b'('), Text(function)] => {
            is_mapper(filter) && names::is_command(&code::Name::of(function))
        }
        [.., Mark(b'|'), Name(filter), Mark(b'('), _, Mark(b'|' | b'~')] => is_mapper(filter),
        _ => false,
    }
}

/// `'a'.toUpperCase()`, `().mro()`: a page author would write the result.
fn calls_on_literal(window: &Window<'_>) -> bool {
    matches!(
        window,
        [.., Text(_), Mark(b'.'), Name(_), Mark(b'(')]
            | [.., Mark(b'['), Mark(b']'), Mark(b'.'), Name(_)]
            | [.., Mark(b'('), Mark(b')'), Mark(b'.'), Name(_)]
    )
}

/// The framework's own objects, as such or by what they can do.
fn shows_framework(window: &Window<'_>) -> bool {
    let is_framework = |name| names::meaning(name) == Some(Meaning::Framework);
    match window {
        [.., Edge, Name(name), Mark(b'}' | b'|' | b'%')] => is_framework(name),
        [.., Edge, Name(name), Mark(b'.'), Name(_), Mark(b'(')] => is_framework(name) && !name.is("request"),
        [.., Name(template), Mark(b'.'), Name(env)] if template.is("_self") => env.is("env"),
        [.., Name(app), Mark(b'.'), Name(request), Mark(b'.')] => app.is("app") && request.is("request"),
        [.., Name(process), Mark(b'.'), Name(env)] if process.is("process") => env.is("env"),
        [.., Mark(b'$'), Name(smarty), Mark(b'.'), Name(_)] if smarty.is("smarty") => true,
        [.., Mark(b'.'), Name(name)] => names::meaning(name) == Some(Meaning::Secret),
        _ => false,
    }
}

/// Dumps all template variables.
fn dumps(window: &Window<'_>) -> bool {
    let is_dump = |name| names::meaning(name) == Some(Meaning::Dump);
    match window {
        [.., Edge, Name(name), Mark(b'(' | b'%')] | [.., Edge, Mark(b'.'), Name(name)] => is_dump(name),
        _ => false,
    }
}

/// Calls what runs commands or code, or reads files.
fn runs(window: &Window<'_>, apart: bool) -> bool {
    match window {
        [.., before, Name(name), Mark(b'(')] if names::is_command(name) => {
            !(apart || *before == Mark(b'.') && names::is_ambiguous(name))
        }
        [.., Name(module), Mark(b'.'), Name(_), Mark(b'(')] => is_module(module),
        [.., Name(require), Mark(b'('), Text(module)] => {
            require.is("require") && is_module(&code::Name::of(module))
        }
        [.., Mark(b'%'), Name(x), Mark(_)] => x.text == b"x" && !apart,
        _ => false,
    }
}

fn is_module(name: &code::Name<'_>) -> bool {
    // A page has files, Ruby has a class `File`.
    names::meaning(name) == Some(Meaning::Module) && name.text != b"file"
}

/// Ruby needs no parentheses, and runs the content of backticks.
fn runs_ruby(lexer: &Lexer<'_>) -> bool {
    match lexer.window() {
        [.., Text(text)] if lexer.is_backtick() => memchr::memmem::find(text, b"${").is_none(),
        [.., Name(name), Text(_)] => names::is_command(name),
        _ => false,
    }
}

/// How many steps from an object towards its class the latest token makes.
fn steps(window: &Window<'_>) -> usize {
    let is_step = |name| names::meaning(name) == Some(Meaning::Walk);
    let step = match window {
        [.., Mark(b'.'), Name(name)] => is_step(name),
        [.., Mark(b'[' | b','), Text(text)] => is_step(&code::Name::of(text)),
        // Handlebars looks members up by name.
        [.., Name(_), Mark(b'.'), Name(_), Text(text)] => is_step(&code::Name::of(text)),
        _ => false,
    };
    let looked_up =
        || window.iter().any(|token: &Token<'_>| matches!(token, Name(name) if name.is("lookup")));
    if step && looked_up() { 2 } else { usize::from(step) }
}
