//! The rules.

use crate::detect::evidence::{Class, Location, Rule};

/// Every rule of this class.
pub(in crate::detect) const ALL: &[&Rule] = &[
    &METADATA,
    &NESTED,
    &LOOPBACK,
    &LOCALHOST,
    &PRIVATE,
    &RAW_SCHEME,
    &INNER_SCHEME,
    &NUMBER,
    &DISGUISED,
    &AMBIGUOUS,
    &DECOY,
    &SERVICE,
    &INNER_PAGE,
    &FETCHED,
    &LISTENER,
    &SHELL_FILE,
    &SOCKET,
    &INCLUDED,
];

const fn rule(
    id: &'static str,
    weight: u16,
    why: &'static str,
    attacks: &'static [&'static str],
    benign: &'static [&'static str],
) -> Rule {
    Rule::new(Class::Ssrf, id, weight, why, attacks, benign)
}

pub(super) static METADATA: Rule = rule(
    "ssrf.metadata",
    100,
    "points to a cloud metadata service",
    &[
        "http://169.254.169.254/latest/meta-data/iam/",
        "http://2852039166/",
        "http://[::ffff:a9fe:a9fe]/",
        "http://metadata.google.internal/computeMetadata/v1/",
        "http://169.254.169.254.nip.io/",
    ],
    &["the address 169.254.169.254 is link-local", "https://docs.example/metadata", "169.254.169.254"],
);

pub(super) static NESTED: Rule = rule(
    "ssrf.nested",
    100,
    "contains a URL of a cloud metadata service or an out-of-band host",
    &["https://proxy.example/?u=http://169.254.169.254/latest/", "id=1&cb=https://x.oastify.com/"],
    &[
        "https://app.example/login?next=http://localhost:3000/",
        "the page http://169.254.169.254/ tells what it is",
    ],
);

pub(super) static LOOPBACK: Rule = rule(
    "ssrf.loopback",
    70,
    "points to a loopback address",
    &["http://127.0.0.1:6379/", "http://[::1]/admin", "http://localtest.me/admin"],
    &["http://127.0.0.1:8080/callback", "ping 127.0.0.1", "http://[::1]:3000/"],
);

pub(super) static LOCALHOST: Rule = rule(
    "ssrf.localhost",
    60,
    "points to localhost by name",
    &[
        "http://localhost/admin/delete?user=carlos",
        "http:localhost/",
        "http://host.docker.internal:2375/containers/json",
    ],
    &["http://localhost:3000/callback", "http://localhost:9090", "localhost:8080"],
);

pub(super) static PRIVATE: Rule = rule(
    "ssrf.private",
    40,
    "points to a private network",
    &["http://10.0.0.1/shell.txt", "ldap://10.0.0.5/dc=corp", "http://good.example@192.168.1.1:22"],
    &["http://192.168.1.20/printer", "http://10.0.0.5:8080/hook", "version 10.0.0.1"],
);

pub(super) static RAW_SCHEME: Rule = rule(
    "ssrf.raw-scheme",
    100,
    "has a scheme that sends arbitrary bytes (gopher, dict)",
    &[
        "gopher://127.0.0.1:6379/_FLUSHALL",
        "dict://10.0.0.1:11211/stat",
        "local_file://etc/hosts",
        "url:gopher://x.example/_",
    ],
    &["gopher tortoises", "dict: a list of words", "https://gopher.example/"],
);

pub(super) static INNER_SCHEME: Rule = rule(
    "ssrf.inner-scheme",
    60,
    "has the scheme of an internal service",
    &["ldap://127.0.0.1:389/", "tftp://10.0.0.1:22/x"],
    &["ldap://directory.example/ou=people", "imap://mail.example", "ftp://mirror.example/pub/a.tar.gz"],
);

pub(super) static NUMBER: Rule = rule(
    "ssrf.number",
    100,
    "writes the address as one number or in another base than ten",
    &[
        "http://0x7f000001/",
        "http://017700000001",
        "http://0x7f.0.0.1",
        "http://123456789/",
        "http://[fe80::1%25eth0]/",
    ],
    &["http://8.8.8.8/", "https://404.example/", "http://0x.example/"],
);

pub(super) static DISGUISED: Rule = rule(
    "ssrf.disguised",
    50,
    "writes an internal address so that a filter misses it",
    &[
        "http://127.1/",
        "http://[::ffff:127.0.0.1]/",
        "http:127.0.0.1",
        "http://\u{2460}\u{2461}\u{2466}.\u{24ea}.\u{24ea}.\u{2460}",
        "http://127-0-0-1.sslip.io",
    ],
    &["http://192.168.001.020/", "https:site.example", "http://[::ffff:8.8.8.8]/"],
);

pub(super) static AMBIGUOUS: Rule = rule(
    "ssrf.ambiguous",
    100,
    "names a host that parsers read differently",
    &[
        "http://1.1.1.1 &@2.2.2.2# @3.3.3.3/",
        "http://good.example#@evil.example/",
        "https://a@b@evil.example",
    ],
    &[
        "http://site.example is down, tell ann@site.example",
        "// @ts-check",
        "http://site.example/@ann",
        "https://user:word@site.example/",
        "http://site.example/#/@me",
    ],
);

pub(super) static DECOY: Rule = rule(
    "ssrf.decoy",
    60,
    "puts another host name before an internal one",
    &["http://good.example@127.0.0.1/", "https://www.site.example:80@10.0.0.1/"],
    &["http://ann@127.0.0.1:5984/", "https://first.last@site.example/"],
);

pub(super) static SERVICE: Rule = rule(
    "ssrf.service",
    30,
    "names the port of a service that is not HTTP",
    &["http://127.0.0.1:22/", "http://127.0.0.1:2375/version"],
    &["http://127.0.0.1:8080/", "http://localhost:9200/", "http://site.example:22/"],
);

pub(super) static INNER_PAGE: Rule = rule(
    "ssrf.inner-page",
    40,
    "names a page for administrators and machines only",
    &["http://localhost/admin", "http://127.0.0.1/server-status", "http://localhost:8080/actuator/env"],
    &["http://site.example/admin", "http://localhost/administer", "http://10.0.0.8/admin"],
);

pub(super) static FETCHED: Rule = rule(
    "ssrf.fetched",
    40,
    "is the value of a parameter that names a URL to fetch",
    &["http://localhost:3000/", "http://127.0.0.1/", "localhost/", "host.docker.internal/"],
    &[
        "http://10.0.0.5:8080/hook",
        "//cdn.site.example/a.js",
        "https://site.example/localhost",
        "latest/news",
    ],
)
.at(Location::Query, "url");

pub(super) static LISTENER: Rule = rule(
    "ssrf.listener",
    100,
    "names an out-of-band (OAST) host",
    &["http://k3b1.oastify.com/x", "//x9.burpcollaborator.net"],
    &["https://oast.example/", "interact.sh is a script"],
);

pub(super) static SHELL_FILE: Rule = rule(
    "ssrf.shell-file",
    60,
    "names a web shell on a bare address",
    &["http://10.0.0.1/shell.txt", "http://192.168.0.9/c99.php?x="],
    &["https://site.example/shell.txt", "http://10.0.0.1/notes.txt", "http://8.8.8.8/shell.txt"],
);

pub(super) static SOCKET: Rule = rule(
    "ssrf.socket-name",
    100,
    "redirects a proxied Unix socket request to a host",
    &["unix:AAAAAAAAAAAA|http://example.com/"],
    &["unix: the early years | http://example.com/", "unix:/run/app.sock", "os:unix|http"],
);

pub(super) static INCLUDED: Rule = rule(
    "ssrf.included",
    100,
    "sets the include directory of a program to a remote host (remote file inclusion)",
    &["https://site.example/", "ftp://192.0.2.1/x.txt?"],
    &["components/gallery/", "/var/www/html", "https"],
)
.at(Location::Query, "mosConfig_absolute_path");
