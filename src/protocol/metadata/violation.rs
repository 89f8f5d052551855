//! What a metadata document gets wrong.

use super::{ServerMetadata, UrlError, capabilities::contains};
use crate::protocol::visible::in_log;

/// One way in which a metadata document breaks SMART App Launch 2.2.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum MetadataViolation {
    /// A member has the wrong JSON type, or an array has items of the wrong type; those were left out.
    #[error("`{field}` is not {expected}; what does not fit is ignored")]
    WrongType {
        /// The member.
        field: &'static str,
        /// What it should be.
        expected: &'static str,
    },
    /// An endpoint cannot be used and was left out.
    #[error("`{field}` {reason}; it is ignored")]
    Url {
        /// The member.
        field: &'static str,
        /// Which rule it breaks.
        reason: UrlError,
    },
    /// An endpoint is relative. It was resolved against the FHIR base URL.
    #[error("`{field}` is a relative URL; it must be absolute")]
    RelativeUrl {
        /// The member.
        field: &'static str,
    },
    /// A member that every server must send is not there.
    #[error("`{field}` is missing")]
    Missing {
        /// The member.
        field: &'static str,
    },
    /// A member that a capability of this server makes necessary is not there.
    #[error("`{field}` is missing, though the server lists the capability `{capability}`")]
    MissingForCapability {
        /// The member.
        field: &'static str,
        /// The capability.
        capability: &'static str,
    },
    /// A list lacks a value that a capability of this server makes necessary.
    #[error("`{field}` does not list `{value}`, though the server lists the capability `{capability}`")]
    NotListed {
        /// The list.
        field: &'static str,
        /// The value.
        value: &'static str,
        /// The capability.
        capability: &'static str,
    },
    /// There is an issuer, though users are not signed in with OpenID Connect.
    #[error("`issuer` must be left out when the capability `sso-openid-connect` is not listed")]
    IssuerWithoutOpenIdConnect,
    /// PKCE with SHA-256 is not listed.
    #[error("`code_challenge_methods_supported` does not list `S256`")]
    S256NotListed,
    /// PKCE without a hash is listed.
    #[error("`code_challenge_methods_supported` lists `plain`, which is forbidden")]
    PlainListed,
    /// None of the algorithms that clients must know is accepted for their assertions.
    #[error("`token_endpoint_auth_signing_alg_values_supported` lists neither `RS384` nor `ES384`")]
    NoKnownAlgorithm,
    /// A capability is neither defined by SMART App Launch nor a URI.
    #[error(
        "the capability `{}` is not defined by SMART App Launch 2.2 and is not a URI",
        in_log(name)
    )]
    UnknownCapability {
        /// The capability, as the server wrote it.
        name: String,
    },
}

/// The capabilities that SMART App Launch 2.2 defines, and the two older names that its examples still use.
const CAPABILITIES: [&str; 22] = [
    "launch-ehr",
    "launch-standalone",
    "authorize-post",
    "client-public",
    "client-confidential-symmetric",
    "client-confidential-asymmetric",
    "sso-openid-connect",
    "context-banner",
    "context-style",
    "context-passthrough-banner",
    "context-passthrough-style",
    "context-ehr-patient",
    "context-ehr-encounter",
    "context-standalone-patient",
    "context-standalone-encounter",
    "permission-offline",
    "permission-online",
    "permission-patient",
    "permission-user",
    "permission-v1",
    "permission-v2",
    "smart-app-state",
];

pub(super) fn all(metadata: &ServerMetadata) -> Vec<MetadataViolation> {
    let mut found = metadata.found_while_reading.clone();
    required_members(metadata, &mut found);
    launches(metadata, &mut found);
    openid_connect(metadata, &mut found);
    pkce(metadata, &mut found);
    client_authentication(metadata, &mut found);
    for name in metadata.capabilities() {
        if !CAPABILITIES.contains(&name.as_str()) && url::Url::parse(name).is_err() {
            found.push(MetadataViolation::UnknownCapability { name: name.clone() });
        }
    }
    found
}

fn required_members(metadata: &ServerMetadata, found: &mut Vec<MetadataViolation>) {
    for (field, there) in [
        ("token_endpoint", metadata.token_endpoint.is_some()),
        ("grant_types_supported", metadata.grant_types_supported.is_some()),
        ("capabilities", metadata.capabilities.is_some()),
        (
            "code_challenge_methods_supported",
            metadata.code_challenge_methods_supported.is_some(),
        ),
    ] {
        if !there {
            found.push(MetadataViolation::Missing { field });
        }
    }
}

fn launches(metadata: &ServerMetadata, found: &mut Vec<MetadataViolation>) {
    for capability in ["launch-ehr", "launch-standalone"] {
        if !metadata.has_capability(capability) {
            continue;
        }
        if metadata.authorization_endpoint.is_none() {
            found.push(MetadataViolation::MissingForCapability {
                field: "authorization_endpoint",
                capability,
            });
        }
        if let Some(grants) = metadata.grant_types_supported()
            && !contains(grants, "authorization_code")
        {
            found.push(MetadataViolation::NotListed {
                field: "grant_types_supported",
                value: "authorization_code",
                capability,
            });
        }
    }
}

fn openid_connect(metadata: &ServerMetadata, found: &mut Vec<MetadataViolation>) {
    let capability = "sso-openid-connect";
    if metadata.openid_connect_capability() {
        for (field, there) in [
            ("issuer", metadata.issuer.is_some()),
            ("jwks_uri", metadata.jwks_uri.is_some()),
        ] {
            if !there {
                found.push(MetadataViolation::MissingForCapability { field, capability });
            }
        }
    } else if metadata.issuer.is_some() {
        found.push(MetadataViolation::IssuerWithoutOpenIdConnect);
    }
}

fn pkce(metadata: &ServerMetadata, found: &mut Vec<MetadataViolation>) {
    let Some(methods) = metadata.code_challenge_methods_supported() else {
        return;
    };
    if !contains(methods, "S256") {
        found.push(MetadataViolation::S256NotListed);
    }
    if contains(methods, "plain") {
        found.push(MetadataViolation::PlainListed);
    }
}

fn client_authentication(metadata: &ServerMetadata, found: &mut Vec<MetadataViolation>) {
    let capability = "client-confidential-asymmetric";
    if !metadata.has_capability(capability) {
        return;
    }
    if let Some(methods) = metadata.token_endpoint_auth_methods_supported()
        && !contains(methods, "private_key_jwt")
    {
        found.push(MetadataViolation::NotListed {
            field: "token_endpoint_auth_methods_supported",
            value: "private_key_jwt",
            capability,
        });
    }
    if metadata.asymmetric_signing_algorithms_supported().is_empty() {
        found.push(MetadataViolation::NoKnownAlgorithm);
    }
}
