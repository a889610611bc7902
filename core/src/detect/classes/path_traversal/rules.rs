//! The rules.

use crate::detect::evidence::{Class, Location, Rule};

/// Every rule of this class.
pub(in crate::detect) const ALL: &[&Rule] = &[
    &CLIMB_ONCE,
    &CLIMB,
    &INNER_CLIMB,
    &ABOVE_ROOT,
    &DISGUISED,
    &MANGLED,
    &ENCODED_CLIMB,
    &PADDED,
    &TARGET,
    &TARGET_ASKED,
    &TARGET_NAME,
    &NUL_CUT,
    &WRAPPER,
    &FILE_URL,
    &SHARE,
];

pub(super) static CLIMB_ONCE: Rule = Rule::new(
    Class::PathTraversal,
    "path_traversal.climb-once",
    40,
    "goes one directory up",
    &["../boot.ini", "..\\web.config"],
    &["../images/a.png", "a/../b", "wait.../see", "v1..2"],
);

pub(super) static CLIMB: Rule = Rule::new(
    Class::PathTraversal,
    "path_traversal.climb",
    100,
    "goes several directories up from where it starts",
    &["../../../secret", "..\\..\\..\\secret", "a/../../../../b"],
    &["a/b/../c", "https://site.example/a/b/../../c", "see <img src=\"../../images/a.png\">"],
);

pub(super) static INNER_CLIMB: Rule = Rule::new(
    Class::PathTraversal,
    "path_traversal.inner-climb",
    40,
    "contains a path that goes several directories up; documents do too",
    &["file=../../../conf/httpd.conf"],
    &["import x from '../../lib/x'", "../../tsconfig.base.json"],
);

pub(super) static ABOVE_ROOT: Rule = Rule::new(
    Class::PathTraversal,
    "path_traversal.above-root",
    100,
    "starts at the root and goes up from there",
    &["/../secret", "//..//x", "\\..\\x"],
    &["/a/../b", "/..a"],
);

pub(super) static DISGUISED: Rule = Rule::new(
    Class::PathTraversal,
    "path_traversal.disguised-climb",
    100,
    "goes up in a spelling that only lenient parsers read as a path",
    &["..;/admin", "0x2e0x2e/x", "..%bg%qfx", "%c0.%c0./x", "%%32%%65%%32%%65/x"],
    &["0x2e", "2..5c", "a;b/c"],
);

pub(super) static MANGLED: Rule = Rule::new(
    Class::PathTraversal,
    "path_traversal.mangled-climb",
    100,
    "is written so that a filter that removes `../` leaves one behind",
    &["....//....//x", ".../.../x"],
    &["wait..../ok", "and so on...", "a.../b"],
);

pub(super) static ENCODED_CLIMB: Rule = Rule::new(
    Class::PathTraversal,
    "path_traversal.encoded-climb",
    100,
    "hides a climb under multiple encoding",
    &["%252e%252e%252fx", "..%c0%afx", "..%c1%afx"],
    &["50%2525", "a%252fb"],
);

pub(super) static PADDED: Rule = Rule::new(
    Class::PathTraversal,
    "path_traversal.padded",
    100,
    "pads a path with empty or `.` segments",
    &["x/./././././././././././././././././././././././././././././././."],
    &["./a/./b", "a/."],
);

pub(super) static TARGET: Rule = Rule::new(
    Class::PathTraversal,
    "path_traversal.target",
    100,
    "points to a sensitive file",
    &["/etc/passwd", "c:\\windows\\win.ini", "../etc/shadow", "/proc/self/environ"],
    &["the file /etc/passwd is public", "etc", "passwd", "/help/passwd"],
);

pub(super) static TARGET_ASKED: Rule = Rule::new(
    Class::PathTraversal,
    "path_traversal.target-asked",
    100,
    "requests a system file from a page, or a secret by the end of its path",
    &["/var/log/auth.log", "/etc/ssh/sshd_config", "C:\\apache\\logs\\access.log", "WEB-INF/web.xml"],
    &["/install.php", "/settings.xml", "logs/access.log", "see /etc/nginx/nginx.conf", "/nginx.conf"],
)
.at(Location::Query, "file");

pub(super) static TARGET_NAME: Rule = Rule::new(
    Class::PathTraversal,
    "path_traversal.target-name",
    40,
    "names a sensitive file",
    &["read boot.ini%00.jpg"],
    &["edit web.config first", "boot.ini"],
);

pub(super) static NUL_CUT: Rule = Rule::new(
    Class::PathTraversal,
    "path_traversal.nul-cut",
    60,
    "truncates a path with a NUL",
    &["boot.ini%00.jpg"],
    &["a%00b"],
);

pub(super) static WRAPPER: Rule = Rule::new(
    Class::PathTraversal,
    "path_traversal.wrapper",
    100,
    "opens a stream wrapper that reads files or runs code",
    &[
        "php://filter/convert.base64-encode/resource=x",
        "php://stdout",
        "phar://a.phar/x",
        "expect://id",
        "zip://a.zip#b.php",
        "ssh2.shell://user:pass@example.com:22/xterm",
    ],
    &["lz77://example", "data://example text", "https://php.example/filter", "php: the right way"],
);

pub(super) static FILE_URL: Rule = Rule::new(
    Class::PathTraversal,
    "path_traversal.file-url",
    100,
    "is the URL of a local file",
    &["file:///etc/hostname", "file:/c:/x", "file://localhost/etc/x"],
    &["file: report.pdf", "profile://x", "see file:///home/me/report.pdf"],
);

pub(super) static SHARE: Rule = Rule::new(
    Class::PathTraversal,
    "path_traversal.share",
    100,
    "opens an administrative share or a device path",
    &["\\\\host\\c$\\users", "\\\\?\\C:\\x", "\\\\::1\\c$\\users\\default\\ntuser.dat"],
    &["\\\\fileserver\\team\\report.docx", "a \\\\ b"],
);
