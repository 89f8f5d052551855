//! From a request to its launch, loaded once, with a usable token.
//!
//! [`named_launch`] says which launch the request names, and with what proof. [`usable_session`] loads it and has it proved.
//! [`Refresher::ensure_fresh`](crate::launch::refresh::Refresher::ensure_fresh) looks at its token, and waits for a new one where that is due or
//! has run out. `launch/refresh/attempt.rs` gets one, for all who wait.

use actix_web::HttpRequest;

use crate::{
    actix::{
        error::SmartSessionError,
        launch_use::Word,
        refusal::{error, refuse},
        request::{Installed, Loading, Placement},
        scope::LAUNCH_PARAMETER,
    },
    config::CrossSite,
    launch::session::SmartSession,
    log_throttle::log_seldom,
    store::LaunchUse,
    web::{SmartSessionErrorKind as Kind, is_cross_site, is_unsafe, named_launch, usable_session},
};

/// The launch of a request, for an extractor.
pub(super) async fn launch_of(request: &HttpRequest) -> Result<SmartSession, SmartSessionError> {
    session(request, Word::of(request)).await
}

/// The launch of a request. Loaded once, however many ask.
pub(super) async fn session(request: &HttpRequest, word: Word) -> Result<SmartSession, SmartSessionError> {
    let Some(smart) = Installed::of(request) else {
        return Err(error(request, Kind::NotInstalled));
    };
    Loading::of(request)
        .get_or_load(word.loads_as(), || load(request, &smart, word))
        .await
}

/// Makes the request a use of its launch, if it is one after all.
pub(super) async fn note(request: &HttpRequest, launch_use: LaunchUse) {
    Loading::of(request).note(launch_use).await;
}

async fn load(request: &HttpRequest, smart: &Installed, word: Word) -> Result<SmartSession, SmartSessionError> {
    let runtime = smart.config.runtime();
    if smart.placement == Placement::Scope {
        return Err(error(request, Kind::WrappedOnScope));
    }
    if runtime.settings.policies.cross_site == CrossSite::Refuse
        && is_unsafe(request)
        && is_cross_site(request, &runtime.own_origin)
    {
        return Err(error(request, Kind::CrossSite));
    }
    let segment = request.match_info().get(LAUNCH_PARAMETER);
    let named = named_launch(request, segment, &runtime.settings)
        .map_err(|none| refuse(request, Kind::NoLaunch(none.why), none.former.as_ref(), word))?;
    usable_session(&smart.config, named, word.loads_as())
        .await
        .map_err(|why| {
            let refused = refuse(request, why.kind, why.former.as_ref(), word);
            if let Some((launch, error)) = why.store_failed {
                let (launch, reference) = (launch.reference(), refused.reference().map(tracing::field::display));
                log_seldom!(
                    runtime,
                    warn,
                    launch,
                    reference,
                    %error,
                    "the token store failed; the request is answered with 503"
                );
            }
            refused
        })
}
