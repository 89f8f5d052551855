//! What the stored forms of version 1 are made of.

use std::borrow::Cow;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::{
    protocol::{callback::IssParameter, id_token::IdTokenClaims, urls::EndpointUrl},
    store::{
        CredentialKind, EndReason, FailedCallbackKind, FormatError, LaunchKind, PinnedClient, PinnedEndpoints,
        RefreshFailure,
    },
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

/// Names for the variants of an enum of the records.
macro_rules! names {
    ($form:ident of $record:ident { $($variant:ident = $name:literal,)+ }) => {
        #[derive(Clone, Copy, Serialize, Deserialize)]
        pub(super) enum $form {
            $(#[serde(rename = $name)] $variant,)+
        }

        impl From<$record> for $form {
            fn from(record: $record) -> Self {
                match record {
                    $($record::$variant => Self::$variant,)+
                }
            }
        }

        impl From<$form> for $record {
            fn from(form: $form) -> Self {
                match form {
                    $($form::$variant => Self::$variant,)+
                }
            }
        }
    };
}

names!(Kind of LaunchKind {
    Ehr = "ehr",
    Standalone = "standalone",
});

names!(Reason of EndReason {
    LoggedOut = "logged_out",
    RefreshRefused = "refresh_refused",
    RefreshAnswerLost = "refresh_answer_lost",
    TokenExpired = "token_expired",
    PatientChanged = "patient_changed",
    UserChanged = "user_changed",
    Idle = "idle",
    TooOld = "too_old",
    OtherUser = "other_user",
    Replaced = "replaced",
    Evicted = "evicted",
    RegistrationChanged = "registration_changed",
});

names!(FailedKind of FailedCallbackKind {
    AccessDenied = "access_denied",
    EhrError = "ehr_error",
    NoCode = "no_code",
    WrongIssuer = "wrong_issuer",
    CodeRefused = "code_refused",
    ClientRefused = "client_refused",
    BadTokenResponse = "bad_token_response",
    EhrUnavailable = "ehr_unavailable",
    AnswerLost = "answer_lost",
    IdentityRefused = "identity_refused",
    SignInNotFresh = "sign_in_not_fresh",
    StoreUnavailable = "store_unavailable",
    ScopesNotGranted = "scopes_not_granted",
    RefusedByApplication = "refused_by_application",
    HookTimedOut = "hook_timed_out",
    RegistrationChanged = "registration_changed",
    Internal = "internal",
});

names!(Failure of RefreshFailure {
    EhrUnavailable = "ehr_unavailable",
    ClientRefused = "client_refused",
    StoreUnavailable = "store_unavailable",
    Busy = "busy",
    Unanswered = "unanswered",
    NotOffered = "not_offered",
    RegistrationUnavailable = "registration_unavailable",
});

names!(Credentials of CredentialKind {
    Public = "public",
    Secret = "secret",
    PrivateKey = "key",
});

/// The client of the two members that a record has for it. Not a form of its own: in cookies each character counts.
pub(super) fn client(id: Option<Text<'_>>, credentials: Option<Credentials>) -> Option<PinnedClient> {
    Some(PinnedClient {
        client_id: id?.into_owned(),
        credentials: credentials?.into(),
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
        })
    }
}
