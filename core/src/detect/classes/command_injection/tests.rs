//! Edge cases of the lexer, the gate's words, and that the work grows with the value and no faster.

use std::vec::Vec;

use super::command;
use super::glob;
use super::lexer::{Lexeme, Lexer};
use super::program;
use crate::detect::Shape;
use crate::detect::decode::work::assert_linear;
use crate::detect::evidence::Evidence;
use crate::detect::gate::word;
use crate::detect::lang::dictionary::hash;
use crate::detect::{Class, ClassSet, Finding, Input, Location, Scanner, THRESHOLD};

/// Every byte that the lexer treats specially, and some that it does not.
const BYTES: &[u8] = b"'\"`()[]{},;.:=<>!~|&@#-*/+%^\\_$? \n\t\x00\x7f\xa0\xff0aIFSn";

/// The names that the words of `text` amount to.
fn names(text: &str) -> Vec<u64> {
    Lexer::new(text.as_bytes())
        .filter_map(|lexeme| if let Lexeme::Word(word) = lexeme { Some(word.hash) } else { None })
        .collect()
}

#[test]
fn what_shells_remove_does_not_hide_a_name() {
    let spellings = [
        "c''at", "c\"\"at", "c\\at", "c^at", "ca$@t", "c$1at", "c${x}at", "c``at", "@cat", "'c'at", "CAT",
        "c$()at", "c\\\nat",
    ];
    for spelling in spellings {
        assert_eq!(names(spelling), [hash(b"cat")], "{spelling:?}");
    }
}

#[test]
fn what_shells_read_as_a_blank_is_one() {
    for spelling in [
        "cat$IFS/x",
        "cat${IFS}/x",
        "cat$IFS$9/x",
        "{cat,/x}",
        "cat</x",
        "cat\t/x",
        "cat+/x",
        "cat${IFS%??}/x",
    ] {
        assert_eq!(names(spelling), [hash(b"cat"), hash(b"/x")], "{spelling:?}");
    }
}

#[test]
fn a_contraction_is_no_spelling() {
    for text in ["I'd", "don't", "I\\'d"] {
        let spelled =
            Lexer::new(text.as_bytes()).any(|lexeme| matches!(lexeme, Lexeme::Word(word) if word.spelled));
        assert!(!spelled, "{text:?}");
    }
}

fn scan(value: &[u8]) -> Option<Finding> {
    let input = Input { location: Location::Query, name: b"q", value };
    Scanner::new().scan(&input, ClassSet::NONE.with(Class::CommandInjection))
}

#[test]
fn loops_conditions_and_variables_run_what_they_hold() {
    for value in [
        "for /f \"tokens=*\" %i in ('dir /b') do echo %i",
        "& FOR %_ IN (a,b)DO cmd",
        "if /i not \"a\"==\"b\" echo x",
        "x|if cmdextversion 1 goto y",
        "if exist c:\\x (cmd) else (cmd)",
        "a=/etc;b=/passwd;c=cat;$c $a$b",
        "v=u;c${v}rl x",
        "{,ifconfig}",
        "x;{l,-la}s",
        "cat /etc/pa[s]swd",
        "/b[i]n/sh",
        "python3.10 -c x",
        "$SHELL -c x",
        "net localgroup administrators x /add",
    ] {
        assert!(scan(value.as_bytes()).is_some(), "{value:?} passes");
    }
}

#[test]
fn what_people_write_passes() {
    for value in [
        "Set the size limit on this builder.",
        "if the file does not exist, create it in time",
        "If x == 1: print(x)",
        "20% off for everything in (store) do come",
        "Let's find a date; type your name & echo it",
        "{id,name}",
        "{ user { id, name } }",
        "a=1; b=2; $Path=/",
        "/blog/[slug]/[id]",
        "/docs/[...path]",
        "see [1] and /usr [2]",
        "time to go home",
        "top 10 tools at -20 %",
        "\"c61c66a4-bbec-4d49\"",
        "net profit",
        "id5-abc",
    ] {
        assert_eq!(scan(value.as_bytes()), None, "{value:?} is flagged");
    }
}

#[test]
fn routes_put_whole_segments_into_brackets() {
    assert!(glob::names_by_class(b"cat /etc/[p]asswd"));
    assert!(glob::names_by_class(b"/[e]tc/passwd"));
    assert!(!glob::names_by_class(b"/etc/[]/x"));
    assert!(!glob::names_by_class(b"/users/[id]/posts"));
    assert!(!glob::names_by_class(b"/etc/[environment]x"));
    assert!(!glob::names_by_class(b"/d[0]/name"));
}

#[test]
fn hostile_repetition_is_linear() {
    let units: &[&[u8]] = &[
        b"for ",
        b"for %",
        b"%",
        b"%a in (",
        b"for %a in (",
        b") ",
        b"if ",
        b"&if a",
        b"&if a==",
        b"[a]",
        b"/[",
        b"/etc/[",
        b"a=1;",
        b"$a",
        b"a=1;$",
        b"{a,",
        b"{,",
        b"f(){",
        b"(){ ",
        b"sudo ",
        b"$(id ",
        b"$((1+",
        b"1.2.3.4;",
    ];
    for unit in units {
        assert_linear(unit, b"; cat /etc/passwd", 24, |value| drop(scan(value)));
    }
}

#[test]
fn the_gate_knows_every_program() {
    for (_, names) in program::PROGRAMS {
        for name in *names {
            assert_ne!(Shape::of(name.as_bytes()).words & word::COMMAND, 0, "{name}");
        }
    }
}

#[test]
fn lexemes_advance_and_stay_within_the_value() {
    for first in BYTES {
        for second in BYTES {
            for third in BYTES {
                let text = [*first, *second, *third];
                let mut end = 0;
                for lexeme in Lexer::new(&text) {
                    if let Lexeme::Word(word) = lexeme {
                        assert!(word.start >= end && word.end >= word.start && word.end <= 3, "{text:?}");
                        end = word.end;
                    }
                }
                command::read(&text, true, false, &mut Evidence::new(THRESHOLD, None, None));
            }
        }
    }
}

#[test]
fn one_byte_a_hundred_thousand_times_is_no_attack() {
    for byte in BYTES {
        let text = std::vec![*byte; 100_000];
        let mut evidence = Evidence::new(THRESHOLD, None, None);
        command::read(&text, true, false, &mut evidence);
        assert!(!evidence.is_enough(), "{:?}", *byte as char);
    }
}

#[test]
fn no_value_has_more_lexemes_than_bytes() {
    for piece in ["$", "${", "$(", "`", "\\", "\\n", "{a,", "a'", "$IFS", "<(", "||", "/???/", "a;"] {
        let text = piece.repeat(5_000);
        assert!(Lexer::new(text.as_bytes()).count() <= text.len(), "{piece:?}");
    }
}
