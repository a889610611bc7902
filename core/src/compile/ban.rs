//! From `[ban]` to [`BanRules`].

use alloc::format;
use alloc::vec::Vec;
use core::time::Duration;

use arrayvec::ArrayVec;

use super::limits::{MAX_BAN, range, span};
use crate::config::{Config, ConfigErrors, StrikeReason};
use crate::net::Cidr;
use crate::rules::ban::{BanRules, MAX_CLASSES, Threshold};
use crate::state::{Key, Quota};

pub(super) fn ban(config: &Config, protected: Vec<Cidr>, errors: &mut ConfigErrors) -> BanRules {
    let ban = &config.ban;
    span(errors, "ban.window", ban.window, Duration::from_secs(1), Quota::MAX_WINDOW);
    span(errors, "ban.duration", ban.duration, Duration::from_secs(1), MAX_BAN);
    range(errors, "ban.threshold", ban.threshold, 1..=u32::MAX);
    let mut classes: ArrayVec<_, MAX_CLASSES> = ArrayVec::new();
    for (index, class) in ban.class.iter().enumerate() {
        let path = format!("ban.class[{index}]");
        range(errors, &format!("{path}.threshold"), class.threshold, 1..=u32::MAX);
        span(errors, &format!("{path}.duration"), class.duration, Duration::from_secs(1), MAX_BAN);
        let Some(reason) = class.class else {
            errors.push(format!("{path}.class"), "is missing; write a class such as `sqli`");
            continue;
        };
        if reason == StrikeReason::RateLimit && !config.rate.strikes {
            errors.push(format!("{path}.class"), "has no effect while `rate.strikes` is false");
        }
        if classes.iter().any(|(known, _)| *known == reason) {
            errors.push(format!("{path}.class"), format!("`{reason}` has a threshold already"));
            continue;
        }
        let name = format!("strike\0{}", reason.name());
        let threshold = BanRules::threshold(config, &name, class.threshold, class.duration.0);
        if classes.try_push((reason, threshold)).is_err() {
            errors.push(path, format!("is one too many; at most {MAX_CLASSES} classes have their own"));
        }
    }
    BanRules {
        enabled: ban.enabled,
        total: BanRules::threshold(config, "strike", ban.threshold, ban.duration.0),
        classes,
        on_unavailable: ban.on_unavailable,
        protected,
    }
}

impl BanRules {
    /// The thresholds of `config`; the caller has checked their ranges.
    fn threshold(config: &Config, name: &str, points: u32, term: Duration) -> Threshold {
        let limit = core::num::NonZeroU32::new(points).unwrap_or(core::num::NonZeroU32::MIN);
        Threshold { rule: Key::rule_of(name), quota: Quota::new(limit, config.ban.window.0), term }
    }
}
