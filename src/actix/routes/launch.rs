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
        launch_request::LaunchRequest,
        random::random_text,
    },
    registrations::EhrLookupError,
    start::{self, Start, StartError},
    store::{BrowserKey, LaunchUse, LoadedLaunch, patient_digest},
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
    let start = Start {
        from_ehr: launch
            .iss()
            .zip(launch.launch())
            .map(|(iss, token)| (iss.to_owned(), token.clone())),
        scopes: None,
        return_to: launch
            .return_to()
            .map(|path| path.clone().without_launch_segment().as_str().to_owned()),
        return_patient: patient_of_ended(config, &launch, browser).await,
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

/// The patient of the ended launch that the browser comes from, if it was this browser's.
async fn patient_of_ended(config: &SmartConfig, launch: &LaunchRequest, browser: BrowserKey) -> Option<[u8; 32]> {
    let after = launch.after()?.key();
    match config.shared().load(after, LaunchUse::DoesNotCount).await.ok()? {
        LoadedLaunch::Ended(ended) if ended.browser == browser => ended.patient,
        LoadedLaunch::Open { record, .. } if record.browser == browser => {
            let patient = record.tokens.context().patient()?;
            Some(patient_digest(&record.ehr, patient))
        }
        _ => None,
    }
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
