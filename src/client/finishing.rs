//! From a callback to tokens: [`SmartClient::finish`].

use std::sync::Arc;

use super::{Authorized, FinishError, PendingAuthorization, SmartClient, error::Unfinished};
use crate::{
    launch::{
        exchange::{Exchange, Exchanged},
        installation::with_own_client,
        revoke::RevocableTokens,
    },
    protocol::{
        callback::{CallbackAnswer, CallbackQuery, check_iss},
        secret::same_secret,
        token_error::TokenError,
    },
    runtime::{places::PlaceKind, signing::SignedAhead},
};

impl SmartClient {
    /// Finishes an authorization with the query string that the redirect URI was opened with.
    ///
    /// The code is sent once, and to the end even if this future is dropped. Tokens that nobody takes then are revoked where the EHR
    /// has an endpoint for it.
    ///
    /// # Errors
    ///
    /// [`Unfinished`], with the pending authorization where it can still be finished; `state` is checked before anything else.
    pub async fn finish(&self, pending: PendingAuthorization, query: &str) -> Result<Authorized, Unfinished> {
        let query = match CallbackQuery::parse(query) {
            Ok(query) => query,
            Err(error) => return Err(Unfinished::kept(error, pending)),
        };
        if !same_secret(query.state.expose_secret(), pending.state.expose_secret()) {
            return Err(Unfinished::kept(FinishError::StateMismatch, pending));
        }
        let (runtime, record) = (self.config.runtime(), &pending.record);
        let now = match runtime.store.learned_now().await {
            Ok(now) => now,
            Err(error) => return Err(Unfinished::kept(FinishError::Store(error), pending)),
        };
        if now >= record.started_at.saturating_add(runtime.rules().lifetimes.pending) {
            return Err(Unfinished::lost(FinishError::Expired));
        }
        check_iss(
            &query,
            record.endpoints.issuer.as_deref(),
            record.endpoints.iss_parameter,
            runtime.known_ehrs(),
        )
        .map_err(|problem| Unfinished::lost(problem.into()))?;
        let code = match query.answer {
            CallbackAnswer::Code(code) => code,
            CallbackAnswer::Error(error) => return Err(Unfinished::lost(FinishError::Refused(error))),
            CallbackAnswer::Neither => return Err(Unfinished::lost(FinishError::NoCode)),
        };
        if record.ehr != self.ehr.key() {
            return Err(Unfinished::kept(FinishError::OtherEhr, pending));
        }
        self.check_client(record.client.as_ref())
            .map_err(|error| Unfinished::lost(error.into()))?;
        let (runtime, ehr, record) = (Arc::clone(runtime), Arc::clone(&self.ehr), record.clone());
        let (revoker, verifier) = (self.config.revoker().clone(), self.config.verifier().clone());
        let work = async move {
            let place = runtime.places.take(ehr.desk(), PlaceKind::Exchange).await;
            let place = place.map_err(TokenError::from)?;
            let exchange = Exchange {
                runtime: &runtime,
                revoker: &revoker,
                verifier: &verifier,
                ehr: &ehr,
                pending: &record,
            };
            let signed = SignedAhead::for_request(&runtime, &ehr, &record.endpoints.auth_server()).await;
            let signed = signed.map_err(TokenError::from)?;
            let Exchanged { tokens, report } = exchange.send(&code, place, signed, None).await?;
            let identity = exchange.admit(&tokens).await?;
            let client = ehr.client();
            let tokens = with_own_client(&runtime, &ehr, &record.endpoints, tokens).await;
            Ok(Authorized {
                tokens,
                report: Some(report),
                requested: record.requested,
                identity,
                aud: record.aud,
                kind: record.kind,
                endpoints: record.endpoints,
                client,
            })
        };
        let (revoker, key) = (self.config.revoker().clone(), self.ehr.key().to_owned());
        let undo = move |authorized: Authorized| {
            tracing::info!(ehr = %key, "nobody waits for the tokens of a code any more; they are revoked");
            let tokens = RevocableTokens::of(&authorized.tokens, authorized.client);
            revoker.revoke(&key, &authorized.endpoints, tokens);
        };
        let stopped = |error| FinishError::from(TokenError::from(error));
        let finished = self.on_engine_or_undo("code exchange", work, undo, stopped).await;
        finished.map_err(|error| match &error {
            FinishError::Token(sent) if sent.was_not_sent() => Unfinished::kept(error, pending),
            _ => Unfinished::lost(error),
        })
    }
}
