//! What is measured: the targets, the scenarios of each, and the configuration of the guard in a scenario.

use portcullis_core::{Bypass, Config, RoutePolicy};

use crate::requests::{ATTACK, GET, POST, StaticRequest};

/// Requests that the short and the long run both begin with: their cost, and that of start-up, is in no figure.
pub(crate) const WARM_UP: usize = 300;

/// What requests go through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Target {
    /// The engine and the store in memory, without a framework.
    Engine,
    /// A router of Axum.
    Axum,
    /// An application of Actix Web.
    Actix,
    /// An application of Rocket.
    Rocket,
}

/// What is in front of the handler, and which request arrives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scenario {
    /// No guard.
    Bare,
    /// A guard under a policy that bypasses every check.
    Bypass,
    /// A guard that does not inspect.
    NoDetection,
    /// A guard with its defaults, but without response headers.
    Guarded,
    /// A guard with its defaults.
    GuardedHeaders,
    /// A posted document without a guard.
    BareJson,
    /// A posted document under the configuration of `Guarded`.
    Json,
    /// An attack without a guard, which reaches the handler.
    BareAttack,
    /// An attack under the configuration of `Guarded`, which the guard rejects.
    Attack,
}

impl Target {
    /// All targets, in the order of the table.
    pub(crate) const ALL: [Self; 4] = [Self::Engine, Self::Axum, Self::Actix, Self::Rocket];

    /// The name on the command line and in the baseline.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Engine => "engine",
            Self::Axum => "axum",
            Self::Actix => "actix",
            Self::Rocket => "rocket",
        }
    }

    pub(crate) fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|target| target.name() == name)
    }

    /// The scenarios that this target has. The engine is never absent and adds no response headers itself.
    pub(crate) const fn scenarios(self) -> &'static [Scenario] {
        match self {
            Self::Engine => &[
                Scenario::Bypass,
                Scenario::NoDetection,
                Scenario::Guarded,
                Scenario::Json,
                Scenario::Attack,
            ],
            Self::Axum | Self::Actix | Self::Rocket => &Scenario::ALL,
        }
    }

    /// The number of requests, warm-up not included, that a figure is the mean of. More for Actix, whose header map takes
    /// another random hash seed for each request.
    pub(crate) const fn requests(self) -> usize {
        match self {
            Self::Engine | Self::Axum | Self::Rocket => 1_000,
            Self::Actix => 4_000,
        }
    }
}

impl Scenario {
    /// All scenarios, in the order of the table.
    pub(crate) const ALL: [Self; 9] = [
        Self::Bare,
        Self::Bypass,
        Self::NoDetection,
        Self::Guarded,
        Self::GuardedHeaders,
        Self::BareJson,
        Self::Json,
        Self::BareAttack,
        Self::Attack,
    ];

    /// The name on the command line and in the baseline.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Bare => "bare",
            Self::Bypass => "bypass",
            Self::NoDetection => "no_detection",
            Self::Guarded => "guarded",
            Self::GuardedHeaders => "guarded_headers",
            Self::BareJson => "bare_json",
            Self::Json => "json",
            Self::BareAttack => "bare_attack",
            Self::Attack => "attack",
        }
    }

    pub(crate) fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|scenario| scenario.name() == name)
    }

    /// The same request without a guard.
    pub(crate) const fn bare(self) -> Self {
        match self {
            Self::Bare | Self::Bypass | Self::NoDetection | Self::Guarded | Self::GuardedHeaders => {
                Self::Bare
            }
            Self::BareJson | Self::Json => Self::BareJson,
            Self::BareAttack | Self::Attack => Self::BareAttack,
        }
    }

    pub(crate) fn is_bare(self) -> bool {
        self.bare() == self
    }

    pub(crate) const fn request(self) -> &'static StaticRequest {
        match self.bare() {
            Self::BareJson => &POST,
            Self::BareAttack => &ATTACK,
            _ => &GET,
        }
    }

    /// The status that every response must have.
    pub(crate) const fn status(self) -> u16 {
        if matches!(self, Self::Attack) { 400 } else { 200 }
    }

    /// The configuration of the guard. No limit and no ban is ever reached.
    pub(crate) fn config(self) -> Config {
        let differs = match self {
            Self::GuardedHeaders => "",
            Self::NoDetection => "headers.enabled = false\ndetect.enabled = false\n",
            _ => "headers.enabled = false\n",
        };
        let document = format!("rate.limit = \"4000000000/h\"\nban.threshold = 4000000000\n{differs}");
        Config::from_toml(&document).expect("the document names fields that exist")
    }

    /// The policy of the routes, if they have one.
    pub(crate) fn policy(self) -> Option<RoutePolicy> {
        matches!(self, Self::Bypass).then(|| RoutePolicy::new().bypass(Bypass::All))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_back() {
        for target in Target::ALL {
            assert_eq!(Target::from_name(target.name()), Some(target));
        }
        for scenario in Scenario::ALL {
            assert_eq!(Scenario::from_name(scenario.name()), Some(scenario));
        }
        assert_eq!((Target::from_name("nginx"), Scenario::from_name("")), (None, None));
    }

    #[test]
    fn every_scenario_has_a_bare_one_with_the_same_request() {
        for scenario in Scenario::ALL {
            assert!(scenario.bare().is_bare());
            assert_eq!(scenario.bare().request().target, scenario.request().target);
        }
    }

    #[test]
    fn every_configuration_compiles() {
        for scenario in Scenario::ALL {
            let engine = scenario.config().compile().unwrap();
            if let Some(policy) = scenario.policy() {
                engine.with_policy("cost", &policy).unwrap();
            }
        }
    }
}
