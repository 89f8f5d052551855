//! Why an EHR refused, in the log: [`Refusal`], one line for each.

use jsonwebtoken::Algorithm;
use tracing::Level;

use crate::{
    config::{Ehr, EhrTexts},
    protocol::{
        client_auth::credentials::CredentialSlot,
        echoed_secrets::SentSecrets,
        ehr_words::{EhrWords, LoggedWords},
        http::HttpResponse,
        people::People,
        urls::EndpointUrl,
        visible::without_query,
    },
    runtime::Runtime,
    time::Timestamp,
};

/// A difference of the clocks that is worth a word, in seconds. `Date` has whole seconds, and an answer takes some.
const CLOCKS_DIFFER: u64 = 5;

/// What a request was for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    Exchange,
    Refresh,
    Revocation,
    Introspection,
}

impl Purpose {
    const fn name(self) -> &'static str {
        match self {
            Self::Exchange => "exchange of a code",
            Self::Refresh => "refresh",
            Self::Revocation => "revocation",
            Self::Introspection => "introspection",
        }
    }
}

/// For whom a request is sent, and what for.
#[derive(Debug, Clone)]
pub(crate) struct About {
    pub(crate) purpose: Purpose,
    /// Those whom no line of the log names.
    pub(crate) people: People,
}

/// An answer that refuses a request.
pub(super) struct Refusal<'a> {
    pub(super) runtime: &'a Runtime,
    pub(super) ehr: &'a Ehr,
    pub(super) endpoint: &'a EndpointUrl,
    pub(super) about: &'a About,
    /// With which credential it was sent, where it was with one of the registration's.
    pub(super) slot: Option<CredentialSlot>,
    /// Whether another credential is tried after this.
    pub(super) is_last: bool,
    /// Whether it was authorised by a header.
    pub(super) has_authorization: bool,
    pub(super) response: &'a HttpResponse,
}

impl Refusal<'_> {
    /// Writes it to the log.
    pub(super) fn log(&self, sent: &SentSecrets) {
        let words = EhrWords::of_answer(self.response, sent);
        let code = words.code.as_deref();
        if code.is_none() && (200..=299).contains(&self.response.status) {
            // No refusal: what is wrong with such an answer, the error says.
            return;
        }
        let level = self.level(code);
        // Those that strangers can cause do not push out the others, nor what happens often the errors.
        let place = match (self.about.purpose, level) {
            (Purpose::Exchange, Level::ERROR) => "the refusal of a code, of our own making",
            (Purpose::Exchange, _) => "the refusal of a code",
            (_, Level::ERROR) => "a refusal of our own making",
            _ => "a refusal",
        };
        if level > Level::WARN || self.runtime.log_throttle.is_due(place) {
            self.write(level, code, &self.runtime.loggable(&words, &self.about.people));
        }
    }

    /// A dead refresh token is what happens every day; so is a token that is not revoked.
    fn level(&self, code: Option<&str>) -> Level {
        match (code, self.about.purpose) {
            (Some("invalid_client"), _) if self.is_last => Level::ERROR,
            (Some("invalid_grant"), Purpose::Refresh) => Level::INFO,
            (Some("unsupported_token_type"), _) => Level::DEBUG,
            _ => Level::WARN,
        }
    }

    fn write(&self, level: Level, code: Option<&str>, words: &LoggedWords) {
        let code = code.unwrap_or("none");
        let is_about_us = code == "invalid_client";
        let key = self.slot.filter(|_| is_about_us);
        let key = key.and_then(|slot| self.ehr.credentials().signed_with(slot));
        let clocks = is_about_us
            .then(|| clocks(self.response, self.runtime.wall_clock()))
            .flatten();
        let endpoint = without_query(self.endpoint.url());
        let hint = self.slot.and_then(|slot| self.hint(slot, code));
        macro_rules! write_at {
            ($level:ident) => {
                tracing::$level!(
                    ehr = self.ehr.key(),
                    request = self.about.purpose.name(),
                    endpoint,
                    status = self.response.status,
                    code,
                    error_description = words.description.as_deref(),
                    error_uri = words.uri.as_deref(),
                    kid = key.map(|(kid, _)| kid),
                    algorithm = key.map(|(_, algorithm)| name_of(algorithm)),
                    clocks = clocks.as_deref(),
                    hint,
                    "the EHR refused a request"
                )
            };
        }
        match level {
            Level::ERROR => write_at!(error),
            Level::WARN => write_at!(warn),
            Level::INFO => write_at!(info),
            _ => write_at!(debug),
        }
    }

    /// What to try, where the way in which the credentials are written may be why.
    fn hint(&self, slot: CredentialSlot, code: &str) -> Option<&'static str> {
        let about_credentials = matches!(code, "invalid_client" | "unauthorized_client")
            || (code == "none" && matches!(self.response.status, 401 | 403));
        let credentials = self.ehr.credentials();
        if !about_credentials {
            None
        } else if self.has_authorization && credentials.is_changed_by_encoding(slot) {
            Some(
                "client id or secret have characters that are sent percent-encoded, as RFC 6749 says, and this EHR may not \
                 decode them: try `Quirks::basic_encoding(BasicEncoding::Raw)`. Some EHRs want the client id in the body \
                 too: `Quirks::client_id_in_body(ClientIdInBody::Send)`",
            )
        } else if credentials.signed_with(slot).is_some() && code == "invalid_client" {
            Some(
                "see that the EHR has the public key with this `kid`: it has to reach the registered JWKS URL, or to be \
                 given the key; and that the clocks agree",
            )
        } else {
            None
        }
    }
}

impl Runtime {
    /// What an EHR wrote, as far as the configuration lets it into the log.
    pub(crate) fn loggable(&self, words: &EhrWords, people: &People) -> LoggedWords {
        let logged = words.for_log(people);
        match self.settings.policies.ehr_texts {
            EhrTexts::Logged => logged,
            EhrTexts::LeftOut => LoggedWords {
                description: None,
                ..logged
            },
        }
    }
}

/// How the EHR's clock stands to this machine's, where the answer says it and it matters: assertions live for minutes.
fn clocks(response: &HttpResponse, now: Timestamp) -> Option<String> {
    let at = httpdate::parse_http_date(response.header("date")?.trim()).ok()?;
    let theirs = Timestamp::from(at);
    let (ahead, behind) = (
        theirs.saturating_since(now).as_secs(),
        now.saturating_since(theirs).as_secs(),
    );
    match (ahead, behind) {
        (ahead, _) if ahead > CLOCKS_DIFFER => Some(format!("the EHR's clock is {ahead} s ahead of this machine's")),
        (_, behind) if behind > CLOCKS_DIFFER => Some(format!("the EHR's clock is {behind} s behind this machine's")),
        _ => None,
    }
}

const fn name_of(algorithm: Algorithm) -> &'static str {
    match algorithm {
        Algorithm::RS384 => "RS384",
        Algorithm::ES384 => "ES384",
        _ => "other",
    }
}

#[cfg(test)]
mod tests;
