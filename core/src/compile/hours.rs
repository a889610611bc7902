//! From the hours of a policy to [`Hours`].

use crate::rules::hours::{Hours, Window};

const EVERY_DAY: u8 = 0b111_1111;

impl Hours {
    pub(crate) fn compile(hours: &[crate::config::policy::Hours]) -> Self {
        Self(hours.iter().map(Window::compile).collect())
    }
}

impl Window {
    fn compile(hours: &crate::config::policy::Hours) -> Self {
        let days = hours.days.iter().fold(0, |days, day| days | day.bit());
        Self {
            from: hours.from.minute(),
            to: hours.to.minute(),
            zone: hours.zone.zone(),
            days: if hours.days.is_empty() { EVERY_DAY } else { days },
        }
    }
}

#[cfg(test)]
mod tests;
