//! What an EHR does differently, as data: [`Quirks`].

use std::time::Duration;

use crate::protocol::client_auth::{AuthStyle, BasicEncoding, ClientIdInBody};

/// What one EHR does differently from the specification, or where the specification leaves it a choice.
///
/// The default is what SMART App Launch 2.2 says. One value belongs to one registration
/// ([`EhrBuilder::quirks`](crate::EhrBuilder::quirks)).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Quirks {
    pub(crate) auth: AuthStyle,
    pub(crate) id_token_issuer: Option<String>,
    pub(crate) min_refresh_interval: Option<Duration>,
}

impl Quirks {
    /// No quirks: what the specification says.
    #[must_use]
    pub fn none() -> Self {
        Self::default()
    }

    /// How client id and secret are written into the `Authorization` header. Default: [`BasicEncoding::FormEncoded`].
    #[must_use]
    pub const fn basic_encoding(mut self, encoding: BasicEncoding) -> Self {
        self.auth.basic_encoding = encoding;
        self
    }

    /// Whether a confidential client sends its id in the body too. Default: [`ClientIdInBody::Omit`].
    #[must_use]
    pub const fn client_id_in_body(mut self, policy: ClientIdInBody) -> Self {
        self.auth.client_id_in_body = policy;
        self
    }

    /// The issuer of this EHR's id tokens, where it is not the `issuer` of its metadata. Its keys are then looked up at
    /// `{issuer}/.well-known/openid-configuration`. Default: the metadata's.
    #[must_use]
    pub fn id_token_issuer(mut self, issuer: impl Into<String>) -> Self {
        self.id_token_issuer = Some(issuer.into());
        self
    }

    /// The shortest time between two refreshes of one launch while its token is usable. Default: the smaller of one
    /// minute and half of the token's life.
    #[must_use]
    pub const fn min_refresh_interval(mut self, interval: Duration) -> Self {
        self.min_refresh_interval = Some(interval);
        self
    }
}
