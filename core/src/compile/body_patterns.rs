//! From patterns of response bodies to [`BodyPatterns`].

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use crate::config::ReturnPattern;
use crate::pattern::Patterns;
use crate::rules::body_patterns::BodyPatterns;
use crate::rules::json_path::{JsonPath, Step};

/// The maximum number of steps of a path.
const MAX_STEPS: usize = 32;

/// One pattern, before its set is compiled.
pub(crate) enum BodyPattern {
    /// A regular expression; a plain text is an escaped one.
    Expression(String),
    Path(JsonPath),
}

impl BodyPattern {
    /// The pattern of a rule about response bodies.
    pub(crate) fn new(pattern: &ReturnPattern) -> Result<Self, String> {
        match pattern {
            ReturnPattern::Json(path) => JsonPath::parse(path).map(Self::Path),
            ReturnPattern::Regex(expression) if expression.is_empty() => {
                Err("`regex:` needs an expression".into())
            }
            ReturnPattern::Regex(expression) => Ok(Self::Expression(expression.clone())),
            ReturnPattern::Text(text) => Ok(Self::Expression(literal(text))),
            ReturnPattern::Status(_) => Err("is about statuses".into()),
        }
    }
}

impl BodyPatterns {
    /// Compile the patterns together.
    ///
    /// # Errors
    /// The index of the rule whose pattern is invalid, and the problem.
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

impl JsonPath {
    /// The path of `path.to[].value==text`.
    pub(crate) fn parse(pattern: &str) -> Result<Self, String> {
        let (path, text) = pattern
            .split_once("==")
            .ok_or_else(|| format!("`{pattern}` has no `==`; write `path.to[].value==text`"))?;
        let mut steps = Vec::new();
        for part in path.trim().split('.') {
            let key = part.trim_end_matches("[]");
            if !key.is_empty() {
                steps.push(Step::Key(key.into()));
            } else if part.is_empty() {
                return Err(format!("`{path}` is not a path; write names with a `.` between them"));
            }
            steps.extend((0..(part.len() - key.len()) / 2).map(|_| Step::Any));
        }
        if steps.len() > MAX_STEPS {
            return Err(format!("`{path}` has more than {MAX_STEPS} steps"));
        }
        let text = text.trim();
        let quoted = |quote| text.strip_prefix(quote).and_then(|text| text.strip_suffix(quote));
        let text = quoted('"').or(quoted('\'')).unwrap_or(text);
        Ok(Self { steps, text: text.to_lowercase() })
    }
}
