//! The file format, field by field. Nothing is interpreted here, and no field that is not named here is accepted.

use std::collections::BTreeMap;

use serde::Deserialize;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct File {
    pub(super) case: Vec<toml::Value>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Case {
    pub(super) name: String,
    #[serde(default)]
    pub(super) checklist: Vec<u8>,
    #[serde(default)]
    pub(super) defect: Vec<u8>,
    pub(super) fixes: Option<String>,
    #[serde(default)]
    pub(super) wire: bool,
    #[serde(default)]
    pub(super) nested: bool,
    pub(super) http: Option<String>,
    pub(super) config: Option<toml::Value>,
    pub(super) rejected: Option<String>,
    pub(super) response: Option<Response>,
    #[serde(default)]
    pub(super) policies: BTreeMap<String, toml::Table>,
    #[serde(default)]
    pub(super) routes: BTreeMap<String, String>,
    #[serde(default)]
    pub(super) facts: Facts,
    #[serde(default)]
    pub(super) step: Vec<Step>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Facts {
    pub(super) countries: Option<BTreeMap<String, Vec<String>>>,
    #[serde(default)]
    pub(super) clouds: Vec<CloudNetworks>,
    #[serde(default)]
    pub(super) lists: BTreeMap<String, Vec<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct CloudNetworks {
    pub(super) provider: String,
    pub(super) region: Option<String>,
    pub(super) networks: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Step {
    pub(super) at: Option<String>,
    pub(super) peer: Option<String>,
    pub(super) tls: Option<bool>,
    pub(super) method: Option<String>,
    pub(super) target: Option<String>,
    #[serde(default)]
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: Option<String>,
    pub(super) body_base64: Option<String>,
    pub(super) body_repeat: Option<Repeat>,
    pub(super) chunks: Option<Vec<String>>,
    pub(super) repeat: Option<u32>,
    pub(super) response: Option<Response>,
    pub(super) ban: Option<Ban>,
    pub(super) unban: Option<String>,
    pub(super) reload: Option<toml::Value>,
    pub(super) rules: Option<String>,
    pub(super) expect: Expect,
}

#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Response {
    pub(super) status: Option<u16>,
    #[serde(default)]
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: Option<String>,
    pub(super) pad: Option<usize>,
    pub(super) frames: Option<Vec<String>>,
    pub(super) cost: Option<u32>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Repeat {
    pub(super) text: String,
    pub(super) times: usize,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Ban {
    pub(super) target: String,
    pub(super) r#for: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Expect {
    pub(super) status: Option<u16>,
    pub(super) body: Option<String>,
    pub(super) body_has: Option<String>,
    #[serde(default)]
    pub(super) headers: BTreeMap<String, String>,
    #[serde(default)]
    pub(super) present: Vec<String>,
    #[serde(default)]
    pub(super) absent: Vec<String>,
    pub(super) handler_ran: Option<bool>,
    pub(super) handler_body: Option<String>,
    pub(super) handler_body_sha256: Option<String>,
    pub(super) client: Option<String>,
    pub(super) class: Option<String>,
    pub(super) rule: Option<String>,
    pub(super) secret: Option<String>,
    pub(super) events: Option<Vec<(String, String)>>,
    pub(super) reason: Option<String>,
    #[serde(default)]
    pub(super) metadata: BTreeMap<String, String>,
    pub(super) gaps: Option<Vec<String>>,
    #[serde(default)]
    pub(super) banned: Vec<String>,
    #[serde(default)]
    pub(super) free: Vec<String>,
    pub(super) rejected: Option<bool>,
}
