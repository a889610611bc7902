//! What readers of bodies take a body for, by the source of their versions. This module has no code: it documents what the
//! others cover. The oracle of the conformance crate (`conformance/src/oracle`) compares every reader with the guard.
//!
//! | reader | media type | charset and noise | covered by |
//! |---|---|---|---|
//! | axum 0.8.9 `Form` | starts with `application/x-www-form-urlencoded`, by case; anything may follow | UTF-8, lossy after decoding | `kind.rs`, `form.rs` |
//! | axum `Json` | type `application`, subtype or suffix `json`, by crate `mime` | strict UTF-8 | `kind.rs` |
//! | axum `Multipart` | `multipart/form-data` by crate `mime`, any suffix | charset of the part (`text`) | `kind.rs`, `multipart.rs` |
//! | axum `Bytes`, `String` | any | as received; strict UTF-8 | `walk.rs` |
//! | actix-web 4.18.1 `Form` | `application/x-www-form-urlencoded`, without case | charset of the type, the body decoded as a whole, a byte order mark as text | `charset.rs`, `walk.rs` |
//! | actix-web `Json` | subtype or suffix `json` | strict UTF-8 | `kind.rs` |
//! | actix-web `String` | any | charset of the type, strict | `charset.rs` |
//! | actix-web `Payload`, `Bytes` | any | as received | `walk.rs` |
//! | actix-multipart 0.7.2 | `multipart/*` | as received | `multipart.rs`, `disposition.rs`, `part.rs` |
//! | Rocket 0.5.2 `Form` | `application/x-www-form-urlencoded` and `multipart/form-data`, without parameters | strict UTF-8 of a form, lossy after decoding | `kind.rs`, `form.rs` |
//! | Rocket `Json` | any | strict UTF-8 | `walk.rs` |
//! | Rocket `String`, `Vec<u8>`, `Data`, `TempFile` | any | strict UTF-8; as received | `walk.rs`, `binary.rs` |
//!
//! - Parameters: the crate `mime` 0.3.18 ends a quoted string at the first quote that does not directly follow the opening one,
//!   without escapes; Rocket skips escaped quotes. `media.rs` reads both, and a difference in charset or boundary is 415. An
//!   unknown charset is 415.
//! - Forms: serde_urlencoded 0.7.1 (form_urlencoded 1.2.2) and Rocket split at `&` only, at the first `=`, undo `+` and
//!   escapes once, and replace invalid UTF-8. `_charset_` means nothing to them; `walk.rs` reads it for those to whom it does.
//! - JSON: serde_json 1.0 accepts any value at the top, blanks around it, and repeated keys; no comments and no byte order mark.
//! - Multipart: multer 3.1.0 finds the first boundary anywhere and others after CRLF, skips blanks behind a boundary, and requires
//!   CRLF after header lines. It takes `name=` and `filename=` wherever they follow a blank, a semicolon or nothing, even inside
//!   quotes (`disposition.rs`), unescapes `\"` only, and decodes `text` in the charset of the part, which a byte order mark
//!   overrides. actix-multipart cuts a part at its `Content-Length` (`walk/parts.rs`). No reader undoes
//!   `Content-Transfer-Encoding`; `transfer.rs` does so for handlers.
//! - Content codings: axum and Rocket undo none. `Form`, `Json`, `String` and `Bytes` of actix-web undo one of gzip, deflate, br
//!   and zstd, depending on its features. `coding.rs` inspects the body before and after, and rejects others.
//! - Cookies: the crate `cookie` 0.18 splits at `;`, and keeps quotes; `form.rs` reads quoted values as well.
//!
//! Not covered:
//!
//! - JSON in a part is inspected string by string. A handler that reads it as text gets the whole document.
//! - A value with NUL bytes that resembles UTF-16 is inspected as UTF-16.
//! - Request trailers: no extractor returns them.
//! - A file declared as XML is inspected by its elements, not as one text. A handler that reads it as text gets its markup.
//! - A value of a form that is one JSON string is inspected with its escapes.
//! - Of noise in files, only the runs of text are inspected (`binary.rs`).
