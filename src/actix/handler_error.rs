//! The errors of this crate that a handler returns with `?`. They do not know who asks, so they answer as to a script; the
//! middleware, which knows, answers anew ([`answer_anew`]).

use actix_web::{
    HttpMessage as _, HttpResponse, ResponseError,
    body::{BoxBody, EitherBody},
    dev::ServiceResponse,
    http::{
        StatusCode,
        header::{CONTENT_ENCODING, CONTENT_TYPE, RETRY_AFTER, SET_COOKIE, VARY, WWW_AUTHENTICATE},
    },
};

use crate::{
    actix::{
        asked::Asked,
        refusal,
        reply::{PROBLEM_JSON, Reply},
        request::{Installed, Loading},
    },
    backend::BackendError,
    fhir::FhirError,
    launch::{error::LaunchError, insufficient_scope::InsufficientScope},
    pages::{Audience, Reference, texts},
    web::fhir_error_page,
};

/// Goes along with the answer, also when an error of the application's own passes that on.
#[derive(Clone)]
struct HandlerError {
    error: FhirError,
    /// What the log calls it already.
    reference: Reference,
}

/// Answers anew, for the one who asks, where a handler has failed with one of these errors.
pub(super) fn answer_anew<B>(response: ServiceResponse<B>) -> ServiceResponse<EitherBody<B>> {
    let error = response.response().extensions().get::<HandlerError>().cloned();
    match error {
        // What else the application has made of it stays.
        Some(HandlerError { error, reference }) if is_problem(&response) => {
            let mut extensions = response.request().extensions_mut();
            if !extensions.contains::<Reference>() {
                extensions.insert(reference);
            }
            drop(extensions);
            let reply = reply_to(&response, &error);
            put(&reply, response).map_into_right_body()
        }
        _ => response.map_into_left_body(),
    }
}

fn is_problem<B>(response: &ServiceResponse<B>) -> bool {
    let content = response.headers().get(CONTENT_TYPE);
    content.is_some_and(|content| content == PROBLEM_JSON)
}

fn reply_to<B>(response: &ServiceResponse<B>, error: &FhirError) -> Reply {
    let request = response.request();
    match error {
        FhirError::Launch(error) => {
            let own = Loading::of(request).session();
            if let Some(session) = own.filter(|session| session.has_failed_with(*error)) {
                return refusal::of_open_launch(request, (*error).into(), Some(&session));
            }
        }
        FhirError::InsufficientScope(lack) => return refusal::scope_reply(request, lack),
        _ => {}
    }
    let route = request.match_pattern().unwrap_or_default();
    let smart = Installed::of(request);
    let runtime = smart.as_ref().map(|smart| smart.config.runtime());
    let asked = runtime.map_or_else(
        || Asked::without_settings(request),
        |runtime| Asked::of(request, runtime),
    );
    let reference = asked.reference;
    if let FhirError::Launch(error @ (LaunchError::Ended(_) | LaunchError::NotFound)) = error {
        tracing::error!(
            %route,
            %reference,
            %error,
            "a handler passes on that a launch is not open, and it is not the launch of the request; decide in the handler what \
             the person is told"
        );
        return Reply::page(texts::internal(asked.words()), asked, runtime);
    }
    let page = fhir_error_page(error, asked.words(), asked.audience);
    match page.status {
        404 | 409 => tracing::debug!(%route, %reference, %error, "a FHIR request of a handler gave nothing"),
        500 if matches!(error, FhirError::Backend(_)) => {
            tracing::error!(%route, %reference, %error, "a handler has no token of the application's own");
        }
        500 => tracing::error!(%route, %reference, %error, "a handler made a FHIR request that cannot be sent"),
        _ if matches!(error, FhirError::Backend(_)) => {
            tracing::warn!(%route, %reference, %error, "a handler has no token of the application's own");
        }
        _ => tracing::warn!(%route, %reference, %error, "a FHIR request of a handler gave nothing"),
    }
    Reply::page(page, asked, runtime)
}

/// The reply in the place of the answer. Headers that others have set, such as cookies, stay.
fn put<B>(reply: &Reply, response: ServiceResponse<B>) -> ServiceResponse<BoxBody> {
    let (reply, body) = reply.to_response().into_parts();
    response.map_body(|head, _| {
        head.status = reply.status();
        // Of the answer to a script.
        for name in [CONTENT_ENCODING, RETRY_AFTER, WWW_AUTHENTICATE] {
            head.headers.remove(name);
        }
        for (name, value) in reply.headers() {
            // Other layers have theirs, such as `Vary: Origin`.
            if name == SET_COOKIE || name == VARY {
                head.headers.append(name.clone(), value.clone());
            } else {
                head.headers.insert(name.clone(), value.clone());
            }
        }
        body
    })
}

fn answer_to_script(error: FhirError) -> HttpResponse {
    let asked = Asked::by_a_script();
    tracing::info!(reference = %asked.reference, "{error}");
    let reference = asked.reference;
    let reply = Reply::page(fhir_error_page(&error, asked.words(), Audience::Api), asked, None);
    let reply = match &error {
        FhirError::InsufficientScope(lack) => reply.with_challenge(lack.needed()),
        _ => reply,
    };
    // Where the crate is installed, another answer may take its place.
    let mut response = reply.to_response_without_line();
    response.extensions_mut().insert(HandlerError { error, reference });
    response
}

fn status_of(error: &FhirError) -> StatusCode {
    let page = fhir_error_page(error, Asked::by_a_script().words(), Audience::Api);
    StatusCode::from_u16(page.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}

/// So that a handler may use `?` on a FHIR request: the status that fits, a page for a person, problem+json for a script
/// ([the table](crate::guide::answers#a-fhir-request)). What the server wrote goes to neither.
///
/// Without [`SmartAuth`](crate::SmartAuth) around the App everybody gets problem+json. An error of your own that holds this one passes
/// its `error_response()` on.
impl ResponseError for FhirError {
    fn status_code(&self) -> StatusCode {
        status_of(self)
    }

    fn error_response(&self) -> HttpResponse {
        answer_to_script(self.clone())
    }
}

/// So that a handler may use `?` on `session.current_token().await`: it answers as a handler whose launch was like that when it
/// began ([`SmartSessionError`](crate::SmartSessionError)). That another launch is not open, of a handle that was resumed, says
/// nothing about the one who asks: then it is 500, and the log says so.
impl ResponseError for LaunchError {
    fn status_code(&self) -> StatusCode {
        status_of(&(*self).into())
    }

    fn error_response(&self) -> HttpResponse {
        answer_to_script((*self).into())
    }
}

/// So that a handler may use `?` on `client.token().await`, and take the token as an argument.
impl ResponseError for BackendError {
    fn status_code(&self) -> StatusCode {
        FhirError::from(*self).status_code()
    }

    fn error_response(&self) -> HttpResponse {
        answer_to_script((*self).into())
    }
}

/// So that a handler may use `?` on `session.require_scopes("…")`: it answers as [`RequireScope`](crate::RequireScope) does, a
/// script with the challenge of RFC 6750 (section 3.1).
impl ResponseError for InsufficientScope {
    fn status_code(&self) -> StatusCode {
        StatusCode::FORBIDDEN
    }

    fn error_response(&self) -> HttpResponse {
        answer_to_script(self.clone().into())
    }
}
