//! A service that uses everything: twelve limits, twenty route policies, a thousand list entries, fifty behaviour rules,
//! and lists of countries, clouds, user agents and exclusions.

use std::fmt::Write as _;

use portcullis_core::Config;

/// The pattern of the matched route.
pub(crate) const ROUTE: &str = "/route/7/{id}";

/// The configuration.
pub(crate) fn config() -> Config {
    Config::from_toml(&document()).expect("a valid configuration")
}

fn document() -> String {
    let mut text = String::from(FIXED);
    text.push_str("deny = [");
    for index in 0..1_000 {
        let _ = write!(text, "\"198.{}.{}.0/25\", ", 18 + index % 2, index / 4);
    }
    text.push_str("]\n");
    for index in 0..12 {
        let _ = write!(
            text,
            "\n[[rate.endpoint]]\npath = \"/limited/{index}\"\nlimit = \"{}/min\"\n",
            index + 10
        );
    }
    for index in 0..30 {
        let (pattern, action) = match index % 3 {
            0 => (format!("status:{}", 400 + index), "ban"),
            1 => (format!("json:result.code[]=={index}"), "throttle"),
            _ => (format!("denied, reason {index}"), "alert"),
        };
        let _ = write!(
            text,
            "\n[[behaviour.rule]]\nkind = \"return_pattern\"\npattern = \"{pattern}\"\nthreshold = 50\naction = \"{action}\"\n"
        );
    }
    for index in 0..20 {
        let _ = write!(
            text,
            "\n[[detect.exclude]]\npath = \"/cms/{index}\"\nfield = \"html\"\nclass = \"xss\"\n"
        );
        let _ = write!(text, "\n[[route]]\npattern = \"/route/{index}/{{id}}\"\n{ROUTE_FIELDS}");
    }
    text
}

const FIXED: &str = r#"
exclude_paths = ["/static", "/favicon.ico"]
rate.limit = "1000000/h"
ban.threshold = 4000000000
body.limit = "16MiB"

[site]
hosts = ["*.example.com", "example.com", "*.example.org", "*.example.net", "*.example.co.uk"]
https = false

[behaviour]
not_found = "1000/min"
inspect_responses = true

[trap]
paths = ["/.env", "/wp-login.php", "/phpmyadmin"]

[cors]
enabled = true
origins = ["https://app.example.com"]

[access]
deny_countries = ["XX", "YY"]
deny_clouds = ["AWS:!eu-west-1", "GCP"]
deny_lists = ["tor"]
deny_user_agents = ["sqlmap", "nikto", "^masscan/", "zgrab", "nuclei", "^python-requests/", "gobuster", "dirbuster"]
"#;

const ROUTE_FIELDS: &str = r#"
deny = ["203.0.113.0/24"]
deny_countries = ["ZZ"]
rate = [{ limit = "1000000/h" }]
referrers = []
max_body = "16MiB"
behaviour = [{ kind = "usage", threshold = 4000000, action = "log" }]
"#;
