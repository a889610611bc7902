//! The rules.

use crate::detect::evidence::{Class, Rule};

pub(super) static EXECUTE: Rule = Rule::new(
    Class::Ssi,
    "ssi.execute",
    100,
    "makes the web server run a program",
    &["<!--#exec cmd=\"ls\" -->", "x<!-- #EXEC CGI = '/cgi-bin/x' -->"],
    &["<!-- #exec -->", "<!--#executive summary-->", "<!-- exec cmd=\"ls\" -->"],
);
pub(super) static INCLUDE: Rule = Rule::new(
    Class::Ssi,
    "ssi.include",
    100,
    "makes the web server include a file or page",
    &["<!--#include file=\"x.html\"-->", "<!--#include virtual=\"/cgi-bin/y\" -->"],
    &["<!--#include-->", "#include <stdio.h>", "<!-- include file -->"],
);
pub(super) static SHOW: Rule = Rule::new(
    Class::Ssi,
    "ssi.show",
    100,
    "makes the web server show or set a variable",
    &["<!--#echo var=\"DATE_LOCAL\" -->", "<!--#printenv -->", "<!--#config timefmt=\"%D\" -->"],
    &["<!--#region echo-->", "<!--#echo-->", "<!-- set var=1 -->"],
);

/// Every rule of this class.
pub(in crate::detect) const ALL: &[&Rule] = &[&EXECUTE, &INCLUDE, &SHOW];
