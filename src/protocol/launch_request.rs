//! `GET /auth/launch`: what an EHR, a link of the application, or an attacker asks to start.

use crate::protocol::{
    after::After,
    query::{Plus, decode_text, pick},
    return_to::{ReturnTo, ReturnToError},
    secret::LaunchToken,
};

/// The query of a launch URL, read but not believed: whether `iss` is an EHR that is allowed is decided elsewhere.
#[derive(Debug, Clone)]
pub(crate) struct LaunchRequest {
    ehr_launch: Option<(String, LaunchToken)>,
    return_to: Option<ReturnTo>,
    after: Option<After>,
    ehr: Option<String>,
    /// Whether `ehr` came as `iss` without `launch`.
    iss_alone: bool,
    search: Option<String>,
    cookies: CookiesAsked,
    sign_in: SignInWish,
}

/// Whether the launch route has sent the browser to itself, to see whether cookies come back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum CookiesAsked {
    No,
    Yes,
}

impl CookiesAsked {
    /// What is added to the address then.
    pub(crate) const PARAMETER: &str = "smart_cookies=asked";
}

/// Whether a launch URL asks for a new sign-in. It can only ask for more than the registration does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum SignInWish {
    /// It says nothing.
    #[default]
    None,
    /// `sign_in=again`.
    Again,
}

impl SignInWish {
    /// [`Again`](Self::Again) if so.
    pub(crate) const fn again_if(again: bool) -> Self {
        if again { Self::Again } else { Self::None }
    }
}

/// Why a launch URL cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum LaunchRequestError {
    /// A parameter stands there more than once.
    #[error("the launch address has the parameter `{parameter}` more than once")]
    Repeated {
        /// Which one.
        parameter: &'static str,
    },
    /// `launch` came without `iss`.
    #[error("the launch address has `launch` but no `iss`; an EHR launch has both, a standalone launch has neither")]
    IssMissing,
    /// A value is too long.
    #[error("the parameter `{parameter}` of the launch address is longer than {limit} bytes")]
    TooLong {
        /// Which one.
        parameter: &'static str,
        /// The limit in bytes.
        limit: usize,
    },
    /// A value is not UTF-8.
    #[error("the parameter `{parameter}` of the launch address is not text (UTF-8)")]
    NotText {
        /// Which one.
        parameter: &'static str,
    },
    /// `return_to` is not a path of this application.
    #[error("`return_to` {0}")]
    ReturnTo(#[source] ReturnToError),
    /// `after` is not a launch id.
    #[error("`after` is not the id of a launch")]
    After,
    /// `sign_in` is not `again`.
    #[error("`sign_in` can only be `again`")]
    SignIn,
}

impl LaunchRequest {
    /// Reads the query (without `?`). Known parameters: `iss`, `launch`, `return_to`, `after`, `ehr`, `q`, `smart_cookies`,
    /// `sign_in`; others are ignored, and an empty value is as good as none.
    ///
    /// # Errors
    ///
    /// [`LaunchRequestError`]: a repeated, over-long or malformed parameter, or `launch` without `iss`.
    pub(crate) fn parse(query: &str) -> Result<Self, LaunchRequestError> {
        let names = [
            "iss",
            "launch",
            "return_to",
            "after",
            "ehr",
            "q",
            "smart_cookies",
            "sign_in",
        ];
        let [iss, launch, return_to, after, ehr, search, cookies, sign_in] =
            pick(query, names).map_err(|parameter| LaunchRequestError::Repeated { parameter })?;

        let iss = read("iss", iss, Plus::Space, 2_048)?;
        // EHRs put base64 into `launch` and do not always encode its `+`. A form decoder makes a space of it, the
        // EHR does not recognise its own value any more, and the launch fails now and then. No EHR means a space.
        let launch = read("launch", launch, Plus::Itself, 16_384)?;
        let ehr = read("ehr", ehr, Plus::Space, 2_048)?;
        let (ehr_launch, ehr, iss_alone) = match (iss, launch) {
            (Some(iss), Some(launch)) => (Some((iss, LaunchToken::new(launch))), ehr, false),
            (Some(iss), None) => (None, Some(iss), true),
            (None, None) => (None, ehr, false),
            (None, Some(_)) => return Err(LaunchRequestError::IssMissing),
        };
        let return_to = read("return_to", return_to, Plus::Space, 2_048)?
            .map(|text| ReturnTo::parse(&text).map_err(LaunchRequestError::ReturnTo))
            .transpose()?;
        let after = read("after", after, Plus::Space, 64)?
            .map(|text| After::parse(&text).ok_or(LaunchRequestError::After))
            .transpose()?;
        let search = read("q", search, Plus::Space, 256)?;
        let cookies = match read("smart_cookies", cookies, Plus::Space, 64)?.as_deref() {
            Some("asked") => CookiesAsked::Yes,
            _ => CookiesAsked::No,
        };
        let sign_in = match read("sign_in", sign_in, Plus::Space, 64)?.as_deref() {
            None => SignInWish::None,
            Some("again") => SignInWish::Again,
            Some(_) => return Err(LaunchRequestError::SignIn),
        };
        Ok(Self {
            ehr_launch,
            return_to,
            after,
            ehr,
            iss_alone,
            search,
            cookies,
            sign_in,
        })
    }

    /// Whether cookies were asked for already.
    #[must_use]
    pub(crate) const fn cookies(&self) -> CookiesAsked {
        self.cookies
    }

    /// The launch inside which the page was opened that the browser wants to see again, as far as it was inside one.
    #[must_use]
    pub(crate) fn former(&self) -> Option<After> {
        let named = self.return_to.as_ref().and_then(ReturnTo::launch);
        named.or_else(|| self.after.clone())
    }

    /// The FHIR base URL exactly as the EHR wrote it; what goes into `aud`.
    #[must_use]
    pub(crate) fn iss(&self) -> Option<&str> {
        self.ehr_launch.as_ref().map(|(iss, _)| iss.as_str())
    }

    /// The opaque launch value to echo. There if and only if [`iss`](Self::iss) is.
    #[must_use]
    pub(crate) fn launch(&self) -> Option<&LaunchToken> {
        self.ehr_launch.as_ref().map(|(_, launch)| launch)
    }

    /// What the person typed to find an EHR.
    #[must_use]
    pub(crate) fn search(&self) -> Option<&str> {
        self.search.as_deref()
    }

    /// Where in the application to go after the launch.
    #[must_use]
    pub(crate) const fn return_to(&self) -> Option<&ReturnTo> {
        self.return_to.as_ref()
    }

    /// The launch that this one takes over from.
    #[must_use]
    pub(crate) const fn after(&self) -> Option<&After> {
        self.after.as_ref()
    }

    /// Whether a new sign-in is asked for.
    #[must_use]
    pub(crate) const fn sign_in(&self) -> SignInWish {
        self.sign_in
    }

    /// Whether the address names an EHR by `iss` and has no `launch`: it says where, not for whom.
    #[must_use]
    pub(crate) const fn has_iss_alone(&self) -> bool {
        self.iss_alone
    }

    /// Which EHR registration a standalone launch is for.
    #[must_use]
    pub(crate) fn ehr(&self) -> Option<&str> {
        self.ehr.as_deref()
    }
}

fn read(
    parameter: &'static str,
    raw: Option<&str>,
    plus: Plus,
    limit: usize,
) -> Result<Option<String>, LaunchRequestError> {
    let Some(raw) = raw else { return Ok(None) };
    let text = decode_text(raw, plus).ok_or(LaunchRequestError::NotText { parameter })?;
    if text.len() > limit {
        return Err(LaunchRequestError::TooLong { parameter, limit });
    }
    Ok(Some(text))
}

#[cfg(test)]
mod tests;
