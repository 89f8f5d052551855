//! What a preflight may do: [`PreflightOptions`].

/// What a preflight may do. [`PreflightOptions::default`] does everything.
///
/// # Examples
///
/// ```
/// use actix_smart_auth::preflight::{PreflightOptions, Trial};
///
/// let quiet = PreflightOptions::default().credentials(Trial::Skipped).sign_in_page(Trial::Skipped);
/// # let _ = quiet;
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[must_use]
pub struct PreflightOptions {
    pub(super) credentials: Trial,
    pub(super) sign_in_page: Trial,
}

/// Whether something is tried that an EHR notices.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Trial {
    /// Yes. The default.
    #[default]
    Sent,
    /// No.
    Skipped,
}

impl PreflightOptions {
    /// Whether the credentials are tried at the token endpoint: one token request with a code that cannot exist, or two where a
    /// previous secret or key is configured and the current one is refused. The EHR logs the exchange of an invalid code by this
    /// client. Also whether a token for the application itself is asked for, whether the EHR is asked about a made-up token of a caller, and
    /// whether a registration endpoint is sent something that is no registration, where the application needs these. Default:
    /// [`Trial::Sent`].
    pub const fn credentials(mut self, trial: Trial) -> Self {
        self.credentials = trial;
        self
    }

    /// Whether the EHR's sign-in page is asked for, as a browser asks for it in a standalone launch: most EHRs show an error in its
    /// place where client id or redirect URI are not registered. To the EHR it is a sign-in that somebody did not finish. Default:
    /// [`Trial::Sent`].
    pub const fn sign_in_page(mut self, trial: Trial) -> Self {
        self.sign_in_page = trial;
        self
    }
}
