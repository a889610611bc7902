//! The command line: small inputs, lines, summary and exit code.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;

const HOME: &str = r#"{"id":"home","method":"GET","path":"/"}"#;
const ATTACK: &str = r#"{"id":"attack","method":"GET","path":"/search","query":"id=1'%20or%20'1'='1"}"#;

/// The output of a run.
struct CliOutput {
    code: i32,
    out: String,
    err: String,
}

impl CliOutput {
    fn lines(&self) -> Vec<Value> {
        self.out.lines().map(|line| serde_json::from_str(line).expect(line)).collect()
    }

    fn statuses(&self) -> Vec<Option<u64>> {
        self.lines().iter().map(|line| line["status"].as_u64()).collect()
    }
}

fn run(args: &[&str], input: &[u8]) -> CliOutput {
    let mut child = Command::new(env!("CARGO_BIN_EXE_portcullis-inspect"))
        .args(args)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // A run that ends before it reads closes the pipe.
    let _ = child.stdin.take().unwrap().write_all(input);
    let output = child.wait_with_output().unwrap();
    CliOutput {
        code: output.status.code().unwrap(),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
    }
}

/// A directory of one test.
struct Dir(PathBuf);

impl Dir {
    fn new(test: &str) -> Self {
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(test);
        let _ = fs::remove_dir_all(&path);
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn file(&self, name: &str, content: impl AsRef<[u8]>) -> String {
        let path = self.0.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, content).unwrap();
        path.to_str().unwrap().into()
    }

    fn path(&self) -> &str {
        self.0.to_str().unwrap()
    }
}

#[test]
fn a_line_has_exactly_the_promised_keys_in_order() {
    let ran = run(&["-"], format!("{HOME}\n{ATTACK}\n").as_bytes());
    assert_eq!(ran.code, 0, "{}", ran.err);
    let lines: Vec<&str> = ran.out.lines().collect();
    let home = concat!(
        r#"{"id":"home","flagged":false,"status":null,"class":null,"cwe":null,"rule":null,"where":null,"view":null,"#,
        r#""excerpt":null,"score":0.0,"complete":true,"steps":"#,
    );
    assert!(lines[0].starts_with(home), "{}", lines[0]);
    let (steps, micros) = lines[0][home.len()..].split_once(r#","micros":"#).unwrap();
    assert!(steps.parse::<u64>().is_ok(), "{steps}");
    assert!(micros.trim_end_matches('}').parse::<f64>().unwrap() > 0.0);
    let attack = r#"{"id":"attack","flagged":true,"status":400,"class":"sqli","cwe":"CWE-89","rule":"sqli."#;
    assert!(lines[1].starts_with(attack), "{}", lines[1]);
    let attack = &ran.lines()[1];
    assert_eq!(attack["where"], "query `id`");
    assert_eq!(attack["view"], "percent");
    assert!(attack["excerpt"].as_str().unwrap().contains("'1'='1"));
    assert!(attack["score"].as_f64().unwrap() >= 1.0);
    let keys = |line: &Value| line.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    assert_eq!(keys(&ran.lines()[0]), keys(attack));
    assert_eq!(lines.len(), 2);
}

#[test]
fn empty_input_gives_an_empty_output() {
    let ran = run(&["-"], b"");
    assert_eq!((ran.code, ran.out.as_str()), (0, ""));
    assert!(ran.err.starts_with("0 requests, 0 flagged, 0 incomplete\n"), "{}", ran.err);
}

#[test]
fn a_malformed_line_is_reported_and_the_run_goes_on() {
    let text = format!("{{\r\n{HOME}\r\n\r\n{{\"method\":\"GET\"}}\r\n{ATTACK}");
    let ran = run(&["-"], text.as_bytes());
    assert_eq!(ran.code, 1);
    assert_eq!(ran.statuses(), [None, Some(400)]);
    assert!(ran.err.contains("line 1: EOF while parsing an object at column 1\n"), "{}", ran.err);
    assert!(ran.err.contains("line 4: missing field `path` at column 16\n"), "{}", ran.err);
    assert!(ran.err.ends_with("2 malformed, not inspected\n"), "{}", ran.err);
}

#[test]
fn a_body_in_base64_is_the_body() {
    let head =
        r#""method":"POST","path":"/","headers":[["content-type","application/x-www-form-urlencoded"]]"#;
    // `q=1' or '1'='1`, and `q=a`.
    let text =
        format!("{{{head},\"body_b64\":\"cT0xJyBvciAnMSc9JzE=\"}}\n{{{head},\"body_b64\":\"cT1h\"}}\n");
    let ran = run(&["-"], text.as_bytes());
    assert_eq!(ran.statuses(), [Some(400), None], "{}", ran.err);
    assert_eq!(ran.lines()[0]["where"], "field `q`");
    assert_eq!(ran.lines()[0]["id"], 1);
}

#[test]
fn incomplete_inspection_is_reported() {
    let dir = Dir::new("incomplete");
    let config = dir.file("guard.toml", "[detect]\non_incomplete = \"allow\"");
    let line = r#"{"method":"POST","path":"/","headers":[["content-encoding","gzip"]],"body":"x"}"#;
    let ran = run(&["--config", &config, "-"], line.as_bytes());
    let outcome = &ran.lines()[0];
    assert_eq!((outcome["flagged"].as_bool(), outcome["complete"].as_bool()), (Some(false), Some(false)));
    assert!(ran.err.starts_with("1 requests, 0 flagged, 1 incomplete\n"), "{}", ran.err);
}

#[test]
fn limits_act_across_lines_only_with_memory() {
    let dir = Dir::new("stateful");
    let config = dir.file("guard.toml", "[rate]\nlimit = \"2/min\"");
    let input = format!("{HOME}\n{HOME}\n{HOME}\n");
    let ran = run(&["--config", &config, "-"], input.as_bytes());
    assert_eq!(ran.statuses(), [None, None, None]);
    let ran = run(&["--config", &config, "--stateful", "-"], input.as_bytes());
    assert_eq!(ran.statuses(), [None, None, Some(429)]);
    assert_eq!(ran.lines()[2]["flagged"], true);
    assert!(ran.err.contains("  -          rate_limit                              1\n"), "{}", ran.err);
    // Warming up must not use the budget.
    let ran = run(&["--config", &config, "--stateful", "--warmup", "10", "-"], input.as_bytes());
    assert_eq!(ran.statuses(), [None, None, Some(429)]);
}

#[test]
fn dated_lines_are_limited_by_their_dates_and_peers() {
    let dir = Dir::new("dated");
    let config = dir.file("guard.json", r#"{"rate": {"limit": "1/min"}}"#);
    let line = |peer: &str, at: &str| {
        format!("{{\"method\":\"GET\",\"path\":\"/\",\"peer\":\"{peer}\",\"at\":{at}}}\n")
    };
    let input = [
        line("198.51.100.1", "1767225600"),
        line("198.51.100.2", "1767225601000"),
        line("198.51.100.1", "\"2026-01-01T00:00:59Z\""),
        line("198.51.100.1", "\"2026-01-01T00:03:00Z\""),
    ];
    let ran = run(&["--config", &config, "--stateful", "-"], input.concat().as_bytes());
    assert_eq!(ran.statuses(), [None, None, Some(429), None]);
}

#[test]
fn attacks_end_in_a_ban_only_with_memory() {
    let dir = Dir::new("ban");
    let config = dir.file("guard.toml", "[ban]\nthreshold = 2");
    let input = format!("{ATTACK}\n{ATTACK}\n{HOME}\n");
    assert_eq!(run(&["--config", &config, "-"], input.as_bytes()).statuses(), [Some(400), Some(400), None]);
    let ran = run(&["--config", &config, "--stateful", "-"], input.as_bytes());
    assert_eq!(ran.statuses(), [Some(400), Some(403), Some(403)]);
    // The first attack of a client without memory still takes the whole path to its ban.
    let config = dir.file("guard.toml", "[ban]\nthreshold = 1");
    assert_eq!(run(&["--config", &config, "-"], input.as_bytes()).statuses(), [Some(403), Some(403), None]);
}

#[test]
fn passive_mode_flags_without_a_status() {
    let dir = Dir::new("passive");
    let config = dir.file("guard.toml", "passive = true");
    let ran = run(&["--config", &config, "-"], ATTACK.as_bytes());
    let line = &ran.lines()[0];
    assert_eq!(
        (&line["flagged"], &line["status"], &line["class"]),
        (&true.into(), &Value::Null, &"sqli".into())
    );
}

#[test]
fn warm_up_repeats_a_short_input() {
    let ran = run(&["--warmup", "5", "-"], format!("{{\n{HOME}\n{ATTACK}\n").as_bytes());
    assert_eq!(ran.code, 1);
    assert_eq!(ran.statuses(), [None, Some(400)]);
    assert_eq!(ran.err.matches("line 1:").count(), 1);
    assert!(ran.err.contains("\n2 requests, 1 flagged"), "{}", ran.err);
    assert_eq!(run(&["--warmup", "5", "-"], b"").code, 0);
}

#[test]
fn labelled_lines_are_counted_by_source() {
    let labelled =
        |line: &str, label: &str| line.replace('{', &format!("{{\"source\":\"s\",\"label\":\"{label}\","));
    let input = [labelled(ATTACK, "attack"), labelled(HOME, "attack"), labelled(HOME, "benign")].join("\n");
    let ran = run(&["-"], input.as_bytes());
    let row: Vec<&str> = ran.err.lines().last().unwrap().split_whitespace().collect();
    assert_eq!(row, ["s", "1/2", "50.0%", "0/1", "0.0%", "-"]);
    assert!(!run(&["-"], ATTACK.as_bytes()).err.contains("by source"));

    let other = labelled(ATTACK, "benign").replace("\"s\"", "\"t\"");
    let ran = run(&["-"], format!("{input}\n{other}\n{HOME}\n").as_bytes());
    let rows: Vec<Vec<&str>> = ran.err.lines().map(|row| row.split_whitespace().collect()).collect();
    assert_eq!(rows[rows.len() - 2], ["t", "-", "1/1", "100.0%", "-"]);
    assert_eq!(rows[rows.len() - 1], ["all", "1/2", "50.0%", "1/2", "50.0%", "-"]);
}

#[test]
fn an_access_log_is_replayed() {
    let log = concat!(
        "198.51.100.7 - - [01/Jan/2026:00:00:00 +0000] \"GET / HTTP/1.1\" 200 12 \"-\" \"Mozilla/5.0\"\r\n",
        "198.51.100.7 - - [01/Jan/2026:00:00:01 +0000] \"GET /s?id=1'+or+'1'='1 HTTP/1.1\" 200 12 \"-\" \"-\"\r\n",
        "198.51.100.7 - - [01/Jan/2026:00:00:02 +0000] \"-\" 408 0 \"-\" \"-\"\r\n",
    );
    let ran = run(&["--format", "access-log", "-"], log.as_bytes());
    assert_eq!(ran.code, 1);
    assert_eq!(ran.statuses(), [None, Some(400)]);
    assert_eq!(ran.lines()[1]["id"], 2);
    assert_eq!(ran.lines()[1]["view"], "plus");
    assert!(ran.err.contains("line 3: `-` is not a request line\n"), "{}", ran.err);

    let dir = Dir::new("access-log");
    let config = dir.file("guard.toml", "[access]\ndeny = [\"198.51.100.0/24\"]");
    let ran = run(&["--format", "access-log", "--config", &config, "-"], log.as_bytes());
    assert_eq!(ran.statuses(), [Some(403), Some(403)]);
}

const FORM: &str = "content-type: application/x-www-form-urlencoded";

#[test]
fn raw_requests_follow_one_another_in_a_file() {
    let raw = format!(
        "GET /a HTTP/1.1\r\nhost: a\r\n\r\nPOST /b HTTP/1.1\r\n{FORM}\r\ncontent-length: 14\r\n\r\nq=1' or '1'='1\
         \r\n\r\nGET http://a/c?q=1 HTTP/1.1\nhost: a\n\nPOST /d HTTP/1.1\r\n{FORM}\r\ncontent-length: 99\r\n\r\nq"
    );
    let ran = run(&["--format", "raw", "-"], raw.as_bytes());
    assert_eq!(ran.code, 1);
    assert_eq!(ran.statuses(), [None, Some(400), None], "{}", ran.err);
    assert_eq!(ran.lines()[1]["id"], "-#2");
    assert_eq!(ran.lines()[1]["where"], "field `q`");
    assert!(ran.err.contains("-, request 4: the body ends after 1 of 99 bytes\n"), "{}", ran.err);
}

#[test]
fn a_directory_of_raw_requests_is_read_in_the_order_of_names() {
    let dir = Dir::new("raw");
    dir.file("b", "GET /?id=1'%20or%20'1'='1 HTTP/1.1\r\nhost: a\r\n\r\n");
    dir.file("a/z", "GET / HTTP/1.1");
    dir.file("c", "POST / HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n");
    dir.file("d", "GET / HTTP/1.1\r\ncontent-length: 1\r\nContent-Length: 2\r\n\r\n");
    dir.file("e", "not http\r\n\r\nGET / HTTP/1.1\r\n\r\n");
    dir.file("f", "");
    let ran = run(&["--format", "raw", dir.path()], b"");
    assert_eq!(ran.code, 1);
    let ids: Vec<String> = ran.lines().iter().map(|line| line["id"].as_str().unwrap().into()).collect();
    assert_eq!(ids, [format!("{}/a/z#1", dir.path()), format!("{}/b#1", dir.path())]);
    assert_eq!(ran.statuses(), [None, Some(400)]);
    for told in [
        "c, request 1: has a `transfer-encoding`",
        "d, request 1: has two `content-length` that differ",
        "e, request 1: ",
    ] {
        assert!(ran.err.contains(told), "{told}: {}", ran.err);
    }
    assert!(ran.err.ends_with("3 malformed, not inspected\n"), "{}", ran.err);
    assert_eq!(run(&[dir.path()], b"").code, 2);
}

#[test]
fn the_verdicts_may_go_to_a_file_but_not_into_the_input() {
    let dir = Dir::new("out");
    let input = dir.file("in/a.jsonl", HOME);
    let out = dir.0.join("out.jsonl");
    let ran = run(&[&input, out.to_str().unwrap()], b"");
    assert_eq!((ran.code, ran.out.as_str()), (0, ""), "{}", ran.err);
    assert!(fs::read_to_string(out).unwrap().starts_with(r#"{"id":"home","#));
    let ran = run(&[&input, &input], b"");
    assert_eq!(ran.code, 2);
    assert!(ran.err.contains("is part of the input"), "{}", ran.err);
    assert_eq!(fs::read_to_string(input).unwrap(), HOME);
}

#[test]
fn a_difference_names_both_verdicts() {
    let dir = Dir::new("diff");
    let off = dir.file("off.toml", "[detect]\nenabled = false");
    let on = dir.file("on.toml", "");
    let input = format!("{HOME}\n{ATTACK}\n");
    let ran = run(&["--config", &off, "--diff", &on, "-"], input.as_bytes());
    assert_eq!(ran.code, 0);
    let lines = ran.lines();
    assert_eq!(lines.len(), 1);
    assert!(ran.out.starts_with(r#"{"id":"attack","before":{"flagged":false,"#), "{}", ran.out);
    assert_eq!((&lines[0]["before"]["status"], &lines[0]["after"]["status"]), (&Value::Null, &400.into()));
    assert_eq!(lines[0]["after"]["where"], "query `id`");
    assert!(
        ran.err.starts_with("1 of 2 requests differ: 1 newly flagged, 0 no longer flagged"),
        "{}",
        ran.err
    );
    let ran = run(&["--config", &on, "--diff", &off, "-"], input.as_bytes());
    assert!(
        ran.err.starts_with("1 of 2 requests differ: 0 newly flagged, 1 no longer flagged"),
        "{}",
        ran.err
    );
    let ban = dir.file("ban.toml", "[ban]\nthreshold = 1");
    let ran = run(&["--config", &on, "--diff", &ban, "-"], input.as_bytes());
    assert_eq!(
        (&ran.lines()[0]["before"]["status"], &ran.lines()[0]["after"]["status"]),
        (&400.into(), &403.into())
    );
    assert!(ran.err.ends_with("0 no longer flagged, 1 flagged or passed otherwise\n"), "{}", ran.err);
    let ran = run(&["--config", &on, "--diff", &on, "-"], input.as_bytes());
    assert_eq!((ran.code, ran.out.as_str()), (0, ""));
}

#[test]
fn both_sides_of_a_difference_have_their_own_memory() {
    let dir = Dir::new("diff-stateful");
    let one = dir.file("one.toml", "[rate]\nlimit = \"1/min\"");
    let two = dir.file("two.toml", "[rate]\nlimit = \"2/min\"");
    let input = [HOME; 3].join("\n");
    let ran = run(&["--config", &one, "--diff", &two, "--stateful", "-"], input.as_bytes());
    assert!(
        ran.err.starts_with("1 of 3 requests differ: 0 newly flagged, 1 no longer flagged"),
        "{}",
        ran.err
    );
}

#[test]
fn checking_a_configuration_prints_every_error() {
    let dir = Dir::new("check");
    let config = dir
        .file("guard.toml", "[rate]\nlimt = \"1/min\"\n[client]\nipv6_prefix = 200\n[ban]\nthreshold = 0\n");
    let ran = run(&["--check-config", "--config", &config], b"");
    assert_eq!(ran.code, 2);
    let lines: Vec<&str> = ran.out.lines().collect();
    assert_eq!(lines.len(), 3, "{}", ran.out);
    for problem in [
        "client.ipv6_prefix: 200 is out of range; write 32 to 128",
        "rate.limt: unknown field; did you mean `limit`?",
        "ban.threshold: 0 is out of range; write 1 to 4294967295",
    ] {
        assert!(lines.contains(&format!("{config}: {problem}").as_str()), "{problem}: {}", ran.out);
    }
    // With it, no request is inspected either.
    let ran = run(&["--config", &config, "-"], HOME.as_bytes());
    assert_eq!((ran.code, ran.out.as_str()), (2, ""));
    assert!(ran.err.contains("did you mean `limit`?"));
}

#[test]
fn checking_a_good_configuration_prints_what_is_on() {
    let dir = Dir::new("check-ok");
    let config = dir.file(
        "guard.toml",
        concat!(
            "passive = true\n[detect]\nclasses = [\"sqli\"]\n[rate]\nlimit = \"5/10s\"\n",
            "[[rate.endpoint]]\npath = \"/login\"\nlimit = \"3/min\"\n",
        ),
    );
    let ran = run(&["--check-config", "--config", &config], b"");
    assert_eq!(ran.code, 0);
    let mut lines = ran.out.lines();
    assert_eq!(lines.next(), Some(format!("{config}: ok").as_str()));
    assert_eq!(lines.next(), Some("  mode       passive: reports only"));
    assert_eq!(lines.next(), Some("  detection  sqli; 0 exclusions"));
    assert_eq!(
        lines.next(),
        Some("  limits     5/10s by client over all paths; 3/min on `/login` by client")
    );
    assert!(
        run(&["--check-config"], b"")
            .out
            .starts_with("the default configuration: ok\n  mode       blocking\n")
    );
}

#[test]
fn what_cannot_be_opened_is_named() {
    for (args, told) in [
        (&["missing.jsonl"][..], "missing.jsonl: "),
        (&["--config", "missing.toml", "-"], "missing.toml: "),
        (&["--config", "guard.yaml", "-"], "guard.yaml: name a configuration `.toml` or `.json`"),
        (&["--format", "raw", "missing"], "missing: "),
        (&[], "required"),
    ] {
        let ran = run(args, b"");
        assert_eq!(ran.code, 2, "{args:?}");
        assert!(ran.err.contains(told), "{args:?}: {}", ran.err);
    }
}
