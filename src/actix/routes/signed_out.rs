//! `GET` of the logout routes: whether somebody is signed in. What a person sees after signing out, and who opens that
//! address by hand, or again when somebody else is at work here.

use actix_web::{HttpRequest, HttpResponse, http::header};

use crate::{
    actix::{asked::Asked, browser, reply::Reply, routes::stopped::stopped},
    launch::browser::{Openness, openness as openness_of},
    pages::{
        Audience, Window,
        texts::{self, SignedOutOf},
    },
    protocol::launch_id::LaunchId,
    smart_config::SmartConfig,
    store::StoreError,
    web::{
        Speculation, audience_of,
        ehr_sign_out::{self, EhrSignOut, Visit},
        is_cross_site, is_foreign_errand,
        launch_cookie::{LaunchCookie, Proved, proved},
        window_of,
    },
};

/// Whether the launch that the path names is open, to a browser that can prove it.
pub(super) async fn of_one(request: &HttpRequest, config: &SmartConfig, id: LaunchId) -> HttpResponse {
    let cookies = LaunchCookie::all_of(request, &config.runtime().settings, &id);
    let openness = proved(config.runtime(), &id, &cookies)
        .await
        .map(|proved| match proved {
            Proved::Open(_) => Openness::SomeOpen,
            // One that is forgotten is not open either.
            Proved::Ended(_) | Proved::Forgotten => Openness::NoneOpen,
            Proved::Nothing => Openness::NothingKnown,
        });
    let paths = &config.runtime().settings.paths;
    let sign_out = paths.external_in_launch(&id, paths.logout());
    answer(request, config, (SignedOutOf::One, sign_out), openness)
}

/// Whether any launch of this browser is open.
pub(super) async fn of_all(request: &HttpRequest, config: &SmartConfig) -> HttpResponse {
    let openness = openness_of_all(request, config).await;
    let paths = &config.runtime().settings.paths;
    let sign_out = paths.external(paths.logout());
    answer(request, config, (SignedOutOf::All, sign_out), openness)
}

async fn openness_of_all(request: &HttpRequest, config: &SmartConfig) -> Result<Openness, StoreError> {
    let runtime = config.runtime();
    let mut browser = browser::of(request, &runtime.settings);
    // Where there is one launch per browser, its cookie came along.
    for cookie in LaunchCookie::all(request, &runtime.settings) {
        match proved(runtime, &cookie.id, std::slice::from_ref(&cookie)).await? {
            Proved::Open(_) => return Ok(Openness::SomeOpen),
            Proved::Ended(name) => browser.proved.push(name),
            Proved::Forgotten | Proved::Nothing => {}
        }
    }
    let none_open = if browser.proved.is_empty() {
        Openness::NothingKnown
    } else {
        Openness::NoneOpen
    };
    Ok(openness_of(runtime, &browser).await?.max(none_open))
}

fn answer(
    request: &HttpRequest,
    config: &SmartConfig,
    (of, sign_out): (SignedOutOf, String),
    openness: Result<Openness, StoreError>,
) -> HttpResponse {
    let runtime = config.runtime();
    // Another site must not learn from the status whether somebody is signed in; as an `object` it could, by a navigation.
    let is_shown_elsewhere = window_of(request) == Window::Frame && is_cross_site(request, &runtime.own_origin);
    if is_shown_elsewhere || is_foreign_errand(request, &runtime.own_origin) {
        return stopped(request, config);
    }
    let sign_out_there = ehr_sign_out::find(request, runtime).filter(|_| window_of(request) == Window::Own);
    // A script, or a browser that looks ahead, takes nobody there.
    let somebody_looks = audience_of(request) == Audience::Document && Speculation::of(request).is_none();
    if let (true, Ok(Openness::NoneOpen | Openness::SomeOpen), Some(there)) =
        (somebody_looks, &openness, &sign_out_there)
        && there.visit == Visit::First
    {
        return on_to_ehr(request, config, there);
    }
    let asked = Asked::of(request, runtime);
    let words = asked.words();
    let at_ehr = sign_out_there.map(|there| String::from(there.address));
    let page = match openness {
        Ok(Openness::NoneOpen) => texts::signed_out(words, of, window_of(request), at_ehr),
        Ok(Openness::SomeOpen) => texts::still_signed_in(words, of, sign_out, at_ehr.is_some()),
        Ok(Openness::NothingKnown) => texts::nothing_to_sign_out(words),
        Err(error) => {
            tracing::warn!(%error, "whether somebody is signed in could not be looked up");
            texts::perhaps_signed_out(words)
        }
    };
    Reply::page(page, asked, Some(runtime)).to_response()
}

/// Sends the browser on to the EHR, once. Where that fails, or somebody goes back, the page offers it.
///
/// The address is long where an id token goes along, and stands in the headers once: proxies take only so much of them.
fn on_to_ehr(request: &HttpRequest, config: &SmartConfig, there: &EhrSignOut) -> HttpResponse {
    let runtime = config.runtime();
    let asked = Asked::of(request, runtime);
    let address = there.address.as_str();
    let page = texts::on_to_ehr(asked.words(), address.to_owned());
    Reply::page(page, asked, Some(runtime))
        .with(header::REFRESH, format!("0; url={address}"))
        .with(header::SET_COOKIE, ehr_sign_out::visited(&runtime.settings, there))
        .to_response()
}
