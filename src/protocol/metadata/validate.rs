//! All that a metadata document gets wrong: [`ServerMetadata::validate`].

use super::{capabilities::contains, server_metadata::ServerMetadata, violation::MetadataViolation};

impl ServerMetadata {
    /// Everything in which the document breaks SMART App Launch 2.2; empty when it breaks nothing.
    ///
    /// Meant for a log or an administrator. The crate launches in spite of all of these.
    ///
    /// A capability that SMART App Launch does not define is none of them: other guides of HL7 may name theirs by plain
    /// strings, other organizations by URIs (Conformance, Capability Sets), and a name does not tell whose it is.
    #[must_use]
    pub fn validate(&self) -> Vec<MetadataViolation> {
        let mut found = self.found_while_reading.clone();
        required_members(self, &mut found);
        launches(self, &mut found);
        openid_connect(self, &mut found);
        pkce(self, &mut found);
        client_authentication(self, &mut found);
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
