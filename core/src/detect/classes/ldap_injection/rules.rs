//! The rules.

use crate::detect::evidence::{Class, Rule};

/// Every rule of this class.
pub(in crate::detect) const ALL: &[&Rule] = &[
    &JUNCTION,
    &CONDITION,
    &CONDITION_APART,
    &TRUNCATED,
    &WILDCARD,
    &GLUED,
    &FILTER,
    &CONSTANT,
    &SECRET,
    &EXTENSIBLE,
    &PATH_UNION,
    &PATH_CONDITION,
];

pub(super) static JUNCTION: Rule = Rule::new(
    Class::LdapInjection,
    "ldap_injection.junction",
    100,
    "closes the enclosing filter and opens a junction (&, |, !)",
    &["admin)(|(password=*", "*)(&", "test))(&(objectClass=*", "x)(!(uid=y", "q ) ( & "],
    &["(a)(&b)", "(foo|bar)(|baz)", "step 1) (!) mind the gap", "f(x)(&y)"],
);

pub(super) static CONDITION: Rule = Rule::new(
    Class::LdapInjection,
    "ldap_injection.condition",
    100,
    "closes the enclosing filter and adds a condition",
    &[
        "value)(uid=*",
        "*)(uid=*))(|(uid=*",
        "val)&(cn=admin",
        "john)(sn~=smith",
        "x)|(gidNumber<=100",
        ")(cn=))\0",
    ],
    &["f(x)(y=2)", "(a b)*c", "(1 2) (3 4)", "a) b(c=1)", "x)(y==2)"],
);

pub(super) static CONDITION_APART: Rule = Rule::new(
    Class::LdapInjection,
    "ldap_injection.condition-apart",
    60,
    "closes a parenthesis and opens a condition; numbered lists do so too",
    &["*) (cn=a)(uid=*))\0", "x) (uid=*)) (&(cn=a)"],
    &["a) (x=1) if small, b) (x=2) if large", "1) (n = 5)"],
);

pub(super) static TRUNCATED: Rule = Rule::new(
    Class::LdapInjection,
    "ldap_injection.truncated",
    100,
    "closes the enclosing filter and cuts off the rest",
    &["*))\0", "admin)\0"],
    &["f(x)", "(smile :)", "*))"],
);

pub(super) static WILDCARD: Rule = Rule::new(
    Class::LdapInjection,
    "ldap_injection.wildcard",
    60,
    "matches everything and closes a parenthesis that it did not open",
    &["*))\0", "*) (cn=*)"],
    &["*)", "count(*)", "(a*)", "f(*))"],
);

pub(super) static GLUED: Rule = Rule::new(
    Class::LdapInjection,
    "ldap_injection.glued",
    100,
    "puts filters after a wildcard",
    &["*(|(objectclass=*))", "*(&(uid=a)(cn=*))"],
    &["2*(&x)", "a*(b|c)", "(|(cn=a*)(cn=b*))"],
);

pub(super) static FILTER: Rule = Rule::new(
    Class::LdapInjection,
    "ldap_injection.filter",
    40,
    "is an LDAP filter, which only administration tools send",
    &["(&(uid=admin)(!(&(1=0)(userPassword=q))))"],
    &[
        "(&(objectCategory=computer)  (userAccountControl:1.2.840.113556.1.4.803:=8192))",
        "(uid=ann)",
        "(|(cn=a*)(cn=b*))",
    ],
);

pub(super) static CONSTANT: Rule = Rule::new(
    Class::LdapInjection,
    "ldap_injection.constant",
    60,
    "has a condition that is always or never true",
    &["(&(uid=*)(|(1=1)))", "(|(uid=a)(&))"],
    &["(1=1)", "see (3=3)", "(a&b)"],
);

pub(super) static SECRET: Rule = Rule::new(
    Class::LdapInjection,
    "ldap_injection.secret",
    60,
    "filters by a password attribute",
    &["(&(uid=ann)(userPassword=a*))", "userPassword:2.5.13.18:=123"],
    &["(userPasswordHint=x)", "reset (password=lost)", "password:1.2"],
);

pub(super) static EXTENSIBLE: Rule = Rule::new(
    Class::LdapInjection,
    "ldap_injection.extensible",
    50,
    "names a matching rule outside of a filter",
    &["userPassword:2.5.13.18:=123", "unicodePwd:1.2.840.113556.1.4.803:=1"],
    &["cn:2.5.13.5:=Ann", "x := 5", "time:10.30:=noon"],
);

pub(super) static PATH_UNION: Rule = Rule::new(
    Class::LdapInjection,
    "ldap_injection.path-union",
    100,
    "ends a quoted string and adds an XPath to the selected ones",
    &["')] | //user/*[contains(*,'", "x'] | //password | a['", "\"] | //node()[\""],
    &["'a' | 'b'", "grep 'x' | //server/share", "cat 'file' | sort"],
);

pub(super) static PATH_CONDITION: Rule = Rule::new(
    Class::LdapInjection,
    "ldap_injection.path-condition",
    100,
    "ends a quoted string and adds an XPath condition",
    &[
        "x' or name()='username' or 'x'='y",
        "' and count(/*)=1 and '1'='1",
        "Har') and contains(../password,'c",
        "' or string-length(name(parent::*[position()=1]))>3 or 'a'='b",
        "' or //user[1]/name='a",
    ],
    &[
        "'yes' or 'no'",
        "'x' and name() works",
        "\"a\" or count(the votes)",
        "/html/div[@class='a' and contains(@id, 'b')]",
    ],
);
