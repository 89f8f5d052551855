//! `GET /auth/callback`: back from the EHR.

use actix_web::{HttpRequest, HttpResponse, http::header};

use crate::{
    actix::{asked::Asked, browser, browser_session, duplicate_config, reply::Reply},
    config::LaunchNaming,
    launch::{
        browser::Browser,
        finish::{Callback, CallbackReply, JustOpened, NotYet},
        sign_in::{SignIn, UsedSignIn},
    },
    log_throttle::log_seldom,
    pages::{Audience, Page, texts, words::Words},
    protocol::{
        callback::{CallbackAnswer, CallbackQuery, CallbackQueryError},
        echoed_secrets::SentSecrets,
        ehr_words::EhrWords,
        launch_id::LaunchId,
        launch_request::SignInWish,
        oauth_error::advice_for_code,
        people::People,
        secret::{BrowserId, State},
    },
    smart_config::SmartConfig,
    store::{BrowserKey, CallbackOutcome, FailedCallback, FailedCallbackKind, LaunchUse, LoadedLaunch},
    web::{
        browser_cookie, ehr_sign_out,
        launch_cookie::LaunchCookie,
        probe_cookie,
        relaunch::{after_sign_in, after_unknown_sign_in},
        sign_in_cookie, window_of,
    },
};

pub(super) async fn answer(request: &HttpRequest, config: &SmartConfig) -> HttpResponse {
    let (reply, cookies) = match finish(request, config).await {
        Answer::Landed { location, cookies } => {
            // Against session fixation. Also when the same answer is given again: the first one may not have reached
            // the browser, and the session that it still names may be gone.
            browser_session::renew_session(request);
            (Reply::redirect_here(&location).forgetting_prefetched_pages(), cookies)
        }
        Answer::Page { page, cookies } => (answer_with(*page, request, config), cookies),
    };
    let with_cookies = |reply: Reply, cookie| reply.with(header::SET_COOKIE, cookie);
    cookies.into_iter().fold(reply, with_cookies).to_response()
}

/// A page that does not load itself again: the code would be sent, and a chart opened, where nobody may be there.
fn answer_with(page: Page, request: &HttpRequest, config: &SmartConfig) -> Reply {
    let runtime = config.runtime();
    Reply::page(page, Asked::of(request, runtime).without_reloads(), Some(runtime))
}

/// The answer to a callback, with the cookies that go along.
enum Answer {
    Landed { location: String, cookies: Vec<String> },
    Page { page: Box<Page>, cookies: Vec<String> },
}

impl From<Page> for Answer {
    fn from(page: Page) -> Self {
        Self::Page {
            page: page.into(),
            cookies: Vec::new(),
        }
    }
}

async fn finish(request: &HttpRequest, config: &SmartConfig) -> Answer {
    let runtime = config.runtime();
    let words = Asked::of(request, runtime).words();
    let query = match CallbackQuery::parse(request.query_string()) {
        Ok(query) => query,
        Err(error) => return refused(request, config, error).into(),
    };
    let state = query.state.clone();
    let Some((sign_in, link)) = sign_in_cookie::find(request, runtime, &state) else {
        return no_sign_in(request, config, &query.answer).into();
    };
    let browser = browser::of(request, &runtime.settings);
    let (used, reply) = match sign_in {
        SignIn::Used(used) => (used, config.callbacks().answer_again(&query).await),
        SignIn::Begun(pending) => {
            say_if_session_is_lost(request, config, &pending.ehr);
            let used = UsedSignIn::of(&pending);
            let arrived_at = runtime.settings.paths.external(request.match_info().as_str());
            let callback = Callback {
                browser: browser.clone(),
                query,
                arrived_at,
            };
            (used, config.callbacks().finish(*pending, callback).await)
        }
    };
    let used_cookie = |used| sign_in_cookie::used(runtime, &state, used, &link);
    let again = |used: &UsedSignIn| after_sign_in(runtime, used.kind, Some(&used.ehr), used.sign_in);
    match reply {
        CallbackReply::Finished {
            outcome: CallbackOutcome::Failed(failed),
            ..
        } => Answer::Page {
            page: failed_page(config, words, failed, &used, &state).into(),
            cookies: used_cookie(used).into_iter().collect(),
        },
        CallbackReply::Finished {
            outcome:
                CallbackOutcome::Landed {
                    launch,
                    secret,
                    location,
                    new_browser,
                },
            opened,
        } => {
            let own = LaunchCookie { id: launch, secret };
            match cookies_of_launch(request, config, &used, own, new_browser, opened).await {
                Ok(cookies) => Answer::Landed {
                    location,
                    cookies: used_cookie(used).into_iter().chain(cookies).collect(),
                },
                Err(page) => (*page).into(),
            }
        }
        CallbackReply::Used { outcome } => {
            log_seldom!(
                runtime,
                warn,
                "a callback came for a sign-in that another one has used; nothing was sent to the EHR"
            );
            let back = way_back(config, &browser, outcome).await;
            texts::sign_in_used(words, used.kind, again(&used), back).into()
        }
        CallbackReply::Expired => texts::nothing_pending(words, again(&used)).into(),
        CallbackReply::TryAgain { why, retry_after } => {
            let page = match why {
                NotYet::EhrUnavailable => texts::callback_without_ehr,
                NotYet::Busy => texts::callback_at_busy_ehr,
                NotYet::ApplicationBusy => texts::callback_at_busy_application,
                NotYet::NotSigned => texts::callback_not_signed,
                NotYet::StillExchanging => texts::callback_running,
            };
            page(words, retry_after, again(&used)).into()
        }
        CallbackReply::StoreUnavailable => texts::callback_without_store(words, again(&used)).into(),
        CallbackReply::NotOffered => texts::callback_not_offered(words, again(&used)).into(),
        CallbackReply::RegistrationUnavailable => texts::callback_without_registration(words, again(&used)).into(),
        CallbackReply::RegistrationFailed { retry_after } => {
            texts::callback_not_set_up(words, retry_after, again(&used)).into()
        }
    }
}

/// Says that the session of a sign-in did not come back, though the cookie of the sign-in did. The sign-in goes on: its cookie is
/// the witness that counts, and the session only the other one. But what the application keeps in its session may be lost in the
/// same way.
fn say_if_session_is_lost(request: &HttpRequest, config: &SmartConfig, ehr: &str) {
    if browser_session::is_lost(request) {
        log_seldom!(
            config.runtime(),
            warn,
            ehr = ehr,
            "the session of a sign-in did not come back with its callback, though the cookie of the sign-in did; the sign-in goes \
             on. Usually each worker or process has another session key: make the `Key` once, outside of the closure of \
             `HttpServer::new`, and the same for all processes. Or the browser did not send the session's cookie: \
             `SessionMiddleware` needs `SameSite::Lax`, in a frame `None`, and on http `.cookie_secure(false)`. Or the session \
             has run out, or was purged at its store. What your application keeps in the session is lost in the same way"
        );
    }
}

/// A callback that is none. Some EHRs send their errors without `state`: what they say is worth more than what is missing.
fn refused(request: &HttpRequest, config: &SmartConfig, error: CallbackQueryError) -> Page {
    let runtime = config.runtime();
    let words = Asked::of(request, runtime).words();
    let relaunch = after_unknown_sign_in(runtime);
    let of_ehr = match error {
        CallbackQueryError::StateMissing => CallbackQuery::error_without_state(request.query_string()),
        _ => None,
    };
    let Some(of_ehr) = of_ehr else {
        log_seldom!(runtime, warn, %error, "a callback was refused");
        return texts::bad_callback(words, error.to_string(), relaunch);
    };
    let wrote = EhrWords::of_callback(&of_ehr, &SentSecrets::default());
    let wrote = runtime.loggable(&wrote, &People::default());
    let (code, error_description, error_uri) = (&of_ehr.code, wrote.description.as_deref(), wrote.uri.as_deref());
    if code == "access_denied" {
        log_seldom!(
            runtime,
            info,
            code,
            error_description,
            error_uri,
            "a callback without `state` says that a sign-in was declined, by the person or by the EHR"
        );
    } else {
        log_seldom!(
            runtime,
            warn,
            code,
            error_description,
            error_uri,
            advice = advice_for_code(code),
            "a callback without `state` has an error of the EHR, unless somebody has made it up"
        );
    }
    texts::error_without_state(words, code, relaunch)
}

/// The page of a sign-in that failed. Starting again asks for no less than it did.
fn failed_page(
    config: &SmartConfig,
    words: &Words,
    mut failed: FailedCallback,
    used: &UsedSignIn,
    state: &State,
) -> Page {
    let runtime = config.runtime();
    if failed.kind == FailedCallbackKind::AnswerLost && runtime.interrupted_sign_ins.is_new(state) {
        tracing::error!(
            ehr = %used.ehr,
            "a code was being exchanged when its process stopped, and the answer is lost: the person has to sign \
             in again. Let processes finish before they are stopped (`SmartConfig::shutdown`)"
        );
    }
    if failed.ehr.is_none() {
        (failed.began, failed.ehr) = (used.kind, Some(used.ehr.clone()));
    }
    let sign_in = match failed.kind {
        FailedCallbackKind::SignInNotFresh => SignInWish::Again,
        _ => used.sign_in,
    };
    let relaunch = after_sign_in(runtime, failed.began, failed.ehr.as_deref(), sign_in);
    texts::failed_callback(words, &failed, relaunch)
}

/// The browser did not bring the cookie of the sign-in.
fn no_sign_in(request: &HttpRequest, config: &SmartConfig, answer: &CallbackAnswer) -> Page {
    let runtime = config.runtime();
    let words = Asked::of(request, runtime).words();
    let code = match answer {
        CallbackAnswer::Error(error) => Some(error.code.as_str()),
        CallbackAnswer::Code(_) | CallbackAnswer::Neither => None,
    };
    let settings = &runtime.settings;
    let relaunch = after_unknown_sign_in(runtime);
    let others_came = probe_cookie::came_back(request, settings)
        || browser_cookie::has_cookie(request, settings)
        || sign_in_cookie::has_any(request, settings)
        || browser_session::key_of(request).is_some();
    if others_came {
        if duplicate_config::has_twin(config) {
            duplicate_config::warn();
        }
        log_seldom!(
            runtime,
            warn,
            code,
            "a callback has no sign-in that this browser began: it took too long, came from another browser, or the \
             processes have different sealing keys, or each worker has a SmartConfig of its own"
        );
        return texts::nothing_pending(words, relaunch);
    }
    log_seldom!(
        runtime,
        error,
        code,
        "a callback came without any cookie of this application. Either the browser blocks cookies (in a frame they need \
         SameSite=None and Partitioned, see CookiePolicy), or the launch began under another host name than that of the \
         redirect URI (localhost is not 127.0.0.1)"
    );
    texts::cookies_missing(words, relaunch, window_of(request))
}

/// The `Set-Cookie` values that go along with a launch: the cookies of launches that are gone are removed, and its own comes last.
async fn cookies_of_launch(
    request: &HttpRequest,
    config: &SmartConfig,
    used: &UsedSignIn,
    own: LaunchCookie,
    new_browser: Option<BrowserId>,
    opened: Option<JustOpened>,
) -> Result<Vec<String>, Box<Page>> {
    let settings = &config.runtime().settings;
    let (opened_in, forgotten) = match opened {
        Some(opened) => (Some(opened.browser), opened.forgotten),
        // An answer given again. The browser may have got another name since, and another launch.
        None => (open_in(request, config, used, &own.id).await?, Vec::new()),
    };
    let new_browser = new_browser.filter(|_| opened_in.is_some());
    let mut cookies: Vec<_> = forgotten
        .iter()
        .map(|launch| LaunchCookie::remove(settings, launch))
        .collect();
    if opened_in.is_some() {
        // Left by whoever signed out here before: it would sign out the person who is here now.
        cookies.extend(ehr_sign_out::remove(request, settings));
    }
    cookies.extend(new_browser.map(|id| browser_cookie::set(&id, settings)));
    cookies.push(own.set(settings));
    Ok(cookies)
}

/// The browser that a launch was opened in, if it is open. Where there is one launch per browser, a page for one that is
/// not: an old answer must not push out the launch that took its place.
async fn open_in(
    request: &HttpRequest,
    config: &SmartConfig,
    used: &UsedSignIn,
    launch: &LaunchId,
) -> Result<Option<BrowserKey>, Box<Page>> {
    let runtime = config.runtime();
    let words = Asked::of(request, runtime).words();
    let loaded = runtime.load(launch.key(), LaunchUse::DoesNotCount).await;
    match (loaded, runtime.settings.paths.naming()) {
        (Ok(LoadedLaunch::Open { record, .. }), _) => Ok(Some(record.browser)),
        // The launch's own pages say what became of it.
        (Ok(_), LaunchNaming::ByPath) => Ok(None),
        (Ok(LoadedLaunch::Ended(ended)), LaunchNaming::DangerOnePerBrowser) => {
            let sign_in = if ended.reason.is_time_out() {
                SignInWish::Again
            } else {
                used.sign_in
            };
            let relaunch = after_sign_in(runtime, ended.kind, Some(&ended.ehr), sign_in);
            Err(texts::ended(words, ended.reason, Audience::Document, Some(ended.kind), relaunch).into())
        }
        // Nobody knows any more why it ended.
        (Ok(_), LaunchNaming::DangerOnePerBrowser) => {
            let relaunch = after_sign_in(runtime, used.kind, Some(&used.ehr), SignInWish::Again);
            Err(texts::nothing_pending(words, relaunch).into())
        }
        (Err(error), _) => {
            tracing::warn!(%error, "a launch could not be looked up");
            Err(texts::store_unavailable(words).into())
        }
    }
}

/// The page of the launch that the first callback opened, where it is open and this browser's.
async fn way_back(config: &SmartConfig, browser: &Browser, first: Option<Box<CallbackOutcome>>) -> Option<String> {
    let CallbackOutcome::Landed { launch, location, .. } = *first? else {
        return None;
    };
    let runtime = config.runtime();
    let LoadedLaunch::Open { record, .. } = runtime.load(launch.key(), LaunchUse::DoesNotCount).await.ok()? else {
        return None;
    };
    let names = browser.all_names(runtime).await;
    names.contains(&record.browser).then_some(location)
}
