//! `GET` of the logout routes: whether somebody is signed in. What a person sees after signing out, and who opens that
//! address by hand, or again when somebody else is at work here.

use actix_web::{HttpRequest, HttpResponse};

use crate::{
    actix::{
        browser,
        launch_cookie::LaunchCookie,
        negotiate::{Audience, Window, is_cross_site, is_foreign_errand},
        reply::{Reply, wording},
        routes::stopped,
        wording::SignedOutOf,
    },
    browsers::{self, Openness},
    config::SmartConfig,
    store::{LaunchId, LaunchUse, LoadedLaunch, StoreError},
};

/// Whether the launch that the path names is open, to a browser that can prove it.
pub(super) async fn of_one(request: &HttpRequest, config: &SmartConfig, id: LaunchId) -> HttpResponse {
    let proofs = LaunchCookie::all_of(request, &config.shared().settings, &id);
    let openness = if proofs.is_empty() {
        Ok(Openness::NothingKnown)
    } else {
        // One that is forgotten is not open either.
        of_launch(config, &id, &proofs, Openness::NoneOpen).await
    };
    answer(request, config, SignedOutOf::One, openness)
}

/// Whether any launch of this browser is open.
pub(super) async fn of_all(request: &HttpRequest, config: &SmartConfig) -> HttpResponse {
    let shared = config.shared();
    let mut openness = browsers::openness(shared, &browser::of(request, &shared.settings)).await;
    // Where there is one launch per browser, its cookie came along.
    for cookie in LaunchCookie::all(request, &shared.settings) {
        let own = of_launch(
            config,
            &cookie.id,
            std::slice::from_ref(&cookie),
            Openness::NothingKnown,
        )
        .await;
        openness = openness.and_then(|openness| Ok(openness.max(own?)));
    }
    answer(request, config, SignedOutOf::All, openness)
}

async fn of_launch(
    config: &SmartConfig,
    id: &LaunchId,
    proofs: &[LaunchCookie],
    when_forgotten: Openness,
) -> Result<Openness, StoreError> {
    Ok(match config.shared().load(id.key(), LaunchUse::DoesNotCount).await? {
        LoadedLaunch::Open { record, .. } if LaunchCookie::one_opens(proofs, &record.proof) => Openness::SomeOpen,
        LoadedLaunch::Ended(ended) if LaunchCookie::one_opens(proofs, &ended.proof) => Openness::NoneOpen,
        LoadedLaunch::NotFound => when_forgotten,
        LoadedLaunch::Open { .. } | LoadedLaunch::Ended(_) => Openness::NothingKnown,
    })
}

fn answer(
    request: &HttpRequest,
    config: &SmartConfig,
    of: SignedOutOf,
    openness: Result<Openness, StoreError>,
) -> HttpResponse {
    let shared = config.shared();
    // Another site must not learn from the status whether somebody is signed in; as an `object` it could, by a navigation.
    let headers = request.headers();
    let is_shown_elsewhere = Window::of(headers) == Window::Frame && is_cross_site(headers, &shared.own_origin);
    if is_shown_elsewhere || is_foreign_errand(headers, &shared.own_origin) {
        return stopped(request, config);
    }
    let page = match openness {
        Ok(Openness::NoneOpen) => wording::signed_out(of, Window::of(request.headers())),
        Ok(Openness::SomeOpen) => wording::still_signed_in(of),
        Ok(Openness::NothingKnown) => wording::nothing_to_sign_out(),
        Err(error) => {
            tracing::warn!(%error, "whether somebody is signed in could not be looked up");
            wording::store_unavailable()
        }
    };
    let audience = Audience::of(request.method(), request.headers());
    Reply::page(&page, audience, Some(&shared.settings)).to_response()
}
