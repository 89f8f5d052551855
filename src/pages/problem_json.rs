//! A [`Page`] as problem+json.

use serde_json::json;

use super::page::{Page, PageTarget};

/// The code of the page for a request that needs more scopes than were granted.
pub(crate) const INSUFFICIENT_SCOPE: &str = "insufficient-scope";

impl Page {
    /// The page for programs, `application/problem+json` (RFC 9457): `title`, `status`, `detail` (what to do), `code`,
    /// `reference` when something went wrong, `launch_url` and `return_url` when there is somewhere to go, `explanation` when there is more to say; `missing_scopes` when the EHR
    /// did not grant them, with `error` as RFC 6750 (section 3.1) names it when the request needs them.
    #[must_use]
    pub fn problem_json(&self) -> String {
        let mut problem = json!({
            "type": format!("urn:actix-smart-auth:{}", self.code),
            "title": self.title,
            "status": self.status,
            "detail": self.message,
            "code": self.code,
        });
        if let Some(members) = problem.as_object_mut() {
            if let Some(reference) = &self.reference {
                members.insert("reference".to_owned(), json!(reference.to_string()));
            }
            if let Some(detail) = &self.detail {
                members.insert("explanation".to_owned(), json!(detail));
            }
            let (launch, back) = match (&self.action, &self.other_action) {
                // A script knows the address that it has asked for.
                (Some(reload), other) if reload.href.is_empty() => (other.as_ref(), None),
                (action, other) => (action.as_ref(), other.as_ref()),
            };
            // A form is for people.
            if let Some(action) = launch.filter(|action| action.opens != PageTarget::Posted) {
                members.insert("launch_url".to_owned(), json!(action.href));
            }
            if let Some(other) = back {
                members.insert("return_url".to_owned(), json!(other.href));
            }
            if let Some(missing) = &self.missing_scopes {
                members.insert("missing_scopes".to_owned(), json!(missing));
            }
            if self.code == INSUFFICIENT_SCOPE {
                members.insert("error".to_owned(), json!("insufficient_scope"));
            }
        }
        problem.to_string()
    }
}
