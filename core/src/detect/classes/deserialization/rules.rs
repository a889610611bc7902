//! The rules.

use crate::detect::evidence::{Class, Rule};

pub(super) static JAVA: Rule = Rule::new(
    Class::Deserialization,
    "deserialization.java",
    100,
    "is a serialised Java object",
    &["rO0ABXNyABFqYXZhLnV0aWwuSGFzaE1hcA==", "rO0ABQ=="],
    &["xrO0ABXNyABFqYXZh", "rO0Abc12", "prO0f"],
);
pub(super) static DOTNET: Rule = Rule::new(
    Class::Deserialization,
    "deserialization.dotnet",
    100,
    "is a serialised .NET object",
    &["AAEAAAD/////AQAAAAAAAAAMAgAAAElTeXN0ZW0=", "AAEAAAD_____AQAAAAAAAAAMAgAAAElTeXN0ZW0"],
    &["AAEAAAD", "AAEAAABmdHlw+x", "/wEPDwUKLTk2Njk3OTQxNg=="],
);
pub(super) static RUBY: Rule = Rule::new(
    Class::Deserialization,
    "deserialization.ruby",
    100,
    "is a serialised Ruby object (Marshal)",
    &["BAhvOhVHZW06OlJlcXVpcmVtZW50BjoKQHJlcXMx", "BAhVOhVHZW06OlJlcXVpcmVtZW50WwY="],
    &["BAh7CEkiD3Nlc3Npb25faWQGOgZFVEkiJTYx--8a", "BAhama", "BAhrain 2024"],
);
pub(super) static PICKLE: Rule = Rule::new(
    Class::Deserialization,
    "deserialization.pickle",
    100,
    "is a Python pickle that imports a function and calls it",
    &[
        "cos\nsystem\n(S'id'\ntR.",
        "gASVHQAAAAAAAACMBXBvc2l4lIwGc3lzdGVtlJOUjAJpZJSFlFKULg==",
        "(S'id'\nios\nsystem\n.",
    ],
    &["cat\ndog\n(or bird)", "gASVBwAAAAAAAABdlChLAUsCZS4=", "(see below)\nthen go on"],
);
pub(super) static PHP: Rule = Rule::new(
    Class::Deserialization,
    "deserialization.php",
    100,
    "is a serialised PHP object",
    &[
        "O:8:\"Template\":1:{s:4:\"file\";s:11:\"/etc/passwd\";}",
        "a:1:{i:0;O:8:\"stdClass\":0:{}}",
        "_|O:+3:\"A\\B\":0:{}",
        "C:11:\"ArrayObject\":21:{x:i:0;a:0:{};m:a:0:{}}",
    ],
    &[
        "a:2:{i:0;s:1:\"a\";i:1;b:1;}",
        "O:8 of them: \"stdClass\"",
        "O:9:\"stdClass\":1:{}",
        "NO:1:\"x\":1:{",
        "O: 8:30",
    ],
);
pub(super) static TAG: Rule = Rule::new(
    Class::Deserialization,
    "deserialization.yaml-tag",
    100,
    "has a YAML tag that constructs an object or calls a function",
    &[
        "!!python/object/new:exec [import os]",
        "a: !ruby/object:Gem::Installer\n  i: x",
        "- !!javax.script.ScriptEngineManager [x]",
        "x: !<tag:yaml.org,2002:python/object/apply:os.system> [id]",
        "!!com.sun.rowset.JdbcRowSetImpl {dataSourceName: x}",
    ],
    &["x: !!str 5", "a: !Ref Bucket", "Great!! com.example.Shop [new] is open", "!!python/tuple [1, 2]"],
);
pub(super) static TAG_IN_TEXT: Rule = Rule::new(
    Class::Deserialization,
    "deserialization.yaml-tag-in-text",
    60,
    "has such a tag outside of a YAML node",
    &["x !!python/object/apply:os.system [id]: _$$ND_FUNC$$_"],
    &["The tag !!python/object/apply is the reason to load safely"],
);
pub(super) static NODE: Rule = Rule::new(
    Class::Deserialization,
    "deserialization.node-function",
    100,
    "is a serialised function for node-serialize",
    &["{\"rce\":\"_$$ND_FUNC$$_function(){}()\"}", "_$$ND_FUNC$$_"],
    &["$$ND_FUNC$$", "_$$_", "ND_FUNC"],
);
pub(super) static TYPE: Rule = Rule::new(
    Class::Deserialization,
    "deserialization.type-member",
    100,
    "names a gadget type in a type member ($type, @type)",
    &[
        "{\"$type\":\"System.Windows.Data.ObjectDataProvider, PresentationFramework\"}",
        "{\"@type\": \"com.sun.rowset.JdbcRowSetImpl\"}",
        "{'$type' : 'System.Diagnostics.Process, System'}",
    ],
    &[
        "{\"$type\":\"Shop.Models.Order, Shop\"}",
        "{\"@type\":\"Person\"}",
        "{\"type\":\"com.sun.x\"}",
        "{\"@type\":\"type.googleapis.com/x\"}",
    ],
);

/// Every rule of this class.
pub(in crate::detect) const ALL: &[&Rule] =
    &[&JAVA, &DOTNET, &RUBY, &PICKLE, &PHP, &TAG, &TAG_IN_TEXT, &NODE, &TYPE];
