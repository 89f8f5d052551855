//! What the stored forms of version 1 are made of.

use std::{borrow::Cow, fmt, marker::PhantomData};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::{
    protocol::{
        callback::IssParameter,
        client_auth::{SecretPlacement, SigningAlgorithm},
        id_token::IdTokenClaims,
        urls::EndpointUrl,
    },
    store::{CredentialKind, EndpointsSource, FormatError, PinnedClient, PinnedEndpoints, format::StoredName},
};

/// Borrowed when written, owned when read and then moved: no more copies of a secret than must be.
pub(super) type Text<'a> = Cow<'a, str>;

/// 32 bytes of a hash, as base64url without padding.
#[derive(Clone, Copy)]
pub(super) struct Hash(pub(super) [u8; 32]);

impl Serialize for Hash {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&URL_SAFE_NO_PAD.encode(self.0))
    }
}

impl<'de> Deserialize<'de> for Hash {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Text::deserialize(deserializer)?;
        URL_SAFE_NO_PAD
            .decode(text.as_bytes())
            .ok()
            .and_then(|bytes| bytes.try_into().ok())
            .map(Self)
            .ok_or_else(|| de::Error::custom("not a hash"))
    }
}

/// A variant, by the name that it has in stored records.
#[derive(Clone, Copy)]
pub(super) struct Named<E>(pub(super) E);

impl<E: StoredName> Serialize for Named<E> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.0.stored_name())
    }
}

impl<'de, E: StoredName> Deserialize<'de> for Named<E> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(NameVisitor(PhantomData))
    }
}

/// Reads a name where it stands: nothing is copied.
struct NameVisitor<E>(PhantomData<E>);

impl<E: StoredName> de::Visitor<'_> for NameVisitor<E> {
    type Value = Named<E>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a known name")
    }

    fn visit_str<Error: de::Error>(self, name: &str) -> Result<Self::Value, Error> {
        // What was read instead is not said: no error shows content.
        E::from_stored_name(name)
            .map(Named)
            .ok_or_else(|| Error::custom("not a known name"))
    }
}

/// The client of the two members that a record has for it. Not a form of its own: in cookies each character counts.
pub(super) fn client(id: Option<Text<'_>>, credentials: Option<Named<CredentialKind>>) -> Option<PinnedClient> {
    Some(PinnedClient {
        client_id: id?.into_owned(),
        credentials: credentials?.0,
    })
}

/// The claims of a verified id token, in the form that belongs to them.
pub(super) struct Identity<'a>(pub(super) Cow<'a, IdTokenClaims>);

impl Serialize for Identity<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.to_stored().serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Identity<'_> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        IdTokenClaims::from_stored(deserializer).map(|claims| Self(Cow::Owned(claims)))
    }
}

#[derive(Serialize, Deserialize)]
pub(super) struct Endpoints<'a> {
    token: Text<'a>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    revocation: Option<Text<'a>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    introspection: Option<Text<'a>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    issuer: Option<Text<'a>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    jwks_uri: Option<Text<'a>>,
    /// Absent in records of versions that did not look at the promise: none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    iss_promised: Option<bool>,
    /// Absent where it is sent in the header, as in records of versions that knew no other place.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    secret_in_body: Option<bool>,
    /// Absent where the metadata did not list one alone, and in records of versions that had one key for all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    assertion_alg: Option<Text<'a>>,
    /// Absent for the metadata, and in records of versions that did not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    source: Option<Text<'a>>,
}

impl<'a> From<&'a PinnedEndpoints> for Endpoints<'a> {
    fn from(endpoints: &'a PinnedEndpoints) -> Self {
        let text = |endpoint: &'a Option<EndpointUrl>| endpoint.as_ref().map(|endpoint| endpoint.as_str().into());
        Self {
            token: endpoints.token.as_str().into(),
            revocation: text(&endpoints.revocation),
            introspection: text(&endpoints.introspection),
            issuer: endpoints.issuer.as_deref().map(Into::into),
            jwks_uri: text(&endpoints.jwks_uri),
            iss_promised: (endpoints.iss_parameter == IssParameter::Promised).then_some(true),
            secret_in_body: (endpoints.client_secret == SecretPlacement::Body).then_some(true),
            assertion_alg: endpoints.assertion_algorithm.map(|algorithm| algorithm.name().into()),
            source: (endpoints.source != EndpointsSource::Metadata).then(|| endpoints.source.stored_name().into()),
        }
    }
}

impl TryFrom<Endpoints<'_>> for PinnedEndpoints {
    type Error = FormatError;

    fn try_from(form: Endpoints<'_>) -> Result<Self, FormatError> {
        let url = |text: Text<'_>| EndpointUrl::parse(&text).map_err(|_| FormatError::Malformed);
        Ok(Self {
            token: url(form.token)?,
            revocation: form.revocation.map(url).transpose()?,
            introspection: form.introspection.map(url).transpose()?,
            issuer: form.issuer.map(Cow::into_owned),
            jwks_uri: form.jwks_uri.map(url).transpose()?,
            iss_parameter: match form.iss_promised {
                Some(true) => IssParameter::Promised,
                Some(false) | None => IssParameter::NotPromised,
            },
            client_secret: match form.secret_in_body {
                Some(true) => SecretPlacement::Body,
                Some(false) | None => SecretPlacement::Header,
            },
            assertion_algorithm: match form.assertion_alg {
                Some(name) => Some(SigningAlgorithm::named(&name).ok_or(FormatError::Malformed)?),
                None => None,
            },
            source: match form.source {
                Some(name) => EndpointsSource::from_stored_name(&name).ok_or(FormatError::Malformed)?,
                None => EndpointsSource::Metadata,
            },
        })
    }
}
