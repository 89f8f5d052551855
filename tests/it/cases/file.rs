//! What a file says: [`Case`].

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Map, Value};

/// One EHR, and what has to happen at it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Case {
    /// What the server does.
    #[serde(rename = "server")]
    pub(super) _server: String,
    /// Where that was reported.
    #[serde(rename = "source")]
    pub(super) _source: String,
    #[serde(default)]
    pub(super) client: Client,
    /// Of the registration: see `options`.
    #[serde(default)]
    pub(super) options: BTreeMap<String, Value>,
    /// What the application is like without these options, where there are some.
    pub(super) without_options: Option<Expected>,
    #[serde(default)]
    pub(super) paths: Paths,
    #[serde(default)]
    pub(super) metadata: Answer,
    #[serde(default)]
    pub(super) authorize: Authorize,
    #[serde(default)]
    pub(super) token: Answer,
    /// One after the other; the last repeats.
    #[serde(default)]
    pub(super) refresh: Vec<Answer>,
    #[serde(default)]
    pub(super) keys: Answer,
    #[serde(default)]
    pub(super) id_token: IdToken,
    /// Further addresses.
    #[serde(default)]
    pub(super) also: BTreeMap<String, Answer>,
    /// The query of the launch address. Default: `iss` and `launch`.
    pub(super) launch: Option<String>,
    pub(super) expected: Expected,
}

#[derive(Deserialize, Default, Clone, Copy, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub(super) enum Client {
    #[default]
    Public,
    Secret,
    Key,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Paths {
    pub(super) fhir: String,
    pub(super) authorize: String,
    pub(super) token: String,
    pub(super) keys: String,
}

/// An answer: the usual JSON object, changed, or something else.
#[derive(Deserialize, Default, Clone)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Answer {
    /// Members that are set.
    pub(super) with: Map<String, Value>,
    /// Members that are taken away.
    pub(super) without: Vec<String>,
    /// Instead of the usual object.
    pub(super) object: Option<Map<String, Value>>,
    /// Instead of any object.
    pub(super) text: Option<String>,
    pub(super) status: Option<u16>,
    pub(super) content_type: Option<String>,
    pub(super) headers: BTreeMap<String, String>,
    /// Compressed with gzip, whatever was asked for.
    pub(super) gzip: bool,
    /// What a request must have.
    pub(super) demands: Vec<String>,
    /// The answer to a request that has it not.
    pub(super) otherwise: Option<Box<Self>>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Authorize {
    /// Parameters of the callback that are set.
    pub(super) with: BTreeMap<String, String>,
    pub(super) without: Vec<String>,
    pub(super) code: Option<String>,
    /// The whole query of the callback.
    pub(super) query: Option<String>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
pub(super) struct IdToken {
    pub(super) none: bool,
    /// Default: RS256, with the key `rsa`.
    pub(super) alg: Option<String>,
    pub(super) header_without: Vec<String>,
    pub(super) claims: Map<String, Value>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Expected {
    /// The status of the page at the end of the launch. 200: it has opened.
    pub(super) status: u16,
    /// What the first page says, in part.
    #[serde(default)]
    pub(super) says: String,
    /// What the log has.
    #[serde(default)]
    pub(super) log: Vec<String>,
    #[serde(default)]
    pub(super) then: Vec<Step>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, untagged)]
pub(super) enum Step {
    Wait {
        wait: f64,
    },
    Get {
        get: String,
        status: u16,
        #[serde(default)]
        says: String,
    },
    Post {
        post: String,
        status: u16,
        #[serde(default)]
        says: String,
    },
}

impl Default for Paths {
    fn default() -> Self {
        Self {
            fhir: "/fhir".to_owned(),
            authorize: "/authorize".to_owned(),
            token: "/token".to_owned(),
            keys: "/jwks".to_owned(),
        }
    }
}

impl Case {
    pub(super) fn parse(text: &str) -> Self {
        serde_json::from_str(text).unwrap()
    }
}
