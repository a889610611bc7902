//! The files of the corpus, parsed. An unknown field is an error, so that no field is left uncompared.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::path::Path;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

/// One suite: one file.
#[derive(Debug)]
pub struct Suite {
    /// Its name.
    pub name: String,
    /// Its cases, in order.
    pub cases: Vec<Case>,
}

/// One case.
#[derive(Debug)]
pub struct Case {
    /// Unique within its suite.
    pub id: String,
    /// What it is about.
    pub content: Content,
}

/// The content of a case.
#[derive(Debug)]
pub enum Content {
    /// Some text, and whether it is an attack.
    Detect(Detect),
    /// Requests and their responses.
    Pipeline(Flow<ExpectedResponse>),
    /// Requests and calls, and all events that they lead to.
    Events(Flow<Map<String, Value>>),
    /// Nothing that can be compared; why.
    Skipped(String),
}

/// Text and whether it is an attack.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Detect {
    #[serde(rename = "id")]
    _id: String,
    /// The text.
    pub input: Input,
    /// The verdict.
    pub expected: Threat,
}

/// A text in its context.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Input {
    /// The text.
    pub content: String,
    /// The context: `query_param`, `url_path`, `header`, `request_body`, ...
    pub context: String,
}

/// The verdict about a text.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Threat {
    /// Whether it is an attack.
    pub is_threat: bool,
    /// The family's categories; not compared, because the classes here are divided differently.
    pub categories: Vec<String>,
}

/// What happens under a configuration.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Flow<E> {
    #[serde(rename = "id")]
    _id: String,
    /// A `SecurityConfig`; a field that is absent has the default of the family's harness.
    pub config: Map<String, Value>,
    /// The country of some addresses.
    pub geo_countries: BTreeMap<IpAddr, String>,
    /// The requirements of routes, by their exact path.
    pub routes: BTreeMap<String, Route>,
    /// The steps.
    pub drives: Vec<FlowStep>,
    /// The expected results.
    pub expected: Vec<E>,
    #[serde(default)]
    xfail: bool,
    #[serde(default, rename = "xfail_reason")]
    _xfail_reason: String,
}

/// The requirements of a route.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Route {
    /// Patterns of user agents.
    pub blocked_user_agents: Vec<String>,
    /// Requests within [`Route::rate_limit_window`].
    pub rate_limit: Option<u32>,
    /// In seconds.
    pub rate_limit_window: Option<u64>,
    /// Providers.
    pub block_cloud_providers: Vec<String>,
    /// The scheme of the credential.
    pub auth_required: Option<String>,
    /// Names of checks.
    pub bypassed_checks: Vec<String>,
    /// In bytes.
    pub max_request_size: Option<u64>,
}

/// One step.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub enum FlowStep {
    /// A call of a function.
    Call(Call),
    /// A request.
    Request(Request),
}

/// A request.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Request {
    /// The client.
    pub client_ip: IpAddr,
    /// The path.
    pub url_path: String,
    /// The method; `GET` where it is absent.
    #[serde(default)]
    pub method: Option<String>,
    /// Header lines.
    #[serde(default)]
    pub headers: BTreeMap<String, String>,
    /// The body.
    #[serde(default)]
    pub body: Option<String>,
    /// `process_response` for a request that is service and whose response is inspected.
    #[serde(default)]
    pub stage: Option<Stage>,
    /// The status of the handler's response.
    #[serde(default)]
    pub response_status: Option<u16>,
    /// The family's adapter could not find the route. Here it is a path without a route.
    #[serde(default, rename = "guard_route_unresolved")]
    _unresolved: bool,
    /// The family determines the client again. Here that is always so.
    #[serde(default, rename = "drop_cached_client_ip")]
    _uncached: bool,
}

/// The stage of a request that is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// The response of the application.
    ProcessResponse,
}

/// A call of a function of the family.
#[derive(Debug, Deserialize)]
#[serde(tag = "call", rename_all = "snake_case")]
pub enum Call {
    /// An operator bans an address for the default hour.
    BanIp {
        /// The address.
        ip: IpAddr,
        /// The reason.
        reason: String,
    },
    /// An operator removes a ban.
    UnbanIp {
        /// The address.
        ip: IpAddr,
    },
    /// Bans cannot be applied from now on.
    IpbanFault {},
    /// The networks of a provider become known.
    CloudStub {
        /// The provider.
        provider: String,
        /// A network.
        network: String,
    },
    /// A request to an excluded path.
    PathExcluded(PlainRequest),
    /// A request to a route that bypasses checks.
    Bypass(PlainRequest),
    /// A client exceeds a behaviour rule.
    BehaviorAction {
        /// The rule.
        rule: Rule,
        /// The client.
        ip: IpAddr,
    },
    /// A document of rules is applied.
    DynamicRules {
        /// The document.
        rules: Map<String, Value>,
    },
    /// A text is inspected without a request.
    Detect {},
    /// A pattern is added.
    AddPattern {},
    /// A pattern is removed.
    RemovePattern {},
    /// Redis is connected to.
    RedisConnect {},
    /// The monitor of regular expressions records the duration of one match.
    MonitorAnomaly {},
    /// A function that the monitor calls fails.
    MonitorCallbackFault {},
}

/// A behaviour rule.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// What is counted.
    pub rule_type: RuleType,
    /// The maximum number.
    pub threshold: u32,
    /// Within so many seconds.
    pub window: u64,
}

/// What a behaviour rule counts.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RuleType {
    /// Requests.
    Usage,
    /// Requests.
    Frequency,
}

/// A plain request.
#[derive(Debug, Deserialize)]
pub struct PlainRequest {
    /// The client.
    pub client_ip: IpAddr,
    /// The path.
    pub url_path: String,
}

/// An expected response. What is absent is not compared.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExpectedResponse {
    /// The status; null for a request that is served.
    pub status: Option<u16>,
    /// The body.
    #[serde(default)]
    pub body: Option<String>,
    /// Headers, each with its value.
    #[serde(default)]
    pub headers: BTreeMap<String, String>,
    /// Flags within the family's pipeline, of which only the effects are visible.
    #[serde(default, rename = "is_exempt")]
    _exempt: bool,
    #[serde(default, rename = "is_whitelisted")]
    _whitelisted: bool,
    /// Type and action of the events of the pipeline.
    #[serde(default)]
    pub events: Vec<(String, String)>,
    /// The call of `on_block`.
    #[serde(default)]
    pub on_block: Vec<Map<String, Value>>,
}

impl Call {
    /// Why the call has no counterpart here.
    fn without_counterpart(&self) -> Option<&'static str> {
        match self {
            Self::Detect {} => Some("a finding is reported once, with its request, as `penetration_attempt`"),
            Self::AddPattern {} | Self::RemovePattern {} => {
                Some("patterns are configuration: a reload changes them")
            }
            Self::RedisConnect {} => Some("belongs to the store in Redis"),
            Self::MonitorAnomaly {} | Self::MonitorCallbackFault {} => {
                Some("no regular expression looks for attacks, so none is timed")
            }
            _ => None,
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    suite: String,
    kind: String,
    cases: Vec<Value>,
}

/// Load every suite in `directory`, sorted by file.
///
/// # Errors
/// The first file or case that cannot be read.
pub fn load_all(directory: &Path) -> Result<Vec<Suite>, String> {
    let unreadable = |error: std::io::Error| format!("{}: {error}", directory.display());
    let mut paths = Vec::new();
    for entry in std::fs::read_dir(directory).map_err(unreadable)? {
        paths.push(entry.map_err(unreadable)?.path());
    }
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "json"));
    paths.sort();
    let load = |path: &std::path::PathBuf| {
        let text = std::fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))?;
        parse(&text).map_err(|error| format!("{}: {error}", path.display()))
    };
    paths.iter().map(load).collect()
}

/// Parse a suite.
///
/// # Errors
/// What is wrong with it.
pub fn parse(text: &str) -> Result<Suite, String> {
    let file: File = serde_json::from_str(text).map_err(|error| error.to_string())?;
    let case = |value: Value| {
        let id = value.get("id").and_then(Value::as_str).ok_or("a case without `id`")?.to_owned();
        let content = content(&file.kind, value).map_err(|error| format!("case `{id}`: {error}"))?;
        Ok(Case { id, content })
    };
    let cases = file.cases.into_iter().map(case).collect::<Result<_, String>>()?;
    Ok(Suite { name: file.suite, cases })
}

fn content(kind: &str, value: Value) -> Result<Content, String> {
    Ok(match kind {
        "detect" => Content::Detect(read(value)?),
        "pipeline" => {
            let flow: Flow<ExpectedResponse> = read(value)?;
            flow.skipped().map_or_else(|| Content::Pipeline(flow), Content::Skipped)
        }
        "events" => {
            let flow: Flow<Map<String, Value>> = read(value)?;
            flow.skipped().map_or_else(|| Content::Events(flow), Content::Skipped)
        }
        "redis_interop" => Content::Skipped("belongs to the store in Redis".into()),
        kind => return Err(format!("cases of the kind `{kind}` are not known")),
    })
}

fn read<T: DeserializeOwned>(value: Value) -> Result<T, String> {
    serde_path_to_error::deserialize(value).map_err(|error| error.to_string())
}

impl<E> Flow<E> {
    fn skipped(&self) -> Option<String> {
        if self.xfail {
            return Some("the family has no way to make it happen either".into());
        }
        let calls = self.drives.iter().filter_map(|drive| match drive {
            FlowStep::Call(call) => call.without_counterpart(),
            FlowStep::Request(_) => None,
        });
        calls.into_iter().next().map(String::from)
    }
}

impl Request {
    /// A plain request of a client.
    #[must_use]
    pub fn plain(client_ip: IpAddr, path: &str) -> Self {
        Self {
            client_ip,
            url_path: path.into(),
            method: None,
            headers: BTreeMap::new(),
            body: None,
            stage: None,
            response_status: None,
            _unresolved: false,
            _uncached: false,
        }
    }
}
