//! Reports of browsers about violations of the content security policy: the older document of `report-uri`
//! (`application/csp-report`) and those of the Reporting API (`application/reports+json`).
//!
//! Anybody can send one, so a report is a hint and never evidence: it makes an event, and counts against nobody. A report is
//! read only within [`MAX_CSP_REPORT`], texts are cut and escaped like all of a client's, and of URLs neither query nor
//! fragment is kept, because that is where sessions and tokens stand.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use serde_json::Value;

use crate::event::EVENT_TEXT;
use crate::event::MetaValue;
use crate::text::printable;

/// The longest body of reports that is read.
pub const MAX_CSP_REPORT: usize = 64 << 10;
/// Reports of one body that are kept; the rest is left out.
const MAX_REPORTS: usize = 32;

/// One violation, as a browser reports it. Texts are bounded and printable.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct CspReport {
    /// The page, without query and fragment.
    pub document_uri: String,
    /// The directive that was violated.
    pub violated_directive: String,
    /// What was blocked: a URL without query and fragment, or a word such as `inline`.
    pub blocked_uri: String,
    /// The script in which it happened, where known.
    pub source_file: Option<String>,
    /// The line in it, where known.
    pub line_number: Option<u32>,
}

/// Why a body holds no reports.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum CspReportError {
    /// The type is neither `application/csp-report` nor `application/reports+json`: 415.
    Type,
    /// The body is longer than [`MAX_CSP_REPORT`]: 413.
    Length,
    /// The body is not such a document: 400.
    Malformed,
}

impl CspReportError {
    /// The status that says so.
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

/// The violations that a body reports. Reports of the Reporting API about other things are left out.
///
/// # Errors
/// A type that is no report's, a body that is too long, one that is malformed.
///
/// ```
/// let body = br#"{"csp-report": {"document-uri": "https://a.test/?q=1", "violated-directive": "img-src", "blocked-uri": "inline"}}"#;
/// let reports = portcullis_core::parse_csp_report("application/csp-report", body)?;
/// assert_eq!(reports[0].document_uri, "https://a.test/");
/// # Ok::<(), portcullis_core::CspReportError>(())
/// ```
pub fn parse_csp_report(content_type: &str, body: &[u8]) -> Result<Vec<CspReport>, CspReportError> {
    let media = content_type.split(';').next().unwrap_or_default().trim();
    let is_old = media.eq_ignore_ascii_case("application/csp-report");
    if !is_old && !media.eq_ignore_ascii_case("application/reports+json") {
        return Err(CspReportError::Type);
    }
    if body.len() > MAX_CSP_REPORT {
        return Err(CspReportError::Length);
    }
    let document: Value = serde_json::from_slice(body).map_err(|_| CspReportError::Malformed)?;
    if is_old {
        let report = document.get("csp-report").filter(|report| report.is_object());
        return Ok(alloc::vec![old(report.ok_or(CspReportError::Malformed)?)]);
    }
    let reports = document.as_array().ok_or(CspReportError::Malformed)?;
    let violations = reports.iter().filter(|report| report.get("type") == Some(&"csp-violation".into()));
    Ok(violations.filter_map(|report| report.get("body")).take(MAX_REPORTS).map(new).collect())
}

fn old(report: &Value) -> CspReport {
    let directive = [report.get("violated-directive"), report.get("effective-directive")];
    CspReport {
        document_uri: url(report.get("document-uri")).unwrap_or_default(),
        violated_directive: directive.into_iter().find_map(text).unwrap_or_default(),
        blocked_uri: url(report.get("blocked-uri")).unwrap_or_default(),
        source_file: url(report.get("source-file")),
        line_number: line(report.get("line-number")),
    }
}

fn new(body: &Value) -> CspReport {
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
    // What stands behind the type of a `data:` URL is the content itself.
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
        // The family writes the word where there is no file, and its consumers know it.
        ("source_file", report.source_file.unwrap_or_else(|| "None".into()).into()),
    ];
    metadata.extend(report.line_number.map(|line| ("line_number", line.into())));
    metadata
}

#[cfg(test)]
mod tests;
