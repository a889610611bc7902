//! Delimiters, and that the work grows with the value and no faster.

use super::delimiter::{self, End};
use crate::detect::decode::work::assert_linear;
use crate::detect::{Class, ClassSet, Input, Location, Scanner};

fn is_attack(value: &[u8]) -> bool {
    let input = Input { location: Location::Json, name: b"q", value };
    Scanner::new().scan(&input, ClassSet::NONE.with(Class::Ssti)).is_some()
}

#[test]
fn each_language_opens_an_expression_in_its_way() {
    let ends = |text: &str| delimiter::next(text.as_bytes(), 0).map(|opening| (opening.at, opening.end));
    for (text, at, end) in [
        ("a{{b}}", 1, End::Brace),
        ("{%b%}", 0, End::PercentBrace),
        ("a${b}", 2, End::Brace),
        ("*{b}", 1, End::Brace),
        ("<%=b%>", 0, End::PercentAngle),
        ("<#if b>", 0, End::Angle),
        ("[#if b]", 0, End::Bracket),
        ("[=b]", 0, End::Bracket),
        ("@(b)", 0, End::Parenthesis),
        ("#set($a = 1)$a", 0, End::Value),
        ("{passthru('b')}", 0, End::Brace),
    ] {
        assert_eq!(ends(text), Some((at, end)), "{text:?}");
    }
    for text in
        ["{b}", "$b", "a{b}", "[b]", "<b>", "#setting", "b@c.d", "{\"b\":1}", "f(){eval(b)}", "<#", "# set"]
    {
        assert_eq!(ends(text), None, "{text:?}");
    }
}

#[test]
fn an_expression_ends_where_its_language_says() {
    assert!(is_attack(b"{{'}}'|upper}}{{7*7}}"));
    assert!(is_attack(b"${ {'a':{}}.class.base }"));
    assert!(!is_attack(b"{{name}} 7*7"));
    assert!(!is_attack(b"<%= name %> system('id')"));
}

#[test]
fn an_expression_without_an_end_is_read_too() {
    assert!(is_attack(b"{{''.__class__.__mro__"));
    assert!(is_attack(b"${T(java.lang.Runtime).getRuntime("));
}

#[test]
fn work_is_linear_in_the_value() {
    for unit in [
        "{{", "{{a}}", "${", "{%", "<%", "@(", "#set($a=", "[=", "{{'", "{system", "{{a|", "$smarty", "{if ",
        // Expressions in each of which a quote stands that nothing closes, all the others being escaped.
        "{{\\\"}}", "${\\'}", "{{\\`}}",
    ] {
        assert_linear(unit.as_bytes(), b"", 60, |value| {
            is_attack(value);
        });
    }
}
