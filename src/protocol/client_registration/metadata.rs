//! What an application says of itself: [`ClientMetadata`].

use std::fmt;

use serde_json::{Map, Value};

use super::builder::ClientMetadataBuilder;

/// What an application says of itself when it registers (RFC 7591, section 2). Checked: made by
/// [`ClientMetadataBuilder::build`].
///
/// # Examples
///
/// ```
/// use actix_smart_auth::registration::{ClientMetadata, TokenEndpointAuthMethod};
///
/// let metadata = ClientMetadata::builder("Growth charts")
///     .redirect_uri("https://app.example/auth/callback")
///     .launch_uri("https://app.example/auth/launch")
///     .scopes("launch launch/patient openid fhirUser patient/Patient.rs offline_access")
///     .token_endpoint_auth_method(TokenEndpointAuthMethod::ClientSecretBasic)
///     .contact("it@app.example")
///     .build()?;
/// assert_eq!(metadata.members()["grant_types"], serde_json::json!(["authorization_code", "refresh_token"]));
/// # Ok::<(), actix_smart_auth::registration::ClientMetadataError>(())
/// ```
#[derive(Clone, PartialEq)]
pub struct ClientMetadata {
    pub(crate) members: Map<String, Value>,
}

impl ClientMetadata {
    /// Begins the metadata of an application with this name, which people see when they are asked whether it may have their data.
    pub fn builder(client_name: impl Into<String>) -> ClientMetadataBuilder {
        ClientMetadataBuilder::new(client_name.into())
    }

    /// Whether the server is to make up a secret.
    pub(crate) fn wants_secret(&self) -> bool {
        let method = self.members.get("token_endpoint_auth_method");
        let method = method.and_then(Value::as_str).unwrap_or_default();
        method.starts_with("client_secret")
    }

    /// All members, as they are sent.
    #[must_use]
    pub const fn members(&self) -> &Map<String, Value> {
        &self.members
    }
}

impl fmt::Debug for ClientMetadata {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientMetadata")
            .field("members", &self.members.keys().collect::<Vec<_>>())
            .finish()
    }
}
