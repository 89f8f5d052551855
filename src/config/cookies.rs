//! How cookies are set: [`CookiePolicy`].

/// The attributes of the crate's cookies that are a choice. `HttpOnly` always, `Secure` always but on a loopback http
/// address. The cookie of a launch is on its path; those of the browser and of its sign-ins are on `/`, on https with the
/// prefix `__Host-`.
///
/// Those of sign-ins last as long as a sign-in may
/// ([`pending_lifetime`](crate::SmartConfigBuilder::pending_lifetime)). The others have no date of expiry: they last as long as the browser's session. That is
/// not until the browser closes: browsers that restore their tabs restore these cookies, and an open launch with them. A
/// launch ends when it is signed out of, or by its lifetimes ([`Lifetimes`](crate::store::Lifetimes)).
///
/// # Examples
///
/// An application that the EHR shows in a frame:
///
/// ```
/// use actix_smart_auth::{CookiePolicy, options::{Partitioned, SameSite}};
///
/// let policy = CookiePolicy::default().same_site(SameSite::None).partitioned(Partitioned::Yes);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CookiePolicy {
    same_site: SameSite,
    partitioned: Partitioned,
    name: String,
}

/// The `SameSite` attribute of the crate's cookies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum SameSite {
    /// Sent with a top-level navigation from another site, as the EHR's redirect back is. The default.
    #[default]
    Lax,
    /// Sent to frames of another site as well; needs https. For applications inside the EHR's window.
    None,
    /// Refused when the configuration is built: the navigation that ends a launch comes from the EHR's site, and the
    /// browser would withhold the cookie from it.
    Strict,
}

/// Whether they are `Partitioned` (CHIPS): kept apart for each site that frames the application.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Partitioned {
    /// No. The default.
    #[default]
    No,
    /// Yes; needs [`SameSite::None`] and https.
    Yes,
}

/// Why cookies cannot be set like this.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CookiePolicyError {
    /// `SameSite=Strict`.
    #[error(
        "SameSite=Strict withholds the cookie from the navigation that comes back from the EHR, so no launch would \
         open; use Lax, or None inside frames"
    )]
    Strict,
    /// `SameSite=None` on plain http.
    #[error("browsers drop SameSite=None cookies without Secure; use an https redirect URI, or Lax on a loopback one")]
    NoneNeedsHttps,
    /// `Partitioned` without `SameSite=None`.
    #[error("a Partitioned cookie is for frames and needs SameSite=None")]
    PartitionedNeedsNone,
    /// The name is empty or has characters that a cookie name cannot have.
    #[error("must be 1 to 64 letters, digits, `-` or `_`")]
    Name,
    /// The name begins with a prefix to which browsers attach conditions that do not hold.
    #[error(
        "`__Host-` needs the path `/`, which launch cookies do not have (where they do, it is added), and `__Secure-` needs an https redirect URI"
    )]
    NamePrefix,
}

impl Default for CookiePolicy {
    fn default() -> Self {
        Self {
            same_site: SameSite::default(),
            partitioned: Partitioned::default(),
            name: "smart_launch".to_owned(),
        }
    }
}

impl CookiePolicy {
    /// The `SameSite` attribute. Default: [`SameSite::Lax`].
    #[must_use]
    pub const fn same_site(mut self, same_site: SameSite) -> Self {
        self.same_site = same_site;
        self
    }

    /// The `Partitioned` attribute. Default: [`Partitioned::No`].
    #[must_use]
    pub const fn partitioned(mut self, partitioned: Partitioned) -> Self {
        self.partitioned = partitioned;
        self
    }

    /// What the cookie's name begins with. Default: `smart_launch`. Change it when two applications share a host.
    #[must_use]
    pub fn name_prefix(mut self, prefix: impl Into<String>) -> Self {
        self.name = prefix.into();
        self
    }

    pub(super) fn check(self, secure: Secure) -> Result<CookieSettings, Vec<CookiePolicyError>> {
        let mut problems = Vec::new();
        match self.same_site {
            SameSite::Strict => problems.push(CookiePolicyError::Strict),
            SameSite::None if secure == Secure::No => problems.push(CookiePolicyError::NoneNeedsHttps),
            SameSite::None | SameSite::Lax => {}
        }
        if self.partitioned == Partitioned::Yes && self.same_site != SameSite::None {
            problems.push(CookiePolicyError::PartitionedNeedsNone);
        }
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
        if self.name.is_empty() || self.name.len() > 64 || !self.name.chars().all(plain) {
            problems.push(CookiePolicyError::Name);
        } else if begins_with(&self.name, "__host-") || (begins_with(&self.name, "__secure-") && secure == Secure::No) {
            problems.push(CookiePolicyError::NamePrefix);
        }
        if !problems.is_empty() {
            return Err(problems);
        }
        let (host, secure_prefix, name) = match secure {
            // On `/` and Secure: then no other site of the domain can set one of that name.
            Secure::Yes => (HOST_PREFIX, "__Secure-", without_secure_prefix(&self.name)),
            Secure::No => ("", "", self.name.as_str()),
        };
        Ok(CookieSettings {
            same_site: self.same_site,
            partitioned: self.partitioned,
            browser: format!("{host}{name}_browser"),
            probe: format!("{host}{name}_probe"),
            // On the path of its page.
            reloads: format!("{secure_prefix}{name}_reloads"),
            ehr_sign_out: format!("{host}{name}_ehr_signout"),
            ehr_visited: format!("{host}{name}_ehr_visited"),
            sign_in: format!("{host}{name}_signin_"),
            launch: self.name,
            secure,
        })
    }
}

const HOST_PREFIX: &str = "__Host-";

fn without_secure_prefix(name: &str) -> &str {
    match name.get(.."__secure-".len()) {
        Some(prefix) if prefix.eq_ignore_ascii_case("__secure-") => name.get(prefix.len()..).unwrap_or(name),
        _ => name,
    }
}

impl CookieSettings {
    /// Told apart from those of another application on the host that has another public path: the cookies on `/` would
    /// meet. No two paths have one name.
    pub(super) fn of_public_path(mut self, public: &str) -> Self {
        let own: String = public.chars().map(in_a_name).collect();
        self.browser.push_str(&own);
        self.probe.push_str(&own);
        self.ehr_sign_out.push_str(&own);
        self.ehr_visited.push_str(&own);
        self.sign_in = format!("{}{own}_", self.sign_in.trim_end_matches('_'));
        self
    }

    /// With a launch cookie that is on `/` as well, where that can be.
    pub(super) fn with_launch_on_host(mut self) -> Self {
        if self.secure == Secure::Yes {
            self.launch = format!("{HOST_PREFIX}{}", without_secure_prefix(&self.launch));
        }
        self
    }
}

/// A character of a path as it stands in the name of a cookie, which can have no slash (RFC 6265, section 4.1.1).
fn in_a_name(character: char) -> String {
    match character {
        '/' => "~".to_owned(),
        'a'..='z' | 'A'..='Z' | '0'..='9' | '-' | '_' | '.' => character.into(),
        other => format!("^{:x}^", u32::from(other)),
    }
}

/// Browsers compare the prefixes without regard to case.
fn begins_with(name: &str, prefix: &str) -> bool {
    name.to_ascii_lowercase().starts_with(prefix)
}

/// Whether cookies have the `Secure` attribute: all but those of a loopback http address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Secure {
    Yes,
    No,
}

/// A checked [`CookiePolicy`]. [`SameSite::Strict`] does not occur.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct CookieSettings {
    pub(crate) same_site: SameSite,
    pub(crate) partitioned: Partitioned,
    /// The name of the launch cookie.
    pub(crate) launch: String,
    /// The name of the browser cookie.
    pub(crate) browser: String,
    /// The name of the cookie that says nothing: that it comes back, or is set, is the point.
    pub(crate) probe: String,
    /// The name of the cookie that counts how often a page has loaded itself again.
    pub(crate) reloads: String,
    /// The name of the cookie of a sign-out that the EHR has to hear of too.
    pub(crate) ehr_sign_out: String,
    /// The name of the cookie that says that the browser was sent there.
    pub(crate) ehr_visited: String,
    /// What the names of the cookies of sign-ins begin with.
    pub(crate) sign_in: String,
    pub(crate) secure: Secure,
}

#[cfg(test)]
mod tests;
