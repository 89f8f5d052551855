//! What somebody is answered who calls the application with a token that will not do.

use actix_web::{
    HttpResponse, ResponseError,
    http::{StatusCode, header::WWW_AUTHENTICATE},
};

use crate::{
    actix::{asked::Asked, reply::Reply},
    resource_server::CallerTokenError,
    web::caller_token_page,
};

/// Callers are programs: the answer is problem+json with the challenge of RFC 6750 (section 3), or 503 with `Retry-After`
/// ([the table](crate::guide::answers#a-call-with-a-token)).
impl ResponseError for CallerTokenError {
    fn status_code(&self) -> StatusCode {
        StatusCode::from_u16(self.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    fn error_response(&self) -> HttpResponse {
        let asked = Asked::by_a_script();
        let (reference, status) = (asked.reference, self.status());
        if status == 500 {
            tracing::error!(%reference, "a caller was not served: {self}");
        } else {
            // Strangers can cause these as often as they like; the check has said seldom what is to be mended.
            tracing::debug!(%reference, status, "a caller was turned away: {self}");
        }
        let mut reply = Reply::page(caller_token_page(self, asked.words()), asked, None);
        if let Some(challenge) = self.challenge() {
            reply = reply.with(WWW_AUTHENTICATE, challenge);
        }
        reply.to_response_without_line()
    }
}
