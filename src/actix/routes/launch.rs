//! `GET /auth/launch`: from the EHR (`iss` and `launch`) or by the person (neither).

use std::sync::Arc;

use actix_web::{HttpRequest, HttpResponse, http::header};

use crate::{
    actix::{
        asked::Asked,
        browser_session::{NoSession, name_session},
        reply::Reply,
        routes::{chooser, former_launch::FormerLaunch, frames},
    },
    config::{Ehr, IssAlone, StandaloneLaunch},
    launch::begin::{self, Start, StartError},
    log_throttle::log_seldom,
    pages::{Page, authorize_form_page, texts, words::Words},
    protocol::{
        authorization::{AuthorizationForm, AuthorizationRedirect},
        launch_request::{LaunchRequest, SignInWish},
        random::random_text,
        reach::Reach,
        transport_error::TransportError,
        visible::in_log,
    },
    runtime::{discovery::DiscoveryError, registrations::EhrLookupError},
    smart_config::SmartConfig,
    web::sign_in_cookie,
};

pub(super) async fn answer(request: &HttpRequest, config: &SmartConfig) -> HttpResponse {
    match begin(request, config).await {
        Ok(Begun::Hop(reply)) => reply.to_response(),
        Ok(Begun::Authorization { redirect, cookies }) => {
            let mut response = match redirect {
                AuthorizationRedirect::Get(url) => Reply::redirect(url.as_str()).to_response(),
                AuthorizationRedirect::Post(form) => form_page(request, config, &form),
            };
            for cookie in cookies {
                if let Ok(cookie) = cookie.try_into() {
                    response.headers_mut().append(header::SET_COOKIE, cookie);
                }
            }
            response
        }
        Err(page) => {
            // Where the EHR still knows the person, loading it again opens a chart, and nobody may be there.
            let asked = Asked::of(request, config.runtime()).without_reloads();
            Reply::page(*page, asked, Some(config.runtime())).to_response()
        }
    }
}

/// What a launch begins with.
enum Begun {
    /// With the question whether cookies come back.
    Hop(Reply),
    Authorization {
        redirect: AuthorizationRedirect,
        cookies: Vec<String>,
    },
}

async fn begin(request: &HttpRequest, config: &SmartConfig) -> Result<Begun, Box<Page>> {
    let words = Asked::of(request, config.runtime()).words();
    let launch = LaunchRequest::parse(request.query_string()).map_err(|error| {
        log_seldom!(config.runtime(), warn, %error, "a launch request was refused");
        texts::bad_launch(words, error.to_string())
    })?;
    if let Some(hop) = frames::ask_for_cookies(request, config, &launch)? {
        return Ok(Begun::Hop(hop));
    }
    let ehr = which_ehr(request, config, &launch).await?;
    if launch.has_iss_alone() && config.runtime().settings.policies.iss_alone == IssAlone::Ask {
        return Err(chooser::without_launch(request, config, &launch, &ehr).into());
    }
    name_session(request).map_err(|why| no_session(config, words, why))?;
    let former = FormerLaunch::of(request, config, &launch, &ehr).await;
    let (return_to, return_for) = former.return_to(&launch);
    let start = Start {
        from_ehr: launch
            .iss()
            .zip(launch.launch())
            .map(|(iss, token)| (iss.to_owned(), token.clone())),
        scopes: None,
        return_to,
        return_for,
        sign_in: ehr
            .sign_in()
            .after_timeout()
            .filter(|_| former.timed_out() || launch.sign_in() == SignInWish::Again),
    };
    let (redirect, state, record) = begin::begin(config.runtime(), &ehr, start)
        .await
        .map_err(|error| not_begun(config, words, &ehr, error))?;
    let runtime = config.runtime();
    let cookies = sign_in_cookie::begin(request, runtime, &state, &record).map_err(|error| {
        log_seldom!(runtime, error, %error, "a sign-in could not be sealed");
        texts::internal(words)
    })?;
    Ok(Begun::Authorization { redirect, cookies })
}

/// For the log, and for the developer who looks at the page.
const NO_SESSION: &str = "a launch has no session: SessionMiddleware is missing, or it is wrapped before SmartAuth. It has to be \
                          wrapped after it: `.wrap(SmartAuth::new(config)).wrap(SessionMiddleware::new(store, key))`";

fn no_session(config: &SmartConfig, words: &Words, why: NoSession) -> Box<Page> {
    let page = match why {
        NoSession::NoMiddleware => {
            log_seldom!(config.runtime(), error, "{NO_SESSION}");
            texts::not_installed(words, NO_SESSION)
        }
        NoSession::NotInserted => {
            log_seldom!(
                config.runtime(),
                error,
                "the browser id could not be put into the session"
            );
            texts::internal(words)
        }
    };
    page.into()
}

fn not_begun(config: &SmartConfig, words: &Words, ehr: &Ehr, error: StartError) -> Box<Page> {
    let page = match error {
        StartError::Discovery(
            error @ DiscoveryError::Transport {
                source: TransportError::AddressRefused,
                ..
            },
        ) => {
            log_seldom!(
                config.runtime(), error, ehr = ehr.key(), %error,
                "a launch was not begun: this EHR is not one of the configuration, and where it is nothing may be sent"
            );
            texts::ehr_not_allowed(words)
        }
        StartError::Discovery(error) => {
            log_seldom!(config.runtime(), info, ehr = ehr.key(), %error, "a launch was not begun");
            match error.reach() {
                Reach::Silent => texts::metadata_unavailable(words),
                Reach::Troubled => texts::metadata_troubled(words),
                Reach::Unusable => texts::metadata_unusable(words),
            }
        }
        error @ StartError::Conflict { .. } => {
            log_seldom!(config.runtime(), info, ehr = ehr.key(), %error, "a launch was not begun");
            texts::ehr_conflict(words)
        }
        StartError::StoreUnavailable(error) => {
            log_seldom!(
                config.runtime(),
                warn,
                ehr = ehr.key(),
                %error,
                "a launch was not begun: the token store has not answered since this process started"
            );
            texts::store_unavailable(words)
        }
        error @ (StartError::OtherEhr | StartError::NoScopes | StartError::NoLaunches) => {
            log_seldom!(config.runtime(), error, ehr = ehr.key(), %error, "a launch was not begun");
            texts::internal(words)
        }
        StartError::PkceNotListed => {
            log_seldom!(config.runtime(), error, ehr = ehr.key(), %error, "a launch was not begun");
            texts::pkce_not_listed(words)
        }
        StartError::SignIn(problem) => {
            log_seldom!(config.runtime(), error, ehr = ehr.key(), %problem, "a new sign-in cannot be demanded");
            texts::internal(words)
        }
        StartError::Request(error) => {
            log_seldom!(config.runtime(), error, ehr = ehr.key(), %error, "the EHR's authorization endpoint cannot be used");
            texts::internal(words)
        }
    };
    page.into()
}

/// The registration that the request names. Nothing is fetched to find out.
async fn which_ehr(request: &HttpRequest, config: &SmartConfig, launch: &LaunchRequest) -> Result<Arc<Ehr>, Box<Page>> {
    let runtime = config.runtime();
    let words = Asked::of(request, runtime).words();
    if let Some(iss) = launch.iss() {
        return runtime
            .ehr(iss)
            .await
            .map_err(|error| not_found(config, words, error, iss));
    }
    if runtime.settings.policies.standalone == StandaloneLaunch::NotOffered {
        return Err(texts::not_standalone(words).into());
    }
    match (launch.ehr(), runtime.registrations.only()) {
        (Some(key), _) => runtime
            .ehr(key)
            .await
            .map_err(|error| not_found(config, words, error, key)),
        (None, Some(only)) => Ok(only),
        (None, None) => Err(chooser::page(request, config, launch).await.into()),
    }
}

fn not_found(config: &SmartConfig, words: &Words, error: EhrLookupError, asked: &str) -> Box<Page> {
    let asked = in_log(asked);
    log_seldom!(config.runtime(), warn, ?asked, %error, "a launch was refused");
    let page = match error {
        EhrLookupError::NotRegistered => texts::unknown_ehr(words),
        EhrLookupError::Unavailable => texts::ehrs_unavailable(words),
        EhrLookupError::RegistrationFailed { retry_after } => texts::registration_failed(words, retry_after),
        EhrLookupError::Invalid => texts::internal(words),
    };
    page.into()
}

/// A page that posts the authorization request by itself, with a button for browsers without scripts.
fn form_page(request: &HttpRequest, config: &SmartConfig, form: &AuthorizationForm) -> HttpResponse {
    let language = Asked::of(request, config.runtime()).language;
    let settings = &config.runtime().settings;
    let nonce = random_text::<16>(&mut rand::rng());
    let page = authorize_form_page(form, &nonce, language, settings.brand.as_ref());
    let reply = Reply::document(200, page.html, page.content_security_policy, Some(settings))
        .with(header::CONTENT_LANGUAGE, language.tag());
    let reply = match settings.language.varies() {
        true => reply.with(header::VARY, "Accept-Language"),
        false => reply,
    };
    reply.to_response()
}
