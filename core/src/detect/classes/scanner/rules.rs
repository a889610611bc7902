//! The rules.

use crate::detect::evidence::{Class, Location, Rule};

/// Every rule of this class.
pub(in crate::detect) const ALL: &[&Rule] = &[&TOOL, &LISTENER];

pub(super) static TOOL: Rule = Rule::new(
    Class::Scanner,
    "scanner.tool",
    100,
    "is the name of a vulnerability scanner",
    &[
        "sqlmap/1.8.2#stable (https://sqlmap.org)",
        "Mozilla/5.00 (Nikto/2.5.0) (Evasions:None) (Test:Port Check)",
        "Nuclei - Open-source project (github.com/projectdiscovery/nuclei)",
        "Mozilla/5.0 zgrab/0.x",
        "Mozilla/5.0 (compatible; Nmap Scripting Engine; https://nmap.org/book/nse.html)",
        "Fuzz Faster U Fool v2.1.0",
        "Mozilla/4.0 (Hydra)",
        "nessus",
    ],
    &[
        "curl/8.5.0",
        "python-requests/2.32.3",
        "Mozilla/5.0 (X11; Linux x86_64; rv:141.0) Gecko/20100101 Firefox/141.0",
        "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
        "Go-http-client/1.1",
        "HydraPlayer/3.1 (Hydra launcher)",
        "Nucleus/2.0",
    ],
)
.at(Location::Header, "user-agent");

pub(super) static LISTENER: Rule = Rule::new(
    Class::Scanner,
    "scanner.listener",
    100,
    "names an out-of-band (OAST) host or a scanner script",
    &[
        "Mozilla/5.0 root@w63gecoroprj5um8ypnd7r6in9t0hseg3.interact.sh",
        "x.k3b1.oastify.com",
        "mercuryboard_user_agent_sql_injection.nasl",
    ],
    &["Mozilla/5.0 (compatible; interact/2.0; +https://interact.example)", "oast-milk-shop/1.0"],
)
.at(Location::Header, "user-agent");
