//! All that a metadata document gets wrong: [`ServerMetadata::validate`].

use super::{capabilities::contains, server_metadata::ServerMetadata, violation::MetadataViolation};

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

impl ServerMetadata {
    /// Everything in which the document breaks SMART App Launch 2.2; empty when it breaks nothing.
    ///
    /// Meant for a log or an administrator. The crate launches in spite of all of these.
    #[must_use]
    pub fn validate(&self) -> Vec<MetadataViolation> {
        let mut found = self.found_while_reading.clone();
        required_members(self, &mut found);
        launches(self, &mut found);
        openid_connect(self, &mut found);
        pkce(self, &mut found);
        client_authentication(self, &mut found);
        for name in self.capabilities() {
            if !CAPABILITIES.contains(&name.as_str()) && url::Url::parse(name).is_err() {
                found.push(MetadataViolation::UnknownCapability { name: name.clone() });
            }
        }
        found
    }
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
