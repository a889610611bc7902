//! Programs, builtins and functions that run commands, by how specific their name is.

use super::names;
use crate::detect::lang::dictionary::{Dictionary, hash};

/// How specific a name is as the first word of a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Program {
    /// Nothing else goes by this name: `whoami`.
    Certain,
    /// A tool that people also talk about: `python`.
    Tool,
    /// An everyday word too: `cat`.
    Everyday,
    /// Runs code it is given: `bash`, `perl`.
    Interpreter,
    /// Runs the command that follows it: `sudo`.
    Prefix,
    /// A function of a programming language that runs a command: `shell_exec`.
    Caller,
}

static TABLE: Dictionary<Program, 2048> = Dictionary::new(Program::Everyday, PROGRAMS);

/// What the name with this hash is.
pub(super) fn named(hash: u64) -> Option<Program> {
    TABLE.of(hash)
}

static SENSITIVE: Dictionary<(), 128> = Dictionary::new(
    (),
    &[(
        (),
        &[
            "passwd",
            "shadow",
            "gshadow",
            "sudoers",
            "master.passwd",
            "boot.ini",
            "win.ini",
            "system.ini",
            "sam",
            "id_rsa",
            "id_dsa",
            "id_ed25519",
            "authorized_keys",
            ".bash_history",
            ".htpasswd",
            ".htaccess",
            "environ",
            "web.config",
            "wp-config.php",
            "config.php",
            ".env",
            "hosts",
            "issue",
            "crontab",
            "ntuser.dat",
            "my.cnf",
            "httpd.conf",
            "secret",
            "secrets",
            "credentials",
            "cmdline",
            "system",
            "software",
            "security",
            "ntds.dit",
            "unattend.xml",
        ],
    )],
);

/// Whether a file by the name with this hash is what attackers read first.
pub(super) fn is_sensitive(hash: u64) -> bool {
    SENSITIVE.of(hash).is_some()
}

/// `ping.exe`: the name of a program with an extension that only programs have.
pub(super) fn executable(raw: &[u8]) -> Option<Program> {
    let name = raw.get(..raw.len().checked_sub(4)?)?;
    let extension = raw.get(name.len()..)?;
    if !extension.eq_ignore_ascii_case(b".exe") && !extension.eq_ignore_ascii_case(b".com") {
        return None;
    }
    let start = name.iter().rposition(|byte| matches!(byte, b'/' | b'\\')).map_or(0, |at| at + 1);
    named(hash(&name[start..]))
}

/// A variable in braces that names the shell: `${SHELL}`.
pub(super) fn in_braces(name: &[u8]) -> Option<Program> {
    let inner = name.strip_prefix(b"${")?.strip_suffix(b"}")?;
    [&b"SHELL"[..], b"BASH"].contains(&inner).then_some(Program::Interpreter)
}

/// Whether a certain program is followed by an option without a blank, as Windows takes it: `ipconfig/all`, and `x/r` where
/// the command goes on.
pub(super) fn with_switch(name: &[u8], goes_on: bool) -> bool {
    let Some(slash) = memchr::memchr(b'/', name) else { return false };
    let (program, switch) = (&name[..slash], &name[slash + 1..]);
    (switch.eq_ignore_ascii_case(b"all") || goes_on && switch.len() == 1 && switch[0].is_ascii_alphabetic())
        && named(hash(program)) == Some(Program::Certain)
}

/// A name with its version: `python3.10`.
pub(super) fn versioned(name: &[u8]) -> Option<Program> {
    let len = name.iter().rposition(|byte| !byte.is_ascii_digit() && *byte != b'.').map_or(0, |at| at + 1);
    let program = named(hash(&name[..len]))?;
    (len > 2 && len < name.len() && program == Program::Interpreter).then_some(program)
}

/// Whether `word` is a command of `program`, which is an everyday word without it.
pub(super) fn is_command_of(program: &[u8], word: &[u8]) -> bool {
    let commands: &[&[u8]] = match program {
        b"net" => &[
            b"accounts",
            b"config",
            b"group",
            b"localgroup",
            b"session",
            b"share",
            b"start",
            b"stop",
            b"use",
            b"user",
            b"view",
        ],
        b"reg" => &[b"add", b"delete", b"export", b"import", b"query", b"save"],
        b"sc" => &[b"config", b"create", b"delete", b"query", b"start", b"stop"],
        _ => return false,
    };
    commands.iter().any(|command| word.eq_ignore_ascii_case(command))
}

/// Every name by how specific it is.
pub(super) const PROGRAMS: &[(Program, &[&str])] = &[
    (Program::Certain, names::CERTAIN),
    (Program::Tool, names::TOOL),
    (Program::Everyday, names::EVERYDAY),
    (Program::Interpreter, names::INTERPRETER),
    (Program::Prefix, names::PREFIX),
    (Program::Caller, names::CALLER),
];
