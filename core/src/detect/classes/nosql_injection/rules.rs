//! The rules.

use crate::detect::evidence::{Class, Location, Rule};

/// Every rule of this class.
pub(in crate::detect) const ALL: &[&Rule] = &[
    &CODE, &SECRET, &EVERYBODY, &MISFIT, &OPERATOR, &BREAK_OUT, &TAUTOLOGY, &DOCUMENT, &DELAY, &RETURN,
    &DATABASE,
];

pub(super) static CODE: Rule = Rule::new(
    Class::NosqlInjection,
    "nosql_injection.code",
    100,
    "makes the database run JavaScript",
    &[
        "{\"$where\": \"this.role == 'admin'\"}",
        "true, $where: '99 == 88'",
        "$where: function() { return sleep(5000) }",
    ],
    &[
        "see $where: it filters rows",
        "Use $where with care",
        "{\"$schema\": \"https://json-schema.org/draft-07/schema\"}",
        "$scope.where = 'home'",
    ],
);

pub(super) static SECRET: Rule = Rule::new(
    Class::NosqlInjection,
    "nosql_injection.secret-operator",
    100,
    "replaces a secret by a query operator",
    &["password[$ne]", "user[pass][$regex]", "api_key[$exists]", "session_token[$in][]"],
    &["price[$lt]", "filters[status][$ne]", "password", "prices[$USD]"],
)
.at(Location::QueryName, "q");

pub(super) static EVERYBODY: Rule = Rule::new(
    Class::NosqlInjection,
    "nosql_injection.everybody",
    100,
    "compares a name so that nearly every one matches",
    &["username[$ne]", "filter[login][$gt]", "email[$regex]"],
    &["createdAt[$gte]", "user[name]", "username", "where[tags][$in][]"],
)
.at(Location::FieldName, "q");

pub(super) static MISFIT: Rule = Rule::new(
    Class::NosqlInjection,
    "nosql_injection.misfit",
    80,
    "gives a logical operator an operand of the wrong type",
    &["{\"$nor\": \"foo\"}", "{\"$elemMatch\": 1}", "{$or: ''}"],
    &["{\"$or\": [{\"a\": 1}, {\"b\": 2}]}", "{\"$elemMatch\": {\"size\": 4}}", "{\"$in\": \"foo\"}"],
);

pub(super) static OPERATOR: Rule = Rule::new(
    Class::NosqlInjection,
    "nosql_injection.operator",
    20,
    "contains a query operator; APIs that accept queries expect them",
    &["{ $gt: '' }", "{\"$ne\": \"\"}"],
    &["{\"$gt\": 5}", "{\"price\": {\"$gte\": 6, \"$lt\": 23}}", "{\"$existsor\": \"foo\"}", "{$ref: '#/a'}"],
);

pub(super) static BREAK_OUT: Rule = Rule::new(
    Class::NosqlInjection,
    "nosql_injection.break-out",
    100,
    "ends the value and continues with an operator",
    &["', $or: [ {}, { 'order':'order", "x\", \"$gt\": \"", "1, $ne: 1", "a'}, $nor: [{'a': 'b"],
    &[
        "\"cost\": \"$5\", \"tax\": \"$1\"",
        "it's 5 $ or: 4 euros",
        "it's in $gt: none",
        "{\"a\": \"b\", \"$ref\": \"#/c\"}",
    ],
);

pub(super) static TAUTOLOGY: Rule = Rule::new(
    Class::NosqlInjection,
    "nosql_injection.tautology",
    100,
    "ends the value and adds a JavaScript condition that is always true",
    &["' || '1'=='1", "\" || 1==1 //", "|| 1==1", "0 || 'a' === 'a'"],
    &["a || b == c", "use == or ===, && and ||", "if (x == 1 || 1 == y)", "it's 'a' == 'b' && 'c'"],
);

pub(super) static DOCUMENT: Rule = Rule::new(
    Class::NosqlInjection,
    "nosql_injection.document",
    100,
    "ends the value and reads fields of the document",
    &["' && this.password.match(/.*/)//", "1; return this.role == 'admin'", "\" || this['pin'] < 5 || \""],
    &["{{this.name}} and {{this.qty}}", "like this. And then", "if (this.a == this.b) { return; }"],
);

pub(super) static DELAY: Rule = Rule::new(
    Class::NosqlInjection,
    "nosql_injection.delay",
    100,
    "ends the value and makes the database wait",
    &[
        "';sleep(5000);'",
        "0;var date=new Date(); do{curDate = new Date();}while(curDate-date<10000)",
        "\"; while(Date.now() < 1e15) {} var a=\"",
    ],
    &[
        "while (new Date() < deadline) { poll(); }",
        "call sleep(5); then retry",
        "don't use sleep(100) here; use a timer",
    ],
);

pub(super) static RETURN: Rule = Rule::new(
    Class::NosqlInjection,
    "nosql_injection.return",
    100,
    "ends the value and makes the enclosing script return a result",
    &["\";return(true);var xyz='a", "';return 1;//", "1; return true; }//"],
    &["return true; // done", "it's late; return to sender", "x; return (see page 5)"],
);

pub(super) static DATABASE: Rule = Rule::new(
    Class::NosqlInjection,
    "nosql_injection.database",
    100,
    "is a statement that changes a collection",
    &[
        "db.injection.insert({success:1});",
        "'; db.users.drop(); var a='",
        "db.stores.mapReduce(function() { emit(1,1) }, x)",
    ],
    &["db.users.find({age: 5})", "db.users.insert({...}) fails with E11000", "db.example.com/insert(1)"],
);
