//! Evidence of calls that make the database wait.

use crate::detect::evidence::{Class, Rule};

pub(in crate::detect::classes::sqli) static SLEEP: Rule = Rule::new(
    Class::Sqli,
    "sqli.sleep",
    60,
    "makes the database wait",
    &["1 or sleep(5)", "sleep(5)#", "x\" sleep(10.to_i) \""],
    &["sleep (8 hours)", "time.sleep(5)", "sleep well"],
);
pub(in crate::detect::classes::sqli) static WAITFOR: Rule = Rule::new(
    Class::Sqli,
    "sqli.waitfor",
    100,
    "makes the database wait",
    &["1 waitfor delay '0:0:5'"],
    &["waitfor delay in the queue", "wait for delay '5'"],
);
pub(in crate::detect::classes::sqli) static LONE_SLEEP: Rule = Rule::new(
    Class::Sqli,
    "sqli.lone-sleep",
    20,
    "consists of a call that waits",
    &["sleep(20)", "SLEEP(5)"],
    &["sleep(soundly)", "await sleep(5)", "sleep(8 hours)"],
);
pub(in crate::detect::classes::sqli) static OPERAND_SLEEP: Rule = Rule::new(
    Class::Sqli,
    "sqli.operand-sleep",
    40,
    "computes with a call that waits",
    &["1-sleep(5)", "1 rlike sleep(5)", "name,sleep(10)", "7 || (sleep(9))"],
    &["x = sleep(5)", "do sleep (5)", "1 - asleep(5)", "await sleep(5)"],
);
