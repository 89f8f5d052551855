//! The libraries, and the programs that use them.

use actix_smart_auth::sandbox::StrictCheck;

use super::run::{Kind, Step};

/// A library that somebody else wrote.
pub(super) struct Library {
    /// As the guide calls it.
    pub(super) name: &'static str,
    pub(super) language: Language,
    /// The program, in the folder of its language.
    pub(super) program: &'static str,
    /// What even a sandbox that does as real EHRs do refuses, because they would too. The guide says why.
    pub(super) refusals: &'static [(Kind, Step)],
    /// The checks that refuse it whatever is done, as it has nothing against them.
    pub(super) helpless: &'static [StrictCheck],
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Language {
    JavaScript {
        /// The one of npm that has the library.
        package: &'static str,
    },
    Python,
}

pub(super) const FHIRCLIENT: Library = Library {
    name: "fhirclient (JavaScript)",
    language: Language::JavaScript { package: "fhirclient" },
    program: "fhirclient.mjs",
    refusals: &[(Kind::Es384, Step::Refresh), (Kind::Rs384, Step::Refresh)],
    helpless: &[StrictCheck::Nonce, StrictCheck::OddValues],
};

pub(super) const OPENID_CLIENT: Library = Library {
    name: "openid-client",
    language: Language::JavaScript {
        package: "openid-client",
    },
    program: "openid-client.mjs",
    refusals: &[],
    helpless: &[StrictCheck::OneClientId, StrictCheck::SecretInHeader],
};

pub(super) const OAUTH4WEBAPI: Library = Library {
    name: "oauth4webapi",
    language: Language::JavaScript {
        package: "oauth4webapi",
    },
    program: "oauth4webapi.mjs",
    refusals: &[],
    helpless: &[StrictCheck::OneClientId, StrictCheck::SecretInHeader],
};

pub(super) const CLIENT_PY: Library = Library {
    name: "fhirclient (Python)",
    language: Language::Python,
    program: "client_py.py",
    refusals: &[],
    helpless: &[StrictCheck::Nonce, StrictCheck::OneClientId],
};

pub(super) const AUTHLIB: Library = Library {
    name: "Authlib",
    language: Language::Python,
    program: "authlib_client.py",
    refusals: &[],
    helpless: &[StrictCheck::SecretInHeader],
};

pub(super) const REQUESTS_OAUTHLIB: Library = Library {
    name: "requests-oauthlib",
    language: Language::Python,
    program: "requests_oauthlib_client.py",
    refusals: &[],
    helpless: &[StrictCheck::SecretInHeader],
};
