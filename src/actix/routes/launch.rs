//! `GET /auth/launch`: from the EHR (`iss` and `launch`) or by the person (neither).

use std::sync::Arc;

use actix_web::{HttpRequest, HttpResponse, http::header};

use crate::{
    actix::{
        browser::{self, NoSession},
        negotiate::Audience,
        reply::{Reply, wording},
        routes::{chooser, frames},
        sign_in_cookie,
    },
    config::{Ehr, StandaloneLaunch},
    launch::begin::{self, Start, StartError},
    log_throttle::log_seldom,
    pages::{Page, authorize_form_page},
    protocol::{
        after::After,
        authorization::{AuthorizationForm, AuthorizationRedirect},
        launch_request::{LaunchRequest, SignInWish},
        random::random_text,
        visible::in_log,
    },
    runtime::registrations::EhrLookupError,
    smart_config::SmartConfig,
    store::{BrowserKey, EndReason, FormerPatient, LaunchUse, LoadedLaunch, ReturnFor},
};

pub(super) async fn answer(request: &HttpRequest, config: &SmartConfig) -> HttpResponse {
    let settings = &config.runtime().settings;
    match begin(request, config).await {
        Ok(Begun::Hop(reply)) => reply.to_response(),
        Ok(Begun::Authorization { redirect, cookies }) => {
            let mut response = match redirect {
                AuthorizationRedirect::Get(url) => Reply::redirect(url.as_str()).to_response(),
                AuthorizationRedirect::Post(form) => form_page(&form),
            };
            for cookie in cookies {
                if let Ok(cookie) = cookie.try_into() {
                    response.headers_mut().append(header::SET_COOKIE, cookie);
                }
            }
            response
        }
        Err(page) => {
            let audience = Audience::of(request.method(), request.headers());
            Reply::page(&page, audience, Some(settings)).to_response()
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
    let launch = LaunchRequest::parse(request.query_string()).map_err(|error| {
        log_seldom!(config.runtime(), warn, %error, "a launch request was refused");
        wording::bad_launch(error.to_string())
    })?;
    if let Some(hop) = frames::ask_for_cookies(request, config, &launch)? {
        return Ok(Begun::Hop(hop));
    }
    let ehr = which_ehr(request, config, &launch).await?;
    browser::name_session(request).map_err(|why| no_session(config, why))?;
    let former = EndedLaunchRef::of(request, config, &launch, &ehr).await;
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
            .filter(|_| former.end == FormerEnd::TimedOut || launch.sign_in() == SignInWish::Again),
    };
    let (redirect, state, record) = begin::begin(config.runtime(), &ehr, start)
        .await
        .map_err(|error| not_begun(config, &ehr, error))?;
    let runtime = config.runtime();
    let cookies = sign_in_cookie::begin(request, runtime, &state, &record).map_err(|error| {
        log_seldom!(runtime, error, %error, "a sign-in could not be sealed");
        wording::internal()
    })?;
    Ok(Begun::Authorization { redirect, cookies })
}

fn no_session(config: &SmartConfig, why: NoSession) -> Box<Page> {
    let page = match why {
        NoSession::NoMiddleware => {
            log_seldom!(
                config.runtime(),
                error,
                "a launch has no session: SessionMiddleware is missing, or it is wrapped before SmartAuth. It has to be \
                 wrapped after it: `.wrap(SmartAuth::new(config)).wrap(SessionMiddleware::new(store, key))`"
            );
            wording::not_installed()
        }
        NoSession::NotInserted => {
            log_seldom!(
                config.runtime(),
                error,
                "the browser id could not be put into the session"
            );
            wording::internal()
        }
    };
    page.into()
}

fn not_begun(config: &SmartConfig, ehr: &Ehr, error: StartError) -> Box<Page> {
    let page = match error {
        StartError::Discovery(_) => wording::metadata_unavailable(),
        StartError::Conflict { .. } => wording::ehr_conflict(),
        StartError::StoreUnavailable(error) => {
            log_seldom!(
                config.runtime(),
                warn,
                ehr = ehr.key(),
                %error,
                "a launch was not begun: the token store has not answered since this process started"
            );
            wording::store_unavailable()
        }
        StartError::PkceNotListed => {
            log_seldom!(config.runtime(), error, ehr = ehr.key(), %error, "a launch was not begun");
            wording::pkce_not_listed()
        }
        StartError::SignIn(problem) => {
            log_seldom!(config.runtime(), error, %problem, ehr = ehr.key(), "a new sign-in cannot be demanded");
            wording::internal()
        }
        StartError::Request(error) => {
            log_seldom!(config.runtime(), error, %error, ehr = ehr.key(), "the EHR's authorization endpoint cannot be used");
            wording::internal()
        }
    };
    page.into()
}

/// The registration that the request names. Nothing is fetched to find out.
async fn which_ehr(request: &HttpRequest, config: &SmartConfig, launch: &LaunchRequest) -> Result<Arc<Ehr>, Box<Page>> {
    let runtime = config.runtime();
    if let Some(iss) = launch.iss() {
        return runtime.ehr(iss).await.map_err(|error| not_found(config, error, iss));
    }
    if runtime.settings.policies.standalone == StandaloneLaunch::NotOffered {
        return Err(wording::not_standalone().into());
    }
    match (launch.ehr(), runtime.registrations.only()) {
        (Some(key), _) => runtime.ehr(key).await.map_err(|error| not_found(config, error, key)),
        (None, Some(only)) => Ok(only),
        (None, None) => Err(chooser::page(request, config, launch).await.into()),
    }
}

fn not_found(config: &SmartConfig, error: EhrLookupError, asked: &str) -> Box<Page> {
    let asked = in_log(asked);
    log_seldom!(config.runtime(), warn, ?asked, %error, "a launch was refused; nothing was fetched");
    let page = match error {
        EhrLookupError::NotRegistered => wording::unknown_ehr(),
        EhrLookupError::Unavailable => wording::ehrs_unavailable(),
        EhrLookupError::Invalid => wording::internal(),
    };
    page.into()
}

/// The launch that the browser comes from.
struct EndedLaunchRef {
    /// Its patient, where the page was inside a launch. Unknown unless that was this browser's, and at the same EHR: ids
    /// mean nothing at another.
    patient: Option<FormerPatient>,
    end: FormerEnd,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum FormerEnd {
    /// It was unused for too long, or too old. Or nobody knows: why a launch ended is soon forgotten, and people come back
    /// late to a page that they left alone.
    TimedOut,
    /// It is open, has ended otherwise, or there was none.
    Otherwise,
}

impl EndedLaunchRef {
    async fn of(request: &HttpRequest, config: &SmartConfig, launch: &LaunchRequest, ehr: &Ehr) -> Self {
        let runtime = config.runtime();
        let former = launch.former();
        let ((Some(After::Launch(after)), _) | (None, Some(After::Launch(after)))) = (launch.after(), &former) else {
            let patient = former.map(|_| FormerPatient::Unknown);
            let end = FormerEnd::Otherwise;
            return Self { patient, end };
        };
        let loaded = runtime.load(after.key(), LaunchUse::DoesNotCount).await;
        let end = match (&loaded, launch.after()) {
            (Ok(LoadedLaunch::Ended(ended)), Some(_))
                if !matches!(ended.reason, EndReason::Idle | EndReason::TooOld) =>
            {
                FormerEnd::Otherwise
            }
            (Ok(LoadedLaunch::Open { .. }), _) | (_, None) => FormerEnd::Otherwise,
            _ => FormerEnd::TimedOut,
        };
        let known = match loaded {
            Ok(LoadedLaunch::Ended(ended)) => Some((ended.browser, ended.ehr.clone(), ended.patient)),
            Ok(LoadedLaunch::Open { record, .. }) => {
                Some((record.browser, record.ehr.clone(), FormerPatient::of(&record)))
            }
            Ok(LoadedLaunch::NotFound) | Err(_) => None,
        };
        // An address that names two launches is believed of neither.
        let agrees = former.as_ref().is_none_or(|former| former.as_str() == after.as_str());
        let patient = match known.filter(|(_, at, _)| agrees && at == ehr.key()) {
            Some((of, _, patient)) if is_own(request, config, of).await => patient,
            _ => FormerPatient::Unknown,
        };
        Self {
            patient: Some(patient),
            end,
        }
    }

    /// Where the browser wants to go, and for whom that is. A page that was opened inside a launch of which nothing is known
    /// is not opened inside another: it may be about somebody else.
    fn return_to(&self, launch: &LaunchRequest) -> (Option<String>, ReturnFor) {
        let path = launch.return_to();
        let path = path.map(|path| path.clone().without_launch_segment().as_str().to_owned());
        match self.patient {
            None => (path, ReturnFor::Anyone),
            Some(FormerPatient::Unknown) => (None, ReturnFor::Anyone),
            Some(FormerPatient::None) => (path, ReturnFor::NoPatient),
            Some(FormerPatient::Patient(patient)) => (path, ReturnFor::Patient(patient)),
        }
    }
}

/// Whether a launch was opened in the browser of this request.
async fn is_own(request: &HttpRequest, config: &SmartConfig, of: BrowserKey) -> bool {
    let runtime = config.runtime();
    let (names, _) = browser::of(request, &runtime.settings).all_names(runtime).await;
    names.contains(&of)
}

/// A page that posts the authorization request by itself, with a button for browsers without scripts.
fn form_page(form: &AuthorizationForm) -> HttpResponse {
    let nonce = random_text::<16>(&mut rand::rng());
    let page = authorize_form_page(form, &nonce);
    HttpResponse::Ok()
        .insert_header((header::CONTENT_TYPE, "text/html; charset=utf-8"))
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .insert_header((header::CONTENT_SECURITY_POLICY, page.content_security_policy))
        .insert_header((header::REFERRER_POLICY, "strict-origin"))
        .body(page.html)
}
