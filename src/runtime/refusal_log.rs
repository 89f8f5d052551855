//! Why an EHR refused, in the log: [`Refusal`], one line for each.

mod hint;

use jsonwebtoken::Algorithm;
use tracing::Level;

use crate::{
    config::{Ehr, EhrTexts},
    protocol::{
        echoed_secrets::SentSecrets,
        ehr_words::{EhrWords, LoggedWords},
        http::HttpResponse,
        people::People,
        urls::EndpointUrl,
        visible::without_query,
    },
    runtime::{Runtime, clocks::Clocks, oauth_endpoint::Credential},
    store::CredentialKind,
};
pub(crate) use hint::RefusedCredentials;

/// What a request was for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    Exchange,
    Refresh,
    Revocation,
    Introspection,
    /// Asking about the token of somebody who calls the application.
    CallerToken,
    /// A token for the application itself.
    Backend,
    /// Of a code that does not exist, to see whether the credentials are accepted.
    Preflight,
}

impl Purpose {
    const fn name(self) -> &'static str {
        match self {
            Self::Exchange => "exchange of a code",
            Self::Refresh => "refresh",
            Self::Revocation => "revocation",
            Self::Introspection => "introspection",
            Self::CallerToken => "introspection of a caller's token",
            Self::Backend => "backend token",
            Self::Preflight => "preflight",
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
    pub(super) credential: Option<Credential>,
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
        if level > Level::WARN
            || self
                .runtime
                .log_throttle
                .is_due_about(self.place(level, code), self.ehr.key())
        {
            self.write(level, code, &self.runtime.loggable(&words, &self.about.people));
        }
    }

    /// Lines of one place keep out others of it, for one EHR. What strangers can cause keeps out nothing else, nor does what happens
    /// often the errors.
    fn place(&self, level: Level, code: Option<&str>) -> &'static str {
        match (self.about.purpose, level) {
            (Purpose::Exchange, Level::ERROR) => "the refusal of a code, of our own making",
            (Purpose::Exchange, _) if code == Some("invalid_grant") => "a code that the EHR does not take",
            (Purpose::Exchange, _) => "the refusal of a code",
            (Purpose::Preflight, _) => "the refusal of a preflight",
            (Purpose::CallerToken, _) => "the refusal to introspect a caller's token",
            (_, Level::ERROR) => "a refusal of our own making",
            (Purpose::Refresh, _) => "the refusal of a refresh",
            (Purpose::Backend, _) => "the refusal of a backend token",
            (Purpose::Revocation | Purpose::Introspection, _) => "the refusal of a revocation or introspection",
        }
    }

    /// A dead refresh token is what happens every day; so is a token that is not revoked.
    fn level(&self, code: Option<&str>) -> Level {
        match (code, self.about.purpose) {
            // The report of the preflight says it.
            (_, Purpose::Preflight) => Level::DEBUG,
            // Without one, a token or the client of one launch is meant.
            (Some("invalid_client"), _) if self.credential.is_some_and(|credential| credential.is_last) => Level::ERROR,
            // Where a caller's token is what the request was authorised with, strangers cause it as often as they like.
            (Some("invalid_token"), Purpose::CallerToken) => Level::DEBUG,
            (Some("invalid_grant"), Purpose::Refresh) => Level::INFO,
            (Some("unsupported_token_type"), _) => Level::DEBUG,
            _ => Level::WARN,
        }
    }

    fn write(&self, level: Level, code: Option<&str>, words: &LoggedWords) {
        let code = code.unwrap_or("none");
        let about_us = self.credential.filter(|_| code == "invalid_client");
        let key = about_us.and_then(|used| self.ehr.credentials().signed_with(used.slot, used.only));
        let jwks_url = key.map(|_| self.jwks_url());
        let clocks = Clocks::compare(self.response, self.runtime.wall_clock());
        let difference = about_us.and_then(|_| clocks.difference());
        let endpoint = without_query(self.endpoint.url());
        let hint = self.credential.and_then(|used| {
            RefusedCredentials {
                credentials: self.ehr.credentials(),
                slot: used.slot,
                has_authorization: self.has_authorization,
                status: self.response.status,
                code,
                clocks,
                origin: self.ehr.origin(),
            }
            .hint()
        });
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
                    client_id = about_us.map(|_| self.ehr.client_id()),
                    client_auth = about_us.map(|_| self.client_auth()),
                    kid = key.map(|(kid, _)| kid),
                    algorithm = key.map(|(_, algorithm)| name_of(algorithm)),
                    jwks_url = jwks_url.as_deref(),
                    clocks = difference.as_deref(),
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

    /// How the request was authenticated, by the names of OAuth.
    fn client_auth(&self) -> &'static str {
        match (self.ehr.credentials().kind(), self.has_authorization) {
            (CredentialKind::Public, _) => "none",
            (CredentialKind::Secret, true) => "client_secret_basic",
            (CredentialKind::Secret, false) => "client_secret_post",
            (CredentialKind::PrivateKey, _) => "private_key_jwt",
        }
    }

    /// Where the EHR gets this application's public keys: what assertions name, else our own route.
    fn jwks_url(&self) -> String {
        let named = self.ehr.credentials().jku();
        named.map_or_else(|| self.runtime.own_jwks_url(), str::to_owned)
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

const fn name_of(algorithm: Algorithm) -> &'static str {
    match algorithm {
        Algorithm::RS384 => "RS384",
        Algorithm::ES384 => "ES384",
        _ => "other",
    }
}
