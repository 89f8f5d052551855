//! The claims of a token whose signature is good: [`check_claims`] (OpenID Connect Core 1.0, section 3.1.3.7).

use std::time::Duration;

use serde_json::{Map, Value};

use super::{
    claims::{IdTokenClaims, Parts},
    error::IdTokenError,
    expected::{Expected, OtherAudiences},
    fhir_user::FhirUserReference,
    nonce_policy::NoncePolicy,
};
use crate::{
    protocol::{ehr_text::EhrText, secret::same_secret},
    time::Timestamp,
};

const LONGEST_SUBJECT: usize = 255;

/// Checks the claims in the order of the specification.
///
/// # Errors
///
/// Those of [`IdTokenError`] that are about claims.
pub(crate) fn check_claims(
    mut claims: Map<String, Value>,
    expected: &Expected<'_>,
) -> Result<IdTokenClaims, IdTokenError> {
    let issuer = issuer(take(&mut claims, "iss"), expected.issuer)?;
    let audience = audience(take(&mut claims, "aud"), expected.client_id)?;
    let authorized_party = authorized_party(take(&mut claims, "azp"), &audience, expected)?;
    let expires_at = expiry(take(&mut claims, "exp"), claims.get("iat"), expected)?;
    let issued_at = issue(take(&mut claims, "iat"), expected)?;
    not_before(claims.get("nbf"), expected)?;
    let nonce_was_checked = nonce(take(&mut claims, "nonce"), expected)?;
    let subject = subject(take(&mut claims, "sub"))?;
    let auth_time = auth_time(&mut claims);
    let fhir_user = fhir_user(&claims, expected.fhir_base_url);
    Ok(IdTokenClaims::new(Parts {
        issuer,
        subject,
        audience,
        authorized_party,
        expires_at,
        issued_at,
        auth_time,
        nonce_was_checked,
        fhir_user,
        other: claims,
    }))
}

/// A claim; `null` is as absent.
fn take(claims: &mut Map<String, Value>, name: &str) -> Option<Value> {
    claims.remove(name).filter(|value| !value.is_null())
}

fn issuer(claim: Option<Value>, expected: &str) -> Result<String, IdTokenError> {
    let issuer = match claim {
        None => return Err(IdTokenError::MissingIssuer),
        Some(Value::String(issuer)) => issuer,
        Some(_) => return Err(IdTokenError::MalformedIssuer),
    };
    if issuer != expected {
        return Err(IdTokenError::OtherIssuer {
            expected: expected.to_owned(),
            found: EhrText::new(&issuer),
        });
    }
    Ok(issuer)
}

fn audience(claim: Option<Value>, client_id: &str) -> Result<Vec<String>, IdTokenError> {
    let audience = match claim {
        None => return Err(IdTokenError::MissingAudience),
        Some(Value::String(one)) => vec![one],
        Some(Value::Array(items)) => items
            .into_iter()
            .map(|item| match item {
                Value::String(text) => Ok(text),
                _ => Err(IdTokenError::MalformedAudience),
            })
            .collect::<Result<_, _>>()?,
        Some(_) => return Err(IdTokenError::MalformedAudience),
    };
    if !audience.iter().any(|one| one == client_id) {
        return Err(IdTokenError::OtherAudience);
    }
    Ok(audience)
}

/// With other audiences beside us, somebody has to say that the token was made for us, unless the registration knows that
/// nobody does.
fn authorized_party(
    claim: Option<Value>,
    audience: &[String],
    expected: &Expected<'_>,
) -> Result<Option<String>, IdTokenError> {
    let has_others = || audience.iter().any(|one| one != expected.client_id);
    match claim {
        None if expected.other_audiences == OtherAudiences::WithAuthorizedParty && has_others() => {
            Err(IdTokenError::MissingAuthorizedParty)
        }
        None => Ok(None),
        Some(Value::String(party)) if party == expected.client_id => Ok(Some(party)),
        Some(Value::String(_)) => Err(IdTokenError::OtherAuthorizedParty),
        Some(_) => Err(IdTokenError::MalformedAuthorizedParty),
    }
}

/// The time of issue is for the message alone; it is checked afterwards.
fn expiry(claim: Option<Value>, issued_at: Option<&Value>, expected: &Expected<'_>) -> Result<Timestamp, IdTokenError> {
    let claim = claim.ok_or(IdTokenError::MissingExpiry)?;
    let expires_at = moment(&claim).ok_or(IdTokenError::MalformedExpiry)?;
    if expected.now > expires_at.saturating_add(expected.clock_tolerance) {
        let ago = |moment| Duration::from_secs(expected.now.saturating_since(moment).as_secs());
        let issued_at = issued_at.and_then(moment).filter(|issued| *issued < expires_at);
        return Err(IdTokenError::Expired {
            ago: ago(expires_at),
            issued_ago: issued_at.map(ago),
        });
    }
    Ok(expires_at)
}

fn issue(claim: Option<Value>, expected: &Expected<'_>) -> Result<Timestamp, IdTokenError> {
    let claim = claim.ok_or(IdTokenError::MissingIssuedAt)?;
    let issued_at = moment(&claim).ok_or(IdTokenError::MalformedIssuedAt)?;
    if let Some(ahead) = too_far_ahead(issued_at, expected) {
        return Err(IdTokenError::IssuedInFuture { ahead });
    }
    Ok(issued_at)
}

fn not_before(claim: Option<&Value>, expected: &Expected<'_>) -> Result<(), IdTokenError> {
    let Some(claim) = claim.filter(|value| !value.is_null()) else {
        return Ok(());
    };
    let not_before = moment(claim).ok_or(IdTokenError::MalformedNotBefore)?;
    if let Some(ahead) = too_far_ahead(not_before, expected) {
        return Err(IdTokenError::NotYetValid { ahead });
    }
    Ok(())
}

/// How far a moment is in the future, in seconds that have begun, if that is more than clocks may differ.
fn too_far_ahead(moment: Timestamp, expected: &Expected<'_>) -> Option<Duration> {
    let ahead = moment.saturating_since(expected.now);
    (ahead > expected.clock_tolerance)
        .then(|| Duration::from_secs(ahead.as_millis().div_ceil(1000).try_into().unwrap_or(u64::MAX)))
}

/// Whether a nonce was compared.
fn nonce(claim: Option<Value>, expected: &Expected<'_>) -> Result<bool, IdTokenError> {
    let found = match claim {
        None => None,
        Some(Value::String(nonce)) => Some(nonce),
        Some(_) => return Err(IdTokenError::MalformedNonce),
    };
    let sent = match expected.nonce_policy {
        NoncePolicy::NotSent => None,
        NoncePolicy::IfReturned | NoncePolicy::Required => expected.nonce,
    };
    match (found, sent) {
        (Some(found), Some(sent)) if same_secret(&found, sent.expose_secret()) => Ok(true),
        (Some(_), Some(_)) => Err(IdTokenError::OtherNonce),
        (Some(_), None) => Err(IdTokenError::UnexpectedNonce),
        (None, _) if expected.nonce_policy == NoncePolicy::Required => Err(IdTokenError::MissingNonce),
        (None, _) => Ok(false),
    }
}

fn subject(claim: Option<Value>) -> Result<String, IdTokenError> {
    let subject = match claim {
        None => return Err(IdTokenError::MissingSubject),
        Some(Value::String(subject)) => subject,
        Some(_) => return Err(IdTokenError::MalformedSubject),
    };
    if subject.is_empty() {
        return Err(IdTokenError::EmptySubject);
    }
    if !subject.is_ascii() {
        return Err(IdTokenError::NonAsciiSubject);
    }
    if subject.len() > LONGEST_SUBJECT {
        return Err(IdTokenError::LongSubject);
    }
    Ok(subject)
}

/// Seconds since the epoch, also with a fraction (RFC 7519, section 2, `NumericDate`). Before the epoch is the epoch.
fn moment(claim: &Value) -> Option<Timestamp> {
    let Value::Number(number) = claim else {
        return None;
    };
    let since_epoch = match number.as_u64() {
        Some(seconds) => Duration::from_secs(seconds),
        None => Duration::try_from_secs_f64(number.as_f64()?.max(0.0)).unwrap_or(Duration::MAX),
    };
    Some(Timestamp::from_millis(0).saturating_add(since_epoch))
}

/// When the person signed in. A value that is no number stays with the other claims, where the check of a demanded
/// sign-in sees it.
fn auth_time(claims: &mut Map<String, Value>) -> Option<Timestamp> {
    let moment = claims.get("auth_time").and_then(moment);
    if moment.is_some() || claims.get("auth_time").is_some_and(Value::is_null) {
        claims.remove("auth_time");
    }
    moment
}

/// `fhirUser`; without it `profile`, as in SMART v1, unless that is the page about a person of OpenID Connect.
fn fhir_user(claims: &Map<String, Value>, fhir_base_url: &str) -> Option<FhirUserReference> {
    let claim = |name: &str| {
        claims
            .get(name)
            .filter(|value| !value.is_null() && value.as_str() != Some(""))
    };
    if let Some(value) = claim("fhirUser") {
        // Where one attribute may have several values, servers send the only one as an array.
        let value = match value.as_array().map(Vec::as_slice) {
            Some([only]) => only,
            _ => value,
        };
        let Some(text) = value.as_str() else {
            tracing::warn!("the fhirUser of an id token is not a text; it is left out");
            return None;
        };
        return FhirUserReference::parse(text, fhir_base_url)
            .inspect_err(|reason| tracing::warn!(%reason, "the fhirUser of an id token cannot be used; it is left out"))
            .ok();
    }
    FhirUserReference::parse(claim("profile")?.as_str()?, fhir_base_url)
        .inspect_err(|reason| tracing::debug!(%reason, "the profile of an id token is not a FHIR resource"))
        .ok()
}
