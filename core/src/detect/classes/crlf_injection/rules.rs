//! The rules.

use crate::detect::evidence::{Class, Location, Rule};

/// Every rule of this class.
pub(in crate::detect) const ALL: &[&Rule] =
    &[&HEADER, &REQUEST, &MAIL_HEADER, &SMTP, &COMMAND, &COMMANDS, &LONE_COMMAND, &PHP_SETTING];

const fn rule(
    id: &'static str,
    weight: u16,
    why: &'static str,
    attacks: &'static [&'static str],
    benign: &'static [&'static str],
) -> Rule {
    Rule::new(Class::CrlfInjection, id, weight, why, attacks, benign)
}

pub(super) static HEADER: Rule = rule(
    "crlf_injection.header",
    100,
    "ends the line and starts a header",
    &[
        "en\r\nSet-Cookie: admin=1",
        "\r\nLocation: https://evil.example/",
        "%0d%0aContent-Length:%200%0d%0a%0d%0aHTTP/1.1 200 OK",
        "%E5%98%8D%E5%98%8ASet-Cookie:crlf=injection",
        "%25%30%44%25%30%41Set-cookie:crlf=injection",
        "x\r\nRefresh: 0;url=https://evil.example/",
    ],
    &[
        "Dear Ann,\r\nLocation: room 5\r\nDate: Friday",
        "Team meeting\nLocation: https://meet.example/x\nContent-Type: talk",
        "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nSet-Cookie: a=b",
        "The tool printed:\n< Set-Cookie: a=b",
        "Berlin\nGermany",
        "Name\nLocation: Hall 4",
    ],
);

pub(super) static REQUEST: Rule = rule(
    "crlf_injection.request",
    100,
    "ends the line and starts another request or response",
    &["aaa\nGET / HTTP/1.1", "x\r\n\r\nHTTP/1.1 200 OK\r\nContent-Type: text/html", "\nPOST /admin HTTP/1.1"],
    &["aaa\r\nGet foo bar", "The log says:\nGET / HTTP/1.1", "\r\nGet /foo\r", "1. install\nGET started"],
);

pub(super) static MAIL_HEADER: Rule = rule(
    "crlf_injection.mail-header",
    100,
    "ends the line and adds recipients to a mail",
    &["ann@site.example\nBcc: list@evil.example", "Ann%0ACc:a@evil.example,b@evil.example"],
    &[
        "See you,\nAnn\nTo: bob@site.example",
        "ann@site.example\nbob@site.example",
        "Hi\nTo: whom it may concern",
    ],
);

pub(super) static SMTP: Rule = rule(
    "crlf_injection.smtp",
    100,
    "ends the line and sends mail by SMTP commands",
    &["\nRCPT TO: test@evil.example\n", "x@y.example>\r\nMAIL FROM:<a@evil.example>"],
    &["rcpt to: the office", "We mail from: Berlin", "mail\nfrom: Berlin"],
);

pub(super) static COMMAND: Rule = rule(
    "crlf_injection.command",
    60,
    "has an SMTP or IMAP command as a line",
    &["\r\nV100 CAPABILITY\r\nV101 FETCH 4791"],
    &["press Q\nQUIT", "A1 SELECT"],
);

pub(super) static COMMANDS: Rule = rule(
    "crlf_injection.commands",
    60,
    "has several SMTP or IMAP commands in a row",
    &["\r\nV100 CAPABILITY\r\nV101 FETCH 4791", "\r\nDATA\r\nQUIT"],
    &["A1\nSELECT\nNAME", "menu:\nQUIT\nHELP"],
);

pub(super) static LONE_COMMAND: Rule = rule(
    "crlf_injection.lone-command",
    40,
    "is an SMTP or IMAP command between two line breaks",
    &["\r\nQUIT\r\n", "%0d%0aV100 CAPABILITY%0d%0a"],
    &["QUIT", "press Q\nQUIT\n", "\r\nQuit\r\n"],
);

pub(super) static PHP_SETTING: Rule = rule(
    "crlf_injection.php-setting",
    100,
    "sets a PHP option through the rest of the path",
    &["/index.php/PHP_VALUE%0Asession.auto_start=1;;;"],
    &["/docs/PHP_VALUE", "/docs/PHP_VALUE.html"],
)
.at(Location::Path, "");
