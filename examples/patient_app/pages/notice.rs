//! What the page says of the button that was pressed.

use serde::Deserialize;

/// From the query of the page's address.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Notice {
    #[serde(default)]
    did: String,
    #[serde(default)]
    wait: u32,
}

impl Notice {
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
