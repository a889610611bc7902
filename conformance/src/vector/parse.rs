//! From the fields of a file to cases that can be run.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Display;
use std::net::IpAddr;
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue};
use ipnet::IpNet;
use portcullis_core::config::HumanDuration;
use portcullis_core::net::Cidr;
use portcullis_core::{Config, Country, RoutePolicy};
use portcullis_runtime::AddressTables;
use serde::de::DeserializeOwned;

use super::{
    Action, Case, Expect, HandlerBody, HandlerResponse, LoadError, Policy, Rejection, Step, VectorFile,
    WirePeer, WireRequest, raw,
};

/// The field of the case, and what is wrong with it.
type Problem = (String, String);
type Parsed<T> = Result<T, Problem>;

pub(super) fn file(name: &str, text: &str) -> Result<VectorFile, LoadError> {
    let file: raw::File = toml::from_str(text)
        .map_err(|error| LoadError(format!("{name}: {}", error.to_string().trim_end())))?;
    let mut names = BTreeSet::new();
    let mut cases = Vec::new();
    for (index, value) in file.case.into_iter().enumerate() {
        let title = value.get("name").and_then(toml::Value::as_str);
        let title = title.map_or_else(|| format!("case {index}"), |title| format!("case `{title}`"));
        let case = read(value).and_then(case);
        let case = case.map_err(|(field, problem)| {
            let dot = if field.is_empty() { "" } else { ": " };
            LoadError(format!("{name}: {title}: {field}{dot}{problem}"))
        })?;
        if !names.insert(case.name.clone()) {
            return Err(LoadError(format!("{name}: {title}: another case has this name")));
        }
        cases.push(case);
    }
    if cases.is_empty() {
        return Err(LoadError(format!("{name}: has no case")));
    }
    Ok(VectorFile { name: name.into(), cases })
}

fn read<T: DeserializeOwned>(value: toml::Value) -> Parsed<T> {
    serde_path_to_error::deserialize(value).map_err(|error| {
        let path = error.path().to_string();
        let path = if path == "." { String::new() } else { path };
        (path, error.into_inner().to_string().lines().next().unwrap_or_default().to_owned())
    })
}

fn case(raw: raw::Case) -> Parsed<Case> {
    if raw.step.is_empty() != raw.rejected.is_some() {
        return Err(("step".into(), "a case needs at least one, unless it expects an error".into()));
    }
    let config = raw.config.map_or_else(|| Ok(Config::default()), config);
    let (config, rejected) = match (config, raw.rejected) {
        (Ok(config), message) => (config, message.map(|message| Rejection { message, unread: None })),
        (Err(problem), Some(message)) => {
            (Config::default(), Some(Rejection { message, unread: Some(problem) }))
        }
        (Err(problem), None) => return Err(("config".into(), problem)),
    };
    let mut policies = BTreeMap::new();
    for (name, raw) in raw.policies {
        let at = format!("policies.{name}");
        policies.insert(name, policy(raw, &at)?);
    }
    for (pattern, name) in &raw.routes {
        let at = format!("routes.\"{pattern}\"");
        if !pattern.starts_with('/') {
            return Err((at, "a pattern starts with `/`".into()));
        }
        if !name.is_empty() && !policies.contains_key(name) {
            return Err((at, format!("there is no policy `{name}`")));
        }
    }
    let http2 = match raw.http.as_deref() {
        None => false,
        Some("2") => true,
        Some(_) => return Err(("http".into(), "is `2`, or absent for HTTP/1.1".into())),
    };
    let response = raw.response;
    let mut steps = Vec::new();
    let mut at = 0;
    for (index, raw) in raw.step.into_iter().enumerate() {
        let raw = raw::Step { response: raw.response.or_else(|| response.clone()), ..raw };
        let step =
            step(raw, at, http2).map_err(|(field, problem)| (format!("step[{index}].{field}"), problem))?;
        at = step.at;
        steps.push(step);
    }
    Ok(Case {
        name: raw.name,
        checklist: raw.checklist,
        defect: raw.defect,
        fixes: raw.fixes,
        wire: raw.wire,
        nested: raw.nested,
        http2,
        config,
        rejected,
        policies,
        routes: raw.routes,
        facts: facts(raw.facts)?,
        steps,
    })
}

/// Tables about addresses. A table that is absent is not loaded; one that is empty matches no address.
fn facts(raw: raw::Facts) -> Parsed<AddressTables> {
    let mut tables = AddressTables::builder();
    let networks = |field: &str, texts: &[String]| -> Parsed<Vec<Cidr>> {
        texts.iter().map(|text| parsed(format!("facts.{field}"), text)).collect()
    };
    for (code, of_country) in raw.countries.into_iter().flatten() {
        let field = format!("countries.{code}");
        let country = parsed::<Country>(format!("facts.{field}"), &code)?;
        tables = tables.country(country, networks(&field, &of_country)?);
    }
    for cloud in raw.clouds {
        let field = format!("clouds.{}", cloud.provider);
        let networks = networks(&field, &cloud.networks)?;
        tables = tables.cloud(&cloud.provider, cloud.region.as_deref(), networks);
    }
    for (name, list) in raw.lists {
        let networks = networks(&format!("lists.{name}"), &list)?;
        tables = tables.list(name, networks);
    }
    Ok(tables.build())
}

/// A configuration: a table, or a text of TOML, or a text of JSON (which has a null).
fn config(document: toml::Value) -> Result<Config, String> {
    let config = match document {
        toml::Value::String(text) if text.trim_start().starts_with('{') => Config::from_json(&text),
        toml::Value::String(text) => Config::from_toml(&text),
        table => {
            let text = serde_json::to_string(&table).map_err(|error| error.to_string())?;
            Config::from_json(&text)
        }
    };
    config.map_err(|errors| errors.to_string())
}

fn parsed<T: FromStr<Err: Display>>(field: impl Into<String>, text: &str) -> Parsed<T> {
    text.parse().map_err(|error: T::Err| (field.into(), error.to_string()))
}

/// A policy: the fields of a route in the configuration, and whether it was registered with another guard.
fn policy(mut table: toml::Table, at: &str) -> Parsed<Policy> {
    let foreign = table.remove("foreign").and_then(|foreign| foreign.as_bool()).unwrap_or_default();
    let text = toml::to_string(&table).map_err(|error| (at.to_owned(), error.to_string()))?;
    let policy = RoutePolicy::from_toml(&text).map_err(|errors| (at.to_owned(), errors.to_string()))?;
    Ok(Policy { policy, foreign })
}

fn step(raw: raw::Step, before: i64, http2: bool) -> Parsed<Step> {
    let at = raw.at.as_deref().map_or(Ok(before), instant)?;
    let is_request = raw.target.is_some();
    let operator = [raw.ban.is_some(), raw.unban.is_some(), raw.reload.is_some(), raw.rules.is_some()];
    if operator.iter().filter(|given| **given).count() + usize::from(is_request) != 1 {
        return Err((
            "target".into(),
            "a step has exactly one of `target`, `ban`, `unban`, `reload` and `rules`".into(),
        ));
    }
    if !is_request && names_a_request(&raw) {
        return Err((
            "target".into(),
            "is missing; only a request has a peer, headers, a body and a count".into(),
        ));
    }
    let raw::Step { ban, unban, reload, rules, expect, response, .. } = &raw;
    let mut expect = self::expect(expect, is_request)?;
    // The handler's response is observed exactly where the handler ran.
    let status = response.as_ref().map(|response| Some(response.status.unwrap_or(200)));
    expect.handler_ran = expect.handler_ran.or(status.map(|status| status == expect.status));
    let action = if let Some(ban) = ban {
        let term = parsed::<HumanDuration>("ban.for", &ban.r#for)?.0;
        Action::Ban { target: network("ban.target", &ban.target)?, term }
    } else if let Some(target) = unban {
        Action::Unban(network("unban", target)?)
    } else if let Some(document) = reload {
        Action::Reload(Box::new(config(document.clone())))
    } else if let Some(rules) = rules {
        Action::Rules(rules.clone())
    } else {
        Action::Send { times: raw.repeat.unwrap_or(1), request: request(raw, http2)? }
    };
    Ok(Step { at, action, expect })
}

fn names_a_request(raw: &raw::Step) -> bool {
    let body =
        raw.body.is_some() || raw.body_base64.is_some() || raw.body_repeat.is_some() || raw.chunks.is_some();
    let head = raw.peer.is_some() || raw.tls.is_some() || raw.method.is_some() || !raw.headers.is_empty();
    body || head || raw.repeat.is_some()
}

/// `61s`, `250ms`, or `-2h` for before the case began.
fn instant(text: &str) -> Parsed<i64> {
    let (sign, span) = text.strip_prefix('-').map_or((1, text), |span| (-1, span));
    let millis = parsed::<HumanDuration>("at", span)?.0.as_millis();
    i64::try_from(millis).map(|millis| sign * millis).map_err(|_| ("at".into(), "is too far away".into()))
}

fn network(field: &str, text: &str) -> Parsed<IpNet> {
    parsed::<Cidr>(field, text).map(Cidr::network)
}

fn request(raw: raw::Step, http2: bool) -> Parsed<WireRequest> {
    if raw.repeat == Some(0) {
        return Err(("repeat".into(), "a request is sent at least once".into()));
    }
    let peer = match raw.peer.as_deref() {
        None => WirePeer::Address(IpAddr::from([192, 0, 2, 7])),
        Some("unix") => WirePeer::Unix,
        Some("missing") => WirePeer::Missing,
        Some(text) => {
            let inner = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(text);
            let wrong = || ("peer".into(), format!("`{text}` is not an address, `unix` or `missing`"));
            WirePeer::Address(inner.parse().map_err(|_| wrong())?)
        }
    };
    let mut headers = Vec::new();
    for (index, (name, value)) in raw.headers.iter().enumerate() {
        let at = format!("headers[{index}]");
        let value =
            unescape(value).ok_or_else(|| (at.clone(), "write `\\xHH` or `\\\\` for a byte".into()))?;
        let name_fits = HeaderName::from_bytes(name.as_bytes()).is_ok();
        if !name_fits || HeaderValue::from_bytes(&value).is_err() {
            return Err((at, format!("`{name}` is not a header that a server would pass on")));
        }
        headers.push((name.clone(), value));
    }
    let chunked = raw.chunks.is_some() && !http2;
    let chunks = body(&raw)?;
    frame(&mut headers, chunked, &chunks);
    let response = raw.response.clone().map(handler_response).transpose()?.map(Box::new);
    Ok(WireRequest {
        peer,
        tls: raw.tls.unwrap_or(false),
        method: raw.method.unwrap_or_else(|| if chunks.is_empty() { "GET" } else { "POST" }.into()),
        target: raw.target.unwrap_or_default(),
        http2,
        headers,
        chunks,
        response,
    })
}

fn handler_response(raw: raw::Response) -> Parsed<HandlerResponse> {
    let mut headers = HeaderMap::new();
    for (index, (name, value)) in raw.headers.into_iter().enumerate() {
        let at = format!("response.headers[{index}]");
        headers.append(parsed::<HeaderName>(at.clone(), &name)?, parsed::<HeaderValue>(at, &value)?);
    }
    let frames = match (raw.body, raw.frames) {
        (Some(_), Some(_)) => {
            return Err(("response.body".into(), "is given whole and in frames; choose one".into()));
        }
        (body, frames) => frames.unwrap_or_else(|| body.into_iter().collect()),
    };
    let pad = raw.pad.map(|pad| " ".repeat(pad));
    Ok(HandlerResponse {
        status: raw.status.unwrap_or(200),
        headers,
        frames: pad.into_iter().chain(frames).map(Bytes::from).collect(),
        cost: raw.cost,
    })
}

fn body(raw: &raw::Step) -> Parsed<Vec<Bytes>> {
    let several =
        || ("body".into(), "a request has one of `body`, `body_base64`, `body_repeat` and `chunks`".into());
    let whole = match (&raw.body, &raw.body_base64, &raw.body_repeat, &raw.chunks) {
        (None, None, None, None) => return Ok(Vec::new()),
        (Some(text), None, None, None) => Bytes::from(text.clone()),
        (None, Some(text), None, None) => {
            let bytes = BASE64.decode(text).map_err(|error| ("body_base64".into(), error.to_string()))?;
            Bytes::from(bytes)
        }
        (None, None, Some(repeat), None) => Bytes::from(repeat.text.repeat(repeat.times)),
        (None, None, None, Some(chunks)) => return Ok(chunks.iter().cloned().map(Bytes::from).collect()),
        _ => return Err(several()),
    };
    Ok(vec![whole])
}

/// Add the header that frames the body, unless the vector has one.
fn frame(headers: &mut Vec<(String, Vec<u8>)>, chunked: bool, chunks: &[Bytes]) {
    let framed = |name: &str| {
        name.eq_ignore_ascii_case("content-length") || name.eq_ignore_ascii_case("transfer-encoding")
    };
    if headers.iter().any(|(name, _)| framed(name)) {
        return;
    }
    if chunked {
        headers.push(("transfer-encoding".into(), b"chunked".to_vec()));
    } else if let [body] = chunks {
        headers.push(("content-length".into(), body.len().to_string().into_bytes()));
    }
}

/// `\xHH` is a byte, `\\` a backslash; every other character is literal.
fn unescape(text: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, after @ ..] = rest {
        rest = after;
        if *first != b'\\' {
            bytes.push(*first);
            continue;
        }
        match after {
            [b'\\', after @ ..] => {
                bytes.push(b'\\');
                rest = after;
            }
            [b'x', high, low, after @ ..] => {
                let digits = [*high, *low];
                bytes.push(u8::from_str_radix(std::str::from_utf8(&digits).ok()?, 16).ok()?);
                rest = after;
            }
            _ => return None,
        }
    }
    Some(bytes)
}

fn expect(raw: &raw::Expect, is_request: bool) -> Parsed<Expect> {
    let handler_body = match (&raw.handler_body, &raw.handler_body_sha256) {
        (None, None) => None,
        (Some(text), None) => Some(HandlerBody::Text(text.clone())),
        (None, Some(hash)) => Some(HandlerBody::Sha256(hash.to_ascii_lowercase())),
        _ => return Err(("expect.handler_body".into(), "is given as text and as a hash; choose one".into())),
    };
    if is_request && raw.status.is_none() {
        return Err(("expect.status".into(), "is missing; every request has one".into()));
    }
    if !is_request && (raw.status.is_some() || raw.body.is_some() || handler_body.is_some()) {
        return Err((
            "expect".into(),
            "an operator's command has no response; expect `rejected`, `banned` or `free`".into(),
        ));
    }
    if is_request && raw.rejected.is_some() {
        return Err(("expect.rejected".into(), "is for an operator's command; expect a status".into()));
    }
    let addresses = |field: &str, texts: &[String]| -> Parsed<Vec<IpAddr>> {
        texts.iter().map(|text| parsed(format!("expect.{field}"), text)).collect()
    };
    Ok(Expect {
        status: raw.status,
        body: raw.body.clone(),
        body_has: raw.body_has.clone(),
        headers: raw.headers.clone(),
        present: raw.present.clone(),
        absent: raw.absent.clone(),
        handler_ran: raw.handler_ran,
        handler_body,
        client: raw.client.clone(),
        class: raw.class.clone(),
        rule: raw.rule.clone(),
        secret: raw.secret.clone(),
        events: raw.events.clone(),
        reason: raw.reason.clone(),
        metadata: raw.metadata.clone(),
        gaps: raw.gaps.clone(),
        banned: addresses("banned", &raw.banned)?,
        free: addresses("free", &raw.free)?,
        rejected: raw.rejected.or((!is_request).then_some(false)),
    })
}
