//! The meaning of names in programs.

use crate::detect::lang::code::Name;
use crate::detect::lang::dictionary::Dictionary;

/// What a name gives evidence of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Meaning {
    /// A function of PHP that runs a command or code, and has no other meaning.
    Run,
    /// The same, with a name that other languages and people use too.
    Ambiguous,
    /// A function of PHP that obfuscates code, shows the system or changes it.
    Probe,
    /// A module, class or object through which programs act on the system.
    Module,
    /// What a module does when called: run, load, open.
    Action,
}

/// What `name` means, if anything.
pub(super) fn meaning(name: &Name<'_>) -> Option<Meaning> {
    MEANINGS.of(name.hash)
}

/// Whether `name` is a function of PHP that runs something.
pub(super) fn runs(name: &Name<'_>) -> bool {
    matches!(meaning(name), Some(Meaning::Run | Meaning::Ambiguous))
}

/// Whether `name` is a function of PHP that calls another one, which its first argument names.
pub(super) fn maps(name: &Name<'_>) -> bool {
    ["array_map", "call_user_func", "call_user_func_array", "forward_static_call"]
        .iter()
        .any(|known| name.is(known))
}

/// Whether `name`, however much space is around it, is a function of PHP that runs something.
pub(super) fn text_runs(text: &[u8]) -> bool {
    runs(&Name::of(text.trim_ascii()))
}

static MEANINGS: Dictionary<Meaning, 512> = Dictionary::new(
    Meaning::Run,
    &[
        (Meaning::Run, RUN),
        (Meaning::Ambiguous, AMBIGUOUS),
        (Meaning::Probe, PROBES),
        (Meaning::Module, MODULES),
        (Meaning::Action, ACTIONS),
    ],
);

/// Every name.
#[cfg(test)]
pub(super) const ALL: [&[&str]; 4] = [RUN, AMBIGUOUS, PROBES, MODULES];

const RUN: &[&str] = &[
    "call_user_func",
    "call_user_func_array",
    "create_function",
    "passthru",
    "pcntl_exec",
    "proc_open",
    "shell_exec",
];

const AMBIGUOUS: &[&str] =
    &["array_map", "assert", "eval", "exec", "include", "popen", "require", "system", "usort"];

const PROBES: &[&str] = &[
    "apache_setenv",
    "base64_decode",
    "bzdecompress",
    "convert_uudecode",
    "curl_exec",
    "file_get_contents",
    "file_put_contents",
    "fsockopen",
    "get_defined_constants",
    "get_defined_functions",
    "get_defined_vars",
    "getmypid",
    "gzdecode",
    "gzinflate",
    "gzuncompress",
    "highlight_file",
    "ini_set",
    "move_uploaded_file",
    "opcache_get_status",
    "php_uname",
    "phpcredits",
    "phpinfo",
    "phpversion",
    "posix_getegid",
    "posix_geteuid",
    "posix_getgid",
    "posix_getlogin",
    "posix_getpwuid",
    "posix_getuid",
    "posix_kill",
    "posix_uname",
    "proc_close",
    "proc_get_status",
    "proc_nice",
    "proc_terminate",
    "putenv",
    "readfile",
    "register_shutdown_function",
    "register_tick_function",
    "show_source",
    "str_rot13",
    "stream_socket_client",
    "unserialize",
    "zlib_decode",
];

const MODULES: &[&str] = &[
    "child_process",
    "commands",
    "fileutils",
    "fs",
    "io",
    "kernel",
    "os",
    "process",
    "pty",
    "runtime",
    "shutil",
    "subprocess",
    "vm",
];

const ACTIONS: &[&str] = &[
    "binding",
    "call",
    "check_call",
    "check_output",
    "dlopen",
    "execfile",
    "execfilesync",
    "execl",
    "execsync",
    "execv",
    "execve",
    "fork",
    "getoutput",
    "mainmodule",
    "readdirsync",
    "readfilesync",
    "rmtree",
    "run",
    "runincontext",
    "runinnewcontext",
    "runinthiscontext",
    "spawn",
    "spawnsync",
    "startfile",
    "unlinksync",
    "writefilesync",
];
