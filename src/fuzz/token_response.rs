//! The answer of the token endpoint.

use std::{sync::LazyLock, time::Duration};

use super::NOW;
use crate::protocol::{
    echoed_secrets::SentSecrets,
    ehr_words::EhrWords,
    http::HttpResponse,
    launch_context::LaunchContext,
    people::People,
    scope::Scopes,
    token::{PatientOnRefresh, RefreshMismatch, TokenSet},
    token_error::TokenError,
    token_response::{Grant, Reading, TokenResponse},
    token_type::TokenType,
    urls::FhirBaseUrl,
    visible::is_invisible,
};

const DEFAULT_LIFE: Duration = Duration::from_secs(300);
const LONGEST_LIFE: Duration = Duration::from_secs(10 * 365 * 24 * 60 * 60);
/// What the request that is answered carried; see `fuzz/dict/token_response.dict`.
const SENT: &str = "sent-code-1234";

static BASE: LazyLock<FhirBaseUrl> =
    LazyLock::new(|| FhirBaseUrl::parse("https://ehr.example/fhir").expect("a FHIR base URL"));

/// The status code and perhaps a `Retry-After` in the first line, then the body.
pub fn token_response(data: &[u8]) {
    let end = data.iter().position(|byte| *byte == b'\n').unwrap_or(data.len());
    let (line, body) = data.split_at(end);
    let Ok(line) = std::str::from_utf8(line) else { return };
    let (status, retry_after) = line.split_once(' ').unwrap_or((line, ""));
    let status = status.parse().unwrap_or(200);
    let mut headers = vec![("Content-Type".to_owned(), "text/html".to_owned())];
    if !retry_after.is_empty() {
        headers.push(("Retry-After".to_owned(), retry_after.to_owned()));
    }
    let response = HttpResponse::new(status, headers, body.to_vec());
    for answer_to in [Grant::Code, Grant::RefreshToken] {
        let by = |token_type| {
            let reading = Reading {
                answer_to,
                base: &BASE,
                token_type,
                now: NOW,
            };
            TokenResponse::parse(&response, &reading)
        };
        let strict = by(TokenType::Required);
        let lenient = by(TokenType::AssumedBearer);
        assert!(strict.is_err() || lenient.is_ok());
        for read in [strict, lenient] {
            is_usable_or_harmless(read, answer_to, &response);
        }
    }
}

fn is_usable_or_harmless(read: Result<TokenResponse, TokenError>, answer_to: Grant, response: &HttpResponse) {
    match read {
        Ok(read) => {
            assert!((200..=299).contains(&response.status));
            is_usable(&read);
            let takes_everything = read.scope.as_ref().is_some_and(Scopes::is_empty);
            assert!(answer_to == Grant::Code || !takes_everything);
            fits_a_launch_or_ends_it(read);
        }
        Err(error) => is_harmless(error, response),
    }
}

fn is_usable(read: &TokenResponse) {
    let access_token = read.access_token.expose_secret();
    assert!(!access_token.is_empty() && access_token.len() <= 64 * 1024);
    assert!(access_token.bytes().all(|byte| byte.is_ascii_graphic()));
    let others = [
        read.refresh_token.as_ref().map(|token| token.expose_secret()),
        read.id_token.as_ref().map(|token| token.expose_secret()),
    ];
    let has_no_blanks_around = |token: &&str| !token.is_empty() && token.trim() == *token;
    assert!(others.iter().flatten().all(has_no_blanks_around));
    assert!(read.expires_in.is_none_or(|life| life <= LONGEST_LIFE));
    is_a_context(&read.context);
}

fn is_a_context(context: &LaunchContext) {
    for id in [context.patient(), context.encounter()].into_iter().flatten() {
        let goes_into_a_url = |byte: u8| byte.is_ascii_alphanumeric() || b"._~-".contains(&byte);
        assert!((1..=128).contains(&id.len()) && id.bytes().all(goes_into_a_url), "{id}");
        assert!(id != "." && id != "..");
    }
    for secret in ["access_token", "refresh_token", "id_token"] {
        assert!(!context.other().contains_key(secret));
    }
    let stored = serde_json::to_vec(context).expect("a context is stored");
    let read: LaunchContext = serde_json::from_slice(&stored).expect("a stored context is read");
    assert!(read == *context, "a context changes when it is stored");
}

/// A refresh never changes a patient, and no token is born expired.
fn fits_a_launch_or_ends_it(read: TokenResponse) {
    let requested = Scopes::parse("launch patient/*.rs");
    let patient = read.context.patient.clone();
    let launch = TokenSet::of_launch(read.clone(), &requested, NOW, DEFAULT_LIFE);
    is_alive(&launch);
    let later = NOW.saturating_add(Duration::from_secs(60));
    let mut of_another = launch.clone();
    of_another.context.patient = Some("another".to_owned());
    let mut of_nobody = launch.clone();
    of_nobody.context.patient = None;
    for policy in [PatientOnRefresh::Ignored, PatientOnRefresh::TakenOver] {
        let refresh = |launch: &TokenSet| {
            let refreshed = launch.refreshed(read.clone(), later, DEFAULT_LIFE, policy);
            refreshed.map(|(tokens, _)| tokens)
        };
        let refreshed = refresh(&launch).expect("the same answer names the same patient");
        assert_eq!(refreshed.context().patient(), launch.context().patient());
        is_alive(&refreshed);
        match refresh(&of_another) {
            Ok(refreshed) => {
                assert!(patient.as_ref().is_none_or(|patient| patient == "another"));
                assert_eq!(refreshed.context().patient(), Some("another"));
            }
            Err(mismatch) => {
                assert_eq!(mismatch, RefreshMismatch::PatientChanged);
                assert!(patient.as_ref().is_some_and(|patient| patient != "another"));
            }
        }
        let refreshed = refresh(&of_nobody).expect("there is no patient that could change");
        let taken_over = patient.as_deref().filter(|_| policy == PatientOnRefresh::TakenOver);
        assert_eq!(refreshed.context().patient(), taken_over);
    }
}

fn is_alive(tokens: &TokenSet) {
    assert!(tokens.lifetime() > Duration::ZERO && tokens.lifetime() <= LONGEST_LIFE);
    assert!(tokens.is_usable(tokens.requested_at()));
    assert!(!tokens.is_usable(tokens.expires_at()));
}

/// No text of the server gets into the message, and no secret of ours into anything.
fn is_harmless(error: TokenError, response: &HttpResponse) {
    assert_eq!(error.status(), Some(response.status));
    assert!(
        error
            .retry_after()
            .is_none_or(|wait| wait <= Duration::from_secs(60 * 60))
    );
    if let Some(description) = error.description() {
        assert!(description.as_str().chars().count() <= 1_000);
        assert!(
            !description
                .as_str()
                .contains(|c: char| c.is_control() || is_invisible(c))
        );
    }
    let is_name = |name: &str| {
        name.bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"_-.()".contains(&byte))
    };
    assert!(error.error_code().is_none_or(|code| code.len() <= 64 && is_name(code)));
    assert!(
        error
            .received_fields()
            .iter()
            .all(|name| name.len() <= 40 && is_name(name))
    );
    assert!(!(error.is_invalid_grant() && error.is_invalid_client()));
    assert!(!error.is_invalid_grant() || !error.may_have_been_processed());
    let cleaned = error.without(&SentSecrets::new([SENT.to_owned()]), response);
    assert!(!cleaned.description().is_some_and(|text| text.as_str().contains(SENT)));
    assert!(!format!("{cleaned} {cleaned:?}").contains(SENT));
    fits_a_log(response);
}

/// What the log has of an answer is short, can be seen, and repeats no secret.
fn fits_a_log(response: &HttpResponse) {
    let words = EhrWords::of_answer(response, &SentSecrets::new([SENT.to_owned()]));
    assert!(
        words
            .code
            .as_ref()
            .is_none_or(|code| code.len() <= 64 && !code.contains(SENT))
    );
    let logged = words.for_log(&People::default());
    for text in [logged.description, logged.uri].into_iter().flatten() {
        assert!(text.chars().count() <= 300 && !text.is_empty());
        assert!(!text.contains(|c: char| c.is_control() || is_invisible(c) || matches!(c, '<' | '>')));
        assert!(!text.contains(SENT));
    }
}
