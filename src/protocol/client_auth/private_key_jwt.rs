//! A signed JWT assertion, as a program asks for it: [`PrivateKeyJwt`].

use std::{fmt, time::Duration};

use super::source::{PrivateKey, PublishedKey};

/// A signed JWT assertion (SMART App Launch 2.2, Client Authentication: Asymmetric): RS384 with an RSA key of at least
/// 2048 bits, ES384 with a P-384 key. The key may be one that never leaves an HSM or a key management service
/// ([`PrivateKey::signer`]).
///
/// The public half of each key named here is in the JWKS document that the middleware serves.
#[derive(Clone)]
pub struct PrivateKeyJwt {
    pub(super) kid: String,
    pub(super) key: PrivateKey,
    /// More than one is refused at the check.
    pub(super) others: Vec<(String, PrivateKey)>,
    /// More than one is refused at the check.
    pub(super) previous: Vec<(String, PrivateKey)>,
    pub(super) published: Vec<(String, PublishedKey)>,
    pub(super) jku: Option<String>,
    pub(super) lifetime: Duration,
}

impl PrivateKeyJwt {
    /// Signs with `key`, which the EHR knows as `kid`. The key is read and checked when the configuration is built.
    #[must_use]
    pub fn new(kid: impl Into<String>, key: PrivateKey) -> Self {
        Self {
            kid: kid.into(),
            key,
            others: Vec::new(),
            previous: Vec::new(),
            published: Vec::new(),
            jku: None,
            lifetime: Duration::from_secs(240),
        }
    }

    /// A second key, of the other algorithm: an EHR whose metadata lists the algorithm of this one and not that of the first
    /// (`token_endpoint_auth_signing_alg_values_supported`) gets assertions of this one. Where it lists both, neither, or nothing,
    /// the first one signs.
    ///
    /// What an EHR lists when a launch begins holds for that launch, refreshes included. Both keys are published. Default: none. There are two algorithms, so that a third key is an error at `build()`.
    ///
    /// # Examples
    ///
    /// ```
    /// use actix_smart_auth::{PrivateKey, PrivateKeyJwt};
    ///
    /// let keys = PrivateKeyJwt::new("rsa-2026", PrivateKey::file("/run/secrets/rsa.pem"))
    ///     .or("ec-2026", PrivateKey::file("/run/secrets/ec.pem"));
    /// # let _ = keys;
    /// ```
    #[must_use]
    pub fn or(mut self, kid: impl Into<String>, key: PrivateKey) -> Self {
        self.others.push((kid.into(), key));
        self
    }

    /// Names the JWKS URL in every assertion (header `jku`). It must be exactly the URL that is registered with the
    /// EHR. Default: not sent.
    #[must_use]
    pub fn jku(mut self, url: impl Into<String>) -> Self {
        self.jku = Some(url.into());
        self
    }

    /// How long an assertion is valid, in whole seconds. Default: 240 s; at most 300 s, as the specification demands.
    /// Less than the maximum leaves room for a clock that runs ahead of the EHR's.
    #[must_use]
    pub const fn lifetime(mut self, lifetime: Duration) -> Self {
        self.lifetime = lifetime;
        self
    }

    /// The signing key in use before, tried once when the EHR answers `invalid_client`. It is published as well.
    /// Beside [`or`](Self::or) it is not tried where the EHR takes only the algorithm that this one has not. Default: none; a second one is an error at `build()`.
    #[must_use]
    pub fn previous(mut self, kid: impl Into<String>, key: PrivateKey) -> Self {
        self.previous.push((kid.into(), key));
        self
    }

    /// Publishes one more key without signing with it: the next one before it is used, or an old one until caches
    /// have forgotten it, which is an hour (the JWKS document is served with `max-age=3600`). Can be repeated.
    #[must_use]
    pub fn also_publish(mut self, kid: impl Into<String>, key: impl Into<PublishedKey>) -> Self {
        self.published.push((kid.into(), key.into()));
        self
    }
}

impl fmt::Debug for PrivateKeyJwt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PrivateKeyJwt")
            .field("kid", &self.kid)
            .field("lifetime", &self.lifetime)
            .finish_non_exhaustive()
    }
}
