use crate::detect::decode::work::assert_linear;
use crate::detect::{Class, ClassSet, Finding, Input, Location, Scanner};

fn scan(value: &[u8]) -> Option<Finding> {
    let input = Input { location: Location::Query, name: b"q", value };
    Scanner::new().scan(&input, ClassSet::NONE.with(Class::LdapInjection))
}

#[test]
fn filters_are_left_in_many_ways() {
    for value in [
        "*%29%28uid%3D*%29%29%28%7C%28uid%3D*",
        "admin*)((|password=*)",
        "printer)(uid=*)",
        "x)(cn;lang-en=a",
        "x)(2.5.4.3=a",
        "x)(cn>=a",
        "x)(cn:2.5.13.5:=a",
        "bar)(&)",
        "*)!(sn=*",
        "a))%00",
    ] {
        assert!(scan(value.as_bytes()).is_some(), "{value:?} passes");
    }
}

#[test]
fn paths_are_left_in_many_ways() {
    for value in [
        "' or //*[1]='",
        "\" and not(contains(@id,\"x",
        "1'] | //secret/text() | x['",
        "' or (substring((//user[1]/pw),1,1)='a",
        "x' and position()<9 or 'a'='b",
        "a'b'c' or ancestor::root/x='",
    ] {
        assert!(scan(value.as_bytes()).is_some(), "{value:?} passes");
    }
}

#[test]
fn what_people_write_passes() {
    for value in [
        "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0",
        "(see above) & (below)",
        ":) (x=5)",
        "a) first (b=1), b) second",
        "^(a|b)*(c|d)$",
        "(?:foo)(?=bar)(?!baz)",
        "if (a)(b=c)",
        "f = lambda x: (x)(y=1)",
        "SELECT count(*) FROM t",
        "SUM(A1:B2)*(1+C3)",
        "(&(objectClass=user)(|(cn=ann*)(mail=ann@site.example)))",
        "//div[@class='a' and contains(@id,'x') or contains(@id,'y')]",
        "the 'best' and 'worst' of //example.com/a",
        "'A' and count (slowly)",
        "x := (y)",
        "10:30:=ok",
    ] {
        assert_eq!(scan(value.as_bytes()), None, "{value:?} is flagged");
    }
}

#[test]
fn hostile_repetition_is_linear() {
    for unit in [
        "(",
        ")",
        "()",
        ")(",
        ")(a",
        "(&",
        "*)",
        ") ",
        "' or ",
        "']|//",
        "'",
        "name(",
        "(aaaaaaaaaaaaaaaaaaaa",
        ":=",
    ] {
        for tail in ["", "=1", "' or name(", ")("] {
            assert_linear(unit.as_bytes(), tail.as_bytes(), 100, |value| drop(scan(value)));
        }
    }
}
