//! What there is to remember of an application that comes, from its launch to its tokens.

use crate::{
    sandbox::{launching::LaunchDetails, sign_in::SignInRequest},
    time::Timestamp,
};

/// A client that registered itself.
#[derive(Debug, Clone)]
pub(in crate::sandbox) struct SelfRegistered {
    /// Its registration access token.
    pub(in crate::sandbox) token: String,
    /// What it is told.
    pub(in crate::sandbox) answer: serde_json::Map<String, serde_json::Value>,
    /// The later it registered itself or changed that, the larger. The state gives it.
    pub(in crate::sandbox) number: u64,
}

/// The context behind a `launch` value.
#[derive(Debug, Clone)]
pub(in crate::sandbox) struct EhrLaunch {
    pub(in crate::sandbox) launch_url: String,
    pub(in crate::sandbox) patient: String,
    pub(in crate::sandbox) encounter: Option<String>,
    pub(in crate::sandbox) details: LaunchDetails,
    /// For which client the EHR made it, where that can be told.
    pub(in crate::sandbox) client_id: Option<String>,
    pub(in crate::sandbox) made: Timestamp,
    pub(in crate::sandbox) used: bool,
}

impl EhrLaunch {
    /// Of no visit, in a tab.
    pub(in crate::sandbox) fn new(
        launch_url: String,
        client_id: Option<String>,
        patient: String,
        now: Timestamp,
    ) -> Self {
        Self {
            launch_url,
            patient,
            encounter: None,
            details: LaunchDetails::default(),
            client_id,
            made: now,
            used: false,
        }
    }
}

/// An authorization request that passed all checks.
#[derive(Debug, Clone)]
pub(in crate::sandbox) struct AuthorizationRequest {
    pub(in crate::sandbox) client_id: String,
    pub(in crate::sandbox) redirect_uri: String,
    pub(in crate::sandbox) state: String,
    /// What will be granted if the user agrees.
    pub(in crate::sandbox) scopes: Vec<String>,
    pub(in crate::sandbox) code_challenge: Option<String>,
    pub(in crate::sandbox) nonce: Option<String>,
    pub(in crate::sandbox) launch: Option<String>,
    pub(in crate::sandbox) sign_in: SignInRequest,
}

/// An authorization request while a person answers questions about it.
#[derive(Debug, Clone)]
pub(in crate::sandbox) struct Pending {
    pub(in crate::sandbox) request: AuthorizationRequest,
    pub(in crate::sandbox) arrived: Timestamp,
    /// FHIR reference of the user who signed in.
    pub(in crate::sandbox) user: Option<String>,
    pub(in crate::sandbox) signed_in_at: Option<Timestamp>,
    pub(in crate::sandbox) patient: Option<String>,
    pub(in crate::sandbox) encounter: Option<String>,
    pub(in crate::sandbox) details: LaunchDetails,
}

/// What the user agreed to.
#[derive(Debug, Clone)]
pub(in crate::sandbox) struct Agreement {
    pub(in crate::sandbox) client_id: String,
    pub(in crate::sandbox) scopes: Vec<String>,
    pub(in crate::sandbox) user: String,
    pub(in crate::sandbox) patient: Option<String>,
    pub(in crate::sandbox) encounter: Option<String>,
    pub(in crate::sandbox) details: LaunchDetails,
    pub(in crate::sandbox) nonce: Option<String>,
    /// `state` of the authorization request.
    pub(in crate::sandbox) state: String,
    /// When the user signed in, if id tokens have to say it.
    pub(in crate::sandbox) auth_time: Option<Timestamp>,
}

#[derive(Debug, Clone)]
pub(in crate::sandbox) struct Code {
    pub(in crate::sandbox) agreement: Agreement,
    pub(in crate::sandbox) redirect_uri: String,
    pub(in crate::sandbox) code_challenge: Option<String>,
    pub(in crate::sandbox) expires: Timestamp,
    pub(in crate::sandbox) used: bool,
    /// Its number in `grants`, once exchanged.
    pub(in crate::sandbox) grant: Option<usize>,
}

#[derive(Debug, Clone)]
pub(in crate::sandbox) struct GrantRecord {
    pub(in crate::sandbox) agreement: Agreement,
    pub(in crate::sandbox) refreshes: u32,
    /// When a refresh was tried last.
    pub(in crate::sandbox) tried: Option<Timestamp>,
    pub(in crate::sandbox) reuse_detected: bool,
    pub(in crate::sandbox) revoked: bool,
}

#[derive(Debug, Clone)]
pub(in crate::sandbox) struct AccessToken {
    pub(in crate::sandbox) grant: usize,
    pub(in crate::sandbox) scopes: Vec<String>,
    pub(in crate::sandbox) expires: Timestamp,
    pub(in crate::sandbox) revoked: bool,
}

#[derive(Debug, Clone)]
pub(in crate::sandbox) struct RefreshToken {
    pub(in crate::sandbox) grant: usize,
    pub(in crate::sandbox) issued: Timestamp,
    pub(in crate::sandbox) expires: Option<Timestamp>,
    /// Whether a newer one took its place.
    pub(in crate::sandbox) replaced: bool,
}
