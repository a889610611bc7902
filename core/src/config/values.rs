//! Values of fields: parsed with an error that states the expected value, and written as they are parsed.

use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt;
use core::str::FromStr;

use http::{HeaderName, Method};

use super::error::ValueError;
use super::node::{Node, expected};
use super::read::{ConfigValue, Item, join};
use super::text_values::header_name;
use super::{
    ByteSize, CloudRule, ConfigErrors, Country, HumanDuration, Rate, RateKey, ReturnPattern, StatusPattern,
    StrikeReason, TimeOfDay, TimeZone, TrustedProxy, Weekday,
};
use crate::checks::Check;
use crate::detect::Class;
use crate::event::EventKind;
use crate::net::Cidr;
use crate::text::{nearest, unknown};

impl ConfigValue for bool {
    fn read(&mut self, node: &Node) -> Result<(), String> {
        match node {
            Node::Bool(value) => *self = *value,
            other => return expected("true or false", other),
        }
        Ok(())
    }

    fn write(&self) -> Node {
        Node::Bool(*self)
    }
}

impl ConfigValue for String {
    fn read(&mut self, node: &Node) -> Result<(), String> {
        match node {
            Node::Text(value) => self.clone_from(value),
            other => return expected("a string", other),
        }
        Ok(())
    }

    fn write(&self) -> Node {
        Node::Text(self.clone())
    }
}

/// A whole number within the type's range.
fn integer<T: TryFrom<i64>>(node: &Node, range: &str) -> Result<T, String> {
    match node {
        Node::Int(value) => {
            T::try_from(*value).map_err(|_| format!("{value} is out of range; write {range}"))
        }
        other => expected(&format!("a whole number, {range}"), other),
    }
}

impl ConfigValue for u8 {
    fn read(&mut self, node: &Node) -> Result<(), String> {
        *self = integer(node, "0 to 255")?;
        Ok(())
    }

    fn write(&self) -> Node {
        Node::Int((*self).into())
    }
}

impl ConfigValue for u32 {
    fn read(&mut self, node: &Node) -> Result<(), String> {
        *self = integer(node, "0 to 4294967295")?;
        Ok(())
    }

    fn write(&self) -> Node {
        Node::Int((*self).into())
    }
}

impl ConfigValue for u16 {
    fn read(&mut self, node: &Node) -> Result<(), String> {
        *self = integer(node, "0 to 65535")?;
        Ok(())
    }

    fn write(&self) -> Node {
        Node::Int((*self).into())
    }
}

impl ConfigValue for ByteSize {
    fn read(&mut self, node: &Node) -> Result<(), String> {
        *self = match node {
            Node::Text(text) => text.parse()?,
            other => Self(integer(other, "0 or more, or a size such as `64KiB`")?),
        };
        Ok(())
    }

    fn write(&self) -> Node {
        Node::Text(self.to_string())
    }
}

impl ConfigValue for f64 {
    fn read(&mut self, node: &Node) -> Result<(), String> {
        *self = match node {
            Node::Int(number) => *number as Self,
            Node::Float(number) => *number,
            other => return expected("a number", other),
        };
        Ok(())
    }

    fn write(&self) -> Node {
        Node::Float(*self)
    }
}

fn parsed<T: FromStr<Err: fmt::Display>>(what: &str, node: &Node) -> Result<T, String> {
    match node {
        Node::Text(text) => text.parse().map_err(|error: T::Err| error.to_string()),
        other => expected(what, other),
    }
}

/// Values written as text: the type, what an error expects in place of another kind of value, and a value to parse into.
macro_rules! text_values {
    ($($type:ty, $what:literal, $blank:expr;)+) => {
        $(
            impl ConfigValue for $type {
                fn read(&mut self, node: &Node) -> Result<(), String> {
                    *self = parsed($what, node)?;
                    Ok(())
                }

                fn write(&self) -> Node {
                    Node::Text(self.to_string())
                }
            }

            impl Item for $type {
                fn blank() -> Self {
                    $blank
                }
            }
        )+
    };
}

text_values! {
    HumanDuration, "a duration such as `10min`", Self::default();
    Rate, "a rate such as `120/min`", Self::per_second(1);
    Cidr, "an address or network", Self::from(core::net::IpAddr::from([0, 0, 0, 0]));
    ReturnPattern, "a pattern such as `status:404`", Self::Text(String::new());
    StrikeReason, "a class such as `sqli`", Self::RateLimit;
    TrustedProxy, "an address, a network or `unix`", Self::Unix;
    Country, "a country such as `DE`", Self::UNKNOWN;
    CloudRule, "a cloud provider such as `AWS`", Self::default();
    TimeOfDay, "a time such as `09:00`", Self::new(0, 0);
    Weekday, "a day such as `mon`", Self::Mon;
    TimeZone, "a time zone such as `Europe/Berlin`", Self::UTC;
    RateKey, "a part of a key such as `client` or `header:NAME`", Self::Client;
    StatusPattern, "a status such as `404` or `4xx`", Self::default();
}

/// Values with a name, by which they are parsed and written: the type, its noun in errors, all values, and a value to parse into.
macro_rules! named_values {
    ($($(#[doc = $doc:literal])* $type:ty, $noun:literal, $all:expr, $blank:expr;)+) => {
        $(
            impl FromStr for $type {
                type Err = ValueError;

                $(#[doc = $doc])*
                fn from_str(text: &str) -> Result<Self, ValueError> {
                    let names = || $all.map(Self::name).collect::<Vec<_>>();
                    Self::named(text).ok_or_else(|| ValueError::new(unknown($noun, text, &names())))
                }
            }

            impl ConfigValue for $type {
                fn read(&mut self, node: &Node) -> Result<(), String> {
                    *self = parsed(concat!("the name of a ", $noun), node)?;
                    Ok(())
                }

                fn write(&self) -> Node {
                    Node::Text(self.name().into())
                }
            }

            impl Item for $type {
                fn blank() -> Self {
                    $blank
                }
            }
        )+
    };
}

named_values! {
    /// The check of this name.
    Check, "check", Self::all(), Self::UserAgent;
    /// The class of this name or former name.
    Class, "class", Self::ALL.into_iter(), Self::Custom;
    /// The kind of this name.
    EventKind, "kind of event", Self::all(), Self::PenetrationAttempt;
}

impl ConfigValue for HeaderName {
    fn read(&mut self, node: &Node) -> Result<(), String> {
        let Node::Text(name) = node else { return expected("a string", node) };
        *self = header_name(name)?;
        Ok(())
    }

    fn write(&self) -> Node {
        Node::Text(self.to_string())
    }
}

impl Item for HeaderName {
    fn blank() -> Self {
        http::header::FORWARDED
    }
}

/// In any case, because methods of requests are in upper case.
impl ConfigValue for Method {
    fn read(&mut self, node: &Node) -> Result<(), String> {
        let Node::Text(name) = node else { return expected("a method such as `GET`", node) };
        let method = Self::try_from(name.to_ascii_uppercase().as_str());
        *self = method.map_err(|_| format!("`{name}` is not a method; write `GET`"))?;
        Ok(())
    }

    fn write(&self) -> Node {
        Node::Text(self.to_string())
    }
}

impl Item for Method {
    fn blank() -> Self {
        Self::GET
    }
}

/// A list; every invalid entry is reported.
impl<T: ConfigValue + Item> ConfigValue for Vec<T> {
    fn read(&mut self, node: &Node) -> Result<(), String> {
        read_entries(self, node)
    }

    fn read_at(&mut self, node: &Node, path: &str, errors: &mut ConfigErrors) {
        let Node::List(nodes) = node else { return wrong_kind("a list", node, path, errors) };
        self.clear();
        for (index, node) in nodes.iter().enumerate() {
            // An entry that does not parse keeps its place, so that the others keep their index.
            let mut item = T::blank();
            item.read_at(node, &format!("{path}[{index}]"), errors);
            self.push(item);
        }
    }

    fn write(&self) -> Node {
        Node::List(self.iter().map(ConfigValue::write).collect())
    }
}

/// Read a list or map that is a part of another value, whose error includes those of all entries.
fn read_entries(entries: &mut dyn ConfigValue, node: &Node) -> Result<(), String> {
    let mut errors = ConfigErrors::default();
    entries.read_at(node, "", &mut errors);
    let texts: Vec<String> = errors.iter().map(ToString::to_string).collect();
    if texts.is_empty() { Ok(()) } else { Err(texts.join("; ")) }
}

fn wrong_kind(what: &str, node: &Node, path: &str, errors: &mut ConfigErrors) {
    if let Err(problem) = expected::<()>(what, node) {
        errors.push(path, problem);
    }
}

impl Item for String {
    fn blank() -> Self {
        Self::new()
    }
}

impl Item for u16 {
    fn blank() -> Self {
        0
    }
}

impl Item for bool {
    fn blank() -> Self {
        false
    }
}

impl Item for ByteSize {
    fn blank() -> Self {
        Self(0)
    }
}

impl<T: Item + ConfigValue> Item for Vec<T> {
    fn blank() -> Self {
        Self::new()
    }
}

impl<T: Choice> Item for T {
    fn blank() -> Self {
        T::OPTIONS[0].1
    }
}

/// `null` means no value. So does `false`, because TOML has no null, unless `false` is a value of `T`.
impl<T: ConfigValue + Item> ConfigValue for Option<T> {
    fn read(&mut self, node: &Node) -> Result<(), String> {
        read_entries(self, node)
    }

    fn read_at(&mut self, node: &Node, path: &str, errors: &mut ConfigErrors) {
        let (mut item, mut problems) = (T::blank(), ConfigErrors::default());
        item.read_at(node, path, &mut problems);
        match node {
            _ if problems.is_empty() => *self = Some(item),
            Node::Null | Node::Bool(false) => *self = None,
            _ => errors.append(problems),
        }
    }

    fn write(&self) -> Node {
        self.as_ref().map_or(Node::Null, ConfigValue::write)
    }
}

/// A map of names to values; every invalid entry is reported.
impl<T: ConfigValue + Item> ConfigValue for BTreeMap<String, T> {
    fn read(&mut self, node: &Node) -> Result<(), String> {
        read_entries(self, node)
    }

    fn read_at(&mut self, node: &Node, path: &str, errors: &mut ConfigErrors) {
        let Node::Table(entries) = node else { return wrong_kind("a table", node, path, errors) };
        self.clear();
        for (name, node) in entries {
            let mut item = T::blank();
            item.read_at(node, &join(path, name), errors);
            self.insert(name.clone(), item);
        }
    }

    fn write(&self) -> Node {
        Node::Table(self.iter().map(|(name, value)| (name.clone(), value.write())).collect())
    }
}

/// One of a fixed set of words.
pub(crate) trait Choice: Copy + PartialEq + 'static {
    const OPTIONS: &'static [(&'static str, Self)];
}

impl<T: Choice> ConfigValue for T {
    fn read(&mut self, node: &Node) -> Result<(), String> {
        let names: Vec<&str> = T::OPTIONS.iter().map(|(name, _)| *name).collect();
        let Node::Text(text) = node else {
            return expected(&format!("one of `{}`", names.join("`, `")), node);
        };
        match T::OPTIONS.iter().find(|(name, _)| name == text) {
            Some((_, value)) => *self = *value,
            None => {
                let hint =
                    nearest(text, &names).map(|name| format!("; did you mean `{name}`?")).unwrap_or_default();
                return Err(format!("`{text}` is not one of `{}`{hint}", names.join("`, `")));
            }
        }
        Ok(())
    }

    fn write(&self) -> Node {
        let name = T::OPTIONS.iter().find(|(_, value)| value == self).map_or("", |(name, _)| name);
        Node::Text(name.into())
    }
}

#[cfg(test)]
mod tests;
