//! Words of the gate for this class.

use super::names;
use crate::detect::gate::{Words, word};

/// Words of the gate: every name up to the first byte that is no letter, and what calls of functions start with.
pub(in crate::detect) const WORDS: &[Words] = &[
    (word::COMMAND, names::CERTAIN),
    (word::COMMAND, names::TOOL),
    (word::COMMAND, names::EVERYDAY),
    (word::COMMAND, names::INTERPRETER),
    (word::COMMAND, names::PREFIX),
    (
        word::COMMAND,
        &[
            "askpass",
            "assert",
            "call",
            "checkpoint",
            "child",
            "compress",
            "eval",
            "exec",
            "execsync",
            "include",
            "kernel",
            "launcher",
            "olocalcommand",
            "oproxycommand",
            "pack",
            "passthru",
            "pcntl",
            "phpinfo",
            "phpversion",
            "popen",
            "proc",
            "rsh",
            "runtime",
            "shell",
            "spawn",
            "spawnsync",
            "subprocess",
            "system",
        ],
    ),
];
