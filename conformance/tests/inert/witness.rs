//! A witness: one field written in two ways, and requests that tell the two apart.

use portcullis_conformance::run::START;
use portcullis_conformance::target::Target;
use portcullis_conformance::targets::core::Core;
use portcullis_conformance::vector::{Action, Case, Step, VectorFile, WireRequest};
use portcullis_core::state::{Batch, StoreResponse, Unavailable};
use portcullis_core::{StateStore, Timestamp};

use crate::service;

/// A request that nobody minds.
pub(crate) const PLAIN: &str = "target = '/'";
/// One that holds an attack.
pub(crate) const ATTACK: &str = "target = '/?q=1%27+union+select+password+from+users--'";
/// One with a body that is rather long.
pub(crate) const BODY: &str =
    "target = '/', headers = [['content-type', 'text/plain']], body_repeat = { text = 'a', times = 2000 }";
/// One that came through two proxies.
pub(crate) const FORWARDED: &str = "target = '/', headers = [['x-forwarded-for', '203.0.113.1, 203.0.113.2'], \
     ['forwarded', 'for=203.0.113.3'], ['x-forwarded-proto', 'https']]";
/// What a browser asks before it calls from another site.
pub(crate) const PREFLIGHT: &str = "target = '/', method = 'OPTIONS', headers = [['origin', 'https://a.example'], \
     ['access-control-request-method', 'PUT'], ['access-control-request-headers', 'x-a']]";
/// Requests for the route that the fields of `[[route]]` are about.
pub(crate) const ROUTE: &str = "target = '/p'";
pub(crate) const ROUTE_ATTACK: &str = "target = '/p?q=1%27+union+select+password+from+users--'";
pub(crate) const ROUTE_BODY: &str =
    "target = '/p', headers = [['content-type', 'text/plain']], body_repeat = { text = 'a', times = 2000 }";

/// Facts about the address that the requests come from.
pub(crate) const FACTS: &str = "countries = { DE = ['192.0.2.0/24'], FR = ['198.51.100.0/24'] }, \
     clouds = [{ provider = 'AWS', region = 'eu-west-1', networks = ['192.0.2.0/24'] }], \
     lists = { tor = ['192.0.2.0/24'], vpn = ['198.51.100.0/24'] }";

/// A field, and what to look at.
#[derive(Debug)]
pub(crate) struct Witness {
    /// The path of the field.
    pub(crate) field: &'static str,
    /// What else is configured.
    with: &'static str,
    /// The field one way; of a route, in the `[[route]]` of `/p`.
    one: &'static str,
    /// The field another way.
    other: &'static str,
    /// The requests, as steps of a vector.
    steps: &'static [&'static str],
    facts: &'static str,
    scene: Scene,
    permits: Option<&'static str>,
}

/// Where the requests are sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scene {
    /// To the engine over a store: what is seen is the response and what the engine says about the request.
    Engine,
    /// To the engine over a store that does not answer.
    Outage,
    /// To a guard: what is seen are lines, events and numbers, and what becomes of a body that comes slowly.
    Service,
    /// To a guard from which the framework keeps bodies.
    Withheld,
}

pub(crate) const fn witness(
    field: &'static str,
    with: &'static str,
    one: &'static str,
    other: &'static str,
    steps: &'static [&'static str],
) -> Witness {
    Witness { field, with, one, other, steps, facts: "", scene: Scene::Engine, permits: None }
}

impl Witness {
    /// The requests, sent elsewhere.
    pub(crate) const fn during(self, scene: Scene) -> Self {
        Self { scene, ..self }
    }

    /// While this is known about addresses.
    pub(crate) const fn knowing(self, facts: &'static str) -> Self {
        Self { facts, ..self }
    }

    /// The field is a permission: written the other way, the configuration is refused because of the field at `path`.
    pub(crate) const fn permitting(self, path: &'static str) -> Self {
        Self { permits: Some(path), ..self }
    }

    /// Whether a difference is seen, and none where nothing differs.
    pub(crate) fn sees(&self) -> Result<bool, String> {
        let one = self.observe(self.one)?;
        if one != self.observe(self.one)? {
            return Err("the same configuration was observed in two ways".into());
        }
        match (self.permits, self.observe(self.other)) {
            (None, other) => Ok(one != other?),
            (Some(path), Err(problem)) => Ok(problem.contains(path)),
            (Some(_), Ok(_)) => Ok(false),
        }
    }

    /// Everything that can be seen of the requests with the field written like `fragment`.
    fn observe(&self, fragment: &str) -> Result<String, String> {
        let file =
            VectorFile::parse(self.field, &self.vector(fragment)).map_err(|error| error.to_string())?;
        let case = file.cases.first().ok_or("no case")?;
        match self.scene {
            Scene::Engine => watch(case, &mut Core::new(case)?),
            Scene::Outage => watch(case, &mut Core::over(case, Box::new(Down))?),
            Scene::Service => service::observe(case, false),
            Scene::Withheld => service::observe(case, true),
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
            "[[case]]\nname = 'witness'\nroutes = {{ '/p' = '' }}\nfacts = {{ {facts} }}\nstep = [{steps}]\n\
             config = \"\"\"{config}\"\"\"\n"
        )
    }
}

/// What comes of the requests of a case.
fn watch(case: &Case, target: &mut impl Target) -> Result<String, String> {
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
        _ => Err("a step of a witness is a request".into()),
    }
}

/// A store that never answers.
#[derive(Debug)]
struct Down;

impl StateStore for Down {
    fn apply<'a>(&'a self, _: &'a Batch) -> StoreResponse<'a> {
        StoreResponse::Ready(Err(Unavailable))
    }

    fn defer(&self, _: &Batch) {}
}
