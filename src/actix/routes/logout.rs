//! The logout routes. They end launches and leave the application's own session data alone. That the EHR revokes the
//! tokens is not waited for, and the pages do not say that it did.

use std::slice;

use actix_session::SessionExt as _;
use actix_web::{HttpRequest, HttpResponse, http::StatusCode};

use crate::{
    actix::{
        browser,
        cookie::LaunchCookie,
        error::SmartSessionErrorKind,
        negotiate::{Audience, is_cross_site},
        reply::{Reply, wording},
    },
    config::SmartConfig,
    ending,
    store::{LaunchId, LaunchUse, LoadedLaunch, StoreError},
};

/// Ends the launch that the path names, if the browser can prove it.
pub(super) async fn one(request: &HttpRequest, config: &SmartConfig, id: LaunchId) -> HttpResponse {
    if let Some(refusal) = refuse_cross_site(request, config) {
        return refusal;
    }
    let settings = &config.shared().settings;
    let mut proofs = LaunchCookie::all(request, settings);
    proofs.retain(|cookie| cookie.id == id);
    if !proofs.is_empty()
        && let Err(error) = end(config, &id, &proofs).await
    {
        return failed(request, config, error);
    }
    signed_out(request, config)
}

/// Ends every launch of this browser, found through its browser id (and its launch cookie, where there is one).
pub(super) async fn all(request: &HttpRequest, config: &SmartConfig) -> HttpResponse {
    if let Some(refusal) = refuse_cross_site(request, config) {
        return refusal;
    }
    let shared = config.shared();
    for cookie in LaunchCookie::all(request, &shared.settings) {
        if let Err(error) = end(config, &cookie.id, slice::from_ref(&cookie)).await {
            return failed(request, config, error);
        }
    }
    if let Some(browser) = browser::known(&request.get_session())
        && let Err(error) = ending::end_all_of(config, browser).await
    {
        return failed(request, config, error);
    }
    signed_out(request, config)
}

async fn end(config: &SmartConfig, id: &LaunchId, proofs: &[LaunchCookie]) -> Result<(), StoreError> {
    let key = id.key();
    if let LoadedLaunch::Open { record, .. } = config.shared().load(key, LaunchUse::DoesNotCount).await?
        && LaunchCookie::one_opens(proofs, &record.proof)
    {
        ending::end_launch(config, key).await?;
    }
    Ok(())
}

fn refuse_cross_site(request: &HttpRequest, config: &SmartConfig) -> Option<HttpResponse> {
    let shared = config.shared();
    if !is_cross_site(request.headers(), &shared.own_origin) {
        return None;
    }
    tracing::warn!("a logout that came from another site was refused");
    let audience = Audience::of(request.method(), request.headers());
    let page = wording::session_error(SmartSessionErrorKind::CrossSite, audience, None, None);
    Some(Reply::page(&page, audience, Some(&shared.settings)).to_response())
}

fn failed(request: &HttpRequest, config: &SmartConfig, error: StoreError) -> HttpResponse {
    tracing::error!(%error, "a logout could not be carried out");
    let audience = Audience::of(request.method(), request.headers());
    Reply::page(&wording::not_signed_out(), audience, Some(&config.shared().settings)).to_response()
}

/// The launch cookie stays for as long as the browser keeps its session. It opens nothing any more, but it tells a reload, or the *Back*
/// button, that this person has signed out: without it the page would look like one of a stranger, and send the
/// browser straight to a new launch and back to the patient.
fn signed_out(request: &HttpRequest, config: &SmartConfig) -> HttpResponse {
    let settings = &config.shared().settings;
    let audience = Audience::of(request.method(), request.headers());
    match (settings.paths.external_after_logout(), audience) {
        (_, Audience::Api) => Reply::empty(StatusCode::NO_CONTENT),
        (Some(path), _) => Reply::redirect(&path),
        (None, _) => Reply::page(&wording::signed_out(), audience, Some(settings)),
    }
    .to_response()
}
