use std::string::String;
use std::vec::Vec;

use proptest::prelude::*;

use super::Patterns;

fn compile(patterns: &[&str]) -> Patterns {
    Patterns::compile(patterns, false).unwrap()
}

#[test]
fn the_first_pattern_in_order_wins_wherever_the_others_match() {
    let patterns = compile(&["beta", "alpha", "alpha beta", "(?i)GAMMA"]);
    assert_eq!(patterns.find(b"alpha beta"), Some(0));
    assert_eq!(patterns.find(b"alpha"), Some(1));
    assert_eq!(patterns.find(b"xx gamma xx"), Some(3));
    assert_eq!(patterns.find(b"delta"), None);
    assert_eq!(compile(&[]).find(b"delta"), None);
}

#[test]
fn a_pattern_that_is_not_accepted_hides_no_other() {
    let patterns = compile(&["a+", "aa", "b", "aab"]);
    let mut asked = Vec::new();
    let found = patterns.find_where(b"aab", &mut |index| {
        asked.push(index);
        index == 3
    });
    assert_eq!((found, asked), (Some(3), std::vec![0, 1, 2, 3]));
    assert_eq!(compile(&["a"]).find_where(b"a", &mut |_| false), None);
}

#[test]
fn a_match_is_located_also_behind_those_of_others() {
    let patterns = compile(&["needle[0-9]", "hay"]);
    assert_eq!(patterns.locate(0, b"hay hay needle7 hay"), (8, 15));
    let far = [b"hay ".repeat(100).as_slice(), b"needle7"].concat();
    assert_eq!(patterns.find(&far), Some(0));
    assert_eq!(patterns.locate(0, &far), (0, far.len()));
}

#[test]
fn patterns_read_bytes_and_fold_ascii_only() {
    assert_eq!(compile(&["^a.b$"]).find(b"a\xffb"), Some(0));
    assert_eq!(compile(&[r"\x00\xff"]).find(b"\x00\xff"), Some(0));
    let ignoring = Patterns::compile(&["straße", "Bot"], true).unwrap();
    assert_eq!(ignoring.find("STRAßE".as_bytes()), Some(0));
    assert_eq!(ignoring.find(b"googleBOT"), Some(1));
    // With full Unicode case folding, the Kelvin sign would be a K.
    assert_eq!(Patterns::compile(&["k"], true).unwrap().find("\u{212a}".as_bytes()), None);
    assert_eq!(compile(&["^(?u:.[а-я])$"]).find("éж".as_bytes()), Some(0));
}

#[test]
fn patterns_that_need_backtracking_are_rejected() {
    for (pattern, problem) in [
        (r"(a)\1", "backreferences are not supported"),
        ("(?=a)", "look-around"),
        ("(?<!a)b", "look-around"),
        ("(a", "unclosed group"),
        ("[z-a]", "invalid character class range"),
        ("*", "repetition operator missing expression"),
    ] {
        let (index, text) = Patterns::compile(&["fine", pattern, "("], false).unwrap_err();
        assert_eq!(index, 1, "{pattern}");
        assert!(text.contains(problem) && text.contains(pattern) && !text.contains('\n'), "{text}");
    }
}

#[test]
fn a_pattern_that_is_too_large_is_rejected_with_its_index() {
    let huge = "((a{100}){100}){100}";
    for at in 0..4 {
        let mut patterns = ["one", "two", "three", "four"];
        patterns[at] = huge;
        let (index, problem) = Patterns::compile(&patterns, false).unwrap_err();
        assert_eq!(index, at);
        assert!(problem.contains("too large"), "{problem}");
    }
}

#[test]
fn a_set_that_outgrows_the_limit_names_the_pattern_with_which_it_does() {
    let large = "[a-z]{5000}";
    let most = (1..).find(|count| Patterns::compile(&std::vec![large; *count], false).is_err()).unwrap();
    assert!(most > 1, "one alone must fit");
    let mut patterns = std::vec![large; most];
    patterns.extend(["small"; 3]);
    assert_eq!(Patterns::compile(&patterns, false).unwrap_err().0, most - 1);
}

#[test]
fn patterns_that_blow_up_backtracking_engines_terminate() {
    let catastrophic = [
        "(a+)+$",
        "(a|a)*$",
        "(a|aa)+$",
        "(.*a){12}$",
        r"^(\w+\s?)*$",
        "(x+x+)+y",
        "((a*)*)*$",
        "(?i)(.*)*!$",
    ];
    let hostile = [b"a".repeat(1 << 20).as_slice(), b"\x00"].concat();
    for pattern in catastrophic {
        assert_eq!(compile(&[pattern, "never: there"]).find_where(&hostile, &mut |at| at == 1), None);
    }
    assert_eq!(compile(&["(a+)+$"]).find(&hostile), None);
    assert_eq!(compile(&["(a+)+b"]).find(&hostile), None);
}

#[test]
fn a_comma_in_a_pattern_is_part_of_it() {
    let patterns = compile(&["union,select", "x{2,3}y"]);
    assert_eq!(patterns.find(b"union"), None);
    assert_eq!(patterns.find(b"union,select"), Some(0));
    assert_eq!(patterns.find(b"-xxy-"), Some(1));
}

proptest! {
    #[test]
    fn literals_are_found_like_substrings(
        words in prop::collection::vec("[ab]{1,4}", 1..6),
        text in "[abc]{0,24}",
    ) {
        let expected = words.iter().position(|word| text.contains(word));
        prop_assert_eq!(Patterns::compile(&words, false).unwrap().find(text.as_bytes()), expected);
    }

    #[test]
    fn any_text_compiles_or_is_rejected(pattern in ".{0,40}", text in prop::collection::vec(any::<u8>(), 0..64)) {
        match Patterns::compile(&[pattern], false) {
            Ok(patterns) => {
                if let Some(index) = patterns.find(&text) {
                    let (start, end) = patterns.locate(index, &text);
                    prop_assert!(start <= end && end <= text.len());
                }
            }
            Err((index, problem)) => prop_assert_eq!((index, problem.lines().count()), (0, 1), "{}", String::new()),
        }
    }
}
