//! A request that is put to several routes in a row is counted once.

use portcullis_runtime::{Answers, Checked, RoutePolicy};

use crate::support::*;
