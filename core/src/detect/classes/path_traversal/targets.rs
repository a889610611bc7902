//! Sensitive files, which attackers read first. Pure data: sorted, lower case.

use crate::detect::lang::dictionary;
use crate::detect::lang::dictionary::Dictionary;

/// How sensitive a file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sensitivity {
    /// Its path is requested only to test for traversal.
    Secret,
    /// Ordinary configuration or logs: it takes a climb to it.
    Useful,
}

static NAMES: Dictionary<Sensitivity, 256> = Dictionary::new(
    Sensitivity::Useful,
    &[(Sensitivity::Secret, SECRET_NAMES), (Sensitivity::Useful, USEFUL_NAMES)],
);
static PLACES: Dictionary<Sensitivity, 1024> = Dictionary::new(
    Sensitivity::Useful,
    &[(Sensitivity::Secret, SECRET_PLACES), (Sensitivity::Useful, USEFUL_PLACES)],
);

/// Names that are sensitive in any directory.
const SECRET_NAMES: &[&str] = &[
    ".aws",
    ".bash_history",
    ".dockercfg",
    ".git-credentials",
    ".htaccess",
    ".htpasswd",
    ".my.cnf",
    ".mysql_history",
    ".netrc",
    ".passwd",
    ".pgpass",
    ".psql_history",
    "applicationhost.config",
    "authorized_keys",
    "boot.ini",
    "config.inc.php",
    "global.asa",
    "global.asax",
    "ibconfig1.xml",
    "id_dsa",
    "id_ecdsa",
    "id_ed25519",
    "id_rsa",
    "known_hosts",
    "machine.config",
    "master.passwd",
    "ntuser.dat",
    "ntuser.ini",
    "pagefile.sys",
    "sam.log",
    "shadow~",
    "sysprep.inf",
    "sysprep.xml",
    "sysprepunattend.xml",
    "system.ini",
    "tomcat-users.xml",
    "web.config",
    "web.xml",
    "win.ini",
    "wp-config.php",
];

/// The same, for [`Sensitivity::Useful`].
const USEFUL_NAMES: &[&str] = &[
    ".history",
    ".sh_history",
    ".zsh_history",
    "apache2.conf",
    "application.properties",
    "autoexec.bat",
    "config.sys",
    "configuration.php",
    "context.xml",
    "filezilla.xml",
    "hibernate.cfg.xml",
    "httpd.conf",
    "local.settings.json",
    "localsettings.php",
    "metabase.xml",
    "my.cnf",
    "my.ini",
    "nginx.conf",
    "php.ini",
    "proftpd.conf",
    "settings.xml",
    "sftp-config.json",
    "smb.conf",
    "ssh_config",
    "sshd_config",
    "unattend.xml",
    "vsftpd.conf",
];

/// Directory and name.
const SECRET_PLACES: &[&str] = &[
    ".aws/config",
    ".aws/credentials",
    ".docker/config.json",
    ".docker/secrets",
    ".git/config",
    ".git/head",
    ".gnupg/pubring.kbx",
    ".gnupg/secring.gpg",
    ".kube/config",
    ".ssh/authorized_keys",
    ".ssh/config",
    ".ssh/id_dsa",
    ".ssh/id_ecdsa",
    ".ssh/id_ed25519",
    ".ssh/id_rsa",
    ".ssh/id_rsa.pub",
    ".ssh/known_hosts",
    ".svn/entries",
    ".svn/wc.db",
    "boot/grub.conf",
    "config/sam",
    "default/passwd",
    "etc/aliases",
    "etc/anacrontab",
    "etc/bashrc",
    "etc/crontab",
    "etc/debian_version",
    "etc/environment",
    "etc/exports",
    "etc/fstab",
    "etc/group",
    "etc/gshadow",
    "etc/hostname",
    "etc/hosts",
    "etc/hosts.allow",
    "etc/hosts.deny",
    "etc/hosts.equiv",
    "etc/httpd.conf",
    "etc/inetd.conf",
    "etc/inittab",
    "etc/issue",
    "etc/issue.net",
    "etc/krb5.conf",
    "etc/krb5.keytab",
    "etc/ld.so.conf",
    "etc/ld.so.preload",
    "etc/login.defs",
    "etc/logrotate.conf",
    "etc/lsb-release",
    "etc/master.passwd",
    "etc/modules",
    "etc/motd",
    "etc/mtab",
    "etc/my.cnf",
    "etc/networks",
    "etc/npasswd",
    "etc/nsswitch.conf",
    "etc/os-release",
    "etc/pam.conf",
    "etc/passwd",
    "etc/passwd-",
    "etc/php.ini",
    "etc/printcap",
    "etc/profile",
    "etc/protocols",
    "etc/redhat-release",
    "etc/resolv.conf",
    "etc/rsyslog.conf",
    "etc/securetty",
    "etc/security",
    "etc/services",
    "etc/shadow",
    "etc/shadow-",
    "etc/shells",
    "etc/spwd.db",
    "etc/subgid",
    "etc/subuid",
    "etc/sudoers",
    "etc/sysctl.conf",
    "etc/syslog.conf",
    "etc/termcap",
    "etc/timezone",
    "etc/vfstab",
    "etc/xinetd.conf",
    "inetsrv/metabase.xml",
    "meta-inf/context.xml",
    "meta-inf/manifest.mf",
    "meta-inf/persistence.xml",
    "meta-inf/war-tracker",
    "net/arp",
    "net/dev",
    "net/fib_trie",
    "net/route",
    "net/tcp",
    "net/udp",
    "net/unix",
    "panther/setupinfo",
    "panther/sysprep.inf",
    "panther/unattend.xml",
    "panther/unattended.xml",
    "proc/cmdline",
    "proc/config.gz",
    "proc/cpuinfo",
    "proc/devices",
    "proc/filesystems",
    "proc/interrupts",
    "proc/kallsyms",
    "proc/meminfo",
    "proc/modules",
    "proc/mounts",
    "proc/partitions",
    "proc/sched_debug",
    "proc/stat",
    "proc/swaps",
    "proc/version",
    "repair/sam",
    "repair/security",
    "repair/setup.log",
    "repair/software",
    "repair/system",
    "root/.bash_history",
    "root/.bashrc",
    "root/.mysql_history",
    "root/.profile",
    "root/.viminfo",
    "sam/sam",
    "secrets/kubernetes.io",
    "self/auxv",
    "self/cmdline",
    "self/cwd",
    "self/environ",
    "self/exe",
    "self/fd",
    "self/limits",
    "self/maps",
    "self/mem",
    "self/mounts",
    "self/net",
    "self/root",
    "self/sched",
    "self/stat",
    "self/status",
    "serviceaccount/ca.crt",
    "serviceaccount/namespace",
    "serviceaccount/token",
    "system32/eula.txt",
    "system32/license.rtf",
    "web-inf/applicationcontext.xml",
    "web-inf/dispatcher-servlet.xml",
    "web-inf/faces-config.xml",
    "web-inf/jboss-web.xml",
    "web-inf/log4j.properties",
    "web-inf/spring.xml",
    "web-inf/struts-config.xml",
    "web-inf/web.xml",
    "web-inf/weblogic.xml",
    "windows/iis6.log",
    "windows/my.ini",
    "windows/setupapi.log",
    "windows/system.ini",
    "windows/win.ini",
    "windows/windowsupdate.log",
    "winnt/my.ini",
    "winnt/system.ini",
    "winnt/win.ini",
    "wwwroot/default.asp",
    "wwwroot/default.htm",
    "wwwroot/global.asa",
    "wwwroot/iisstart.asp",
    "wwwroot/web.config",
];

/// The same, for [`Sensitivity::Useful`].
const USEFUL_PLACES: &[&str] = &[
    ".git/index",
    ".git/logs",
    "apache/access.log",
    "apache/access_log",
    "apache/error.log",
    "apache/error_log",
    "apache/ssl_access.log",
    "apache/ssl_error_log",
    "apache2/access.log",
    "apache2/access_log",
    "apache2/envvars",
    "apache2/error.log",
    "apache2/error_log",
    "apache2/ports.conf",
    "apache2/sites-enabled",
    "apache2/ssl_access.log",
    "apache2/ssl_error_log",
    "boot/grub",
    "conf/httpd.conf",
    "conf/logging.properties",
    "conf/server.xml",
    "conf/tomcat-users.xml",
    "conf/web.xml",
    "config/default",
    "config/security",
    "config/software",
    "config/system",
    "cron/crontabs",
    "cron/root",
    "dev/kmem",
    "dev/mem",
    "dev/random",
    "dev/tcp",
    "dev/urandom",
    "dev/zero",
    "drivers/etc",
    "etc/apache2",
    "etc/mysql",
    "etc/nginx",
    "etc/ssh",
    "etc/ssl",
    "httpd/access.log",
    "httpd/access_log",
    "httpd/error.log",
    "httpd/error_log",
    "httpd/ssl_access.log",
    "httpd/ssl_error_log",
    "inetsrv/config",
    "init.d/apache2",
    "init.d/httpd",
    "log/apache2",
    "log/auth.log",
    "log/boot.log",
    "log/btmp",
    "log/cron",
    "log/daemon.log",
    "log/debug",
    "log/dmesg",
    "log/faillog",
    "log/httpd",
    "log/kern.log",
    "log/lastlog",
    "log/mail.log",
    "log/maillog",
    "log/messages",
    "log/mysqld.log",
    "log/nginx",
    "log/secure",
    "log/syslog",
    "log/user.log",
    "log/vsftpd.log",
    "log/wtmp",
    "log/xferlog",
    "logs/access.log",
    "logs/access_log",
    "logs/error.log",
    "logs/error_log",
    "logs/ssl_access.log",
    "logs/ssl_error_log",
    "meta-inf/maven",
    "nginx/access.log",
    "nginx/access_log",
    "nginx/error.log",
    "nginx/error_log",
    "nginx/ssl_access.log",
    "nginx/ssl_error_log",
    "php5/php.ini",
    "private/etc",
    "proc/net",
    "proc/self",
    "root/.ssh",
    "run/secrets",
    "run/utmp",
    "sys/class",
    "sys/kernel",
    "system32/cmd.exe",
    "system32/config",
    "system32/drivers",
    "system32/inetsrv",
    "system32/logfiles",
    "web-inf/classes",
    "web-inf/lib",
    "windows/debug",
    "windows/panther",
    "windows/php.ini",
    "windows/repair",
    "windows/system32",
    "winnt/php.ini",
    "winnt/repair",
    "winnt/system32",
];

/// What is known about `name` in `directory`. Both are in lower case.
pub(super) fn sensitivity_of(directory: &[u8], name: &[u8]) -> Option<Sensitivity> {
    let name = trim(name);
    if name.len() < MIN_NAME {
        return None;
    }
    let named = NAMES.of(dictionary::hash(name));
    let placed = || {
        let below = dictionary::extend(dictionary::hash(directory), b'/');
        PLACES.of(name.iter().fold(below, |hash, byte| dictionary::extend(hash, *byte)))
    };
    // Every place has a directory.
    let placed = if directory.is_empty() { None } else { placed() };
    match (named, placed) {
        (Some(Sensitivity::Secret), _) | (_, Some(Sensitivity::Secret)) => Some(Sensitivity::Secret),
        (None, None) => is_source(name).then_some(Sensitivity::Useful),
        _ => Some(Sensitivity::Useful),
    }
}

/// Whether this is the source of a program by which a site is set up, in lower case: `config.asp`, `users.db.php`.
fn is_source(name: &[u8]) -> bool {
    const LANGUAGES: [&[u8]; 6] = [b"asp", b"aspx", b"cfm", b"inc", b"jsp", b"php"];
    const SUBJECTS: [&[u8]; 9] = [
        b"config",
        b"configuration",
        b"conn",
        b"connect",
        b"database",
        b"db",
        b"install",
        b"passwd",
        b"settings",
    ];
    let Some(dot) = memchr::memrchr(b'.', name) else { return false };
    LANGUAGES.contains(&&name[dot + 1..])
        && name[..dot].split(|byte| !byte.is_ascii_alphabetic()).any(|word| SUBJECTS.contains(&word))
}

/// Without what servers and file systems cut off a name.
fn trim(name: &[u8]) -> &[u8] {
    let name = name.split(|byte| matches!(byte, b';' | b'%' | b':')).next().unwrap_or_default();
    let end = name.iter().rposition(|byte| !matches!(byte, b'.' | b' ')).map_or(0, |at| at + 1);
    &name[..end]
}

/// The length of the shortest name. Texts that are no paths have plenty of shorter ones, at every slash and quote.
const MIN_NAME: usize = 2;

#[cfg(test)]
mod tests {
    #[test]
    fn every_secret_is_found_by_its_absolute_path() {
        use crate::detect::{Class, ClassSet, Input, Location, Scanner};
        let scan = |value: &str| {
            let input = Input { location: Location::Query, name: b"f", value: value.as_bytes() };
            Scanner::new().scan(&input, ClassSet::NONE.with(Class::PathTraversal)).is_some()
        };
        for name in super::SECRET_NAMES {
            assert!(scan(&std::format!("/{name}")), "/{name} passes");
        }
        for place in super::SECRET_PLACES {
            let above = if place.starts_with("self/") || place.starts_with("net/") { "proc/" } else { "" };
            assert!(scan(&std::format!("/{above}{place}")), "/{above}{place} passes");
        }
    }

    #[test]
    fn tables_are_sorted() {
        for table in [super::SECRET_NAMES, super::USEFUL_NAMES, super::SECRET_PLACES, super::USEFUL_PLACES] {
            assert!(table.windows(2).all(|pair| pair[0] < pair[1]));
            let name = |entry: &&str| entry.rsplit('/').next().map_or(0, str::len);
            assert!(table.iter().all(|entry| name(entry) >= super::MIN_NAME && !entry.starts_with('/')));
        }
    }
}
