//! The names.

/// Directories in which systems of version control keep everything.
pub(super) const REPOSITORIES: &[&str] = &[".bzr", ".git", ".hg", ".svn"];

/// Files with credentials, or with the history of an account.
pub(super) const SECRETS: &[&str] = &[
    ".bash_history",
    ".bashrc",
    ".boto",
    ".dockercfg",
    ".ftpconfig",
    ".git-credentials",
    ".gitconfig",
    ".htaccess",
    ".htpasswd",
    ".my.cnf",
    ".mysql_history",
    ".netrc",
    ".npmrc",
    ".pgpass",
    ".psql_history",
    ".pypirc",
    ".rediscli_history",
    ".s3cfg",
    ".sh_history",
    ".zsh_history",
    "id_dsa",
    "id_ecdsa",
    "id_ed25519",
    "id_rsa",
    "sftp-config.json",
    "web.config",
];

/// The same by directory and file; without a file, whatever is below.
pub(super) const SECRET_PLACES: &[(&str, &str)] = &[
    (".aws", ""),
    (".azure", ""),
    (".docker", "config.json"),
    (".gnupg", ""),
    (".kube", "config"),
    (".ssh", ""),
    (".vscode", "sftp.json"),
    (".idea", "datasources.xml"),
    (".idea", "workspace.xml"),
    (".idea", "webservers.xml"),
];

/// What a copy is called at the end.
pub(super) const COPIES: &[&str] = &[
    "~", ".backup", ".bak", ".bk", ".copy", ".old", ".orig", ".save", ".swo", ".swp", ".tmp", "_bak", "_old",
];

/// What programs and their settings are called at the end.
pub(super) const PROGRAMS: &[&str] = &[
    ".asax",
    ".asp",
    ".aspx",
    ".cfm",
    ".config",
    ".env",
    ".htaccess",
    ".htpasswd",
    ".inc",
    ".ini",
    ".jsp",
    ".php",
    ".php5",
    ".php7",
    ".phtml",
];

/// Settings that lost their own suffix to that of the copy.
pub(super) const SETTINGS: &[&str] = &["wp-config", "web.config"];

/// Dumps, without their suffixes.
pub(super) const DUMPS: &[&str] =
    &["backup", "database", "db", "dump", "mysql", "mysqldump", "users", "wordpress"];

/// Files of the system and of the container, by directory.
pub(super) const SYSTEM: &[(&str, &str)] = &[
    ("etc", "group"),
    ("etc", "hosts"),
    ("etc", "passwd"),
    ("etc", "shadow"),
    ("meta-inf", "context.xml"),
    ("proc", "cmdline"),
    ("proc", "cpuinfo"),
    ("proc", "interrupts"),
    ("proc", "meminfo"),
    ("proc", "self"),
    ("proc", "version"),
    ("web-inf", "classes"),
    ("web-inf", "web.xml"),
    ("windows", "system.ini"),
    ("windows", "win.ini"),
    ("winnt", "win.ini"),
    ("boot.ini", ""),
];

/// Directories in which editors, and assistants that write code, keep prompts and permissions.
pub(super) const TOOL_DIRECTORIES: &[&str] = &[
    ".a0proj",
    ".aider",
    ".claude",
    ".cline",
    ".codeium",
    ".codex",
    ".continue",
    ".cursor",
    ".fabric",
    ".junie",
    ".kiro",
    ".n8n",
    ".opencode",
    ".plandex",
    ".roo",
    ".rovodev",
    ".windsurf",
    ".zed",
];

/// Their files.
pub(super) const TOOL_FILES: &[&str] = &[
    ".aider.conf.yml",
    ".aiexclude",
    ".aiignore",
    ".clineignore",
    ".cursorignore",
    ".cursorrules",
    ".windsurfrules",
];

/// Requests that only exploits of known holes make, by a segment and the one after it.
pub(super) const HOLES: &[(&str, &str)] = &[
    ("eval-stdin.php", ""),
    ("_ignition", "execute-solution"),
    ("gponform", ""),
    ("boaform", ""),
    ("hnap1", ""),
    ("@id", "__x00__"),
];
