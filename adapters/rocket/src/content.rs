//! The types of inspected bodies, with the limits and statuses of Rocket's own data guards.

use std::convert::Infallible;
use std::fmt;

use bytes::Bytes;
use rocket::Request;
use rocket::data::{ByteUnit, Limits};
use rocket::form::{self, Form, FromForm, ValueField};
use rocket::http::{RawStr, Status};
use rocket::serde::json::Json;
use serde::Deserialize;
use serde_json::error::Category;

/// A type that the bytes of a body are parsed into.
#[rocket::async_trait]
pub trait Content<'r>: Sized {
    /// The error of an invalid body.
    type Error: Send + fmt::Debug;

    /// The name of the size limit in Rocket's configuration, and its default.
    const LIMIT: (&'static str, ByteUnit);

    /// The maximum number of bytes that are read.
    fn limit(request: &Request<'_>) -> ByteUnit {
        let (name, default) = Self::LIMIT;
        request.limits().get(name).unwrap_or(default)
    }

    /// The status with which a request of another media type is forwarded to the next route.
    fn forwards(request: &Request<'_>) -> Option<Status> {
        let _ = request;
        None
    }

    /// Parse the body.
    async fn read(request: &'r Request<'_>, bytes: Vec<u8>) -> Result<Self, (Status, Self::Error)>;
}

#[rocket::async_trait]
impl<'r> Content<'r> for Vec<u8> {
    type Error = Infallible;
    const LIMIT: (&'static str, ByteUnit) = ("bytes", Limits::BYTES);

    async fn read(_: &'r Request<'_>, bytes: Vec<u8>) -> Result<Self, (Status, Infallible)> {
        Ok(bytes)
    }
}

#[rocket::async_trait]
impl<'r> Content<'r> for String {
    type Error = std::string::FromUtf8Error;
    const LIMIT: (&'static str, ByteUnit) = ("string", Limits::STRING);

    async fn read(_: &'r Request<'_>, bytes: Vec<u8>) -> Result<Self, (Status, Self::Error)> {
        Self::from_utf8(bytes).map_err(|error| (Status::BadRequest, error))
    }
}

/// Keeps a body in the request's local cache, for types that borrow from it.
struct BodyCache<T>(T);

#[rocket::async_trait]
impl<'r, T: Deserialize<'r>> Content<'r> for Json<T> {
    type Error = serde_json::Error;
    const LIMIT: (&'static str, ByteUnit) = ("json", Limits::JSON);

    async fn read(request: &'r Request<'_>, bytes: Vec<u8>) -> Result<Self, (Status, Self::Error)> {
        let BodyCache(bytes) = request.local_cache(|| BodyCache(bytes));
        serde_json::from_slice(bytes).map(Json).map_err(|error| match error.classify() {
            Category::Data => (Status::UnprocessableEntity, error),
            _ => (Status::BadRequest, error),
        })
    }
}

/// Read forms with files as [`Multipart`]: only Rocket can construct its type for files.
#[rocket::async_trait]
impl<'r, T: FromForm<'r>> Content<'r> for Form<T> {
    type Error = form::Errors<'r>;
    const LIMIT: (&'static str, ByteUnit) = ("form", Limits::FORM);

    fn limit(request: &Request<'_>) -> ByteUnit {
        let (name, default) = if is_multipart(request) { Multipart::LIMIT } else { Self::LIMIT };
        request.limits().get(name).unwrap_or(default)
    }

    fn forwards(request: &Request<'_>) -> Option<Status> {
        let form = request.content_type().is_some_and(|media| media.is_form() || media.is_form_data());
        (!form).then_some(Status::UnsupportedMediaType)
    }

    async fn read(request: &'r Request<'_>, bytes: Vec<u8>) -> Result<Self, (Status, Self::Error)> {
        let pairs = pairs(request, bytes).await.map_err(with_status)?;
        let BodyCache(pairs) = request.local_cache(|| BodyCache(pairs));
        let fields = pairs.iter().map(|(name, value)| ValueField::from((name.as_str(), value.as_str())));
        Form::<T>::parse_iter(fields).map(Form::from).map_err(with_status)
    }
}

fn with_status(errors: form::Errors<'_>) -> (Status, form::Errors<'_>) {
    (errors.status(), errors)
}

/// Decoded names and values.
async fn pairs<'f>(request: &Request<'_>, bytes: Vec<u8>) -> form::Result<'f, Vec<(String, String)>> {
    if is_multipart(request) {
        let parts = parts(request, bytes).await.map_err(form::Error::from)?;
        return parts.into_iter().map(Part::into_field).collect();
    }
    let text = String::from_utf8(bytes).map_err(|error| form::Error::from(error.utf8_error()))?;
    let decoded = |part: &str| RawStr::new(part).url_decode_lossy().into_owned();
    let fields = Form::values(&text).map(|field| (decoded(field.name.source()), decoded(field.value)));
    Ok(fields.collect())
}

/// The parts of a `multipart/form-data` body, in order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Multipart(pub Vec<Part>);

/// A part of a form: a field or a file.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Part {
    /// The name of the field.
    pub name: String,
    /// The name of the file, as the client sent it: never use it as a path.
    pub file_name: Option<String>,
    /// The media type, as the client sent it.
    pub content_type: Option<String>,
    /// The content.
    pub bytes: Bytes,
}

impl Multipart {
    /// The first part of this name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Part> {
        self.0.iter().find(|part| part.name == name)
    }
}

impl Part {
    /// The name and value of a text field; a file is an error.
    fn into_field<'f>(self) -> form::Result<'f, (String, String)> {
        if self.file_name.is_some() || self.content_type.is_some() {
            let advice = "read a form with files as `Inspected<Multipart>`";
            return Err(form::Error::validation(advice).into());
        }
        let text = String::from_utf8(self.bytes.to_vec());
        text.map(|text| (self.name, text)).map_err(|error| form::Error::from(error.utf8_error()).into())
    }
}

#[rocket::async_trait]
impl<'r> Content<'r> for Multipart {
    type Error = multer::Error;
    const LIMIT: (&'static str, ByteUnit) = ("data-form", Limits::DATA_FORM);

    fn forwards(request: &Request<'_>) -> Option<Status> {
        (!is_multipart(request)).then_some(Status::UnsupportedMediaType)
    }

    async fn read(request: &'r Request<'_>, bytes: Vec<u8>) -> Result<Self, (Status, multer::Error)> {
        parts(request, bytes).await.map(Self).map_err(|error| (Status::BadRequest, error))
    }
}

fn is_multipart(request: &Request<'_>) -> bool {
    request.content_type().is_some_and(|media| media.is_form_data())
}

async fn parts(request: &Request<'_>, bytes: Vec<u8>) -> Result<Vec<Part>, multer::Error> {
    let boundary = request.content_type().and_then(|media| media.param("boundary"));
    let boundary = boundary.ok_or(multer::Error::NoBoundary)?;
    let body = futures_util::stream::iter([Ok::<_, Infallible>(Bytes::from(bytes))]);
    let mut form = multer::Multipart::new(body, boundary);
    let mut parts = Vec::new();
    while let Some(field) = form.next_field().await? {
        parts.push(Part {
            name: field.name().unwrap_or_default().to_owned(),
            file_name: field.file_name().map(ToOwned::to_owned),
            content_type: field.content_type().map(ToString::to_string),
            bytes: field.bytes().await?,
        });
    }
    Ok(parts)
}
