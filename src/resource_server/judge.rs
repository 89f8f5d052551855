//! Whether a token that the server calls good is good here and now: [`judge`].

use super::error::CallerTokenErrorKind as Kind;
use crate::{
    config::{CheckedCallerTokens, Ehr},
    log_throttle::log_seldom,
    protocol::{id_token::CLOCK_TOLERANCE, introspection::Introspection, visible::in_log},
    runtime::Runtime,
};

/// Whether a token that the server calls good, or called so a short time ago, is good here and now.
pub(super) fn judge(
    runtime: &Runtime,
    ehr: &Ehr,
    rules: &CheckedCallerTokens,
    said: &Introspection,
) -> Result<(), Kind> {
    if !said.active() {
        return Err(Kind::Inactive);
    }
    if said.is_bound_to_key() {
        log_seldom!(
            runtime,
            warn,
            ehr = ehr.key(),
            "a caller's token is bound to a key (`cnf`), and showing it proves nothing; have the EHR give the callers of this application \
             bearer tokens"
        );
        return Err(Kind::BoundToKey);
    }
    if !said.is_bearer(ehr.quirks().token_type) {
        log_seldom!(
            runtime,
            warn,
            ehr = ehr.key(),
            "a caller's token is of another `token_type` than `Bearer`; have the EHR give the callers of this application bearer tokens"
        );
        return Err(Kind::NotBearer);
    }
    let now = runtime.wall_clock();
    if said.expires_at().is_some_and(|end| now >= end) {
        return Err(Kind::Expired);
    }
    // The server has looked at it by its own clock, which may be ahead by so much.
    if said
        .not_before()
        .is_some_and(|start| now.saturating_add(CLOCK_TOLERANCE) < start)
    {
        return Err(Kind::NotYet);
    }
    if rules.issuer.is_some() && said.issuer() != rules.issuer.as_deref() {
        log_seldom!(
            runtime,
            warn,
            ehr = ehr.key(),
            "a caller's token is by another issuer than `CallerTokens::issuer`, or the EHR does not say by whom"
        );
        let iss = said.issuer().map(in_log);
        tracing::debug!(
            ehr = ehr.key(),
            ?iss,
            "what the EHR says of the issuer of a caller's token"
        );
        return Err(Kind::OtherIssuer);
    }
    if let Some(own) = &rules.audience
        && !said.audiences().contains(own)
    {
        log_seldom!(
            runtime,
            warn,
            ehr = ehr.key(),
            "a caller's token is for another audience than `CallerTokens::audience`, or the EHR does not say for whom"
        );
        let aud = in_log(&said.audiences().join(" "));
        tracing::debug!(
            ehr = ehr.key(),
            ?aud,
            "what the EHR says of the audience of a caller's token"
        );
        return Err(Kind::OtherAudience);
    }
    Ok(())
}
