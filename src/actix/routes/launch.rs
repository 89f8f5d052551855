//! `GET /auth/launch`: from the EHR (`iss` and `launch`) or by the person (neither).

use std::sync::Arc;

use actix_session::SessionExt as _;
use actix_web::{HttpRequest, HttpResponse, http::header};

use crate::{
    actix::{
        browser,
        negotiate::Audience,
        reply::{Reply, wording},
        routes::chooser,
    },
    config::{Ehr, SmartConfig, StandaloneLaunch},
    pages::{Page, authorize_form_page},
    protocol::{
        authorization::{AuthorizationForm, AuthorizationRedirect},
        launch_request::{LaunchRequest, SignInWish},
        random::random_text,
    },
    registrations::EhrLookupError,
    start::{self, Start, StartError},
    store::{BrowserKey, EndReason, LaunchUse, LoadedLaunch, patient_digest},
};

pub(super) async fn answer(request: &HttpRequest, config: &SmartConfig) -> HttpResponse {
    match begin(request, config).await {
        Ok(AuthorizationRedirect::Get(url)) => Reply::redirect(url.as_str()).to_response(),
        Ok(AuthorizationRedirect::Post(form)) => form_page(&form),
        Err(page) => {
            let audience = Audience::of(request.method(), request.headers());
            Reply::page(&page, audience, Some(&config.shared().settings)).to_response()
        }
    }
}

async fn begin(request: &HttpRequest, config: &SmartConfig) -> Result<AuthorizationRedirect, Box<Page>> {
    let launch = LaunchRequest::parse(request.query_string()).map_err(|error| {
        tracing::warn!(%error, "a launch request was refused");
        wording::bad_launch(error.to_string())
    })?;
    let ehr = which_ehr(request, config, &launch).await?;
    let browser = browser::known_or_new(&request.get_session()).map_err(|_| {
        tracing::error!("the browser id could not be put into the session");
        wording::internal()
    })?;
    let former = former(config, &launch, browser).await;
    let start = Start {
        from_ehr: launch
            .iss()
            .zip(launch.launch())
            .map(|(iss, token)| (iss.to_owned(), token.clone())),
        scopes: None,
        return_to: launch
            .return_to()
            .map(|path| path.clone().without_launch_segment().as_str().to_owned()),
        return_patient: former.patient,
        sign_in: ehr
            .sign_in()
            .after_timeout()
            .filter(|_| former.end == FormerEnd::TimedOut || launch.sign_in() == SignInWish::Again),
    };
    let redirect = start::begin(config, browser, &ehr, start)
        .await
        .map_err(|error| match error {
            StartError::Discovery(_) => wording::metadata_unavailable(),
            StartError::Conflict { .. } => wording::ehr_conflict(),
            StartError::Store(error) => {
                tracing::warn!(%error, "an authorization could not be begun");
                wording::store_unavailable()
            }
            StartError::PkceNotListed => {
                tracing::error!(ehr = ehr.key(), %error, "a launch was not begun");
                wording::pkce_not_listed()
            }
            StartError::SignIn(problem) => {
                tracing::error!(%problem, ehr = ehr.key(), "a new sign-in cannot be demanded");
                wording::internal()
            }
            StartError::Request(error) => {
                tracing::error!(%error, ehr = ehr.key(), "the EHR's authorization endpoint cannot be used");
                wording::internal()
            }
        })?;
    Ok(redirect)
}

/// The registration that the request names. Nothing is fetched to find out.
async fn which_ehr(request: &HttpRequest, config: &SmartConfig, launch: &LaunchRequest) -> Result<Arc<Ehr>, Box<Page>> {
    let shared = config.shared();
    if let Some(iss) = launch.iss() {
        return shared.ehr(iss).await.map_err(|error| not_found(error, iss));
    }
    if shared.settings.policies.standalone == StandaloneLaunch::NotOffered {
        return Err(wording::not_standalone().into());
    }
    match (launch.ehr(), shared.registrations.only()) {
        (Some(key), _) => shared.ehr(key).await.map_err(|error| not_found(error, key)),
        (None, Some(only)) => Ok(only),
        (None, None) => Err(chooser::page(request, config, launch).await.into()),
    }
}

fn not_found(error: EhrLookupError, asked: &str) -> Box<Page> {
    // Quoted and cut, as it is text from outside.
    let asked: String = asked.chars().take(200).collect();
    tracing::warn!(?asked, %error, "a launch was refused; nothing was fetched");
    let page = match error {
        EhrLookupError::NotRegistered => wording::unknown_ehr(),
        EhrLookupError::Unavailable => wording::ehrs_unavailable(),
        EhrLookupError::Invalid => wording::internal(),
    };
    page.into()
}

/// The launch that the browser comes from.
struct Former {
    /// Its patient, if it was this browser's.
    patient: Option<[u8; 32]>,
    end: FormerEnd,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum FormerEnd {
    /// It was unused for too long, or too old. Or nobody knows: what a launch ended of is soon forgotten, and a page that
    /// was left alone is come back to late.
    TimedOut,
    /// It is open, has ended otherwise, or there was none.
    Otherwise,
}

async fn former(config: &SmartConfig, launch: &LaunchRequest, browser: BrowserKey) -> Former {
    let (mut patient, mut end) = (None, FormerEnd::Otherwise);
    if let Some(after) = launch.after() {
        match config.shared().load(after.key(), LaunchUse::DoesNotCount).await {
            Ok(LoadedLaunch::Ended(ended)) => {
                patient = ended.patient.filter(|_| ended.browser == browser);
                if matches!(ended.reason, EndReason::Idle | EndReason::TooOld) {
                    end = FormerEnd::TimedOut;
                }
            }
            Ok(LoadedLaunch::Open { record, .. }) if record.browser == browser => {
                let id = record.tokens.context().patient();
                patient = id.map(|patient| patient_digest(&record.ehr, patient));
            }
            Ok(LoadedLaunch::Open { .. }) => {}
            Ok(LoadedLaunch::NotFound) | Err(_) => end = FormerEnd::TimedOut,
        }
    }
    Former { patient, end }
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
