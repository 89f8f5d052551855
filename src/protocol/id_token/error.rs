//! Why an id token is not believed: [`IdTokenError`], one variant per check.

use std::{fmt, time::Duration};

use super::key_problem::KeyProblem;
use crate::protocol::{ehr_text::EhrText, visible::in_log};

/// One of the three parts of a signed token (RFC 7515, section 3.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum TokenPart {
    /// The first: which algorithm, which key.
    Header,
    /// The second: who the user is.
    Claims,
    /// The third.
    Signature,
}

impl fmt::Display for TokenPart {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Header => "header",
            Self::Claims => "claims",
            Self::Signature => "signature",
        })
    }
}

/// Why an id token was refused. The variants stand in the order of the checks.
///
/// No message repeats the token or a claim about the user. The issuer that the token names is the one thing that is
/// told, cut and with control characters replaced, because it has to be configured.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum IdTokenError {
    /// Longer than 64 KiB.
    #[error("the id token is longer than 64 KiB; report it to the EHR")]
    TooLarge,
    /// Five parts: a JWE (RFC 7516), for which the application would need a decryption key.
    #[error("the id token is encrypted, which this client does not support; have the EHR sign it only")]
    Encrypted,
    /// Not three parts with a `.` between them (RFC 7515, section 7.1).
    #[error("the id token is not a signed JWT of three parts; report it to the EHR")]
    NotThreeParts,
    /// A part is not base64url without padding.
    #[error("the {0} of the id token is not base64url; report it to the EHR")]
    NotBase64(TokenPart),
    /// A part is not JSON.
    #[error("the {0} of the id token is not JSON; report it to the EHR")]
    NotJson(TokenPart),
    /// A part is JSON, but not an object.
    #[error("the {0} of the id token is not a JSON object; report it to the EHR")]
    NotAnObject(TokenPart),
    /// A part has two members of one name; two readers could take different ones (RFC 7515, section 4).
    #[error("the {0} of the id token has two members of the same name; report it to the EHR")]
    RepeatedMember(TokenPart),
    /// The header has `crit`: extensions that have to be understood, and none is (RFC 7515, section 4.1.11).
    #[error("the id token demands an extension (`crit`) that this client does not know; report it to the EHR")]
    CriticalExtension,
    /// `typ` is there and is not `JWT`: another kind of token, for example an access token (RFC 8725, section 3.11).
    #[error("the id token says that it is another kind of token (`typ`); report it to the EHR")]
    OtherType,
    /// `cty` is `JWT`: a token within a token (RFC 7519, section 5.2).
    #[error("the id token contains another token (`cty`), which this client does not support; report it to the EHR")]
    Nested,
    /// `alg` is missing or not a text.
    #[error("the id token does not say how it is signed (`alg`); report it to the EHR")]
    NoAlgorithm,
    /// `alg` is `none`, in any spelling.
    #[error("the id token is not signed (`alg` is none); do not use this EHR until that is explained")]
    Unsigned,
    /// `alg` is an HMAC, which everybody could make who has the key that we check with.
    #[error("the id token is signed with a shared key (an HS algorithm); have the EHR sign with RS256 or ES256")]
    SymmetricAlgorithm,
    /// `alg` is none of those that are accepted.
    #[error(
        "the id token is signed with the algorithm {name}; accepted are RS256 to RS512, PS256 to PS512, ES256 to ES512 and EdDSA"
    )]
    UnknownAlgorithm {
        /// The name, or `unknown` when it is not one.
        name: String,
    },
    /// `kid` is there and not a text.
    #[error("the id token names its key (`kid`) by something that is not a text; report it to the EHR")]
    MalformedKeyId,
    /// No key of the set has the `kid` of the token.
    #[error(
        "the id token names a key that is not in the EHR's key set; the EHR may have changed its keys, or its `jwks_uri` is not the one of this issuer"
    )]
    UnknownKey,
    /// More than four keys that fit have the `kid` of the token. Up to four are tried.
    #[error("the EHR's key set has more than four keys with the `kid` of the id token; report it to the EHR")]
    DuplicateKey,
    /// Nothing says which key it is (`kid`), and more than 16 fit. Up to 16 are tried.
    #[error("the id token does not name its key (`kid`), and more than 16 keys of the EHR fit; report it to the EHR")]
    AmbiguousKey,
    /// Nothing says which key it is (`kid`), and none of several keys fits.
    #[error("no key in the EHR's key set fits the algorithm of the id token; its `jwks_uri` may be another issuer's")]
    NoFittingKey,
    /// The token's key cannot be used at all.
    #[error("the key of the id token cannot be used: {0}; report it to the EHR")]
    UnusableKey(KeyProblem),
    /// The token's key is of another family than `alg`: RSA, P-256, P-384, P-521 and Ed25519 are five.
    #[error("the key of the id token is not of the kind that its algorithm needs; report it to the EHR")]
    OtherKeyFamily,
    /// The token's key is for another `alg`.
    #[error("the key of the id token is for another algorithm (`alg`); report it to the EHR")]
    OtherKeyAlgorithm,
    /// The signature was not made with the key.
    #[error(
        "the signature of the id token is wrong: it was changed, or the EHR's key set is not the one of this issuer"
    )]
    BadSignature,
    /// `iss` is missing.
    #[error("the id token names no issuer (`iss`); report it to the EHR")]
    MissingIssuer,
    /// `iss` is not a text.
    #[error("the issuer (`iss`) of the id token is not a text; report it to the EHR")]
    MalformedIssuer,
    /// `iss` is not exactly the issuer that is expected: a `/` at the end counts.
    #[error(
        "the id token was issued by {:?}, expected was {:?}; if the EHR confirms the former, configure it as the id token issuer",
        in_log(found.as_ref().map_or("", EhrText::as_str)),
        in_log(expected)
    )]
    OtherIssuer {
        /// What was expected.
        expected: String,
        /// What the token says.
        found: Option<EhrText>,
    },
    /// `aud` is missing.
    #[error("the id token does not say whom it is for (`aud`); report it to the EHR")]
    MissingAudience,
    /// `aud` is neither a text nor an array of texts.
    #[error("the audience (`aud`) of the id token is neither a text nor a list of texts; report it to the EHR")]
    MalformedAudience,
    /// The client id is not in `aud`.
    #[error("the id token is for another client (`aud`); check that the client id is the one of this registration")]
    OtherAudience,
    /// `aud` has others beside the client id, and `azp` does not say for whom the token is.
    #[error(
        "the id token is for several audiences and does not say for which of them (`azp`); if the EHR confirms that, allow it with `Quirks::other_audiences`"
    )]
    MissingAuthorizedParty,
    /// `azp` is not a text.
    #[error("the authorized party (`azp`) of the id token is not a text; report it to the EHR")]
    MalformedAuthorizedParty,
    /// `azp` is another client.
    #[error("the id token was issued to another client (`azp`); check the client id of this registration")]
    OtherAuthorizedParty,
    /// `exp` is missing.
    #[error("the id token does not say when it expires (`exp`); report it to the EHR")]
    MissingExpiry,
    /// `exp` is not a number.
    #[error("the expiry (`exp`) of the id token is not a number; report it to the EHR")]
    MalformedExpiry,
    /// `exp` is longer ago than clocks may differ.
    #[error(
        "the id token expired {} s ago; {}. If the EHR's clock is wrong, set `Quirks::clock_tolerance`",
        ago.as_secs(),
        whose_clock(*issued_ago)
    )]
    Expired {
        /// How long, in whole seconds.
        ago: Duration,
        /// How long ago it was issued by its own word (`iat`), in whole seconds. `None` where it does not say that, or
        /// says that it was not valid for a moment.
        issued_ago: Option<Duration>,
    },
    /// `iat` is missing.
    #[error("the id token does not say when it was issued (`iat`); report it to the EHR")]
    MissingIssuedAt,
    /// `iat` is not a number.
    #[error("the time of issue (`iat`) of the id token is not a number; report it to the EHR")]
    MalformedIssuedAt,
    /// `iat` is further ahead than clocks may differ.
    #[error(
        "the id token was issued {} s in the future; this machine's clock is probably that much behind, set it (NTP). If the \
         EHR's is wrong, set `Quirks::clock_tolerance`",
        ahead.as_secs()
    )]
    IssuedInFuture {
        /// How far, in seconds that have begun.
        ahead: Duration,
    },
    /// `nbf` is there and not a number.
    #[error("the begin of validity (`nbf`) of the id token is not a number; report it to the EHR")]
    MalformedNotBefore,
    /// `nbf` is further ahead than clocks may differ.
    #[error(
        "the id token is valid in {} s only; compare this machine's clock with the EHR's. If the EHR's is wrong, set \
         `Quirks::clock_tolerance`",
        ahead.as_secs()
    )]
    NotYetValid {
        /// How far, in seconds that have begun.
        ahead: Duration,
    },
    /// `nonce` is missing, and [`NoncePolicy::Required`](super::NoncePolicy) asks for it.
    #[error("the id token has no `nonce`; if this EHR never returns it, do not require it for this registration")]
    MissingNonce,
    /// `nonce` is not a text.
    #[error("the `nonce` of the id token is not a text; report it to the EHR")]
    MalformedNonce,
    /// `nonce` is not the one that was sent: the token belongs to another sign-in.
    #[error("the id token belongs to another sign-in (`nonce`); start again")]
    OtherNonce,
    /// `nonce` is there, and none was sent.
    #[error("the id token has a `nonce` although none was sent; start again, and report it to the EHR if it stays")]
    UnexpectedNonce,
    /// `sub` is missing.
    #[error("the id token names no user (`sub`); report it to the EHR")]
    MissingSubject,
    /// `sub` is not a text.
    #[error("the user (`sub`) of the id token is not a text; report it to the EHR")]
    MalformedSubject,
    /// `sub` is empty.
    #[error("the user (`sub`) of the id token is empty; report it to the EHR")]
    EmptySubject,
    /// `sub` has more than 255 characters (OpenID Connect Core 1.0, section 2).
    #[error("the user (`sub`) of the id token has more than 255 characters; report it to the EHR")]
    LongSubject,
    /// `sub` has a character outside of ASCII (OpenID Connect Core 1.0, section 2).
    #[error("the user (`sub`) of the id token has characters outside of ASCII; report it to the EHR")]
    NonAsciiSubject,
}

/// What the time of issue says about this machine's clock: a token comes right after it was made.
fn whose_clock(issued_ago: Option<Duration>) -> String {
    match issued_ago.map(|ago| ago.as_secs()) {
        Some(ago) => format!(
            "it was issued {ago} s ago by its own word, though it is new: this machine's clock is probably {ago} s ahead, \
             set it (NTP)"
        ),
        None => "compare this machine's clock with the EHR's".to_owned(),
    }
}

impl IdTokenError {
    /// Whether the EHR's present keys could make the token good: its keys may have changed since they were fetched.
    ///
    /// True when no key of the set fits, and when the signature is wrong: some EHRs publish no `kid`, and some keep it
    /// when they change the key.
    #[must_use]
    pub const fn wants_newer_keys(&self) -> bool {
        matches!(
            self,
            Self::UnknownKey
                | Self::NoFittingKey
                | Self::UnusableKey(_)
                | Self::OtherKeyFamily
                | Self::OtherKeyAlgorithm
                | Self::BadSignature
        )
    }
}
