//! Vectors: cases as they are run, and how they are loaded.
//!
//! `raw` is the file format, field by field; `parse` turns it into the types here, which cannot represent an incomplete or
//! contradictory step. An error names its file, case and field.

mod parse;
mod raw;

use std::collections::BTreeMap;
use std::fmt;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use bytes::Bytes;
use http::HeaderMap;
use ipnet::IpNet;
use portcullis_core::{Config, RoutePolicy};
use portcullis_runtime::AddressTables;

/// One vector file.
#[derive(Debug)]
pub struct VectorFile {
    /// Its path below the vector directory, without the extension: `identity/forwarded`.
    pub name: String,
    /// The cases, in order.
    pub cases: Vec<Case>,
}

/// One case: a configuration and its steps.
#[derive(Debug)]
pub struct Case {
    /// Unique within its file.
    pub name: String,
    /// Numbers of the security checklist (`docs/checklist.md`) that this case proves.
    pub checklist: Vec<u8>,
    /// Numbers of the defects (`docs/compatibility.md`) that this case proves to be fixed.
    pub defect: Vec<u8>,
    /// The defect of other products that this case guards against.
    pub fixes: Option<String>,
    /// Whether a real connection can show something here that an in-process call cannot: run over sockets too.
    pub wire: bool,
    /// A guard without a policy wraps all routes; those with a policy have a guard of their own inside.
    pub nested: bool,
    /// What is sent is HTTP/2, so that only a real connection can show it.
    pub http2: bool,
    /// The configuration.
    pub config: Config,
    /// The expected error, where the configuration or a policy is wrong.
    pub rejected: Option<Rejection>,
    /// Route policies by name.
    pub policies: BTreeMap<String, Policy>,
    /// Path pattern to policy name, empty for a route without a policy of its own; every other path is served by no route.
    pub routes: BTreeMap<String, String>,
    /// Facts about addresses.
    pub facts: AddressTables,
    /// The steps.
    pub steps: Vec<Step>,
}

/// A case with a wrong configuration or policy: the guard must not start with it.
#[derive(Debug)]
pub struct Rejection {
    /// A part of the error message.
    pub message: String,
    /// The error message of a configuration that could not be parsed.
    pub unread: Option<String>,
}

impl Case {
    /// Whether requests of the case come from a Unix socket.
    #[must_use]
    pub fn has_unix_peers(&self) -> bool {
        self.steps.iter().any(|step| match &step.action {
            Action::Send { request, .. } => request.peer == WirePeer::Unix,
            _ => false,
        })
    }
}

/// A route policy of a case.
#[derive(Debug)]
pub struct Policy {
    /// Its settings.
    pub policy: RoutePolicy,
    /// Registered with another guard than the one that serves: its handle is not valid here.
    pub foreign: bool,
}

/// One step.
#[derive(Debug)]
pub struct Step {
    /// When, in milliseconds from the start of the case.
    pub at: i64,
    /// The action.
    pub action: Action,
    /// What must be observed.
    pub expect: Expect,
}

/// The action of a step.
#[derive(Debug)]
pub enum Action {
    /// Send a request, so many times; each must be observed the same.
    Send {
        /// The request.
        request: WireRequest,
        /// How often.
        times: u32,
    },
    /// An operator bans a network.
    Ban {
        /// The network.
        target: IpNet,
        /// For how long.
        term: Duration,
    },
    /// An operator removes the ban of exactly this network.
    Unban(IpNet),
    /// An operator loads another configuration.
    Reload(Box<Result<Config, String>>),
    /// A document of dynamic rules arrives, as JSON; the target parses it.
    Rules(String),
}

/// A request as it is on the wire.
#[derive(Clone, Debug)]
pub struct WireRequest {
    /// The other end of the connection.
    pub peer: WirePeer,
    /// Whether the connection is TLS.
    pub tls: bool,
    /// The method.
    pub method: String,
    /// The request target, uninterpreted: `/a?b`, `//host/path`, `http://h/p`.
    pub target: String,
    /// Whether it is sent as HTTP/2: the target names scheme and authority, and pieces of the body are frames.
    pub http2: bool,
    /// The header lines in order, the framing of the body included.
    pub headers: Vec<(String, Vec<u8>)>,
    /// The body, in the pieces in which it arrives.
    pub chunks: Vec<Bytes>,
    /// What the handler answers, should the request reach it; `None` for the echo.
    pub response: Option<Box<HandlerResponse>>,
}

/// A handler's response.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HandlerResponse {
    /// The status.
    pub status: u16,
    /// Headers in place of those that the echo sets.
    pub headers: HeaderMap,
    /// The body, frame by frame.
    pub frames: Vec<Bytes>,
    /// The cost of the response that the handler reports.
    pub cost: Option<u32>,
}

impl HandlerResponse {
    /// The body of the request, with 200.
    #[must_use]
    pub fn echo(body: Bytes) -> Self {
        Self { status: 200, headers: HeaderMap::new(), frames: vec![body], cost: None }
    }

    /// The body in one piece.
    #[must_use]
    pub fn body(&self) -> Bytes {
        self.frames.concat().into()
    }
}

impl WireRequest {
    /// Whether the body is sent with `Transfer-Encoding: chunked`.
    #[must_use]
    pub fn is_chunked(&self) -> bool {
        self.headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("transfer-encoding"))
    }
}

/// The other end of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WirePeer {
    /// An address.
    Address(IpAddr),
    /// A connection that has no address.
    Unix,
    /// The framework is not configured to pass the peer on.
    Missing,
}

/// What must be observed. A field that is absent is not compared, except that a handler runs exactly when the
/// status is 200.
#[derive(Debug, Default)]
pub struct Expect {
    /// The status code.
    pub status: Option<u16>,
    /// The whole body of the response; `{reference}` is replaced by the value of the reference header.
    pub body: Option<String>,
    /// A part of the body of the response.
    pub body_has: Option<String>,
    /// Headers with their only value.
    pub headers: BTreeMap<String, String>,
    /// Headers that are present once with any value.
    pub present: Vec<String>,
    /// Headers that are absent.
    pub absent: Vec<String>,
    /// Whether the handler ran, where the status does not imply it.
    pub handler_ran: Option<bool>,
    /// The body that the handler received.
    pub handler_body: Option<HandlerBody>,
    /// The client: an address, or `unknown`.
    pub client: Option<String>,
    /// The class of the finding; empty for no finding.
    pub class: Option<String>,
    /// The rule of the finding.
    pub rule: Option<String>,
    /// Text that no event and no part of the response may hold.
    pub secret: Option<String>,
    /// Type and action of every event, in order.
    pub events: Option<Vec<(String, String)>>,
    /// The reason of the latest event.
    pub reason: Option<String>,
    /// Metadata of the latest event, as text.
    pub metadata: BTreeMap<String, String>,
    /// Names of the coverage gaps.
    pub gaps: Option<Vec<String>>,
    /// Addresses that are banned after the step.
    pub banned: Vec<IpAddr>,
    /// Addresses that are not banned after the step.
    pub free: Vec<IpAddr>,
    /// Whether the operator's command was rejected.
    pub rejected: Option<bool>,
}

/// The body that a handler must receive.
#[derive(Debug, PartialEq, Eq)]
pub enum HandlerBody {
    /// Exactly this.
    Text(String),
    /// Something with this SHA-256, in hex.
    Sha256(String),
}

/// Why a vector could not be loaded, naming file, case and field.
#[derive(Debug)]
pub struct LoadError(pub(crate) String);

impl fmt::Display for LoadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for LoadError {}

impl VectorFile {
    /// Parse a file from its text; messages name it `name`.
    ///
    /// # Errors
    /// The first error, with file, case and field.
    pub fn parse(name: &str, text: &str) -> Result<Self, LoadError> {
        parse::file(name, text)
    }

    /// Load every `.toml` file below `directory`, sorted by name.
    ///
    /// # Errors
    /// The first file that cannot be read or parsed.
    pub fn load_all(directory: &Path) -> Result<Vec<Self>, LoadError> {
        let mut paths = Vec::new();
        find(directory, &mut paths)?;
        paths.sort();
        let load = |path: &PathBuf| {
            let name = path.strip_prefix(directory).unwrap_or(path).with_extension("");
            let name = name.to_string_lossy().replace('\\', "/");
            let text =
                std::fs::read_to_string(path).map_err(|error| LoadError(format!("{name}: {error}")))?;
            Self::parse(&name, &text)
        };
        paths.iter().map(load).collect()
    }
}

fn find(directory: &Path, paths: &mut Vec<PathBuf>) -> Result<(), LoadError> {
    let unreadable = |error: std::io::Error| LoadError(format!("{}: {error}", directory.display()));
    for entry in std::fs::read_dir(directory).map_err(unreadable)? {
        let path = entry.map_err(unreadable)?.path();
        if path.is_dir() {
            find(&path, paths)?;
        } else if path.extension().is_some_and(|extension| extension == "toml") {
            paths.push(path);
        }
    }
    Ok(())
}
