//! A case: one field with two values, and requests for which they differ.

use portcullis_conformance::run::START;
use portcullis_conformance::target::Target;
use portcullis_conformance::targets::core::Core;
use portcullis_conformance::vector::{Action, Case, Step, VectorFile, WireRequest};
use portcullis_core::state::{Batch, StoreResponse, Unavailable};
use portcullis_core::{StateStore, Timestamp};

use crate::service;

/// A harmless request.
pub(crate) const PLAIN: &str = "target = '/'";
/// A request with an attack.
pub(crate) const ATTACK: &str = "target = '/?q=1%27+union+select+password+from+users--'";
/// A request with a long body.
pub(crate) const BODY: &str =
    "target = '/', headers = [['content-type', 'text/plain']], body_repeat = { text = 'a', times = 2000 }";
/// A request through two proxies.
pub(crate) const FORWARDED: &str = "target = '/', headers = [['x-forwarded-for', '203.0.113.1, 203.0.113.2'], \
     ['forwarded', 'for=203.0.113.3'], ['x-forwarded-proto', 'https']]";
/// A preflight.
pub(crate) const PREFLIGHT: &str = "target = '/', method = 'OPTIONS', headers = [['origin', 'https://a.example'], \
     ['access-control-request-method', 'PUT'], ['access-control-request-headers', 'x-a']]";
/// Requests for the route of the `[[route]]` fields.
pub(crate) const ROUTE: &str = "target = '/p'";
pub(crate) const ROUTE_ATTACK: &str = "target = '/p?q=1%27+union+select+password+from+users--'";
pub(crate) const ROUTE_BODY: &str =
    "target = '/p', headers = [['content-type', 'text/plain']], body_repeat = { text = 'a', times = 2000 }";

/// Facts about the client's address.
pub(crate) const FACTS: &str = "countries = { DE = ['192.0.2.0/24'], FR = ['198.51.100.0/24'] }, \
     clouds = [{ provider = 'AWS', region = 'eu-west-1', networks = ['192.0.2.0/24'] }], \
     lists = { tor = ['192.0.2.0/24'], vpn = ['198.51.100.0/24'] }";

/// A field, its two values and the requests.
#[derive(Debug)]
pub(crate) struct FieldCase {
    /// The path of the field.
    pub(crate) field: &'static str,
    /// The rest of the configuration.
    with: &'static str,
    /// The field with one value; of a route, in the `[[route]]` of `/p`.
    one: &'static str,
    /// The field with the other value.
    other: &'static str,
    /// The requests, as steps of a vector.
    steps: &'static [&'static str],
    facts: &'static str,
    setup: Setup,
    permits: Option<&'static str>,
}

/// The target of the requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Setup {
    /// The engine over a store: the responses and the engine's reports are compared.
    Engine,
    /// The engine over a store that is unavailable.
    Outage,
    /// A guard: lines, events, metrics and the handling of a slow body are compared.
    Service,
    /// A guard whose framework withholds bodies.
    Withheld,
}

pub(crate) const fn field_case(
    field: &'static str,
    with: &'static str,
    one: &'static str,
    other: &'static str,
    steps: &'static [&'static str],
) -> FieldCase {
    FieldCase { field, with, one, other, steps, facts: "", setup: Setup::Engine, permits: None }
}

impl FieldCase {
    /// Send the requests to another target.
    pub(crate) const fn on(self, setup: Setup) -> Self {
        Self { setup, ..self }
    }

    /// Set facts about addresses.
    pub(crate) const fn facts(self, facts: &'static str) -> Self {
        Self { facts, ..self }
    }

    /// The field is a permission: with the other value, the configuration is rejected because of the field at `path`.
    pub(crate) const fn permission_for(self, path: &'static str) -> Self {
        Self { permits: Some(path), ..self }
    }

    /// Whether the two values differ in effect; an error where one value differs from itself.
    pub(crate) fn has_effect(&self) -> Result<bool, String> {
        let one = self.observe(self.one)?;
        if one != self.observe(self.one)? {
            return Err("the same configuration had two results".into());
        }
        match (self.permits, self.observe(self.other)) {
            (None, other) => Ok(one != other?),
            (Some(path), Err(problem)) => Ok(problem.contains(path)),
            (Some(_), Ok(_)) => Ok(false),
        }
    }

    /// Everything observable of the requests with the field written like `fragment`.
    fn observe(&self, fragment: &str) -> Result<String, String> {
        let file =
            VectorFile::parse(self.field, &self.vector(fragment)).map_err(|error| error.to_string())?;
        let case = file.cases.first().ok_or("no case")?;
        match self.setup {
            Setup::Engine => observe_requests(case, &mut Core::new(case)?),
            Setup::Outage => observe_requests(case, &mut Core::over(case, Box::new(UnavailableStore))?),
            Setup::Service => service::observe(case, false),
            Setup::Withheld => service::observe(case, true),
        }
    }

    /// The vector with one case.
    fn vector(&self, fragment: &str) -> String {
        let route = match self.field.strip_prefix("route[].") {
            Some("pattern") | None => "",
            Some(_) => "[[route]]\npattern = '/p'\n",
        };
        let config = format!("{}\n{route}{fragment}", self.with).replace('\\', "\\\\").replace('"', "\\\"");
        let steps = self.steps.iter().map(|step| format!("{{ {step}, expect = {{ status = 200 }} }}"));
        let steps = steps.collect::<Vec<_>>().join(", ");
        let facts = self.facts;
        format!(
            "[[case]]\nname = 'field_case'\nroutes = {{ '/p' = '' }}\nfacts = {{ {facts} }}\nstep = [{steps}]\n\
             config = \"\"\"{config}\"\"\"\n"
        )
    }
}

/// The observations of the requests of a case.
fn observe_requests(case: &Case, target: &mut impl Target) -> Result<String, String> {
    let mut seen = String::new();
    for step in &case.steps {
        let (at, request) = request(step)?;
        seen += &format!("{:?}\n", target.send(at, request));
    }
    Ok(seen)
}

/// The request of a step, and when it is sent.
pub(crate) fn request(step: &Step) -> Result<(Timestamp, &WireRequest), String> {
    let at = Timestamp::from_millis(START.saturating_add_signed(step.at));
    match &step.action {
        Action::Send { request, .. } => Ok((at, request)),
        _ => Err("every step is a request".into()),
    }
}

/// A store that is unavailable.
#[derive(Debug)]
struct UnavailableStore;

impl StateStore for UnavailableStore {
    fn apply<'a>(&'a self, _: &'a Batch) -> StoreResponse<'a> {
        StoreResponse::Ready(Err(Unavailable))
    }

    fn defer(&self, _: &Batch) {}
}
