//! The meaning of names in template expressions.

use crate::detect::lang::code::Name;
use crate::detect::lang::dictionary::Dictionary;

/// What a name gives evidence of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Meaning {
    /// Runs a command or code, or reads or writes a file, when it is called.
    Command,
    /// Leaves the objects of the page for those of the language.
    Escape,
    /// A step from an object to its class and the classes around it.
    Walk,
    /// An object of the framework, which no author of a text refers to.
    Framework,
    /// A filter that calls a function for every entry.
    Mapper,
    /// Dumps template variables.
    Dump,
    /// A module or class through which programs of a language act; in Ruby it starts with a capital letter.
    Module,
    /// A secret of the application.
    Secret,
}

/// What `name` means, if anything.
pub(super) fn meaning(name: &Name<'_>) -> Option<Meaning> {
    MEANINGS.of(name.hash)
}

/// Whether a call of `name` runs a command or code.
pub(super) fn is_command(name: &Name<'_>) -> bool {
    meaning(name) == Some(Meaning::Command)
}

/// Whether scripts have harmless methods of the same name: `pattern.exec(text)`.
pub(super) fn is_ambiguous(name: &Name<'_>) -> bool {
    ["exec", "execute", "eval", "readfile"].iter().any(|known| name.is(known))
}

/// Whether the names of Java packages start with `name`.
pub(super) fn is_package(name: &Name<'_>) -> bool {
    ["java", "javax", "org", "com", "sun", "freemarker", "groovy", "runtime"]
        .iter()
        .any(|known| name.is(known))
}

static MEANINGS: Dictionary<Meaning, 512> = Dictionary::new(
    Meaning::Walk,
    &[
        (Meaning::Command, COMMANDS),
        (Meaning::Escape, ESCAPES),
        (Meaning::Walk, WALKS),
        (Meaning::Framework, FRAMEWORK),
        (Meaning::Mapper, &["filter", "map", "reduce", "sort", "usort", "array_map"]),
        (Meaning::Dump, &["data_model", "debug", "dump", "phpinfo", "phpversion", "print_r", "var_dump"]),
        (Meaning::Module, &["child_process", "dir", "file", "fileutils", "io", "kernel", "subprocess"]),
        (Meaning::Secret, &["secret_key", "secret_key_base", "app_secret", "database_url"]),
    ],
);

const COMMANDS: &[&str] = &[
    "assert",
    "call_user_func",
    "create_function",
    "curl_exec",
    "eval",
    "exec",
    "execfile",
    "execsync",
    "execute",
    "fetchurl",
    "file_get_contents",
    "file_put_contents",
    "fopen",
    "fsockopen",
    "getstreamvariable",
    "highlight_file",
    "instance_eval",
    "passthru",
    "pcntl_exec",
    "popen",
    "popen2",
    "popen3",
    "proc_open",
    "readdirsync",
    "readfile",
    "readfilesync",
    "shell_exec",
    "show_source",
    "spawn",
    "spawnsync",
    "syscall",
    "system",
    "systemexec",
    "writefile",
    "writefilesync",
];

const ESCAPES: &[&str] = &[
    "__definegetter__",
    "_load",
    "binding",
    "classloader",
    "class_eval",
    "const_get",
    "forname",
    "getclass",
    "getclassloader",
    "getconstructor",
    "getdeclaredconstructor",
    "getdeclaredmethod",
    "getdeclaredmethods",
    "getenginebyname",
    "getenv",
    "getmethod",
    "getmethods",
    "getprotectiondomain",
    "getruntime",
    "getservletcontext",
    "instance_variable_get",
    "instantiate",
    "mainmodule",
    "newinstance",
    "objectconstructor",
    "processbuilder",
    "registerundefinedfiltercallback",
    "scriptenginemanager",
    "springmacrorequestcontext",
    "subclasses",
];

const WALKS: &[&str] = &[
    "base",
    "bases",
    "builtins",
    "class",
    "constructor",
    "globals",
    "init",
    "main",
    "mro",
    "prototype",
    "superclass",
];

const FRAMEWORK: &[&str] = &[
    "_context",
    "_self",
    "applicationscope",
    "config",
    "current_app",
    "cycler",
    "get_flashed_messages",
    "joiner",
    "lipsum",
    "pagecontext",
    "request",
    "self",
];
