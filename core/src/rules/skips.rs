//! What a request skips of the order of the checks.

use crate::config::policy::Bypass;

/// Reasons to skip stages: the request is a preflight or has no body, its path is excluded, its route bypasses a check, a
/// feature is not configured. A stage is skipped if it and the request have one in common.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct SkipSet(u32);

impl SkipSet {
    /// No reason.
    pub(crate) const NONE: Self = Self(0);
    /// A preflight that the guard replies to.
    pub(crate) const PREFLIGHT: Self = Self(1);
    /// A path for which only lists, bans and limits are checked.
    pub(crate) const EXCLUDED: Self = Self(1 << 1);

    /// A guard inside another: the outer one has checked the host, and looked up bans.
    pub(crate) const NESTED: Self = Self::bypass(Bypass::IpBan).with(Self::without(Feature::Hosts));
    /// A request without a body.
    pub(crate) const BODILESS: Self = Self(1 << 8);
    /// A request that produces no informational events.
    pub(crate) const UNSAMPLED: Self = Self(1 << 9);

    /// A configuration without this feature.
    pub(crate) const fn without(feature: Feature) -> Self {
        Self(1 << (10 + feature as u32))
    }

    /// A route that bypasses this check.
    pub(crate) const fn bypass(bypass: Bypass) -> Self {
        Self(match bypass {
            Bypass::IpBan => 1 << 2,
            Bypass::Ip => 1 << 3,
            Bypass::Clouds => 1 << 4,
            Bypass::RateLimit => 1 << 5,
            Bypass::Penetration => 1 << 6,
            Bypass::All => 1 << 7,
        })
    }

    /// The bypasses of a route; `all` includes each.
    pub(crate) fn of(bypasses: &[Bypass]) -> Self {
        let bypasses = if bypasses.contains(&Bypass::All) { &Bypass::ALL[..] } else { bypasses };
        bypasses.iter().fold(Self::NONE, |set, bypass| set.with(Self::bypass(*bypass)))
    }

    /// The reasons of both sets.
    pub(crate) const fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// The reasons of `self`, if `condition`; else none.
    pub(crate) const fn filter(self, condition: bool) -> Self {
        if condition { self } else { Self::NONE }
    }

    /// Whether the sets have a reason in common.
    #[inline]
    pub(crate) const fn intersects(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }
}

/// A feature that is off unless it is configured, and that one stage of the order serves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Feature {
    ExcludedPaths,
    EmergencyMode,
    AddressLists,
    Countries,
    NamedLists,
    Clouds,
    Hosts,
    UserAgents,
    Traps,
    Behaviour,
    Limits,
    Https,
    RequiredHeaders,
    Credential,
    Referrers,
    HooksBefore,
    Hours,
    Cors,
    HooksAfter,
}

impl Feature {
    /// Every feature.
    pub(crate) const ALL: [Self; 19] = [
        Self::ExcludedPaths,
        Self::EmergencyMode,
        Self::AddressLists,
        Self::Countries,
        Self::NamedLists,
        Self::Clouds,
        Self::Hosts,
        Self::UserAgents,
        Self::Traps,
        Self::Behaviour,
        Self::Limits,
        Self::Https,
        Self::RequiredHeaders,
        Self::Credential,
        Self::Referrers,
        Self::HooksBefore,
        Self::Hours,
        Self::Cors,
        Self::HooksAfter,
    ];
}
