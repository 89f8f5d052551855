//! What an EHR says of a refusal to register, read, change or delete, in the log: one line for each.

use super::error::RegistrationOperation;
use crate::{
    protocol::{echoed_secrets::SentSecrets, ehr_words::EhrWords, http::HttpResponse, people::People},
    runtime::Runtime,
};

/// Writes it, beside what the caller makes of it. It is not sent often: after a refusal nothing is tried for a while.
pub(super) fn tell_refusal(
    runtime: &Runtime,
    ehr: &str,
    (operation, endpoint): (RegistrationOperation, &str),
    response: &HttpResponse,
    sent: &SentSecrets,
) {
    let words = EhrWords::of_answer(response, sent);
    // A registration is about nobody.
    let logged = runtime.loggable(&words, &People::default());
    tracing::warn!(
        ehr,
        request = %operation,
        endpoint,
        status = response.status,
        code = words.code.as_deref().unwrap_or("none"),
        error_description = logged.description.as_deref(),
        error_uri = logged.uri.as_deref(),
        "the EHR refused a request"
    );
}
