//! The lock-down: everybody but a few is answered 503.

use crate::case::{Case, Refused};

pub(crate) fn check(_case: &mut Case<'_>) -> Result<(), Refused> {
    Ok(())
}
