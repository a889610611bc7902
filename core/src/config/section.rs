//! Sections declared once: documentation, type and default of a field stand together.
//!
//! A function cannot read a doc comment. The macro can, so that the reference of the configuration is written from the very
//! text that stands on docs.rs, and a field can be neither undocumented nor forgotten by the reader.

/// Declares a section: the struct, its defaults and its [`Section`](super::read::Section).
///
/// A field is a `leaf` (one value), a `section` (a table) or `sections` (a list of tables).
macro_rules! section {
    (
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
