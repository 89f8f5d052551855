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
    #[error("the callback has no `state`, so it cannot be matched to a launch; start again from the EHR")]
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
    let harmless = |raw: &str| Some(lossy(raw)).filter(|text| !sent.are_in(text));
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
mod tests {
    use super::*;

    fn parse(query: &str) -> CallbackQuery {
        CallbackQuery::parse(query).unwrap()
    }

    fn refusal(query: &str) -> CallbackQueryError {
        CallbackQuery::parse(query).unwrap_err()
    }

    #[test]
    fn a_code_comes_with_its_state() {
        let query = parse("code=a%2Bb%2F&state=s-1&session_state=x&iss=https%3A%2F%2Fsso.example");
        assert_eq!(query.state.expose_secret(), "s-1");
        assert_eq!(query.iss.as_deref(), Some("https://sso.example"));
        let CallbackAnswer::Code(code) = query.answer else {
            panic!("{:?}", query.answer)
        };
        assert_eq!(code.expose_secret(), "a+b/");
    }

    #[test]
    fn a_plus_of_a_code_is_one_and_of_everything_else_a_space() {
        let query = parse("code=a+b%2Bc%20d&state=s+1&iss=https://sso.example/+");
        let CallbackAnswer::Code(code) = query.answer else {
            panic!("{:?}", query.answer)
        };
        assert_eq!(code.expose_secret(), "a+b+c d");
        assert_eq!(query.state.expose_secret(), "s 1");
        assert_eq!(query.iss.as_deref(), Some("https://sso.example/ "));
    }

    #[test]
    fn an_error_wins_over_a_code_and_its_texts_are_data() {
        let query = parse("state=s&code=c&error=access_denied&error_description=No+%3Cb%3E%FF&error_uri=javascript:x");
        let CallbackAnswer::Error(error) = query.answer else {
            panic!("{:?}", query.answer)
        };
        assert_eq!(error.code, "access_denied");
        assert_eq!(error.description.unwrap().as_str(), "No <b>\u{fffd}");
        assert_eq!(error.uri.unwrap().as_str(), "javascript:x");
    }

    #[test]
    fn a_text_that_repeats_state_or_code_is_dropped() {
        let query =
            "state=st%2Bate-1&code=code-123&error=server_error&error_description=no+st%2Bate-1&error_uri=/?code-123";
        let CallbackAnswer::Error(error) = parse(query).answer else {
            panic!("an error")
        };
        assert_eq!((error.description, error.uri), (None, None));
        let query = "state=s&code=code%201%202&error=server_error&error_description=code%001%7F2&error_uri=code%0A1+2";
        let CallbackAnswer::Error(error) = parse(query).answer else {
            panic!("an error")
        };
        assert_eq!((error.description, error.uri), (None, None));
        let query =
            "state=s&code=code-123&error=x&error_description=co%E2%80%AEde-%E2%80%8B123&error_uri=%C2%ADcode-123";
        let CallbackAnswer::Error(error) = parse(query).answer else {
            panic!("an error")
        };
        assert_eq!((error.description, error.uri), (None, None));
        let CallbackAnswer::Error(error) = parse("state=state-12&error=state-12").answer else {
            panic!("an error")
        };
        assert_eq!(error.code, "unknown");
    }

    #[test]
    fn an_error_code_that_is_a_sentence_becomes_unknown() {
        let CallbackAnswer::Error(error) = parse("state=s&error=Call+555+now").answer else {
            panic!("an error")
        };
        assert_eq!(
            error,
            EhrError {
                code: "unknown".to_owned(),
                description: None,
                uri: None
            }
        );
    }

    #[test]
    fn an_error_without_state_is_read_and_repeats_neither_a_code_nor_what_looks_like_a_state() {
        let read = |query: &str| CallbackQuery::error_without_state(query);
        let error =
            read("error=bad_audience&error_description=Bad+audience+value&error_uri=https://e.example").unwrap();
        assert_eq!(error.code, "bad_audience");
        assert_eq!(error.description.unwrap().as_str(), "Bad audience value");
        assert_eq!(error.uri.unwrap().as_str(), "https://e.example");
        let state = "b4Zr0QmX7tT2wY9cN1vK5hJ8";
        assert_eq!(read(&format!("error={state}")).unwrap().code, "unknown");
        let echo = read("code=code-123&error=x&error_description=code-123").unwrap();
        assert_eq!((echo.code.as_str(), echo.description), ("x", None));
        for none in ["", "code=c", "error=", "error=a&error=b", "error=a&code=1&code=2"] {
            assert_eq!(read(none), None, "{none}");
        }
    }

    #[test]
    fn neither_code_nor_error_is_an_answer_of_its_own() {
        for query in ["state=s", "state=s&code=", "state=s&error=&code"] {
            assert!(matches!(parse(query).answer, CallbackAnswer::Neither), "{query}");
        }
    }

    #[test]
    fn every_known_parameter_may_come_once_only() {
        for parameter in ["state", "code", "error", "error_description", "error_uri", "iss"] {
            let query = format!("state=s&code=c&{parameter}=1&{parameter}=2");
            assert_eq!(refusal(&query), CallbackQueryError::Repeated { parameter });
        }
    }

    #[test]
    fn a_state_must_be_there_and_not_too_long() {
        assert_eq!(refusal("code=c"), CallbackQueryError::StateMissing);
        assert_eq!(refusal("code=c&state="), CallbackQueryError::StateMissing);
        assert_eq!(refusal("state=%ff"), CallbackQueryError::NotText { parameter: "state" });
        for (parameter, limit) in [("state", 512), ("code", 16_384), ("iss", 2_048)] {
            let query = |length: usize| {
                let value = "a".repeat(length);
                if parameter == "state" {
                    format!("state={value}")
                } else {
                    format!("state=s&{parameter}={value}")
                }
            };
            assert!(CallbackQuery::parse(&query(limit)).is_ok(), "{parameter}");
            assert_eq!(
                refusal(&query(limit + 1)),
                CallbackQueryError::TooLong { parameter, limit }
            );
        }
    }

    #[test]
    fn debug_output_shows_neither_state_nor_code_nor_description() {
        for query in [
            "state=MARKER&code=MARKER",
            "state=MARKER&error=x&error_description=MARKER&error_uri=MARKER",
        ] {
            let shown = format!("{:?}", parse(query));
            assert!(!shown.contains("MARKER"), "{shown}");
        }
    }
}
