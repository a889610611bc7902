//! Values as pydantic coerces them: `"5"` is a valid number, `"yes"` is true, a text is not a list.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use crate::config::node::Node;
use crate::text::nearest;

/// The type of a value. The numbers are its range.
pub(crate) enum Kind {
    Bool,
    MaybeBool,
    Int(i64, i64),
    MaybeInt(i64, i64),
    Float(f64, f64),
    MaybeFloat(f64, f64),
    Text,
    MaybeText,
    Texts,
    MaybeTexts,
    /// One of these; optional if true.
    Choice(&'static [&'static str], bool),
    Map,
    MaybeMap,
    /// A list of tables.
    Entries,
    /// A Python object, which JSON does not represent.
    Object,
}

impl Kind {
    /// Convert `node` to the form that the converter reads.
    pub(crate) fn coerce(&self, node: &Node) -> Result<Node, String> {
        let optional = matches!(
            self,
            Self::MaybeBool
                | Self::MaybeInt(..)
                | Self::MaybeFloat(..)
                | Self::MaybeText
                | Self::MaybeTexts
                | Self::MaybeMap
                | Self::Choice(_, true)
        );
        if optional && *node == Node::Null {
            return Ok(Node::Null);
        }
        match self {
            Self::Bool | Self::MaybeBool => boolean(node).map(Node::Bool),
            Self::Int(low, high) | Self::MaybeInt(low, high) => {
                within(integer(node)?, *low, *high).map(Node::Int)
            }
            Self::Float(low, high) | Self::MaybeFloat(low, high) => {
                within(fraction(node)?, *low, *high).map(Node::Float)
            }
            Self::Text | Self::MaybeText => text(node).map(Node::Text),
            Self::Texts | Self::MaybeTexts => texts(node).map(Node::List),
            Self::Choice(options, _) => choice(node, options),
            Self::Map | Self::MaybeMap => match node {
                Node::Table(_) => Ok(node.clone()),
                other => expected("a map", other),
            },
            Self::Entries => match node {
                Node::List(_) => Ok(node.clone()),
                other => expected("a list", other),
            },
            Self::Object if *node == Node::Null => Ok(Node::Null),
            Self::Object => expected("null, because it is a Python object", node),
        }
    }
}

fn expected<T>(what: &str, node: &Node) -> Result<T, String> {
    Err(format!("expected {what}, found {}", node.kind()))
}

fn within<N: PartialOrd + ToString>(value: N, low: N, high: N) -> Result<N, String> {
    if value >= low && value <= high {
        return Ok(value);
    }
    Err(format!("{} is out of range", value.to_string()))
}

pub(crate) fn boolean(node: &Node) -> Result<bool, String> {
    let words = |text: &str| match text.trim().to_ascii_lowercase().as_str() {
        "true" | "t" | "yes" | "y" | "on" | "1" => Some(true),
        "false" | "f" | "no" | "n" | "off" | "0" => Some(false),
        _ => None,
    };
    let value = match node {
        Node::Bool(value) => Some(*value),
        Node::Int(0) => Some(false),
        Node::Int(1) => Some(true),
        Node::Float(value) if *value == 0.0 => Some(false),
        Node::Float(value) if *value == 1.0 => Some(true),
        Node::Text(text) => words(text),
        _ => None,
    };
    value.map_or_else(|| expected("true or false", node), Ok)
}

pub(crate) fn integer(node: &Node) -> Result<i64, String> {
    let value = match node {
        Node::Int(value) => Some(*value),
        Node::Bool(value) => Some(i64::from(*value)),
        // Whole, and small enough for `f64` to represent every whole number up to it.
        Node::Float(value) if *value == (*value as i64) as f64 && value.abs() < 9e15 => Some(*value as i64),
        Node::Text(text) => text.trim().parse().ok(),
        _ => None,
    };
    value.map_or_else(|| expected("a whole number", node), Ok)
}

fn fraction(node: &Node) -> Result<f64, String> {
    let value = match node {
        Node::Int(value) => Some(*value as f64),
        Node::Float(value) => Some(*value),
        Node::Bool(value) => Some(f64::from(u8::from(*value))),
        Node::Text(text) => text.trim().parse().ok(),
        _ => None,
    };
    value.filter(|value| value.is_finite()).map_or_else(|| expected("a number", node), Ok)
}

pub(crate) fn text(node: &Node) -> Result<String, String> {
    match node {
        Node::Text(text) => Ok(text.clone()),
        other => expected("a string", other),
    }
}

fn texts(node: &Node) -> Result<Vec<Node>, String> {
    match node {
        Node::List(nodes) => nodes.iter().map(|node| text(node).map(Node::Text)).collect(),
        other => expected("a list of strings", other),
    }
}

fn choice(node: &Node, options: &[&str]) -> Result<Node, String> {
    let value = text(node)?;
    if options.contains(&value.as_str()) {
        return Ok(Node::Text(value));
    }
    let hint = nearest(&value, options).map(|near| format!("; did you mean `{near}`?")).unwrap_or_default();
    Err(format!("`{value}` is not one of `{}`{hint}", options.join("`, `")))
}
