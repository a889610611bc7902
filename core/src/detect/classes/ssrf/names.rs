//! Names of hosts, schemes and parameters.

/// Hosts of cloud metadata services.
pub(super) const METADATA: &[&[u8]] = &[
    b"instance-data",
    b"metadata",
    b"metadata.goog",
    b"metadata.google.internal",
    b"metadata.packet.net",
    b"metadata.platformequinix.com",
    b"metadata.tencentyun.com",
    b"rancher-metadata",
];

/// The machine itself, or the one a container runs on.
pub(super) const LOCALHOST: &[&[u8]] = &[
    b"docker.internal",
    b"ip6-localhost",
    b"ip6-loopback",
    b"ipv6-localhost",
    b"localhost",
    b"localhost.localdomain",
    b"localhost6",
];

/// Names that others have given to the loopback address.
pub(super) const LOOPBACK: &[&[u8]] = &[b"lacolhost.com", b"localtest.me", b"lvh.me", b"vcap.me"];

/// Domains whose names resolve to the address that they carry.
pub(super) const CARRIERS: &[&[u8]] = &[b"nip.io", b"sslip.io", b"xip.io"];

/// Domains that exist in private networks only.
pub(super) const PRIVATE: &[&[u8]] = &[b"cluster.local", b"internal", b"kubernetes.default", b"svc"];

/// Out-of-band (OAST) hosts, which record who calls them.
pub(super) const LISTENERS: &[&[u8]] = &[
    b"burpcollaborator.net",
    b"ceye.io",
    b"dnslog.cn",
    b"interact.sh",
    b"oast.fun",
    b"oast.live",
    b"oast.me",
    b"oast.online",
    b"oast.pro",
    b"oast.site",
    b"oastify.com",
];

/// Schemes in which a URL contains the bytes to send, or that read files under another name.
pub(super) const RAW_SCHEMES: &[&[u8]] =
    &[b"dict", b"gopher", b"gophers", b"local_file", b"local-file", b"netdoc"];

/// Schemes of services that are not on the web.
pub(super) const INNER_SCHEMES: &[&[u8]] = &[b"acap", b"imap", b"ldap", b"ldapi", b"ldaps", b"smb", b"tftp"];

/// Parameters that name what to fetch, in lower case. Not those that name a return address.
pub(super) const FETCHED: &[&[u8]] = &[
    b"api",
    b"dest",
    b"document",
    b"domain",
    b"download",
    b"endpoint",
    b"feed",
    b"feed_url",
    b"fetch",
    b"file",
    b"file_url",
    b"host",
    b"html",
    b"image",
    b"image_url",
    b"imageurl",
    b"img",
    b"img_url",
    b"include",
    b"load",
    b"page",
    b"path",
    b"pdf",
    b"preview",
    b"proxy",
    b"proxy_url",
    b"remote",
    b"rss",
    b"server",
    b"site",
    b"source",
    b"src",
    b"stockapi",
    b"target",
    b"target_url",
    b"uri",
    b"url",
    b"webhook",
    b"webhook_url",
];

/// Words in the name of a variable for a place in the file system, in lower case.
const PLACES: &[&[u8]] = &[b"dir", b"inc", b"include", b"includes", b"path", b"root"];

/// Words in the name of such a variable of a program, in contrast to one of a request.
const PROGRAMS: &[&[u8]] = &[
    b"abs",
    b"absolute",
    b"cfg",
    b"conf",
    b"config",
    b"document",
    b"globals",
    b"lib",
    b"mosconfig",
    b"phpbb",
];

/// Whether a parameter is called like a variable that holds where the parts of a program are: `_CONF[path]`,
/// `mosConfig_absolute_path`.
pub(super) fn is_root(name: &[u8]) -> bool {
    let name = &name[..name.len().min(64)];
    let has = |known: &[&[u8]]| {
        name.split(|byte| !byte.is_ascii_alphabetic())
            .any(|word| known.iter().any(|known| word.eq_ignore_ascii_case(known)))
    };
    has(PLACES) && has(PROGRAMS)
}

/// Ports of services without HTTP, or that must not be reached.
pub(super) const PORTS: &[u16] = &[22, 25, 2375, 2379, 3306, 5432, 6379, 10250, 11211, 27017];

/// Pages for administrators and machines.
pub(super) const PAGES: &[&[u8]] = &[
    b"/_cat",
    b"/actuator",
    b"/admin",
    b"/console",
    b"/containers/json",
    b"/latest/meta-data",
    b"/manager/html",
    b"/server-status",
    b"/shutdown",
    b"/v1/agent",
    b"/wp-admin",
];

/// What attackers call the programs they leave behind.
pub(super) const SHELLS: &[&[u8]] = &[
    b"backdoor",
    b"c99",
    b"c99shell",
    b"cmd",
    b"evil",
    b"inc",
    b"r57",
    b"rfi",
    b"shell",
    b"webshell",
    b"wso",
];
