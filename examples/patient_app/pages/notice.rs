//! What the page says of the button that was pressed.

/// From the cookie of the page before.
#[derive(Debug, Default)]
pub(crate) struct Notice {
    did: String,
    /// In seconds, where that is what is told.
    wait: u32,
}

impl Notice {
    /// Read as `refreshed` or `too-early.12`.
    pub(crate) fn of(cookie: &str) -> Self {
        let (did, wait) = cookie.split_once('.').unwrap_or((cookie, ""));
        Self {
            did: did.to_owned(),
            wait: wait.parse().unwrap_or_default(),
        }
    }

    /// Whether there is anything to say.
    pub(super) fn is_there(&self) -> bool {
        !self.did.is_empty()
    }

    pub(super) fn html(&self) -> String {
        let (class, text) = match self.did.as_str() {
            "refreshed" => ("notice", "A new access token was fetched.".to_owned()),
            "too-early" => (
                "notice",
                format!(
                    "Not refreshed: the token was new, and EHRs do not like to be asked too often. Try again after {} s.",
                    self.wait
                ),
            ),
            "no-refresh-token" => (
                "notice",
                "Not refreshed: the EHR gave no refresh token. When this token expires, sign in again.".to_owned(),
            ),
            "failed" => (
                "problem",
                "Not refreshed: the EHR did not give a new token. The log says why.".to_owned(),
            ),
            _ => return String::new(),
        };
        format!("<p class=\"{class}\" role=\"status\">{text}</p>\n")
    }
}
