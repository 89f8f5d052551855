//! The answer of the token endpoint: tolerant where servers differ, strict where safety depends on it.

use std::time::{Duration, SystemTime};

use serde_json::{Map, Value};

use crate::{
    protocol::{
        body_kind::BodyKind,
        ehr_text::field_names,
        findings::{TokenResponseFinding, TokenResponseReport},
        http::HttpResponse,
        json_object::JsonObject,
        launch_context::LaunchContext,
        oauth_error::OAuthError,
        scope::Scopes,
        secret::{AccessToken, RawIdToken, RefreshToken},
        token_error::TokenError,
        token_type::{TokenType, Understood},
        urls::FhirBaseUrl,
    },
    time::Timestamp,
};

/// No token of an EHR lives longer; a larger number is a mistake, and adding it must not overflow anything.
const LONGEST_LIFE: Duration = Duration::from_secs(10 * 365 * 24 * 60 * 60);
/// In seconds. Moments have milliseconds, so that anything shorter would be no life at all.
const SHORTEST_LIFE: f64 = 0.001;
/// The longest that a `Retry-After` keeps the crate, and so its users, from asking again: a maintenance window that is
/// announced for hours is often over sooner, and one request each few minutes burdens nobody.
const LONGEST_RETRY_AFTER: Duration = Duration::from_secs(5 * 60);
const LONGEST_ACCESS_TOKEN: usize = 64 * 1024;

/// Members that must not come twice (RFC 6749, section 3.2): two readers could take different ones.
const ONCE: [&str; 8] = [
    "access_token",
    "token_type",
    "expires_in",
    "refresh_token",
    "id_token",
    "scope",
    "patient",
    "encounter",
];

/// A successful token response, not yet merged with anything. `None` is what the EHR did not say.
#[derive(Debug, Clone)]
pub(crate) struct TokenResponse {
    pub(crate) access_token: AccessToken,
    pub(crate) refresh_token: Option<RefreshToken>,
    pub(crate) id_token: Option<RawIdToken>,
    pub(crate) scope: Option<Scopes>,
    pub(crate) expires_in: Option<Duration>,
    pub(crate) context: LaunchContext,
    pub(crate) report: TokenResponseReport,
}

/// What has to be known to read a token response.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Reading<'a> {
    pub(crate) answer_to: Grant,
    /// The FHIR base URL of the launch.
    pub(crate) base: &'a FhirBaseUrl,
    pub(crate) token_type: TokenType,
    /// For a `Retry-After` that is a date.
    pub(crate) now: Timestamp,
}

/// What was sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Grant {
    Code,
    RefreshToken,
    /// A statement that a client of one launch has signed (RFC 7523).
    JwtBearer,
    /// The application's own credentials and nothing else.
    ClientCredentials,
}

impl Grant {
    /// Whether a launch goes on with the answer, so that what is not said is as it was.
    pub(crate) const fn renews(self) -> bool {
        matches!(self, Self::RefreshToken | Self::JwtBearer)
    }
}

impl TokenResponse {
    /// Reads an answer of the token endpoint.
    ///
    /// The content type is not looked at: servers send JSON as `text/html`. A JSON object with an `error` is a
    /// refusal, also with status 200.
    ///
    /// # Errors
    ///
    /// Every [`TokenError`] but `Transport`.
    pub(crate) fn parse(response: &HttpResponse, reading: &Reading<'_>) -> Result<Self, TokenError> {
        let status = response.status;
        let answer = JsonObject::read(&response.body).ok();
        let refusal = answer
            .as_ref()
            .filter(|answer| !is_no_error(answer))
            .and_then(OAuthError::read);
        if let Some(OAuthError { code, description }) = refusal {
            return Err(TokenError::Refused {
                status,
                error: code,
                description,
                retry_after: retry_after(response, reading.now),
            });
        }
        if !(200..=299).contains(&status) {
            return Err(TokenError::UnexpectedStatus {
                status,
                body: BodyKind::of(response),
                retry_after: retry_after(response, reading.now),
            });
        }
        let Some(answer) = answer else {
            return Err(TokenError::NotAnObject {
                status,
                body: BodyKind::of(response),
            });
        };
        let repeated = answer.first_repeated(&ONCE);
        let received_fields = field_names(answer.members.keys());
        match read(answer.members, repeated, reading) {
            Ok(response) => Ok(response),
            Err(Problem::NoAccessToken) => Err(TokenError::MissingAccessToken {
                status,
                received_fields,
            }),
            Err(Problem::TokenType) => Err(TokenError::TokenType {
                status,
                received_fields,
            }),
            Err(Problem::Field(field)) => Err(TokenError::InvalidField {
                status,
                field,
                received_fields,
            }),
        }
    }
}

impl TokenResponse {
    /// Notes what a careful reader misses, given what was asked for.
    pub(crate) fn note_missing(&mut self, answer_to: Grant, requested: &Scopes) {
        let asked = |scope| requested.contains(scope);
        let is_launch = answer_to == Grant::Code;
        if answer_to == Grant::ClientCredentials && self.refresh_token.is_some() {
            self.report.note(TokenResponseFinding::RefreshTokenForBackend);
        }
        let missing = [
            // An empty one in answer to a refresh has been said already.
            (
                self.scope.is_none() && !self.report.has(TokenResponseFinding::EmptyScopeOfRefresh),
                TokenResponseFinding::NoScope,
            ),
            (
                self.expires_in.is_none() && !self.report.has(TokenResponseFinding::UnusableExpiresIn),
                TokenResponseFinding::NoExpiresIn,
            ),
            (
                is_launch && self.id_token.is_none() && asked("openid"),
                TokenResponseFinding::NoIdToken,
            ),
            (
                is_launch && self.refresh_token.is_none() && (asked("offline_access") || asked("online_access")),
                TokenResponseFinding::NoRefreshToken,
            ),
            (
                is_launch && self.context.patient.is_none() && asked("launch/patient"),
                TokenResponseFinding::NoPatient,
            ),
        ];
        for (_, finding) in missing.into_iter().filter(|(is_missing, _)| *is_missing) {
            self.report.note(finding);
        }
    }
}

enum Problem {
    NoAccessToken,
    TokenType,
    Field(&'static str),
}

fn read(
    mut members: Map<String, Value>,
    repeated: Option<&'static str>,
    reading: &Reading<'_>,
) -> Result<TokenResponse, Problem> {
    if let Some(field) = repeated {
        return Err(Problem::Field(field));
    }
    let mut report = TokenResponseReport::default();
    let access_token = token(&mut members, "access_token", &mut report)?.ok_or(Problem::NoAccessToken)?;
    let fits_a_header =
        access_token.len() <= LONGEST_ACCESS_TOKEN && access_token.bytes().all(|byte| byte.is_ascii_graphic());
    if !fits_a_header {
        return Err(Problem::Field("access_token"));
    }
    let token_type = match members.remove("token_type") {
        None | Some(Value::Null) => None,
        Some(Value::String(text)) => Some(text),
        Some(_) => return Err(Problem::TokenType),
    };
    let may_be_missing = reading.answer_to.renews();
    match reading.token_type.understand(token_type.as_deref(), may_be_missing) {
        Some(Understood::Bearer) => {}
        Some(Understood::Missing) => report.note(TokenResponseFinding::NoTokenType),
        Some(Understood::Other) => report.note(TokenResponseFinding::OtherTokenType),
        None => return Err(Problem::TokenType),
    }
    let refresh_token = token(&mut members, "refresh_token", &mut report)?.map(RefreshToken::new);
    let id_token = token(&mut members, "id_token", &mut report)?.map(RawIdToken::new);
    let scope = granted_scopes(members.remove("scope"), reading.answer_to, &mut report)?;
    let expires_in = expires_in(members.remove("expires_in"), &mut report);
    if members
        .get("error")
        .is_some_and(|error| !error.is_string() && !error.is_null())
    {
        report.note(TokenResponseFinding::ErrorIsNoText);
    }
    for not_context in ["state", "error", "error_description", "error_uri"] {
        members.remove(not_context);
    }
    let context = LaunchContext::from_members(members, reading.base, &mut report).map_err(Problem::Field)?;
    Ok(TokenResponse {
        access_token: AccessToken::new(access_token),
        refresh_token,
        id_token,
        scope,
        expires_in,
        context,
        report,
    })
}

/// Whether the answer has an `error` that is none: not a text, beside a token.
fn is_no_error(answer: &JsonObject) -> bool {
    let token = answer.members.get("access_token").and_then(Value::as_str);
    let has_token = token.is_some_and(|token| !token.trim().is_empty());
    has_token && answer.members.get("error").is_some_and(|error| !error.is_string())
}

/// A token without the white space around it; `None` for a missing, `null` or blank one.
fn token(
    members: &mut Map<String, Value>,
    field: &'static str,
    report: &mut TokenResponseReport,
) -> Result<Option<String>, Problem> {
    let text = match members.remove(field) {
        None | Some(Value::Null) => return Ok(None),
        Some(Value::String(text)) => text,
        Some(_) => return Err(Problem::Field(field)),
    };
    let token = text.trim();
    if token.is_empty() {
        return Ok(None);
    }
    if token.len() != text.len() {
        report.note(TokenResponseFinding::BlanksAroundToken);
    }
    Ok(Some(token.to_owned()))
}

/// An empty text is an answer to a code: nothing was granted. To a refresh it is none: nobody refreshes a launch in order to
/// take everything from it. Some servers send an array instead of a list in a text.
fn granted_scopes(
    value: Option<Value>,
    answer_to: Grant,
    report: &mut TokenResponseReport,
) -> Result<Option<Scopes>, Problem> {
    let list = match value {
        None | Some(Value::Null) => return Ok(None),
        Some(Value::String(list)) => list,
        Some(Value::Array(items)) => {
            report.note(TokenResponseFinding::ScopeIsArray);
            let mut list = String::new();
            for item in &items {
                list.push_str(item.as_str().ok_or(Problem::Field("scope"))?);
                list.push(' ');
            }
            list
        }
        Some(_) => return Err(Problem::Field("scope")),
    };
    let list = match Scopes::without_commas(&list) {
        Some(separated) => {
            report.note(TokenResponseFinding::ScopeWithCommas);
            separated
        }
        None => Scopes::parse(&list),
    };
    if list.is_empty() && answer_to.renews() {
        report.note(TokenResponseFinding::EmptyScopeOfRefresh);
        return Ok(None);
    }
    Ok(Some(list))
}

/// The life in seconds. Zero and less: expired at once. What is no number counts as absent, because the default
/// life is the cautious answer to that as well.
fn expires_in(value: Option<Value>, report: &mut TokenResponseReport) -> Option<Duration> {
    let seconds = match value? {
        Value::Null => return None,
        Value::Number(number) => number.as_f64(),
        Value::String(text) => text.trim().parse::<f64>().ok(),
        _ => None,
    };
    // A token that is born expired would be refreshed with every request; who says so hardly means it.
    let Some(seconds) = seconds.filter(|seconds| seconds.is_finite() && *seconds >= SHORTEST_LIFE) else {
        report.note(TokenResponseFinding::UnusableExpiresIn);
        return None;
    };
    let seconds = seconds.min(LONGEST_LIFE.as_secs_f64());
    Some(Duration::try_from_secs_f64(seconds).unwrap_or(LONGEST_LIFE))
}

/// `Retry-After` (RFC 9110, section 10.2.3) as seconds or as a date, at most 5 minutes.
pub(crate) fn retry_after(response: &HttpResponse, now: Timestamp) -> Option<Duration> {
    retry_after_at_most(LONGEST_RETRY_AFTER, response, now)
}

/// The same, with another limit.
pub(crate) fn retry_after_at_most(longest: Duration, response: &HttpResponse, now: Timestamp) -> Option<Duration> {
    let value = response.header("retry-after")?.trim();
    let wait = if !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit()) {
        value.parse().map_or(longest, Duration::from_secs)
    } else {
        let at: SystemTime = httpdate::parse_http_date(value).ok()?;
        Timestamp::from(at).saturating_since(now)
    };
    Some(wait.min(longest))
}

#[cfg(test)]
mod properties;
#[cfg(test)]
mod tests;
