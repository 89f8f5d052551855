//! The logout routes. They end launches and leave the application's own session data alone. That the EHR revokes the
//! tokens is not waited for, and the pages do not say that it did.

use std::slice;

use actix_web::{
    HttpRequest, HttpResponse,
    http::{StatusCode, header},
};
use url::Url;

use crate::{
    actix::{asked::Asked, browser, reply::Reply, routes::stopped::stopped},
    launch::{browser::Parts, end_session, logout},
    log_throttle::log_seldom,
    pages::{Audience, Window, texts},
    protocol::launch_id::LaunchId,
    smart_config::SmartConfig,
    store::{EndedLaunches, LaunchUse, LoadedLaunch, StoreError},
    web::{
        audience_of, browser_cookie, ehr_sign_out, is_cross_site,
        launch_cookie::{LaunchCookie, Proved, proved},
        probe_cookie, sign_in_cookie, window_of,
    },
};

/// So many bytes of headers an answer has when cookies of sign-ins are removed by it too: it may send the browser to an EHR, with a long
/// id token, and a proxy in front may take no more than 4 KiB of them (nginx), else it answers 502. The application has some of its own.
const MOST_BYTES: usize = 3_000;

/// Ends the launch that the path names, if the browser can prove it.
pub(super) async fn one(request: &HttpRequest, config: &SmartConfig, id: LaunchId) -> HttpResponse {
    if let Some(refusal) = refuse_cross_site(request, config) {
        return refusal;
    }
    let settings = &config.runtime().settings;
    let page = settings.paths.external_in_launch(&id, settings.paths.logout());
    let proofs = LaunchCookie::all_of(request, settings, &id);
    let mut cookies = vec![probe_cookie::set(settings)];
    match proved(config.runtime(), &id, &proofs).await {
        Ok(Proved::Open(_)) => match logout::end_launch(config.runtime(), config.revoker(), id.key()).await {
            Ok(ended) => {
                let at_ehr = at_ehr_of(request, config, &ended, &mut cookies);
                signed_out(request, config, page, at_ehr, (cookies, Vec::new()))
            }
            Err(error) => failed(request, config, error),
        },
        // The button was pressed twice, and the answer to the first press is lost.
        Ok(Proved::Ended(_)) => {
            let at_ehr = at_ehr_of_ended(config, &id).await;
            signed_out(request, config, page, at_ehr, (cookies, Vec::new()))
        }
        // One that is forgotten is not open either.
        Ok(Proved::Forgotten) => signed_out(request, config, page, None, (cookies, Vec::new())),
        Ok(Proved::Nothing) => nothing_found(request, config, &page, Vec::new()),
        Err(error) => failed(request, config, error),
    }
}

/// Where to sign out at the EHR too. What ended has nowhere: then the way that an earlier sign-out left in the browser is forgotten, as
/// it may be of somebody else. Not where nothing ended: the button was pressed twice, and the way is that of the first press.
fn at_ehr_of(
    request: &HttpRequest,
    config: &SmartConfig,
    ended: &EndedLaunches,
    cookies: &mut Vec<String>,
) -> Option<Url> {
    let runtime = config.runtime();
    let at_ehr = end_session::at_ehr(runtime, ended);
    if at_ehr.is_none() && ended.count() > 0 {
        cookies.extend(ehr_sign_out::remove(request, &runtime.settings));
    }
    at_ehr
}

async fn at_ehr_of_ended(config: &SmartConfig, id: &LaunchId) -> Option<Url> {
    let runtime = config.runtime();
    match runtime.load(id.key(), LaunchUse::DoesNotCount).await {
        Ok(LoadedLaunch::Ended(ended)) => end_session::at_ehr_of_ended(runtime, &ended),
        _ => None,
    }
}

/// Ends every launch of this browser, found through all names that it is known by (and its launch cookie, where that is
/// not for one path).
pub(super) async fn all(request: &HttpRequest, config: &SmartConfig) -> HttpResponse {
    if let Some(refusal) = refuse_cross_site(request, config) {
        return refusal;
    }
    let settings = &config.runtime().settings;
    let mut browser = browser::of(request, settings);
    let mut open = Vec::new();
    let mut parts = Parts::each_of_use(config.runtime());
    for cookie in LaunchCookie::all(request, settings) {
        match parts.done(proved(config.runtime(), &cookie.id, slice::from_ref(&cookie)).await) {
            Some(Proved::Open(name)) => {
                browser.proved.push(name);
                open.push(cookie.id.key());
            }
            Some(Proved::Ended(name)) => browser.proved.push(name),
            Some(Proved::Nothing | Proved::Forgotten) | None => {}
        }
        if let (true, Err(error)) = (parts.are_over(), parts.result()) {
            return failed(request, config, error);
        }
    }
    let page = settings.paths.external(settings.paths.logout());
    // Sign-ins that are under way end with it.
    let sign_ins = sign_in_cookie::remove_all(request, settings);
    let out = parts.done(logout::end_all_of(config.runtime(), config.revoker(), browser).await);
    let mut ended = out
        .as_ref()
        .map_or_else(EndedLaunches::nothing, |out| out.ended.clone());
    // Also where the list of its browser has been lost.
    for launch in open {
        if !parts.are_over() {
            let more = parts.done(logout::end_launch(config.runtime(), config.revoker(), launch).await);
            more.into_iter().for_each(|more| ended.extend(more));
        }
    }
    match (out, parts.result()) {
        (_, Err(error)) => failed(request, config, error),
        (Some(out), Ok(())) if out.is_known => {
            let mut cookies = vec![browser_cookie::set(&out.new_browser, settings)];
            let at_ehr = at_ehr_of(request, config, &ended, &mut cookies);
            signed_out(request, config, page, at_ehr, (cookies, sign_ins))
        }
        (_, Ok(())) => nothing_found(request, config, &page, sign_ins),
    }
}

fn refuse_cross_site(request: &HttpRequest, config: &SmartConfig) -> Option<HttpResponse> {
    let runtime = config.runtime();
    if !is_cross_site(request, &runtime.own_origin) {
        return None;
    }
    log_seldom!(runtime, warn, "a logout that came from another site was refused");
    Some(stopped(request, config))
}

fn failed(request: &HttpRequest, config: &SmartConfig, error: StoreError) -> HttpResponse {
    log_seldom!(config.runtime(), error, %error, "a logout could not be carried out");
    let asked = Asked::of(request, config.runtime());
    let page = texts::not_signed_out(asked.words());
    Reply::page(page, asked, Some(config.runtime())).to_response()
}

/// The launch cookie stays. It opens nothing any more, but it tells a reload, or the *Back* button, that this person has
/// signed out: without it the page would look like one of a stranger, and send the browser straight to a new launch and
/// back to the patient.
///
/// The page that says so is another one: reloading this answer would sign out the person who is there by then. Where the
/// registration wants it, that page sends the browser on to the EHR. Not in a frame: the EHR would have to come back into it.
///
/// `cookies` go along, and so many of `sign_ins` as there is room for. Those only tidy up: the store has noted the sign-out, so a sign-in
/// that was under way opens nothing that stays open, with its cookie or without.
fn signed_out(
    request: &HttpRequest,
    config: &SmartConfig,
    page: String,
    at_ehr: Option<Url>,
    (mut cookies, sign_ins): (Vec<String>, Vec<String>),
) -> HttpResponse {
    let runtime = config.runtime();
    let at_ehr = at_ehr.filter(|_| window_of(request) == Window::Own);
    let reply = match (audience_of(request), at_ehr) {
        (Audience::Api, _) => Reply::empty(StatusCode::NO_CONTENT),
        (Audience::Document | Audience::Form, Some(at_ehr)) => {
            match ehr_sign_out::set(runtime, &at_ehr, &cookies) {
                Some(cookie) => {
                    cookies.push(cookie);
                    Reply::redirect(&page)
                }
                // An id token that is too large for a cookie. Proxies take it once, where they would not take it twice.
                None => Reply::redirect(at_ehr.as_str()),
            }
        }
        (Audience::Document | Audience::Form, None) => {
            Reply::redirect(&runtime.settings.paths.external_after_logout().unwrap_or(page))
        }
    };
    with_cookies(reply.forgetting_prefetched_pages(), cookies)
        .with_what_fits(&header::SET_COOKIE, sign_ins, MOST_BYTES)
        .to_response()
}

/// No launch was ended, and nothing is claimed. Sign-ins that are under way end here all the same.
fn nothing_found(request: &HttpRequest, config: &SmartConfig, page: &str, cookies: Vec<String>) -> HttpResponse {
    log_seldom!(
        config.runtime(),
        warn,
        "a logout came from a browser of which no launch is known; nothing was ended"
    );
    let asked = Asked::of(request, config.runtime());
    let reply = match asked.audience {
        Audience::Api => Reply::page(texts::nothing_to_sign_out(asked.words()), asked, Some(config.runtime())),
        Audience::Document | Audience::Form => Reply::redirect(page),
    };
    // The browser may keep a page for *Back*. Its patient must not be seen then.
    with_cookies(reply.dropping_kept_pages(&config.runtime().settings), cookies).to_response()
}

fn with_cookies(reply: Reply, cookies: Vec<String>) -> Reply {
    let with_cookie = |reply: Reply, cookie| reply.with(header::SET_COOKIE, cookie);
    cookies.into_iter().fold(reply, with_cookie)
}
