//! The rules.

use crate::detect::evidence::{Class, Location, Rule};
use crate::detect::lang::graphql::BATCHED;

/// Every rule of this class.
pub(in crate::detect) const ALL: &[&Rule] =
    &[&INTROSPECTION, &DEPTH, &ALIASES, &REPETITION, &DIRECTIVES, &CYCLE, &BATCH];

/// A document whose selections nest beyond what is shown anywhere.
const DEEP: &str = "{a{a{a{a{a{a{a{a{a{a{a{a{a{a{a{a{a{a{a{a{a{a{a{a{a{a{a}}}}}}}}}}}}}}}}}}}}}}}}}}}";
/// A document that guesses a password in each of many fields.
const GUESSES: &str = "mutation { a:login(p:1){t} b:login(p:2){t} c:login(p:3){t} d:login(p:4){t} e:login(p:5){t} \
    f:login(p:6){t} g:login(p:7){t} h:login(p:8){t} i:login(p:9){t} j:login(p:10){t} k:login(p:11){t} }";
const DASHBOARD: &str =
    "query { day:sales(d:1){n} week:sales(d:7){n} month:sales(d:30){n} year:sales(d:365){n} }";
const REPEATS: &str = "{x x x x x x x x x x x x x x x x x x x x x x x x x x x x x x x x x x x x x x x x x x x x x x x x x x x x}";

pub(super) static INTROSPECTION: Rule = rule(
    "graphql.introspection",
    60,
    "is an introspection query, as developer consoles send them",
    &["{__schema{types{name}} x@a@b@c@d@e@f@g@h@i}"],
    &[
        "{ __schema { queryType { name } } }",
        "query { me { __typename id } }",
        "{ __type(name: \"User\") { name } }",
    ],
);

pub(super) static DEPTH: Rule = rule(
    "graphql.depth",
    100,
    "nests selections deeper than clients do",
    &[DEEP],
    &[
        "query Q { user(id: 1) { posts { edges { node { comments { edges { node { author { name } } } } } } } } }",
    ],
);

pub(super) static ALIASES: Rule = rule(
    "graphql.aliases",
    100,
    "requests one field under many aliases, so that one request counts as many",
    &[GUESSES],
    &[DASHBOARD, "mutation { first: add(n: 1) { id } second: add(n: 2) { id } }"],
);

pub(super) static REPETITION: Rule = rule(
    "graphql.repetition",
    100,
    "repeats the same field",
    &[REPEATS],
    &["{ a a b b c c }", "{ me { id id } }"],
);

pub(super) static DIRECTIVES: Rule = rule(
    "graphql.directives",
    100,
    "has more directives on a field than clients send",
    &["query { me @a@a@a@a@a@a@a@a@a { id } }", "{ id @x @x @x @x @x @x @x @x @x @x }"],
    &["query { me @include(if: true) @skip(if: false) { id @client } }"],
);

pub(super) static CYCLE: Rule = rule(
    "graphql.cycle",
    100,
    "has fragments that spread each other in a cycle",
    &[
        "query { ...a } fragment a on Q { ...b } fragment b on Q { ...a }",
        "{ ...a } fragment a on Q { x { ...a } }",
    ],
    &["query { ...a ...b } fragment a on Q { ...b } fragment b on Q { id }", "{ ... on Cat { name } }"],
);

pub(super) static BATCH: Rule = Rule::new(
    Class::Graphql,
    "graphql.batch",
    100,
    "is in a batch of more documents than clients send",
    &["{ me { id } }", "mutation { login(pin: 21) { token } }"],
    &["[1, 2, 3]", "a batch"],
)
.at(Location::Graphql, "[]");

const fn rule(
    id: &'static str,
    weight: u16,
    why: &'static str,
    attacks: &'static [&'static str],
    benign: &'static [&'static str],
) -> Rule {
    Rule::new(Class::Graphql, id, weight, why, attacks, benign).at(Location::Json, "query")
}

// The examples of `graphql.batch` are in the location of the first document beyond the limit.
const _: () = assert!(matches!(BATCHED, b"[]"));
