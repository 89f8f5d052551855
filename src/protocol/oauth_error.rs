//! OAuth errors (RFC 6749, section 5.2) from every endpoint: how they are read, what they mean, and what to do about them.

use serde_json::Value;

use super::{
    echoed_secrets::SentSecrets,
    ehr_text::{EhrText, error_code},
    json_object::JsonObject,
};

/// A refusal in the way of OAuth, with any status.
pub(crate) struct OAuthError {
    /// The error code; `unknown` when it is not of that form.
    pub(crate) code: String,
    /// The EHR's explanation. Data, not to be trusted.
    pub(crate) description: Option<EhrText>,
}

impl OAuthError {
    /// The error in an answer. `None` when it has none: no `error`, or one that is `null` or blank.
    pub(crate) fn read(answer: &JsonObject) -> Option<Self> {
        let code = match answer.members.get("error")? {
            Value::Null => return None,
            Value::String(code) if code.trim().is_empty() => return None,
            Value::String(code) => error_code(code),
            _ => error_code(""),
        };
        let description = answer.members.get("error_description").and_then(Value::as_str);
        Some(Self {
            code,
            description: description.and_then(EhrText::new),
        })
    }

    /// The same without what repeats a secret of the request. `body` is the body that it was read from.
    pub(crate) fn without(mut self, sent: &SentSecrets, body: &[u8]) -> Self {
        // The description was cut to a length, and the cut may have left half a secret in it: the whole is looked at.
        if self.description.is_some() && sent.are_partly_in_body(body) {
            self.description = None;
        }
        if sent.are_in(&self.code) {
            self.code = error_code("");
        }
        self
    }
}

/// Whether an OAuth error is to be believed, by the status that it comes with.
///
/// A 5xx or a 429 with the same body comes from something that is in trouble.
pub(crate) fn is_definite_refusal(status: u16, error: &str) -> bool {
    matches!(status, 200..=299 | 400..=499)
        && !matches!(status, 408 | 425 | 429)
        && error != "unknown"
        && !is_temporary_code(error)
}

/// Whether an error code says that it is soon over.
pub(crate) fn is_temporary_code(code: &str) -> bool {
    matches!(code, "temporarily_unavailable" | "server_error" | "slow_down")
}

/// Whether a code is one that token requests are refused with (RFC 6749, section 5.2; RFC 8707, section 2): what it means
/// is agreed on.
pub(crate) fn is_code_of_token_requests(code: &str) -> bool {
    matches!(
        code,
        "invalid_request"
            | "invalid_client"
            | "invalid_grant"
            | "unauthorized_client"
            | "unsupported_grant_type"
            | "invalid_scope"
            | "invalid_target"
    )
}

/// What to do about an error code of an authorization, and about those that mean the same everywhere.
pub(crate) fn advice_for_code(code: &str) -> &'static str {
    match code {
        "invalid_grant" => "the code or refresh token is used up, expired or revoked: start a new launch",
        "invalid_client" => {
            "check the client id, the secret or key, and the way of client authentication of this EHR registration"
        }
        "unauthorized_client" | "unsupported_grant_type" | "access_denied" | "insufficient_scope" => {
            "ask the EHR's administrator to allow this for the client id"
        }
        "invalid_scope" => "compare the configured scopes with those registered at the EHR",
        "invalid_request" => {
            "compare the redirect URI with the registered one, and the FHIR base URL with the EHR's own spelling of it, the \
             last slash included; `Quirks::aud` sends another one"
        }
        "bad_audience" | "invalid_target" => {
            "compare the FHIR base URL of the registration with the EHR's own spelling of it; `Quirks::aud` sends another one"
        }
        "unsupported_token_type" => "this EHR cannot revoke tokens of this kind; they work until they expire",
        code if is_temporary_code(code) => "try again later",
        _ => "ask the EHR's administrator what it means",
    }
}

/// What to do about an error code of an endpoint that authenticates the client. There the log has a line for each refusal
/// (`runtime/refusal_log`), which knows what was sent.
pub(crate) fn advice_at_endpoint(code: &str) -> &'static str {
    match code {
        "invalid_client" => "the log says how the client was authenticated and what to try",
        "invalid_request" => "check the redirect URI and the client authentication of this EHR registration",
        _ => advice_for_code(code),
    }
}

/// What to do about an answer that is no OAuth error.
pub(crate) fn advice_for_status(status: u16) -> &'static str {
    match status {
        300..=399 => "requests with secrets never follow a redirect: the EHR has to announce the final endpoint",
        401 | 403 => "check the client id and the credentials of this EHR registration",
        404 | 405 => "check that the EHR announces the right endpoint",
        408 | 425 | 429 | 500..=599 => "try again later",
        _ => "check that the EHR announces the right endpoint and that no proxy or sign-in page stands in between",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_code_and_each_status_has_its_own_advice() {
        for (code, advice) in [
            ("invalid_grant", "start a new launch"),
            ("invalid_client", "check the client id, the secret or key"),
            ("unauthorized_client", "to allow this for the client id"),
            ("unsupported_grant_type", "to allow this for the client id"),
            ("access_denied", "to allow this for the client id"),
            ("insufficient_scope", "to allow this for the client id"),
            ("invalid_scope", "compare the configured scopes"),
            ("invalid_request", "compare the redirect URI with the registered one"),
            ("bad_audience", "compare the FHIR base URL"),
            ("invalid_target", "compare the FHIR base URL"),
            ("unsupported_token_type", "work until they expire"),
            ("server_error", "try again later"),
            ("a_code_of_its_own", "what it means"),
        ] {
            assert!(advice_for_code(code).contains(advice), "{code}");
        }
        for (code, advice) in [
            ("invalid_client", "the log says how"),
            (
                "invalid_request",
                "check the redirect URI and the client authentication",
            ),
            ("invalid_scope", "compare the configured scopes"),
        ] {
            assert!(advice_at_endpoint(code).contains(advice), "{code}");
        }
        let in_between = "no proxy or sign-in page stands in between";
        for (status, advice) in [
            (299, in_between),
            (300, "the EHR has to announce the final endpoint"),
            (399, "the EHR has to announce the final endpoint"),
            (400, in_between),
            (401, "the credentials of this EHR registration"),
            (403, "the credentials of this EHR registration"),
            (404, "check that the EHR announces the right endpoint"),
            (405, "check that the EHR announces the right endpoint"),
            (406, in_between),
            (408, "try again later"),
            (425, "try again later"),
            (429, "try again later"),
            (499, in_between),
            (500, "try again later"),
            (599, "try again later"),
            (600, in_between),
        ] {
            assert!(advice_for_status(status).ends_with(advice), "{status}");
        }
    }
}
