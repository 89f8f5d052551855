//! Reading a token response that is at hand: [`BackendClient::check_token_response`].

use super::{client::BackendClient, error::BackendError};
use crate::{
    protocol::{findings::TokenResponseReport, token_error::TokenError, token_response::Grant},
    runtime::token_endpoint,
};

/// Why a token response could not be checked, or cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TokenCheckError {
    /// There is no registration to read it for, or none without users.
    #[error(transparent)]
    Backend(#[from] BackendError),
    /// The response cannot be used.
    #[error(transparent)]
    Response(#[from] TokenError),
}

impl BackendClient {
    /// Reads a token response that is at hand, from a test system or a report, as [`token`](Self::token) would, and says what is
    /// missing in it or unusual about it. Nothing is sent, kept or logged.
    ///
    /// # Errors
    ///
    /// [`TokenCheckError::Response`] for one that cannot be used; [`TokenCheckError::Backend`] as for [`token`](Self::token) where
    /// the EHR or its scopes are not known.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # use actix_smart_auth::backend::{BackendClient, TokenCheckError};
    /// # async fn run(client: BackendClient) -> Result<(), TokenCheckError> {
    /// let report = client.check_token_response(br#"{"access_token":"abc","token_type":"bearer"}"#).await?;
    /// println!("{report}"); // the token response has no `scope`, which SMART requires; …
    /// # Ok(())
    /// # }
    /// ```
    pub async fn check_token_response(&self, body: &[u8]) -> Result<TokenResponseReport, TokenCheckError> {
        let (ehr, scopes) = self.registration_and_scopes().await?;
        let report = token_endpoint::check_response(self.runtime(), &ehr, Grant::ClientCredentials, &scopes, body)?;
        Ok(report)
    }
}
