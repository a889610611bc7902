//! What is looked for in response bodies: expressions and texts in one pass, JSON paths in one each.

use alloc::string::String;
use alloc::vec::Vec;

use crate::pattern::Patterns;
use crate::request::head::HeaderFields;
use crate::rules::body_patterns::Bodies;
use crate::rules::json_path::JsonPath;

/// One pattern, before the set is compiled.
pub(crate) enum BodyPattern {
    /// A regular expression; a plain text is one without anything special in it.
    Expression(String),
    Path(JsonPath),
}

impl BodyPattern {
    /// Read `json:...`, `regex:...` or a plain text.
    pub(crate) fn parse(pattern: &str) -> Result<Self, String> {
        if let Some(path) = pattern.strip_prefix("json:") {
            return JsonPath::parse(path).map(Self::Path);
        }
        match pattern.strip_prefix("regex:") {
            Some("") => Err("`regex:` needs an expression".into()),
            Some(expression) => Ok(Self::Expression(expression.into())),
            None => Ok(Self::Expression(literal(pattern))),
        }
    }
}

impl Bodies {
    /// Compile the patterns together.
    ///
    /// # Errors
    /// The index of the rule whose pattern is wrong, and what is wrong with it.
    pub(crate) fn compile(
        patterns: Vec<(BodyPattern, usize)>,
        prefix: usize,
    ) -> Result<Option<Self>, (usize, String)> {
        if patterns.is_empty() {
            return Ok(None);
        }
        let (mut expressions, mut rules, mut paths) = (Vec::new(), Vec::new(), Vec::new());
        for (pattern, rule) in patterns {
            match pattern {
                BodyPattern::Expression(expression) => {
                    expressions.push(expression);
                    rules.push(rule);
                }
                BodyPattern::Path(path) => paths.push((path, rule)),
            }
        }
        let compiled = match expressions.as_slice() {
            [] => None,
            all => Some(Patterns::compile(all, true).map_err(|(index, problem)| (rules[index], problem))?),
        };
        Ok(Some(Self { patterns: compiled.map(|compiled| (compiled, rules)), paths, prefix }))
    }
}

/// An expression that matches exactly `text`.
fn literal(text: &str) -> String {
    let mut expression = String::new();
    for char in text.chars() {
        if r"\.+*?()|[]{}^$#&-~".contains(char) {
            expression.push('\\');
        }
        expression.push(char);
    }
    expression
}

/// Whether a body with these headers can be looked at: neither encoded nor an endless stream.
pub(super) fn is_readable(headers: &dyn HeaderFields) -> bool {
    let mut readable = true;
    headers.for_each(&mut |name, value| {
        if name.eq_ignore_ascii_case("content-encoding") {
            readable &= value.trim_ascii().is_empty() || value.trim_ascii().eq_ignore_ascii_case(b"identity");
        } else if name.eq_ignore_ascii_case("content-type") {
            readable &= !is_stream(value.trim_ascii());
        }
    });
    readable
}

fn is_stream(content_type: &[u8]) -> bool {
    ["text/event-stream", "application/grpc", "multipart/x-mixed-replace"].into_iter().any(|media| {
        content_type.get(..media.len()).is_some_and(|head| head.eq_ignore_ascii_case(media.as_bytes()))
    })
}
