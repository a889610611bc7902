//! Programs, builtins and functions that run commands, by how much their name says.

use crate::detect::dictionary::Dictionary;

/// How much a name says about whoever sends it as the first word of a command.
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

static TABLE: Dictionary<Program, 1024> = Dictionary::new(Program::Everyday, PROGRAMS);

/// What the name with this hash is.
pub(super) fn named(hash: u64) -> Option<Program> {
    TABLE.of(hash)
}

static SENSITIVE: Dictionary<(), 128> = Dictionary::new(
    (),
    &[(
        (),
        &[
            "passwd", "shadow", "gshadow", "sudoers", "master.passwd", "boot.ini", "win.ini", "system.ini", "sam",
            "id_rsa", "id_dsa", "id_ed25519", "authorized_keys", ".bash_history", ".htpasswd", ".htaccess", "environ",
            "web.config", "wp-config.php", "config.php", ".env", "hosts", "issue", "crontab", "ntuser.dat", "my.cnf",
            "httpd.conf", "secret", "secrets", "credentials", "cmdline", "ntds.dit", "unattend.xml",
        ],
    )],
);

/// Whether a file by the name with this hash is what attackers read first.
pub(super) fn is_sensitive(hash: u64) -> bool {
    SENSITIVE.of(hash).is_some()
}

const PROGRAMS: &[(Program, &[&str])] = &[
    (
        Program::Certain,
        &[
            "whoami", "uname", "ifconfig", "ipconfig", "nslookup", "netstat", "systeminfo", "sysinfo", "getent", "lsof",
            "tasklist", "taskkill", "schtasks", "netsh", "wmic", "certutil", "bitsadmin", "regsvr32", "rundll32",
            "mshta", "cscript", "wscript", "traceroute", "tracert", "chmod", "chown", "chgrp", "useradd", "adduser",
            "usermod", "userdel", "visudo", "passwd", "mkfifo", "mknod", "crontab", "iptables", "ncat", "netcat",
            "socat", "telnet", "tftp", "scp", "sftp", "rsync", "sendmail", "killall", "pkill", "printenv", "hostname",
            "dmesg", "nmap", "tcpdump", "xxd", "hexdump", "ldconfig", "systemctl", "journalctl", "vssadmin", "bcdedit",
            "bcdboot", "icacls", "cacls", "attrib", "nbtstat", "nltest", "dsquery", "whois", "mimikatz", "lsb_release",
            "lscpu", "lsblk", "lsmod", "insmod", "rmdir", "mkdir", "wget", "curl", "lwp-request", "lwp-download",
            "ssh-copy-id", "ssh-keygen", "base64", "gunzip", "zcat", "bzcat", "xzcat", "zgrep", "egrep", "fgrep",
            "fping", "hping3", "arp", "ifup", "iwr", "invoke-expression", "invoke-webrequest", "invoke-command",
            "get-content", "get-childitem", "get-process", "start-process", "start-sleep", "iex", "pwsh", "mysqldump",
            "pg_dump", "psql", "sqlite3", "fsutil", "diskpart", "gpresult", "driverquery", "quser", "qwinsta",
            "cmdkey", "msiexec", "installutil", "msbuild", "ansible-vault", "chef-client", "c89", "c99", "gcc",
        ],
    ),
    (
        Program::Tool,
        &[
            "ls", "ll", "rm", "cp", "mv", "grep", "sed", "awk", "gawk", "tar", "gzip", "unzip", "zip", "dd", "df", "du",
            "ps", "git", "ssh", "ftp", "vi", "vim", "nano", "emacs", "gdb", "strace", "apt", "apt-get", "yum", "dnf",
            "apk", "pip", "npm", "docker", "kubectl", "aws", "openssl", "gpg", "nc", "pwd", "xcopy", "robocopy", "ln",
            "od", "tac", "rev", "tr", "cut", "dig", "htop", "perf", "tmux", "svn", "make", "cc", "pstree", "readlink",
            "realpath", "stat", "chroot", "umount", "mount", "fdisk", "findstr", "regedit", "notepad", "calc", "mysql",
            "unset", "popd", "pushd", "uptime", "free", "swapon", "ip", "route", "wc", "uniq", "xmllint", "jq", "whereis",
        ],
    ),
    (
        Program::Everyday,
        &[
            "cat", "id", "who", "w", "find", "date", "sort", "more", "less", "head", "tail", "dir", "type", "echo",
            "sleep", "ping", "net", "reg", "set", "at", "host", "kill", "touch", "file", "test", "which", "copy", "move",
            "del", "ren", "print", "printf", "export", "cd", "history", "last", "top", "alias", "call", "for", "if",
            "read", "split", "join", "paste", "strings", "locate", "look", "install", "service", "shutdown", "reboot",
            "halt", "wait", "trap", "jobs", "groups", "logname", "finger", "mail", "sc", "start", "tree", "ver", "vol",
            "path", "timeout", "choice", "true", "false", "source", "function", "let", "declare", "diff", "cal",
        ],
    ),
    (
        Program::Interpreter,
        &[
            "sh", "bash", "zsh", "dash", "ksh", "csh", "tcsh", "ash", "fish", "perl", "python", "python2", "python3",
            "ruby", "php", "node", "lua", "cmd", "powershell", "tclsh", "java", "osascript", "expect", "irb",
        ],
    ),
    (
        Program::Prefix,
        &[
            "sudo", "nohup", "env", "exec", "xargs", "command", "busybox", "nice", "then", "do", "else", "time", "setsid",
            "while", "builtin", "doas", "su", "stdbuf", "watch", "unbuffer", "not",
        ],
    ),
    (
        Program::Caller,
        &[
            "system", "shell_exec", "passthru", "popen", "proc_open", "pcntl_exec", "eval", "assert", "execsync",
            "spawn", "spawnsync", "os.system", "os.popen", "subprocess.call", "subprocess.run", "subprocess.popen",
            "subprocess.check_output", "kernel.exec", "runtime.exec", "child_process.exec", "call_user_func",
        ],
    ),
];

/// Names of the gate: the leading letters of the above that are long or odd enough to be worth a look.
pub(super) const GATE: &[&str] = &[
    "whoami", "uname", "ifconfig", "ipconfig", "nslookup", "netstat", "systeminfo", "sysinfo", "getent", "lsof",
    "tasklist", "taskkill", "schtasks", "netsh", "wmic", "certutil", "bitsadmin", "regsvr", "rundll", "mshta", "cscript",
    "wscript", "traceroute", "tracert", "chmod", "chown", "chgrp", "useradd", "adduser", "usermod", "userdel", "visudo",
    "passwd", "mkfifo", "mknod", "crontab", "iptables", "ncat", "netcat", "socat", "telnet", "tftp", "scp", "sftp",
    "rsync", "sendmail", "killall", "pkill", "printenv", "hostname", "dmesg", "nmap", "tcpdump", "xxd", "hexdump",
    "ldconfig", "systemctl", "journalctl", "vssadmin", "bcdedit", "bcdboot", "icacls", "cacls", "attrib", "nbtstat",
    "nltest", "dsquery", "whois", "mimikatz", "lsb", "lscpu", "lsblk", "lsmod", "insmod", "rmdir", "mkdir", "wget",
    "curl", "lwp", "ssh", "base", "gunzip", "zcat", "bzcat", "xzcat", "zgrep", "egrep", "fgrep", "fping", "hping", "arp",
    "ifup", "iwr", "invoke", "get", "start", "iex", "pwsh", "mysqldump", "pg", "psql", "sqlite", "fsutil", "diskpart",
    "gpresult", "driverquery", "quser", "qwinsta", "cmdkey", "msiexec", "installutil", "msbuild", "ansible", "chef", "c",
    "gcc", "ls", "ll", "rm", "cp", "mv", "grep", "sed", "awk", "gawk", "tar", "gzip", "unzip", "zip", "dd", "df", "du",
    "ps", "git", "ftp", "vi", "vim", "nano", "emacs", "gdb", "strace", "apt", "yum", "dnf", "apk", "pip", "npm", "docker",
    "kubectl", "aws", "openssl", "gpg", "nc", "pwd", "xcopy", "robocopy", "ln", "od", "tac", "rev", "tr", "cut", "dig",
    "htop", "perf", "tmux", "svn", "make", "cc", "pstree", "readlink", "realpath", "stat", "chroot", "umount", "mount",
    "fdisk", "findstr", "regedit", "notepad", "calc", "mysql", "unset", "popd", "pushd", "uptime", "free", "swapon", "ip",
    "route", "wc", "uniq", "xmllint", "jq", "whereis", "cat", "id", "who", "w", "find", "date", "sort", "more", "less",
    "head", "tail", "dir", "type", "echo", "sleep", "ping", "net", "reg", "set", "at", "host", "kill", "touch", "file",
    "test", "which", "copy", "move", "del", "ren", "print", "printf", "export", "cd", "history", "last", "top", "alias",
    "call", "for", "if", "read", "split", "join", "paste", "strings", "locate", "look", "install", "service", "shutdown",
    "reboot", "halt", "wait", "trap", "jobs", "groups", "logname", "finger", "mail", "sc", "tree", "ver", "vol", "path",
    "timeout", "choice", "true", "false", "source", "function", "let", "declare", "diff", "cal", "sh", "bash", "zsh",
    "dash", "ksh", "csh", "tcsh", "ash", "fish", "perl", "python", "ruby", "php", "node", "lua", "cmd", "powershell",
    "tclsh", "java", "osascript", "expect", "irb", "exec", "system", "shell", "passthru", "popen", "proc", "pcntl",
    "eval", "assert", "execsync", "spawn", "spawnsync", "subprocess", "os", "busybox", "include",
];
