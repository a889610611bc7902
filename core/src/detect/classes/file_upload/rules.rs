//! The rules.

use crate::detect::evidence::{Class, Location, Rule};

/// Every rule of this class.
pub(in crate::detect) const ALL: &[&Rule] =
    &[&PROGRAM, &SETTINGS, &SESSION, &STREAM, &NUL, &TURNED, &OUTSIDE, &PICTURE, &QUOTED_NAME];

const fn rule(
    id: &'static str,
    weight: u16,
    why: &'static str,
    attacks: &'static [&'static str],
    benign: &'static [&'static str],
) -> Rule {
    Rule::new(Class::FileUpload, id, weight, why, attacks, benign).at(Location::FileName, "file")
}

pub(super) static PROGRAM: Rule = rule(
    "file_upload.program",
    100,
    "is the name of a file that servers execute",
    &[
        "shell.php",
        "avatar.pHp5",
        "shell.php.jpg",
        "cmd.asp;.jpg",
        "x.aspx%00.png",
        "image.phtml ",
        "a.jsp/",
        "shell.ph%70",
        "C:\\temp\\shell.php...",
        "shell.php55....",
        "test.phpt",
        "shell.php%0a.gif",
    ],
    &[
        "jquery.min.js",
        "report.final.v2.pdf",
        "backup.tar.gz",
        "php",
        "ASP.NET guide.pdf",
        "Screenshot 2024-06-01 at 10.15.30.png",
        "safe.phpinfo",
        "setup.exe",
        "installer.sh",
        "C:\\Users\\me\\Pictures\\cat.jpg",
        "r\u{e9}sum\u{e9}.docx",
    ],
);

pub(super) static SETTINGS: Rule = rule(
    "file_upload.settings",
    100,
    "is the name of a server configuration file (.htaccess, web.config)",
    &[".htaccess", "uploads/.user.ini", "Web.config", ".htaccess."],
    &["htaccess.txt", "user.ini.md", "website.config.json", "my.web.configuration"],
);

pub(super) static SESSION: Rule = rule(
    "file_upload.session",
    100,
    "is the name of a PHP session file",
    &["sess_d8ew88tqmabdcokhumchy8htqm", "/tmp/sess_0a1b2c3d4e5f6a7b8c9d0e1f2a"],
    &["sess_notes", "sess_2024.csv", "session_0a1b2c3d4e5f6a7b8c9d0e1f.log", "sess_photographsfromitaly"],
);

pub(super) static STREAM: Rule = rule(
    "file_upload.stream",
    60,
    "names an NTFS alternate data stream, which hides the extension",
    &["shell.aspx::$DATA"],
    &["10:30 notes.txt", "price: $data.csv"],
);

pub(super) static NUL: Rule = rule(
    "file_upload.nul",
    100,
    "truncates the file name with a NUL",
    &["shell.php%00.jpg", "report%00.pdf"],
    &["100%.jpg", "report%20final.pdf"],
);

pub(super) static TURNED: Rule = rule(
    "file_upload.turned",
    100,
    "uses right-to-left override, so that another extension is shown",
    &["invoice_\u{202e}fdp.exe", "photo%E2%80%AEgpj.scr"],
    &["\u{5d3}\u{5d5}\u{5d7}.pdf", "\u{62a}\u{642}\u{631}\u{64a}\u{631}.docx"],
);

pub(super) static OUTSIDE: Rule = rule(
    "file_upload.outside",
    100,
    "leaves the upload directory (path traversal in a file name)",
    &["../evil.txt", "a/..\\..\\start.lnk", "..%2fcron.txt"],
    &["a..b.txt", "photos/2024/cat.jpg", "wait....pdf", ".."],
);

pub(super) static PICTURE: Rule = Rule::new(
    Class::FileUpload,
    "file_upload.picture",
    100,
    "is a polyglot: an image or document by its header, a program by its content",
    &[
        "GIF89a;\n<?php passthru($_GET[0]); ?>",
        "GIF87a <%= 7 * 7 %>",
        "%PDF-1.4\n<script language=\"php\">phpinfo();</script>",
    ],
    &["GIF89a;", "%PDF-1.7\n1 0 obj << /Type /Catalog >>", "a < b and <b>bold</b>"],
)
.at(Location::Part, "file");

pub(super) static QUOTED_NAME: Rule = Rule::new(
    Class::FileUpload,
    "file_upload.quoted-name",
    100,
    "contains the part header of another file that servers execute",
    &[
        "filename=\"shell.phtml\"",
        "Content-Disposition: form-data; name=\"file\"; filename=\"shell.php\"",
        "\u{85}\u{85}Content-Disposition: form-data; name=\"file\"; filename=\"shell.php\"\u{85}PD9waHAg",
    ],
    &["filename=\"report.pdf\"", "filename=index.html", "see Content-Disposition: filename=\"shell.php\""],
)
.at(Location::Part, "file");
