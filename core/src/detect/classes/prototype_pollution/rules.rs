//! The rules.

use crate::detect::evidence::{Class, Location, Rule};

pub(super) static KEY: Rule = Rule::new(
    Class::PrototypePollution,
    "prototype_pollution.key",
    100,
    "names `__proto__` or `constructor.prototype` as a key",
    &[
        "__proto__",
        "__proto__[isAdmin]",
        "a.__proto__.b",
        "constructor[prototype][x]",
        "x['constructor'].prototype.y",
    ],
    &["proto", "prototype", "constructor", "_proto_", "a[proto]", "design.prototype"],
)
.at(Location::QueryName, "");
pub(super) static ASSIGNMENT: Rule = Rule::new(
    Class::PrototypePollution,
    "prototype_pollution.assignment",
    100,
    "sets a property of the object prototype",
    &["__proto__[isAdmin]=1", "constructor.prototype.x=1", "?__proto__.y=2"],
    &["Why is a.__proto__ == b", "obj.__proto__ === null", "my prototype=1", "set the __proto__ of it = x"],
);
pub(super) static MEMBER: Rule = Rule::new(
    Class::PrototypePollution,
    "prototype_pollution.member",
    50,
    "has `__proto__` as a member of a document",
    &["{\"__proto__\": {\"isAdmin\": true}}", "{'a':{'__proto__':{}}}"],
    &["Parse `\"__proto__\": {}` with care", "the \"__proto__\" property"],
);
pub(super) static DOCUMENT: Rule = Rule::new(
    Class::PrototypePollution,
    "prototype_pollution.document",
    50,
    "is a document with such a member",
    &["{\"__proto__\":{\"x\":1}}"],
    &["{\"proto\":{\"x\":1}}", "{ see \"__proto__\" }"],
);
pub(super) static REFERENCE: Rule = Rule::new(
    Class::PrototypePollution,
    "prototype_pollution.reference",
    100,
    "follows a reference through `__proto__`",
    &["$1:__proto__:then", "$4:x:__proto__:constructor"],
    &["a: __proto__: b", "__proto__:", "std::__proto"],
);

/// Every rule of this class.
pub(in crate::detect) const ALL: &[&Rule] = &[&KEY, &ASSIGNMENT, &MEMBER, &DOCUMENT, &REFERENCE];
