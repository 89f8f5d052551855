//! What a completed authorization says of itself, for every type that has one: the accessors stand once, here.

/// Adds the accessors to an `impl` block. `aud` is the FHIR base URL as text, the others are what their names say; each is an
/// expression that gives a reference.
macro_rules! launch_facts {
    ($this:ident => aud: $aud:expr, tokens: $tokens:expr, requested: $requested:expr, identity: $identity:expr $(,)?) => {
        /// The FHIR base URL that the access token is for. Send the token nowhere else.
        #[must_use]
        pub fn fhir_base_url(&$this) -> &str {
            $aud
        }

        /// The tokens with everything that came with them.
        #[must_use]
        pub fn tokens(&$this) -> &$crate::TokenSet {
            $tokens
        }

        /// All that the EHR said about the launch.
        #[must_use]
        pub fn launch_context(&$this) -> &$crate::LaunchContext {
            $this.tokens().context()
        }

        /// The id of the patient in context.
        #[must_use]
        pub fn patient(&$this) -> Option<&str> {
            $this.launch_context().patient()
        }

        /// The id of the encounter in context.
        #[must_use]
        pub fn encounter(&$this) -> Option<&str> {
            $this.launch_context().encounter()
        }

        /// Who signed in when the launch began: the claims of the verified id token. `None` when there was none, which the
        /// policy of the registration ([`IdTokenPolicy`](crate::IdTokenPolicy)) allowed then. A refresh does not change it.
        #[must_use]
        pub fn id_token_claims(&$this) -> Option<&$crate::IdTokenClaims> {
            $identity
        }

        /// Who signed in, as a FHIR resource. `None` when the EHR did not say, or did not say it in a usable form.
        #[must_use]
        pub fn fhir_user(&$this) -> Option<&$crate::context::FhirUserReference> {
            $this.id_token_claims()?.fhir_user()
        }

        /// The scopes that the EHR granted. They may be fewer than those requested.
        #[must_use]
        pub fn granted_scopes(&$this) -> &$crate::scope::Scopes {
            $this.tokens().granted_scopes()
        }

        /// The scopes that were requested.
        #[must_use]
        pub fn requested_scopes(&$this) -> &$crate::scope::Scopes {
            $requested
        }

        /// The requested scopes that the granted ones do not cover ([`Scopes::covers`](crate::scope::Scopes::covers)), as they were
        /// requested: what to leave out of a page, or to explain on it.
        ///
        /// `launch`, `openid`, `online_access` and `offline_access` may be among them although the EHR gave what they ask
        /// for: many do not repeat them.
        #[must_use]
        pub fn denied_scopes(&$this) -> $crate::scope::Scopes {
            $this.granted_scopes().uncovered($this.requested_scopes())
        }
    };
}

pub(crate) use launch_facts;
