//! The format rejects unknown fields and invalid values, and names their location.

use portcullis_conformance::known_differences::KnownDifferences;
use portcullis_conformance::vector::VectorFile;

fn problem(text: &str) -> String {
    VectorFile::parse("area/file", text).map(|_| ()).expect_err(text).to_string()
}

/// A case named `x` with these lines, and one step with those.
fn case(lines: &str, step: &str) -> String {
    format!("[[case]]\nname = \"x\"\n{lines}\n[[case.step]]\n{step}\n")
}

#[test]
fn an_unknown_field_is_rejected_with_its_place() {
    for (text, place) in [
        ("[[cases]]\nname = \"x\"".to_owned(), "area/file: "),
        (
            case("chekclist = [1]", "target = \"/\"\nexpect = { status = 200 }"),
            "area/file: case `x`: chekclist: ",
        ),
        (
            case("", "target = \"/\"\nexpect = { stauts = 200 }"),
            "area/file: case `x`: step[0].expect.stauts: ",
        ),
        (case("", "traget = \"/\"\nexpect = { status = 200 }"), "area/file: case `x`: step[0].traget: "),
        (
            case("policies = { p = { rates = [] } }", "target = \"/\"\nexpect = { status = 200 }"),
            "area/file: case `x`: policies.p: the configuration has an error: rates: ",
        ),
    ] {
        let problem = problem(&text);
        assert!(problem.starts_with(place) && problem.contains("unknown field"), "{problem}");
    }
}

#[test]
fn a_bad_value_is_named() {
    let request = "target = \"/\"\nexpect = { status = 200 }";
    for (text, expected) in [
        (case("config = { rate = { limit = \"many\" } }", request), "case `x`: config: "),
        (case("http = \"3\"", request), "case `x`: http: is `2`, or absent for HTTP/1.1"),
        (case("config = { rte = {} }", request), "did you mean `rate`?"),
        (case("config = \"[rate]\\nlimt = 1\"", request), "did you mean `limit`?"),
        (
            case("policies = { p = { rate = [{ limit = \"0/s\" }] } }", request),
            "policies.p: the configuration has an error: rate[0].limit: ",
        ),
        (case("policies = { p = { allow = [\"1.2.3\"] } }", request), "allow[0]: "),
        (
            case("policies = { p = { bypass = [\"everything\"] } }", request),
            "`everything` is not one of `all`",
        ),
        (case("policies = { p = { body = { inspect = \"ten\" } } }", request), "body: `ten` is not a size"),
        (case("routes = { \"/a\" = \"p\" }", request), "there is no policy `p`"),
        (case("facts = { countries = { Germany = [] } }", request), "facts.countries.Germany: `Germany`"),
        (case("facts = { lists = { tor = [\"x\"] } }", request), "case `x`: facts.lists.tor: "),
        (
            case("facts = { clouds = [{ provider = \"AWS\", networks = [\"x\"] }] }", request),
            "case `x`: facts.clouds.AWS: ",
        ),
        (case("facts = { cities = {} }", request), "case `x`: facts.cities: unknown field"),
        (case("", "at = \"soon\"\ntarget = \"/\"\nexpect = { status = 200 }"), "step[0].at: "),
        (case("", "peer = \"me\"\ntarget = \"/\"\nexpect = { status = 200 }"), "step[0].peer: "),
        (case("", "repeat = 0\ntarget = \"/\"\nexpect = { status = 200 }"), "step[0].repeat: "),
        (
            case("", "target = \"/\"\nheaders = [[\"x\", '\\q']]\nexpect = { status = 200 }"),
            "step[0].headers[0]: ",
        ),
        (
            case("", "target = \"/\"\nheaders = [[\"x y\", \"a\"]]\nexpect = { status = 200 }"),
            "step[0].headers[0]: ",
        ),
        (case("", "target = \"/\"\nbody_base64 = \"?\"\nexpect = { status = 200 }"), "step[0].body_base64: "),
        (case("", "ban = { target = \"all\", for = \"1h\" }\nexpect = {}"), "step[0].ban.target: "),
        (case("", "ban = { target = \"::1\", for = \"long\" }\nexpect = {}"), "step[0].ban.for: "),
        (case("", "target = \"/\"\nexpect = { status = 200, free = [\"x\"] }"), "step[0].expect.free: "),
    ] {
        let problem = problem(&text);
        assert!(problem.contains(expected), "{problem}");
    }
}

#[test]
fn an_incomplete_or_contradictory_step_is_rejected() {
    for (text, expected) in [
        ("[[case]]\nname = \"x\"\nstep = []".to_owned(), "a case needs at least one"),
        ("case = []".to_owned(), "has no case"),
        (case("", "expect = { status = 200 }"), "exactly one of `target`"),
        (case("", "target = \"/\"\nunban = \"::1\"\nexpect = { status = 200 }"), "exactly one of `target`"),
        (case("", "unban = \"::1\"\npeer = \"unix\"\nexpect = {}"), "only a request has a peer"),
        (case("", "unban = \"::1\"\nexpect = { status = 200 }"), "has no response"),
        (case("", "target = \"/\"\nexpect = {}"), "every request has one"),
        (case("", "target = \"/\"\nexpect = { status = 200, rejected = true }"), "for an operator's command"),
        (
            case("", "target = \"/\"\nbody = \"a\"\nchunks = []\nexpect = { status = 200 }"),
            "a request has one of `body`",
        ),
        (
            case(
                "",
                "target = \"/\"\nexpect = { status = 200, handler_body = \"\", handler_body_sha256 = \"\" }",
            ),
            "choose one",
        ),
    ] {
        let problem = problem(&text);
        assert!(problem.contains(expected), "{problem}");
    }
    let one = case("", "target = \"/\"\nexpect = { status = 200 }");
    assert!(problem(&format!("{one}{one}")).contains("another case has this name"));
}

#[test]
fn escapes_in_headers_are_bytes() {
    let text = case("", "target = \"/\"\nheaders = [[\"X\", 'a\\xe9\\\\b']]\nexpect = { status = 200 }");
    let file = VectorFile::parse("file", &text).unwrap();
    let portcullis_conformance::vector::Action::Send { request, .. } = &file.cases[0].steps[0].action else {
        panic!("a request")
    };
    assert_eq!(request.headers, [("X".to_owned(), b"a\xe9\\b".to_vec())]);
}

#[test]
fn declared_differences_need_a_reason_and_name_a_target_that_runs() {
    let entry = "[[difference]]\ntarget = \"core\"\nfile = \"f\"\ncase = \"c\"\n";
    assert!(KnownDifferences::parse(entry).unwrap_err().contains("missing field `reason`"));
    assert!(
        KnownDifferences::parse(&format!("{entry}reason = \" \"")).unwrap_err().contains("needs a reason")
    );
    assert!(
        KnownDifferences::parse(&format!("{entry}reason = \"r\"\nsince = 1"))
            .unwrap_err()
            .contains("unknown field")
    );
    let known = KnownDifferences::parse(include_str!("../known.toml")).unwrap();
    for entry in &known.difference {
        let tests = ["core", "core_memory", "axum", "axum_tcp", "actix", "actix_tcp", "rocket", "rocket_tcp"];
        assert!(tests.contains(&entry.target.as_str()), "there is no target `{}`", entry.target);
    }
}
