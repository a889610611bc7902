//! Files that are worth reading to whoever may read any file. Pure data: sorted, lower case.

/// Names that say enough alone, whichever directory they are in.
static NAMES: &[&str] = &[
    ".aws", ".bash_history", ".dockercfg", ".git-credentials", ".htaccess", ".htpasswd", ".my.cnf",
    ".mysql_history", ".netrc", ".pgpass", ".psql_history", "apache2.conf", "application.properties",
    "applicationhost.config", "authorized_keys", "autoexec.bat", "boot.ini", "config.inc.php", "config.sys",
    "configuration.php", "context.xml", "filezilla.xml", "global.asa", "global.asax", "hibernate.cfg.xml",
    "httpd.conf", "ibconfig1.xml", "id_dsa", "id_ecdsa", "id_ed25519", "id_rsa", "known_hosts",
    "local.settings.json", "localsettings.php", "machine.config", "master.passwd", "metabase.xml", "my.cnf",
    "my.ini", "nginx.conf", "ntuser.dat", "ntuser.ini", "pagefile.sys", "php.ini", "proftpd.conf",
    "sam.log", "settings.xml", "sftp-config.json", "shadow~", "smb.conf", "ssh_config", "sshd_config",
    "sysprep.inf", "sysprep.xml", "sysprepunattend.xml", "system.ini", "tomcat-users.xml", "unattend.xml",
    "vsftpd.conf", "web.config", "web.xml", "win.ini", "wp-config.php",
];

/// Directory and name.
static PLACES: &[&str] = &[
    ".aws/config", ".aws/credentials", ".docker/config.json", ".docker/secrets", ".git/config", ".git/head",
    ".git/index", ".git/logs", ".gnupg/pubring.kbx", ".gnupg/secring.gpg", ".kube/config",
    ".ssh/authorized_keys", ".ssh/config", ".ssh/id_dsa", ".ssh/id_ecdsa", ".ssh/id_ed25519", ".ssh/id_rsa",
    ".ssh/id_rsa.pub", ".ssh/known_hosts", ".svn/entries", ".svn/wc.db", "apache/access.log",
    "apache/access_log", "apache/error.log", "apache/error_log", "apache/ssl_access.log",
    "apache/ssl_error_log", "apache2/access.log", "apache2/access_log", "apache2/envvars",
    "apache2/error.log", "apache2/error_log", "apache2/ports.conf", "apache2/sites-enabled",
    "apache2/ssl_access.log", "apache2/ssl_error_log", "boot/grub", "boot/grub.conf", "conf/httpd.conf",
    "conf/logging.properties", "conf/server.xml", "conf/tomcat-users.xml", "conf/web.xml", "config/default",
    "config/sam", "config/security", "config/software", "config/system", "cron/crontabs", "cron/root",
    "dev/kmem", "dev/mem", "dev/random", "dev/tcp", "dev/urandom", "dev/zero", "drivers/etc", "etc/aliases",
    "etc/anacrontab", "etc/apache2", "etc/bashrc", "etc/crontab", "etc/debian_version", "etc/environment",
    "etc/exports", "etc/fstab", "etc/group", "etc/gshadow", "etc/hostname", "etc/hosts", "etc/hosts.allow",
    "etc/hosts.deny", "etc/httpd.conf", "etc/inetd.conf", "etc/inittab", "etc/issue", "etc/issue.net",
    "etc/krb5.conf", "etc/krb5.keytab", "etc/ld.so.conf", "etc/ld.so.preload", "etc/login.defs",
    "etc/logrotate.conf", "etc/lsb-release", "etc/master.passwd", "etc/modules", "etc/motd", "etc/mtab",
    "etc/my.cnf", "etc/mysql", "etc/networks", "etc/nginx", "etc/npasswd", "etc/nsswitch.conf",
    "etc/os-release", "etc/pam.conf", "etc/passwd", "etc/passwd-", "etc/php.ini", "etc/printcap",
    "etc/profile", "etc/protocols", "etc/redhat-release", "etc/resolv.conf", "etc/rsyslog.conf",
    "etc/securetty", "etc/security", "etc/services", "etc/shadow", "etc/shadow-", "etc/shells",
    "etc/spwd.db", "etc/ssh", "etc/ssl", "etc/subgid", "etc/subuid", "etc/sudoers", "etc/sysctl.conf",
    "etc/syslog.conf", "etc/termcap", "etc/timezone", "etc/vfstab", "etc/xinetd.conf", "httpd/access.log",
    "httpd/access_log", "httpd/error.log", "httpd/error_log", "httpd/ssl_access.log", "httpd/ssl_error_log",
    "inetsrv/config", "inetsrv/metabase.xml", "init.d/apache2", "init.d/httpd", "log/apache2",
    "log/auth.log", "log/boot.log", "log/btmp", "log/cron", "log/daemon.log", "log/debug", "log/dmesg",
    "log/faillog", "log/httpd", "log/kern.log", "log/lastlog", "log/mail.log", "log/maillog",
    "log/messages", "log/mysqld.log", "log/nginx", "log/secure", "log/syslog", "log/user.log",
    "log/vsftpd.log", "log/wtmp", "log/xferlog", "logs/access.log", "logs/access_log", "logs/error.log",
    "logs/error_log", "logs/ssl_access.log", "logs/ssl_error_log", "meta-inf/context.xml",
    "meta-inf/manifest.mf", "meta-inf/maven", "meta-inf/persistence.xml", "meta-inf/war-tracker", "net/arp",
    "net/dev", "net/fib_trie", "net/route", "net/tcp", "net/udp", "net/unix", "nginx/access.log",
    "nginx/access_log", "nginx/error.log", "nginx/error_log", "nginx/ssl_access.log", "nginx/ssl_error_log",
    "panther/setupinfo", "panther/sysprep.inf", "panther/unattend.xml", "panther/unattended.xml",
    "php5/php.ini", "private/etc", "proc/cmdline", "proc/config.gz", "proc/cpuinfo", "proc/devices",
    "proc/filesystems", "proc/interrupts", "proc/kallsyms", "proc/meminfo", "proc/modules", "proc/mounts",
    "proc/net", "proc/partitions", "proc/sched_debug", "proc/self", "proc/stat", "proc/swaps",
    "proc/version", "repair/sam", "repair/security", "repair/setup.log", "repair/software", "repair/system",
    "root/.bash_history", "root/.bashrc", "root/.mysql_history", "root/.profile", "root/.ssh",
    "root/.viminfo", "run/secrets", "run/utmp", "sam/sam", "secrets/kubernetes.io", "self/auxv",
    "self/cmdline", "self/cwd", "self/environ", "self/exe", "self/fd", "self/limits", "self/maps",
    "self/mem", "self/mounts", "self/net", "self/root", "self/sched", "self/stat", "self/status",
    "serviceaccount/ca.crt", "serviceaccount/namespace", "serviceaccount/token", "sys/class", "sys/kernel",
    "system32/cmd.exe", "system32/config", "system32/drivers", "system32/eula.txt", "system32/inetsrv",
    "system32/license.rtf", "system32/logfiles", "web-inf/applicationcontext.xml", "web-inf/classes",
    "web-inf/dispatcher-servlet.xml", "web-inf/faces-config.xml", "web-inf/jboss-web.xml", "web-inf/lib",
    "web-inf/log4j.properties", "web-inf/spring.xml", "web-inf/struts-config.xml", "web-inf/web.xml",
    "web-inf/weblogic.xml", "windows/debug", "windows/iis6.log", "windows/my.ini", "windows/panther",
    "windows/php.ini", "windows/repair", "windows/setupapi.log", "windows/system.ini", "windows/system32",
    "windows/win.ini", "windows/windowsupdate.log", "winnt/my.ini", "winnt/php.ini", "winnt/repair",
    "winnt/system.ini", "winnt/system32", "winnt/win.ini", "wwwroot/default.asp", "wwwroot/default.htm",
    "wwwroot/global.asa", "wwwroot/iisstart.asp", "wwwroot/web.config",
];

/// Whether `name` in `directory` is a known target. Both are in lower case.
pub(super) fn is_known(directory: &[u8], name: &[u8]) -> bool {
    let name = trim(name);
    if has(NAMES, &[name]) {
        return true;
    }
    has(PLACES, &[directory, b"/", name])
}

/// Without what servers and file systems cut off a name.
fn trim(name: &[u8]) -> &[u8] {
    let name = name.split(|byte| matches!(byte, b';' | b'%' | b':')).next().unwrap_or_default();
    let end = name.iter().rposition(|byte| !matches!(byte, b'.' | b' ')).map_or(0, |at| at + 1);
    &name[..end]
}

fn has(table: &[&str], parts: &[&[u8]]) -> bool {
    let text = || parts.iter().flat_map(|part| part.iter().copied());
    table.binary_search_by(|known| known.bytes().cmp(text())).is_ok()
}

#[cfg(test)]
mod tests {
    #[test]
    fn tables_are_sorted() {
        for table in [super::NAMES, super::PLACES] {
            assert!(table.windows(2).all(|pair| pair[0] < pair[1]));
        }
    }
}
