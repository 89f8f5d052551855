//! A client as files and JSON describe it: [`ClientDescription`].

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::super::{
    AddressMistake, ClientMistake, Jwks, SandboxClient, address,
    client::{ClientKind, Flows, Installations, Introspects},
};

/// An application as files and JSON describe it: what the constructors and setters of [`SandboxClient`] say, and its launch URLs.
///
/// | key | what it is |
/// |---|---|
/// | `client-id` | as the application sends it |
/// | `redirect-uris` | compared exactly; at least one if people launch it; without a fragment |
/// | `launch-urls` | the EHR's page has *Launch* links for them |
/// | `secret`, `jwks`, `jwks-url` | how it authenticates: with one of them, or as a public client with none |
/// | `scopes` | grants at most these; default: whatever is asked for |
/// | `flows` | `launches` (default), `backend-services` or `both` |
/// | `introspects` | `own-tokens` (default), or `all-tokens`: it is a resource server, and needs no redirect URI |
/// | `installation-clients` | `no` (default) or `may`: [`SandboxClient::with_installation_clients`] |
///
/// ```
/// use actix_smart_auth::sandbox::{SandboxServer, control::ClientDescription};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let description: ClientDescription = serde_json::from_str(
///     r#"{"client-id": "my-app", "redirect-uris": ["http://127.0.0.1:8080/auth/callback"], "secret": "s3cret"}"#,
/// )?;
/// let sandbox = SandboxServer::builder().client(description.client().clone()).start()?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(try_from = "Written")]
pub struct ClientDescription {
    client: SandboxClient,
    launch_urls: Vec<String>,
}

impl ClientDescription {
    /// The application.
    #[must_use]
    pub const fn client(&self) -> &SandboxClient {
        &self.client
    }

    /// Its launch URLs.
    #[must_use]
    pub fn launch_urls(&self) -> &[String] {
        &self.launch_urls
    }
}

/// The keys as they are written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", expecting = "a client by its keys")]
struct Written {
    client_id: String,
    #[serde(default)]
    redirect_uris: Vec<String>,
    #[serde(default)]
    launch_urls: Vec<String>,
    secret: Option<String>,
    jwks: Option<Value>,
    jwks_url: Option<String>,
    scopes: Option<Vec<String>>,
    #[serde(default = "launches")]
    flows: Flows,
    #[serde(default = "own_tokens")]
    introspects: Introspects,
    #[serde(default)]
    installation_clients: InstallationClients,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum InstallationClients {
    #[default]
    No,
    May,
}

const fn launches() -> Flows {
    Flows::Launches
}

const fn own_tokens() -> Introspects {
    Introspects::OwnTokens
}

/// Why a description is none of a client.
#[derive(Debug, thiserror::Error)]
enum NoClient {
    #[error(transparent)]
    Address(#[from] AddressMistake),
    #[error("give one of secret, jwks and jwks-url, or none for a public client")]
    SeveralCredentials,
    #[error(transparent)]
    Client(#[from] ClientMistake),
}

impl TryFrom<Written> for ClientDescription {
    type Error = NoClient;

    fn try_from(written: Written) -> Result<Self, NoClient> {
        for url in &written.launch_urls {
            address::launch_url(url)?;
        }
        let kind = match (written.secret, written.jwks, written.jwks_url) {
            (None, None, None) => ClientKind::Public,
            (Some(secret), None, None) => ClientKind::Secret(secret),
            (None, Some(jwks), None) => ClientKind::PrivateKeyJwt(Jwks::Value(jwks)),
            (None, None, Some(url)) => ClientKind::PrivateKeyJwt(Jwks::Url(url)),
            _ => return Err(NoClient::SeveralCredentials),
        };
        let mut client = SandboxClient::registered(
            written.client_id,
            written.redirect_uris,
            kind,
            written.scopes,
            written.flows,
        );
        client.introspects = written.introspects;
        if written.installation_clients == InstallationClients::May {
            client.installations = Installations::May;
        }
        client.check()?;
        Ok(Self {
            client,
            launch_urls: written.launch_urls,
        })
    }
}

/// A client as a list shows it: without its secret.
#[derive(Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) struct RegisteredClient<'a> {
    client_id: &'a str,
    authentication: Authentication,
    redirect_uris: &'a [String],
    launch_urls: Vec<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    jwks: Option<&'a Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    jwks_url: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    scopes: Option<&'a [String]>,
    flows: Flows,
    introspects: Introspects,
    installation_clients: InstallationClients,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
enum Authentication {
    Public,
    Secret,
    PrivateKeyJwt,
}

impl<'a> RegisteredClient<'a> {
    pub(super) fn new(client: &'a SandboxClient, launch_urls: Vec<&'a str>) -> Self {
        let (authentication, jwks, jwks_url) = match &client.kind {
            ClientKind::Public => (Authentication::Public, None, None),
            ClientKind::Secret(_) => (Authentication::Secret, None, None),
            ClientKind::PrivateKeyJwt(Jwks::Value(jwks)) => (Authentication::PrivateKeyJwt, Some(jwks), None),
            ClientKind::PrivateKeyJwt(Jwks::Url(url)) => (Authentication::PrivateKeyJwt, None, Some(url.as_str())),
        };
        Self {
            client_id: &client.client_id,
            authentication,
            redirect_uris: &client.redirect_uris,
            launch_urls,
            jwks,
            jwks_url,
            scopes: client.scopes.as_deref(),
            flows: client.flows,
            introspects: client.introspects,
            installation_clients: match client.installations {
                Installations::May => InstallationClients::May,
                Installations::No | Installations::Of(_) => InstallationClients::No,
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const CALLBACK: &str = "http://127.0.0.1:8080/auth/callback";

    fn read(description: Value) -> Result<ClientDescription, String> {
        serde_json::from_value(description).map_err(|error| error.to_string())
    }

    #[test]
    fn every_constructor_and_setter_of_a_client_can_be_described() {
        let jwks = json!({"keys": []});
        let keys = || Jwks::Value(jwks.clone());
        let url = "http://127.0.0.1:8080/jwks.json";
        for (description, client) in [
            (
                json!({"client-id": "a", "redirect-uris": [CALLBACK]}),
                SandboxClient::public("a", CALLBACK),
            ),
            (
                json!({"client-id": "a", "redirect-uris": [CALLBACK, "app:/back"], "secret": "s", "scopes": ["launch"]}),
                SandboxClient::secret("a", CALLBACK, "s")
                    .redirect_uri("app:/back")
                    .scopes(["launch"]),
            ),
            (
                json!({"client-id": "a", "redirect-uris": [CALLBACK], "jwks": jwks, "flows": "both"}),
                SandboxClient::private_key_jwt("a", CALLBACK, keys()).and_backend(),
            ),
            (
                json!({"client-id": "a", "jwks-url": url, "flows": "backend-services"}),
                SandboxClient::backend("a", Jwks::Url(url.to_owned())),
            ),
            (
                json!({"client-id": "a", "secret": "s", "introspects": "all-tokens"}),
                SandboxClient::resource_server("a", "s"),
            ),
            (
                json!({"client-id": "a", "redirect-uris": [CALLBACK], "secret": "s", "introspects": "all-tokens"}),
                SandboxClient::secret("a", CALLBACK, "s").and_resource_server(),
            ),
            (
                json!({"client-id": "a", "redirect-uris": [CALLBACK], "installation-clients": "may"}),
                SandboxClient::public("a", CALLBACK).with_installation_clients(),
            ),
        ] {
            assert_eq!(read(description.clone()).unwrap().client(), &client, "{description}");
        }
    }

    #[test]
    fn a_description_that_cannot_be_meant_is_refused_with_what_to_do() {
        for (description, wrong) in [
            (
                json!({"client-id": "", "redirect-uris": [CALLBACK]}),
                ClientMistake::NoId.into(),
            ),
            (
                json!({"client-id": "a", "redirect-uris": ["callback"]}),
                ClientMistake::Address(AddressMistake::NoUrl("callback".to_owned())).into(),
            ),
            (
                json!({"client-id": "a", "redirect-uris": ["http://127.0.0.1:8080/auth/callback#top"]}),
                ClientMistake::Address(AddressMistake::Fragment(
                    "http://127.0.0.1:8080/auth/callback#top".to_owned(),
                ))
                .into(),
            ),
            (
                json!({"client-id": "a", "jwks-url": "keys", "flows": "backend-services"}),
                ClientMistake::NoKeySet("keys".to_owned()).into(),
            ),
            (
                json!({"client-id": "a", "redirect-uris": [CALLBACK], "secret": "s", "jwks": {"keys": []}}),
                NoClient::SeveralCredentials,
            ),
            (
                json!({"client-id": "a", "redirect-uris": [CALLBACK], "jwks": {}}),
                ClientMistake::NoKeys.into(),
            ),
            (json!({"client-id": "a"}), ClientMistake::NoRedirectUri.into()),
            (
                json!({"client-id": "a", "flows": "backend-services"}),
                ClientMistake::NoCredential.into(),
            ),
        ] {
            assert_eq!(read(description.clone()), Err(wrong.to_string()), "{description}");
        }
        for address in [
            "javascript:alert(1)",
            "about:blank",
            "blob:https://app.example/1",
            "JavaScript:alert(1)",
            "data:text/html,a",
            "vbscript:a",
            "file:///etc/hosts",
        ] {
            let wrong = AddressMistake::OpensNothing(address.to_owned()).to_string();
            let redirect = read(json!({"client-id": "a", "redirect-uris": [address]}));
            assert_eq!(redirect, Err(wrong.clone()), "{address}");
            let launch = json!({"client-id": "a", "redirect-uris": [CALLBACK], "launch-urls": [address]});
            assert_eq!(read(launch), Err(wrong), "{address}");
        }
        let unknown = read(json!({"client-id": "a", "redirect-uri": CALLBACK})).unwrap_err();
        assert!(
            unknown.contains("`redirect-uri`") && unknown.contains("`redirect-uris`"),
            "{unknown}"
        );
    }
}
