//! What a registration's quirks are refused for when a configuration is built.

use std::time::Duration;

use super::{PkceListing, Quirks, ScopeVersionChoice, TokenExtra, WildcardScopes, discovery_header::Value};
use crate::{
    config::{error::InvalidReason, problems::Problems},
    protocol::{
        authorization::is_our_parameter,
        ehr_text::error_code,
        oauth_error::is_temporary_code,
        scope::{Scope, ScopeKind, Scopes},
        token_request::is_our_field,
    },
};

/// Headers of the metadata request that are the crate's or the connection's own.
const OWN_HEADERS: [&str; 9] = [
    "accept",
    "accept-encoding",
    "connection",
    "content-length",
    "content-type",
    "host",
    "te",
    "transfer-encoding",
    "user-agent",
];

/// With more, an id token that was stolen long ago would do.
const MOST_CLOCK_TOLERANCE: Duration = Duration::from_secs(10 * 60);

/// What is around the quirks in their registration.
pub(in crate::config) struct Registration<'a> {
    pub(in crate::config) client_id: &'a str,
    pub(in crate::config) scopes: &'a Scopes,
    /// Whether endpoints are configured, so that the metadata is never asked.
    pub(in crate::config) has_endpoints: bool,
    /// The same, or only for the time in which the metadata is unavailable.
    pub(in crate::config) may_go_without_metadata: bool,
}

impl Quirks {
    /// Checks all options; problems go to the list.
    pub(in crate::config) fn check(&self, registration: &Registration<'_>, problems: &mut Problems) {
        self.check_headers(registration.client_id, problems);
        self.check_parameters(problems);
        self.check_token_request(problems);
        if self.aud.as_ref().is_some_and(String::is_empty) {
            problems.missing("aud");
        } else if self.aud.iter().any(|aud| aud.chars().any(char::is_control)) {
            problems.invalid("aud", InvalidReason::ControlCharacters);
        }
        if registration.may_go_without_metadata && self.pkce_listing == PkceListing::Required {
            problems.invalid("pkce_listing", InvalidReason::NeedsMetadata);
        }
        if registration.has_endpoints && self.scope_version == ScopeVersionChoice::FromMetadata {
            problems.invalid("scope_version", InvalidReason::NeedsMetadata);
        }
        if self.wildcard_scopes == WildcardScopes::Refused && registration.scopes.iter().any(is_wildcard) {
            problems.invalid("scopes", InvalidReason::WildcardScope);
        }
        if self.token_lifetime == Some(Duration::ZERO) {
            problems.invalid("token_lifetime", InvalidReason::Zero);
        }
        if self
            .clock_tolerance
            .is_some_and(|tolerance| tolerance > MOST_CLOCK_TOLERANCE)
        {
            problems.invalid(
                "clock_tolerance",
                InvalidReason::TooLong {
                    most: MOST_CLOCK_TOLERANCE,
                },
            );
        }
        if self.min_refresh_interval == Some(Duration::ZERO) {
            problems.invalid("min_refresh_interval", InvalidReason::Zero);
        }
        if let Some(code) = self.dead_refresh_codes.iter().find(|code| !may_mean_dead(code)) {
            let code = error_code(code);
            problems.invalid("dead_refresh_codes", InvalidReason::NotDead { code });
        }
    }

    fn check_headers(&self, client_id: &str, problems: &mut Problems) {
        for header in &self.discovery_headers {
            let own = OWN_HEADERS.iter().any(|own| own.eq_ignore_ascii_case(header.name));
            if own || header.name.is_empty() || !header.name.bytes().all(is_token_byte) {
                problems.invalid("discovery_header", InvalidReason::HeaderName { name: header.name });
            }
            let value = match &header.value {
                Value::ClientId => client_id,
                Value::Text(text) => text,
            };
            if !is_header_value(value) {
                problems.invalid("discovery_header", InvalidReason::HeaderCharacters);
            }
        }
    }

    fn check_parameters(&self, problems: &mut Problems) {
        let given = &self.authorization_parameters;
        for (index, (name, _)) in given.iter().enumerate() {
            let repeated = given.iter().take(index).any(|(before, _)| before == name);
            if name.is_empty() || is_our_parameter(name) || repeated {
                problems.invalid("authorization_parameter", InvalidReason::Parameter { name });
            }
        }
    }
}

impl Quirks {
    fn check_token_request(&self, problems: &mut Problems) {
        for (index, TokenExtra { name, value }) in self.token_parameters.iter().enumerate() {
            let before = self.token_parameters.iter().take(index);
            let repeated = before.clone().any(|before| before.name == *name);
            if name.is_empty() || is_our_field(name) || repeated {
                problems.invalid("token_parameter", InvalidReason::TokenParameter { name });
            }
            if value.expose_secret().is_empty() {
                problems.invalid("token_parameter", InvalidReason::Empty);
            }
        }
        for (index, TokenExtra { name, value }) in self.token_headers.iter().enumerate() {
            let before = self.token_headers.iter().take(index);
            if before.clone().any(|before| before.name.eq_ignore_ascii_case(name)) {
                problems.invalid("token_header", InvalidReason::RepeatedHeader { name });
            }
            let own = |header: &&str| header.eq_ignore_ascii_case(name);
            let is_own = OWN_HEADERS.iter().any(own) || name.eq_ignore_ascii_case("authorization");
            if is_own || name.is_empty() || !name.bytes().all(is_token_byte) {
                problems.invalid("token_header", InvalidReason::HeaderName { name });
            }
            if !is_header_value(value.expose_secret()) {
                problems.invalid("token_header", InvalidReason::HeaderCharacters);
            }
        }
    }
}

fn is_header_value(value: &str) -> bool {
    value.trim() == value && !value.is_empty() && value.bytes().all(|b| b == b' ' || b.is_ascii_graphic())
}

/// `token` of RFC 9110, section 5.6.2.
const fn is_token_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric()
        || matches!(
            byte,
            b'!' | b'#' | b'$' | b'%' | b'&' | b'\'' | b'*' | b'+' | b'-' | b'.' | b'^' | b'_' | b'`' | b'|' | b'~'
        )
}

fn is_wildcard(token: &str) -> bool {
    matches!(Scope::parse(token).kind(), ScopeKind::Resource(scope) if scope.resource_type() == "*")
}

/// Not what says that the EHR is in trouble, nor what says that *we* are misconfigured: people would be signed out for
/// it.
fn may_mean_dead(code: &str) -> bool {
    error_code(code) == code && !is_temporary_code(code) && !matches!(code, "unknown" | "invalid_client")
}
