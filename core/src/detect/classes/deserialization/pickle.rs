//! Python pickle: follows the opcodes to find an import by name and a call.

use crate::detect::decode::work::work;

/// Bytes that are walked at most. Attacks are short; longer data is data.
const MAX_BYTES: usize = 2048;

/// How an opcode's argument is laid out.
enum Argument {
    None,
    /// So many bytes.
    Fixed(usize),
    /// A length of so many bytes, and as much data.
    Counted(usize),
    /// One or two lines of text.
    Lines(usize),
}

/// Marks that are remembered; deeper ones are taken for the last.
const MARKS: usize = 16;

/// How many objects there are on the stack, above each mark.
#[derive(Default)]
struct Stack {
    above: [usize; MARKS],
    marks: usize,
}

impl Stack {
    fn top(&mut self) -> &mut usize {
        &mut self.above[self.marks]
    }

    /// Take so many objects off; whether there were as many.
    fn take(&mut self, count: usize) -> bool {
        let enough = *self.top() >= count;
        *self.top() -= if enough { count } else { 0 };
        enough
    }

    fn mark(&mut self) {
        self.marks = (self.marks + 1).min(MARKS - 1);
        *self.top() = 0;
    }

    /// Take everything off down to the latest mark; whether there was one and so many objects above it.
    fn unwind(&mut self, least: usize) -> bool {
        let enough = self.marks > 0 && *self.top() >= least;
        self.marks = self.marks.saturating_sub(1);
        enough
    }

    /// Do what `opcode` does to the stack; whether that is possible.
    fn step(&mut self, opcode: u8) -> bool {
        let (possible, pushes) = match opcode {
            b'(' => {
                self.mark();
                (true, false)
            }
            b't' | b'l' | b'd' | 0x91 | b'i' => (self.unwind(0), true),
            b'o' => (self.unwind(1), true),
            b'e' | b'u' | b'1' | 0x90 => (self.unwind(0), false),
            b'R' | 0x81 | 0x86 | 0x93 => (self.take(2), true),
            0x87 | 0x92 => (self.take(3), true),
            b'Q' | 0x85 => (self.take(1), true),
            b'a' | b'b' | b'0' => (self.take(1), false),
            b's' => (self.take(2), false),
            b'p' | b'q' | b'r' | 0x80 | 0x94 | 0x95 => (true, false),
            _ => (true, true),
        };
        *self.top() += usize::from(pushes);
        possible
    }
}

/// Whether the program looks a function up and calls it, or has an object set its own state.
pub(super) fn calls(program: &[u8]) -> bool {
    let program = &program[..program.len().min(MAX_BYTES)];
    let mut at = 0;
    let mut named = false;
    let mut stack = Stack::default();
    while let Some(&opcode) = program.get(at) {
        work(1);
        let rest = &program[at + 1..];
        if matches!(opcode, b'c' | b'i') && !names_global(rest) || !stack.step(opcode) {
            return false;
        }
        match opcode {
            b'i' => return true,
            b'c' | 0x93 => named = true,
            // REDUCE, OBJ, BUILD, NEWOBJ, NEWOBJ_EX.
            b'R' | b'o' | b'b' | 0x81 | 0x92 if named => return true,
            // STOP.
            b'.' => return false,
            _ => {}
        }
        let Some(len) = argument(opcode).and_then(|argument| length(&argument, rest)) else { return false };
        at += 1 + len;
    }
    false
}

/// Two lines: the name of a module and that of something in it.
fn names_global(rest: &[u8]) -> bool {
    let mut lines = rest[..rest.len().min(128)].split(|byte| *byte == b'\n');
    let is_name = |line: &[u8]| {
        let inner = line.iter().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.'));
        inner && !line.is_empty()
    };
    lines.next().is_some_and(is_name) && lines.next().is_some_and(is_name) && lines.next().is_some()
}

const fn argument(opcode: u8) -> Option<Argument> {
    Some(match opcode {
        b'('
        | b'.'
        | b'0'
        | b'1'
        | b'2'
        | b'N'
        | b'Q'
        | b'R'
        | b'a'
        | b'b'
        | b'd'
        | b'}'
        | b'e'
        | b'l'
        | b']'
        | b'o'
        | b's'
        | b't'
        | b')'
        | b'u'
        | 0x81
        | 0x85..=0x89
        | 0x8f..=0x94 => Argument::None,
        b'K' | b'h' | b'q' | 0x80 | 0x82 => Argument::Fixed(1),
        b'M' | 0x83 => Argument::Fixed(2),
        b'J' | b'j' | b'r' | 0x84 => Argument::Fixed(4),
        b'G' | 0x95 => Argument::Fixed(8),
        b'U' | b'C' | 0x8a | 0x8c => Argument::Counted(1),
        b'T' | b'X' | b'B' | 0x8b => Argument::Counted(4),
        0x8d | 0x8e | 0x96 => Argument::Counted(8),
        b'F' | b'I' | b'L' | b'P' | b'S' | b'V' | b'g' | b'p' => Argument::Lines(1),
        b'c' | b'i' => Argument::Lines(2),
        _ => return None,
    })
}

/// How long an argument is, if all of it is there.
fn length(argument: &Argument, rest: &[u8]) -> Option<usize> {
    let len = match argument {
        Argument::None => 0,
        Argument::Fixed(len) => *len,
        Argument::Counted(width) => {
            let count =
                rest.get(..*width)?.iter().rev().fold(0_usize, |count, byte| count << 8 | usize::from(*byte));
            count.checked_add(*width)?
        }
        Argument::Lines(lines) => memchr::memchr_iter(b'\n', rest).nth(lines - 1)? + 1,
    };
    (len <= rest.len()).then_some(len)
}
