//! Whether a refresh is still about the same user: [`same_user`].

use crate::{
    config::SubjectOnRefresh,
    protocol::{
        id_token::{IdTokenClaims, unverified_user},
        secret::RawIdToken,
        token::RefreshMismatch,
    },
};

/// Compares the id token of a refresh response, if there is one, with the user of the launch (OpenID Connect Core 1.0,
/// section 12.2: the same `iss` and `sub`).
///
/// That is all that such a token is used for. It came from the token endpoint over TLS, its claims say nothing that the
/// launch does not know already, and EHRs send it expired, without `aud` and `nonce`, or not at all. So it is not
/// verified, needs no keys, and ends a launch only by naming somebody else.
///
/// # Errors
///
/// [`RefreshMismatch::UserChanged`] when it names another user. Then nothing of the response may be used.
pub(crate) fn same_user(
    user: Option<&IdTokenClaims>,
    id_token: Option<&RawIdToken>,
    policy: SubjectOnRefresh,
) -> Result<(), RefreshMismatch> {
    let (Some(user), Some(id_token)) = (user, id_token) else {
        return Ok(());
    };
    if policy == SubjectOnRefresh::Ignore {
        return Ok(());
    }
    let Some((issuer, subject)) = unverified_user(id_token) else {
        tracing::debug!("the id token of a refresh response cannot be read or names no user; the launch goes on");
        return Ok(());
    };
    if subject != user.subject() || issuer.is_some_and(|issuer| issuer != user.issuer()) {
        return Err(RefreshMismatch::UserChanged);
    }
    tracing::debug!("the id token of a refresh response names the user of the launch");
    Ok(())
}
