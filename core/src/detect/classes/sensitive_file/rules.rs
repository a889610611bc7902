//! The rules. Each name is enough by itself.

use crate::detect::evidence::{Class, Location, Rule};

/// Every rule of this class.
pub(in crate::detect) const ALL: &[&Rule] =
    &[&REPOSITORY, &CREDENTIALS, &COPY, &SYSTEM, &TOOL_SETTINGS, &KNOWN_HOLE];

const fn rule(
    id: &'static str,
    why: &'static str,
    attacks: &'static [&'static str],
    benign: &'static [&'static str],
) -> Rule {
    Rule::new(Class::SensitiveFile, id, 100, why, attacks, benign).at(Location::Path, "")
}

pub(super) static REPOSITORY: Rule = rule(
    "sensitive_file.repository",
    "requests the inside of a repository",
    &["/.git/config", "/blog/.git/HEAD", "/.svn/entries", "/%2egit/index", "/static//.hg/store/00manifest.i"],
    &["/torvalds/linux.git/info/refs", "/.github/workflows/ci.yml", "/git/config", "/docs/.gitignore"],
);

pub(super) static CREDENTIALS: Rule = rule(
    "sensitive_file.credentials",
    "requests a file that holds credentials",
    &[
        "/.env",
        "/api/.env.production",
        "/.aws/credentials",
        "/.ssh/id_rsa",
        "/backup/.htpasswd",
        "/.vscode/sftp.json",
    ],
    &[
        "/.env.example",
        "/env",
        "/environment",
        "/docs/ssh/id",
        "/.well-known/security.txt",
        "/acme/app/blob/main/.npmrc",
    ],
);

pub(super) static COPY: Rule = rule(
    "sensitive_file.copy",
    "requests a copy of a program, of its settings or of its data, which would be served as text",
    &[
        "/wp-config.php.bak",
        "/index.php~",
        "/.config.php.swp",
        "/web.config.old",
        "/dump.sql.gz",
        "/wp-config.old",
    ],
    &[
        "/reports/2024.bak",
        "/~alice/index.php",
        "/songs/backup.mp3",
        "/schema/users_v2.sql",
        "/backup.tar.gz",
        "/old",
    ],
);

pub(super) static SYSTEM: Rule = rule(
    "sensitive_file.system",
    "requests a file of the system or of the container that runs the application",
    &[
        "/etc/passwd",
        "/cgi-bin/proc/self/environ",
        "/proc/interrupts",
        "/app/WEB-INF/web.xml",
        "/windows/win.ini",
    ],
    &["/etc/terms", "/process/self", "/windows/downloads", "/proc/2024/12", "/wiki/Web-inf"],
);

pub(super) static TOOL_SETTINGS: Rule = rule(
    "sensitive_file.tool-settings",
    "requests a file that a developer tool keeps beside the source",
    &["/app/.claude/settings.local.json", "/.cursor/mcp.json", "/.codex/config.toml", "/.aiignore"],
    &["/acme/app/tree/main/.cursor/rules", "/claude/settings.json", "/blog/continue/config.yaml"],
);

pub(super) static KNOWN_HOLE: Rule = rule(
    "sensitive_file.known-hole",
    "requests a path that only exploits of known vulnerabilities request",
    &[
        "/vendor/phpunit/phpunit/src/Util/PHP/eval-stdin.php",
        "/_ignition/execute-solution",
        "/HNAP1/",
        "/boaform/admin/formLogin",
    ],
    &["/eval", "/ignition/solutions", "/docs/hnap"],
);
