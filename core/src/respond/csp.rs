//! CSP violation reports of browsers: the older format of `report-uri` (`application/csp-report`) and that of the
//! Reporting API (`application/reports+json`).
//!
//! Reports are not authenticated, so they only produce events and count no strikes. A body may have at most
//! [`MAX_CSP_REPORT`] bytes. Texts are truncated and escaped like all text of clients, and URLs lose their query and
//! fragment, which may contain sessions and tokens.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use serde_json::Value;

use crate::event::EVENT_TEXT;
use crate::event::MetaValue;
use crate::text::printable;

/// Maximum bytes of a body of reports.
pub const MAX_CSP_REPORT: usize = 64 << 10;
/// Maximum number of reports of one body; further reports are ignored.
const MAX_REPORTS: usize = 32;

/// One violation reported by a browser. Texts are bounded and printable.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct CspReport {
    /// The page, without query and fragment.
    pub document_uri: String,
    /// The directive that was violated.
    pub violated_directive: String,
    /// The blocked resource: a URL without query and fragment, or a keyword such as `inline`.
    pub blocked_uri: String,
    /// The URL of the script that caused the violation, if known.
    pub source_file: Option<String>,
    /// The line in it, if known.
    pub line_number: Option<u32>,
}

/// An error of [`parse_csp_report`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum CspReportError {
    /// The type is neither `application/csp-report` nor `application/reports+json`: 415.
    Type,
    /// The body is longer than [`MAX_CSP_REPORT`]: 413.
    Length,
    /// The body is malformed: 400.
    Malformed,
}

impl CspReportError {
    /// The HTTP status for this error.
    #[must_use]
    pub const fn status(self) -> u16 {
        match self {
            Self::Type => 415,
            Self::Length => 413,
            Self::Malformed => 400,
        }
    }
}

impl fmt::Display for CspReportError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Type => {
                f.write_str("the type must be `application/csp-report` or `application/reports+json`")
            }
            Self::Length => write!(f, "the body is longer than {MAX_CSP_REPORT} bytes"),
            Self::Malformed => f.write_str("the body is no document of reports"),
        }
    }
}

impl core::error::Error for CspReportError {}

/// Parse the violations in a body. Reports of other types in the Reporting API are ignored.
///
/// # Errors
/// Fails for another content type, a body that is too long, and a malformed body.
///
/// ```
/// let body = br#"{"csp-report": {"document-uri": "https://a.test/?q=1", "violated-directive": "img-src", "blocked-uri": "inline"}}"#;
/// let reports = portcullis_core::parse_csp_report("application/csp-report", body)?;
/// assert_eq!(reports[0].document_uri, "https://a.test/");
/// # Ok::<(), portcullis_core::CspReportError>(())
/// ```
pub fn parse_csp_report(content_type: &str, body: &[u8]) -> Result<Vec<CspReport>, CspReportError> {
    let media = content_type.split(';').next().unwrap_or_default().trim();
    let is_report_uri = media.eq_ignore_ascii_case("application/csp-report");
    if !is_report_uri && !media.eq_ignore_ascii_case("application/reports+json") {
        return Err(CspReportError::Type);
    }
    if body.len() > MAX_CSP_REPORT {
        return Err(CspReportError::Length);
    }
    let document: Value = serde_json::from_slice(body).map_err(|_| CspReportError::Malformed)?;
    if is_report_uri {
        let report = document.get("csp-report").filter(|report| report.is_object());
        return Ok(alloc::vec![from_report_uri(report.ok_or(CspReportError::Malformed)?)]);
    }
    let reports = document.as_array().ok_or(CspReportError::Malformed)?;
    let violations = reports.iter().filter(|report| report.get("type") == Some(&"csp-violation".into()));
    Ok(violations.filter_map(|report| report.get("body")).take(MAX_REPORTS).map(from_reporting_api).collect())
}

/// A report in the format of `report-uri`.
fn from_report_uri(report: &Value) -> CspReport {
    let directive = [report.get("violated-directive"), report.get("effective-directive")];
    CspReport {
        document_uri: url(report.get("document-uri")).unwrap_or_default(),
        violated_directive: directive.into_iter().find_map(text).unwrap_or_default(),
        blocked_uri: url(report.get("blocked-uri")).unwrap_or_default(),
        source_file: url(report.get("source-file")),
        line_number: line(report.get("line-number")),
    }
}

/// A report in the format of the Reporting API.
fn from_reporting_api(body: &Value) -> CspReport {
    CspReport {
        document_uri: url(body.get("documentURL")).unwrap_or_default(),
        violated_directive: text(body.get("effectiveDirective")).unwrap_or_default(),
        blocked_uri: url(body.get("blockedURL")).unwrap_or_default(),
        source_file: url(body.get("sourceFile")),
        line_number: line(body.get("lineNumber")),
    }
}

fn text(value: Option<&Value>) -> Option<String> {
    let text = value?.as_str()?;
    (!text.is_empty()).then(|| printable(text.as_bytes(), EVENT_TEXT))
}

fn url(value: Option<&Value>) -> Option<String> {
    let text = value?.as_str()?;
    let end = text.find(['?', '#']).unwrap_or(text.len());
    // The rest of a `data:` URL after its media type is the content itself.
    let end = if text.starts_with("data:") { text.find([',', ';']).unwrap_or(end).min(end) } else { end };
    (!text.is_empty()).then(|| printable(&text.as_bytes()[..end], EVENT_TEXT))
}

fn line(value: Option<&Value>) -> Option<u32> {
    u32::try_from(value?.as_u64()?).ok()
}

/// The metadata of the event about a report.
pub(crate) fn metadata(report: CspReport) -> Vec<(&'static str, MetaValue)> {
    let mut metadata: Vec<(&'static str, MetaValue)> = alloc::vec![
        ("document_uri", report.document_uri.into()),
        ("violated_directive", report.violated_directive.into()),
        ("blocked_uri", report.blocked_uri.into()),
        // The Guard family writes this word if there is no file, and its consumers expect it.
        ("source_file", report.source_file.unwrap_or_else(|| "None".into()).into()),
    ];
    metadata.extend(report.line_number.map(|line| ("line_number", line.into())));
    metadata
}

#[cfg(test)]
mod tests;
