//! A case for each field, by section.

mod access;
mod behaviour;
mod inspection;
mod limits;
mod operation;
mod responses;
mod route;

use crate::field_case::FieldCase;

/// All cases.
pub(crate) fn field_cases() -> impl Iterator<Item = &'static FieldCase> {
    let tables = [
        access::FIELD_CASES,
        limits::FIELD_CASES,
        behaviour::FIELD_CASES,
        inspection::FIELD_CASES,
        responses::FIELD_CASES,
        operation::FIELD_CASES,
        route::FIELD_CASES,
    ];
    tables.into_iter().flatten()
}
