//! The macro that declares a section: documentation, type and default of a field in one place.
//!
//! A function cannot read a doc comment, but a macro can. So the configuration reference has the same text as docs.rs,
//! and the macro requires documentation of every field and passes every field to the reader.

/// Declares a section: the struct, its defaults and its [`Section`](super::read::Section).
///
/// A field is a `leaf` (one value), a `section` (a table) or `sections` (a list of tables). A section has a setter by value for
/// each field, unless it is declared with `own setters`; that of a list takes any iterator.
macro_rules! section {
    (@setters $section:ident;) => {};
    (
        @setters $section:ident;
        $(#[doc = $doc:literal])+ $kind:ident $field:ident: Vec<String> = $default:expr,
        $($rest:tt)*
    ) => {
        $crate::config::section::section! { @doc $section $field
            pub fn $field(mut self, $field: impl IntoIterator<Item: Into<String>>) -> Self {
                self.$field = $field.into_iter().map(Into::into).collect();
                self
            }
        }
        $crate::config::section::section! { @setters $section; $($rest)* }
    };
    (
        @setters $section:ident;
        $(#[doc = $doc:literal])+ $kind:ident $field:ident: Vec<$item:ty> = $default:expr,
        $($rest:tt)*
    ) => {
        $crate::config::section::section! { @doc $section $field
            pub fn $field(mut self, $field: impl IntoIterator<Item = $item>) -> Self {
                self.$field = $field.into_iter().collect();
                self
            }
        }
        $crate::config::section::section! { @setters $section; $($rest)* }
    };
    (
        @setters $section:ident;
        $(#[doc = $doc:literal])+ $kind:ident $field:ident: $type:ty = $default:expr,
        $($rest:tt)*
    ) => {
        $crate::config::section::section! { @doc $section $field
            pub fn $field(mut self, $field: impl Into<$type>) -> Self {
                self.$field = $field.into();
                self
            }
        }
        $crate::config::section::section! { @setters $section; $($rest)* }
    };
    (@doc $section:ident $field:ident $setter:item) => {
        #[doc = concat!("Set [`", stringify!($section), "::", stringify!($field), "`].")]
        #[must_use]
        $setter
    };
    (
        $(#[doc = $about:literal])+
        pub struct $section:ident { $($fields:tt)+ }
    ) => {
        $crate::config::section::section! {
            own setters
            $(#[doc = $about])+
            pub struct $section { $($fields)+ }
        }

        impl $section {
            $crate::config::section::section! { @setters $section; $($fields)+ }
        }
    };
    (
        own setters
        $(#[doc = $about:literal])+
        pub struct $section:ident {
            $($(#[doc = $doc:literal])+ $kind:ident $field:ident: $type:ty = $default:expr,)+
        }
    ) => {
        $(#[doc = $about])+
        #[derive(Clone, Debug, PartialEq)]
        #[non_exhaustive]
        pub struct $section {
            $($(#[doc = $doc])+ pub $field: $type,)+
        }

        impl Default for $section {
            fn default() -> Self {
                Self { $($field: $default,)+ }
            }
        }

        impl $crate::config::read::Section for $section {
            fn about(&self) -> &'static str {
                concat!($($about, "\n"),+)
            }

            fn fields(&mut self, fields: &mut dyn $crate::config::read::Fields) {
                $(fields.$kind(stringify!($field), concat!($($doc, "\n"),+), &mut self.$field);)+
            }
        }
    };
}

pub(crate) use section;
