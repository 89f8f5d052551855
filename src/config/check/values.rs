//! The values of a configuration that can be judged by themselves.

use std::time::Duration;

use url::Url;

use crate::{
    config::{
        builder::SmartConfigBuilder,
        error::InvalidReason,
        policies::{Relaunch, StandaloneLaunch},
        problems::Problems,
    },
    protocol::urls::parse_https,
};

/// Longer than anybody waits. What is reckoned from such times is never out of all bounds.
const LONGEST_TIMEOUT: Duration = Duration::from_secs(60 * 60);

impl SmartConfigBuilder {
    pub(super) fn check_values(&self, problems: &mut Problems) {
        self.check_amounts(problems);
        if self.policies.relaunch == Relaunch::Standalone && self.policies.standalone == StandaloneLaunch::NotOffered {
            problems.invalid("relaunch", InvalidReason::RelaunchNotOffered);
        }
        if !self.frame_ancestors.iter().all(|source| is_origin(source)) {
            problems.invalid("frame_ancestor", InvalidReason::NotAnOrigin);
        }
    }

    pub(super) fn check_style_origins(&self, problems: &mut Problems) -> Vec<Url> {
        let origins = self.style_origins.iter().map(|text| {
            let url = parse_https(text).ok()?;
            (matches!(url.path(), "" | "/") && url.query().is_none()).then_some(url)
        });
        origins.collect::<Option<_>>().unwrap_or_else(|| {
            problems.invalid("smart_style_origin", InvalidReason::NotAnOrigin);
            Vec::new()
        })
    }

    /// Durations and amounts that must be more than zero, and times that nobody waits for.
    fn check_amounts(&self, problems: &mut Problems) {
        let (lifetimes, limits) = (self.rules.lifetimes, self.rules.limits);
        let timeouts = [
            ("connect_timeout", self.http.transport.connect_timeout),
            ("request_timeout", self.http.request_timeout),
            ("token_deadline", self.tokens.deadline),
            ("on_launch_timeout", self.on_launch_timeout),
            ("signer_timeout", self.signer_timeout),
        ];
        for (field, timeout) in timeouts {
            if timeout > LONGEST_TIMEOUT {
                problems.invalid(field, InvalidReason::TooLong { most: LONGEST_TIMEOUT });
            }
        }
        let lifetimes = [
            ("pending_lifetime", lifetimes.pending),
            ("idle_lifetime", lifetimes.launch_idle),
            ("absolute_lifetime", lifetimes.launch_absolute),
            ("default_token_lifetime", self.tokens.default_lifetime),
        ];
        let amounts = [
            ("body_limit", self.http.transport.body_limit),
            ("browser_limits", limits.pending.min(limits.launches)),
        ];
        let durations = lifetimes.into_iter().chain(timeouts);
        let durations = durations.map(|(field, duration)| (field, duration == Duration::ZERO));
        let amounts = amounts.map(|(field, amount)| (field, amount == 0));
        for (field, is_zero) in durations.chain(amounts) {
            if is_zero {
                problems.invalid(field, InvalidReason::Zero);
            }
        }
    }
}

/// Whether it is a source that a policy may name: `https://*.ehr.example` is one, though it is no URL.
fn is_origin(source: &str) -> bool {
    parse_https(&source.replacen("://*.", "://", 1))
        .is_ok_and(|url| matches!(url.path(), "" | "/") && url.query().is_none())
        && !source.contains([';', ',', '\''])
}
