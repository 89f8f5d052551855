//! How long things may take, and how much there may be.

use std::time::Duration;

use super::SmartConfigBuilder;
use crate::store::{BrowserLimits, Lifetimes};

/// How long and how much.
impl SmartConfigBuilder {
    /// How long things live, all at once. Default: [`Lifetimes::default`].
    pub const fn lifetimes(mut self, lifetimes: Lifetimes) -> Self {
        self.rules.lifetimes = lifetimes;
        self
    }

    /// How long a person may take to sign in at the EHR. Default: 10 minutes.
    pub const fn pending_lifetime(mut self, lifetime: Duration) -> Self {
        self.rules.lifetimes.pending = lifetime;
        self
    }

    /// How long a launch that nobody uses stays open. Default: 1 hour. What a page asks by itself need not count
    /// ([`LaunchUse`](crate::LaunchUse)).
    pub const fn idle_lifetime(mut self, lifetime: Duration) -> Self {
        self.rules.lifetimes.launch_idle = lifetime;
        self
    }

    /// How long a launch stays open at most. Default: 12 hours.
    pub const fn absolute_lifetime(mut self, lifetime: Duration) -> Self {
        self.rules.lifetimes.launch_absolute = lifetime;
        self
    }

    /// How much one browser may keep. Default: 8 pending authorizations and 16 launches.
    pub const fn browser_limits(mut self, limits: BrowserLimits) -> Self {
        self.rules.limits = limits;
        self
    }

    /// The time for opening a connection to the EHR: name, TCP and TLS together. What could not be sent within it is not
    /// sent afterwards. Default: 5 s. At most an hour. A [`transport`](Self::transport) of your own has a limit of its own.
    pub const fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.http.transport.connect_timeout = timeout;
        self
    }

    /// The time for one request to the EHR, from sending it to the last byte of the answer. Default: 10 s. At most an hour.
    ///
    /// It holds for metadata, keys, registrations, revocations and introspections. Token requests have a time of their own
    /// ([`token_deadline`](Self::token_deadline)), and so have FHIR requests ([`Fhir::timeout`](crate::fhir::Fhir::timeout)).
    pub const fn request_timeout(mut self, timeout: Duration) -> Self {
        self.http.request_timeout = timeout;
        self
    }

    /// The largest body accepted from the EHR, in bytes. Default: 1 MiB.
    pub const fn body_limit(mut self, bytes: usize) -> Self {
        self.http.transport.body_limit = bytes;
        self
    }

    /// The time that the EHR has for the answer to a code exchange or a refresh, from sending it to the last byte. It goes on
    /// when the request that caused it is gone. Default: 60 s. At most an hour. Connecting comes before ([`connect_timeout`](Self::connect_timeout)),
    /// and a second credential is tried in what is left of it.
    pub const fn token_deadline(mut self, deadline: Duration) -> Self {
        self.tokens.deadline = deadline;
        self
    }

    /// How long server metadata is believed; a shorter `Cache-Control` of the server wins. Default: 1 hour.
    /// Zero asks at every launch.
    pub const fn metadata_ttl(mut self, ttl: Duration) -> Self {
        self.metadata_ttl = ttl;
        self
    }

    /// How long a token is taken to live when the server does not say. Default: 300 s.
    pub const fn default_token_lifetime(mut self, lifetime: Duration) -> Self {
        self.tokens.default_lifetime = lifetime;
        self
    }

    /// How long a request waits for a refresh that is due while the present token still works: the one that began it in its process;
    /// the others go on at once. Default: 2 s. With zero it goes on at once too. Where the token runs out meanwhile, it waits in all for the longer one of this and
    /// [`refresh_wait_unusable`](Self::refresh_wait_unusable).
    pub const fn refresh_wait_due(mut self, wait: Duration) -> Self {
        self.tokens.wait_when_due = wait;
        self
    }

    /// How long a request waits for a refresh when the present token does not work any more, before it is answered 503.
    /// Default: 10 s.
    pub const fn refresh_wait_unusable(mut self, wait: Duration) -> Self {
        self.tokens.wait_when_unusable = wait;
        self
    }

    /// The time for one call of [`on_launch`](Self::on_launch), waiting for a free thread included. Default: 10 s. At most an hour.
    ///
    /// When it is over the launch does not open: the person gets a page with *Start again*, and the tokens are dropped, and
    /// revoked in the background where the EHR has an endpoint for it. The hook's future is dropped as soon as it waits; a hook
    /// that blocks keeps its thread until it does not block any more.
    pub const fn on_launch_timeout(mut self, timeout: Duration) -> Self {
        self.on_launch_timeout = timeout;
        self
    }

    /// The time for one signature of a [`Signer`](crate::signer::Signer), waiting for its turn included. Default: 10 s. At most an hour.
    ///
    /// It is not taken from the EHR's ([`token_deadline`](Self::token_deadline)): signing comes first, and nothing is sent where
    /// it fails. Only a `previous` key signs within the EHR's time, after the EHR has refused the current one.
    pub const fn signer_timeout(mut self, timeout: Duration) -> Self {
        self.signer_timeout = timeout;
        self
    }
}
