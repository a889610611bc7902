//! What shows that each field acts, by what the field is about.

mod behaviour;
mod inspection;
mod limits;
mod operation;
mod responses;
mod route;
mod who;

use crate::witness::Witness;

/// All of them.
pub(crate) fn witnesses() -> impl Iterator<Item = &'static Witness> {
    let tables = [
        who::WITNESSES,
        limits::WITNESSES,
        behaviour::WITNESSES,
        inspection::WITNESSES,
        responses::WITNESSES,
        operation::WITNESSES,
        route::WITNESSES,
    ];
    tables.into_iter().flatten()
}
