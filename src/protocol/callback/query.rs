//! The query of a callback: [`CallbackQuery`] (RFC 6749, sections 4.1.2 and 4.1.2.1).

use crate::protocol::{
    echoed_secrets::SentSecrets,
    ehr_text::{EhrText, error_code},
    people::People,
    query::{Plus, decode, decode_text, pick},
    secret::{AuthorizationCode, State},
};

/// The query of a callback. Nothing in it may be acted on before `state` is found to be this browser's.
#[derive(Debug, Clone)]
pub(crate) struct CallbackQuery {
    /// The state to claim the pending authorization with.
    pub(crate) state: State,
    /// What the EHR answered.
    pub(crate) answer: CallbackAnswer,
    /// The `iss` of RFC 9207: which authorization server answers.
    pub(crate) iss: Option<String>,
}

/// What the EHR answered to an authorization request.
#[derive(Debug, Clone)]
pub(crate) enum CallbackAnswer {
    /// A code to exchange.
    Code(AuthorizationCode),
    /// An error. It wins over a code, if both came.
    Error(EhrError),
    /// Neither.
    Neither,
}

/// The error that an EHR reported at the redirect.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct EhrError {
    /// The error code, for example `access_denied`; `unknown` when it has characters or a length that no code has.
    pub code: String,
    /// The EHR's explanation. Data, not to be trusted.
    pub description: Option<EhrText>,
    /// The EHR's address for more information. Data: not a link to offer.
    pub uri: Option<EhrText>,
}

/// Why a callback cannot be looked up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CallbackQueryError {
    /// A parameter stands there more than once.
    #[error("the callback has the parameter `{parameter}` more than once; start again from the EHR")]
    Repeated {
        /// Which one.
        parameter: &'static str,
    },
    /// There is no `state`, or an empty one.
    #[error("the callback has no `state`, so that nobody can tell to which sign-in it belongs; start again")]
    StateMissing,
    /// A value is too long.
    #[error("the parameter `{parameter}` of the callback is longer than {limit} bytes; start again from the EHR")]
    TooLong {
        /// Which one.
        parameter: &'static str,
        /// The limit in bytes.
        limit: usize,
    },
    /// A value is not UTF-8.
    #[error("the parameter `{parameter}` of the callback is not text (UTF-8); start again from the EHR")]
    NotText {
        /// Which one.
        parameter: &'static str,
    },
}

impl CallbackQuery {
    /// Reads the query (without `?`). Unknown parameters are ignored, and an empty value is as good as none.
    ///
    /// # Errors
    ///
    /// [`CallbackQueryError`]: a repeated parameter; a `state` that is missing or longer than 512 bytes; a `code`
    /// longer than 16,384 bytes or an `iss` longer than 2,048; one of these three that is not UTF-8.
    pub(crate) fn parse(query: &str) -> Result<Self, CallbackQueryError> {
        let [state, code, error, description, uri, iss] = pick(
            query,
            ["state", "code", "error", "error_description", "error_uri", "iss"],
        )
        .map_err(|parameter| CallbackQueryError::Repeated { parameter })?;

        let state = read("state", state, Plus::Space, 512)?.ok_or(CallbackQueryError::StateMissing)?;
        let iss = read("iss", iss, Plus::Space, 2_048)?;
        // Servers that put a code into the redirect without encoding it mean the plus that is in it.
        let code = read("code", code, Plus::Itself, 16_384)?;
        let answer = match (error, code) {
            (Some(error), code) => {
                // In an explanation that is a form value like any other, a plus of the code has become a space.
                let as_form = code.as_ref().map(|code| code.replace('+', " "));
                let sent = SentSecrets::new(code.iter().chain([&state]).cloned().chain(as_form));
                CallbackAnswer::Error(read_error(error, description, uri, &sent))
            }
            (None, Some(code)) => CallbackAnswer::Code(AuthorizationCode::new(code)),
            (None, None) => CallbackAnswer::Neither,
        };
        Ok(Self {
            state: State::new(state),
            answer,
            iss,
        })
    }

    /// The error in a query that has no `state`, as some EHRs send it. Anybody may have written it, and it belongs to no
    /// sign-in: it says what to tell the person, and nothing else.
    pub(crate) fn error_without_state(query: &str) -> Option<EhrError> {
        let [code, error, description, uri] = pick(query, ["code", "error", "error_description", "error_uri"]).ok()?;
        let sent = SentSecrets::new(code.map(lossy));
        let error = read_error(error?, description, uri, &sent);
        // Which state it would repeat is not known here.
        let is_harmless = People::default().hidden_in(&error.code).as_ref() == Some(&error.code);
        Some(EhrError {
            code: if is_harmless { error.code } else { error_code("") },
            ..error
        })
    }
}

/// Without what repeats one of these.
fn read_error(error: &str, description: Option<&str>, uri: Option<&str>, sent: &SentSecrets) -> EhrError {
    let harmless = |raw: &str| Some(lossy(raw)).filter(|text| !sent.are_partly_in(text));
    // Looked at before it is cut to a length: the cut may leave half a secret in it.
    let said = |raw: Option<&str>| EhrText::new(&harmless(raw?)?);
    EhrError {
        code: error_code(&harmless(error).unwrap_or_default()),
        description: said(description),
        uri: said(uri),
    }
}

fn read(
    parameter: &'static str,
    raw: Option<&str>,
    plus: Plus,
    limit: usize,
) -> Result<Option<String>, CallbackQueryError> {
    let Some(raw) = raw else { return Ok(None) };
    let text = decode_text(raw, plus).ok_or(CallbackQueryError::NotText { parameter })?;
    if text.len() > limit {
        return Err(CallbackQueryError::TooLong { parameter, limit });
    }
    Ok(Some(text))
}

/// An explanation in some other encoding is no reason to lose the error that it explains.
fn lossy(raw: &str) -> String {
    String::from_utf8_lossy(&decode(raw, Plus::Space)).into_owned()
}

#[cfg(test)]
mod tests;
