//! The parts of a request that values come from.

use core::fmt;

/// Which part of a request a value came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Location {
    /// The path as a whole, as on the wire.
    Path,
    /// A segment of the path, which a route may take for a value.
    Segment,
    /// The name of a query parameter.
    QueryName,
    /// The value of a query parameter.
    Query,
    /// A header's value.
    Header,
    /// One cookie's value.
    Cookie,
    /// The name of a form field.
    FieldName,
    /// The value of a form field.
    Field,
    /// A key of a JSON object.
    JsonKey,
    /// A string in a JSON document.
    Json,
    /// The content of a part of a multipart body.
    Part,
    /// The name of a file in a multipart body.
    FileName,
    /// A header, or a parameter of one, of a part of a multipart body.
    PartHeader,
    /// Text, attribute, tag, comment or declaration of an XML document.
    Xml,
    /// A string in a GraphQL document.
    Graphql,
    /// A whole body of another kind, or that does not parse as its declared type.
    Text,
    /// The name of a query parameter or form field that a page of another site sends and that may name a session.
    LinkedName,
    /// A message of a connection that stays open, as far as it is not JSON.
    Message,
}

impl Location {
    /// Every location.
    pub const ALL: [Self; 18] = [
        Self::Path,
        Self::Segment,
        Self::QueryName,
        Self::Query,
        Self::Header,
        Self::Cookie,
        Self::FieldName,
        Self::Field,
        Self::JsonKey,
        Self::Json,
        Self::Part,
        Self::FileName,
        Self::PartHeader,
        Self::Xml,
        Self::Graphql,
        Self::Text,
        Self::LinkedName,
        Self::Message,
    ];

    /// The name used in events, findings and vectors.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Path => "path",
            Self::Segment => "path segment",
            Self::QueryName => "query name",
            Self::Query => "query",
            Self::Header => "header",
            Self::Cookie => "cookie",
            Self::FieldName => "field name",
            Self::Field => "field",
            Self::JsonKey => "json key",
            Self::Json => "json",
            Self::Part => "part",
            Self::FileName => "file name",
            Self::PartHeader => "part header",
            Self::Xml => "xml",
            Self::Graphql => "graphql",
            Self::Text => "body",
            Self::LinkedName => "name in a link",
            Self::Message => "message",
        }
    }

    /// Whether `+` means a blank here: form encoding, which queries use too.
    pub(crate) const fn plus_is_blank(self) -> bool {
        matches!(self, Self::Query | Self::QueryName | Self::Field | Self::FieldName)
    }
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Locations, one bit each.
#[derive(Clone, Copy)]
pub(in crate::detect) struct Locations(u32);

impl Locations {
    pub(in crate::detect) const ALL: Self = Self(u32::MAX);

    pub(in crate::detect) const fn of(locations: &[Location]) -> Self {
        let (mut bits, mut at) = (0, 0);
        while at < locations.len() {
            bits |= 1 << locations[at] as u32;
            at += 1;
        }
        Self(bits)
    }

    pub(in crate::detect) const fn bits(self) -> u32 {
        self.0
    }

    pub(in crate::detect) const fn has(self, location: Location) -> bool {
        self.0 >> location as u32 & 1 != 0
    }
}
