//! Edge cases of the tokenizer, and that its work grows with the value and no faster.

use std::vec::Vec;

use super::kind::Kind;
use super::reader;
use super::token::Lexer;
use crate::detect::decode::work::assert_linear;
use crate::detect::evidence::Evidence;
use crate::detect::{Class, ClassSet, Finding, Input, Location, Scanner, THRESHOLD};

/// Every byte that the tokenizer treats specially, and some that it does not.
const BYTES: &[u8] = b"'\"`()[]{},;.:=<>!~|&@#-*/+%^\\_$? \n\t\x00\x7f\xa0\xc2\xff0aAxeE";

fn kinds(text: &str) -> Vec<Kind> {
    Lexer::new(text.as_bytes(), None).map(|token| token.kind).collect()
}

fn inside(text: &str, quote: u8) -> Vec<Kind> {
    Lexer::new(text.as_bytes(), Some(quote)).map(|token| token.kind).collect()
}

#[test]
fn strings_end_at_their_quote_or_with_the_value() {
    assert_eq!(kinds("'a''b' 1"), [Kind::Text, Kind::Number]);
    assert_eq!(kinds("'a"), [Kind::OpenText]);
    assert_eq!(kinds("'"), [Kind::OpenText]);
    assert_eq!(kinds("n'a' = \"b\""), [Kind::Text, Kind::Compare, Kind::Text]);
    assert_eq!(inside("a' or 'b", b'\''), [Kind::Break, Kind::Logic, Kind::OpenText]);
    assert_eq!(inside("a\" or 1", b'\''), []);
}

#[test]
fn numbers_take_their_exponent_but_no_word() {
    assert_eq!(
        kinds("1.5e-3 .5 0x1f 1e1union"),
        [Kind::Number, Kind::Number, Kind::Number, Kind::Number, Kind::Union]
    );
    assert_eq!(kinds("1or 1st"), [Kind::Number, Kind::Logic, Kind::Other]);
    assert_eq!(kinds("1.e(2)"), [Kind::Hollow, Kind::Open, Kind::Number, Kind::Close]);
}

#[test]
fn comments_separate_hide_or_run() {
    assert_eq!(kinds("union/**/select"), [Kind::Union, Kind::Select]);
    assert_eq!(kinds("1/*x"), [Kind::Number, Kind::Tail]);
    assert_eq!(kinds("1 /*!50000or*/ 1"), [Kind::Number, Kind::Versioned, Kind::Logic, Kind::Number]);
    assert_eq!(kinds("1-- x\nor"), [Kind::Number, Kind::Logic]);
    assert_eq!(kinds("1#"), [Kind::Number, Kind::Tail]);
    assert_eq!(kinds("1--2"), [Kind::Number, Kind::Tail, Kind::Number]);
    assert_eq!(kinds("1 -- a comment as long as prose is"), [Kind::Number, Kind::Other]);
}

#[test]
fn every_dialect_s_blanks_separate() {
    for blank in ["\t", "\u{b}", "\u{c}", "\0", "\u{1f}", "\u{a0}"] {
        assert_eq!(
            kinds(&std::format!("1{blank}or{blank}2")),
            [Kind::Number, Kind::Logic, Kind::Number],
            "{blank:?}"
        );
    }
    let latin = Lexer::new(b"1\xa0and\xa01", None).map(|token| token.kind).collect::<Vec<_>>();
    assert_eq!(latin, [Kind::Number, Kind::Logic, Kind::Number]);
}

#[test]
fn tokens_advance_and_stay_within_the_value() {
    for first in BYTES {
        for second in BYTES {
            for third in BYTES {
                let text = [*first, *second, *third];
                for quote in [None, Some(b'\''), Some(b'"')] {
                    let mut end = 0;
                    for token in Lexer::new(&text, quote) {
                        assert!(token.start >= end && token.end > token.start && token.end <= 3, "{text:?}");
                        end = token.end;
                    }
                    reader::read(&text, true, quote, &mut Evidence::new(THRESHOLD, None, None));
                }
            }
        }
    }
}

#[test]
fn one_byte_a_hundred_thousand_times_is_no_attack() {
    for byte in BYTES {
        let text = std::vec![*byte; 100_000];
        for quote in [None, Some(b'\'')] {
            let mut evidence = Evidence::new(THRESHOLD, None, None);
            reader::read(&text, false, quote, &mut evidence);
            assert!(!evidence.is_enough(), "{:?}", *byte as char);
        }
    }
}

#[test]
fn no_value_has_more_tokens_than_bytes() {
    for piece in
        ["/*", "*/", "--", "#\n", "'", "`", "0x", "1.e", "or ", "((", "/*!0", "@@", "a/**/", "1a ", "n'"]
    {
        let text = piece.repeat(5_000);
        assert!(Lexer::new(text.as_bytes(), None).count() <= text.len(), "{piece:?}");
    }
}

#[test]
fn noise_in_front_hides_nothing() {
    for noise in ["a b c, ", "'x' ", "(1) ", "/**/", "1;", "-- x\n", "select "] {
        let text = noise.repeat(1_000) + " 1 or 5=5";
        let mut evidence = Evidence::new(THRESHOLD, None, None);
        reader::read(text.as_bytes(), false, None, &mut evidence);
        assert!(evidence.is_enough(), "{noise:?}");
    }
}

fn scan(value: &[u8]) -> Option<Finding> {
    let input = Input { location: Location::Query, name: b"q", value };
    Scanner::new().scan(&input, ClassSet::NONE.with(Class::Sqli))
}

#[test]
fn a_type_follows_two_colons() {
    assert_eq!(kinds("f(x)::int"), [Kind::Word, Kind::Open, Kind::Word, Kind::Close, Kind::Cast]);
    assert_eq!(kinds("'x' :: jsonb"), [Kind::Text, Kind::Cast]);
    assert_eq!(kinds("a::after"), [Kind::Word, Kind::Dot, Kind::Word]);
}

#[test]
fn the_gate_opens_where_words_of_sql_stand_as_in_sql() {
    for value in [
        "x'\tor\t1=1-- ",
        "1)or(1)=1",
        "foo having 1=1",
        "foo or not 1=1",
        "1' order/**/by 3#",
        "(8266 = 8266)*9",
        "select a from all_users;",
        "x' is null or 'a'='a",
        "or/**/username/**/like/**/char(37);",
    ] {
        assert!(scan(value.as_bytes()).is_some(), "{value:?} passes");
    }
}

#[test]
fn what_people_write_passes() {
    for value in [
        "My order (14700) says \"delivered\", but nothing has arrived.",
        "They're having a sale from Saturday - all monitors are 60% off!",
        "Let's delete the old draft and start over; it was cheap anyway.",
        "isGpcEnabled=0&datestamp=Tue Jun 03 2025 10:10:07 GMT+0200 (Central European Summer Time)&groups=C1:1",
        "sleep(soundly) and well; order by phone",
        "a:not(.x)::text, fe80::1, std::vec::Vec",
        "is it 5' > 6' or not?",
        "the 'or' of it",
    ] {
        assert_eq!(scan(value.as_bytes()), None, "{value:?} is flagged");
    }
}

#[test]
fn hostile_repetition_is_linear() {
    let units: &[&[u8]] = &[
        b"or ",
        b"or   ",
        b"'a'::int ",
        b"::int",
        b")::",
        b"= ",
        b";  ",
        b"' not ",
        b"'is ",
        b"order ",
        b"/*+",
        b"sleep(",
        b"set @a=",
        b"/*!   ",
        b"/*!00000",
        b"'-'",
        b"1-sleep(1),",
    ];
    for unit in units {
        assert_linear(unit, b"' or 1=1-- ", 24, |value| drop(scan(value)));
    }
}
