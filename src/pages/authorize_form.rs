//! The page that posts the authorization request (SMART App Launch 2.2, capability `authorize-post`).

use std::fmt;

use super::{
    brand::Brand,
    document::{document, style_and_logo},
    escape::escape,
    language::Language,
};
use crate::protocol::authorization::AuthorizationForm;

/// A page and the policy to send with it.
///
/// Send it with `Referrer-Policy: strict-origin`: with `no-referrer` a browser posts the form with `Origin: null`,
/// which some authorization servers refuse.
pub(crate) struct AuthorizeFormPage {
    /// The document.
    pub(crate) html: String,
    /// The value of `Content-Security-Policy`.
    pub(crate) content_security_policy: String,
}

/// A page whose form submits itself; without scripts a button does.
///
/// `nonce` is a new random text of base64url characters for each page.
#[must_use]
pub(crate) fn authorize_form_page(
    form: &AuthorizationForm,
    nonce: &str,
    language: Language,
    brand: Option<&Brand>,
) -> AuthorizeFormPage {
    let nonce = escape(nonce);
    let fields: String = form
        .fields
        .iter()
        .map(|(name, value)| {
            format!(
                "<input type=\"hidden\" name=\"{}\" value=\"{}\">\n",
                escape(name),
                escape(value)
            )
        })
        .collect();
    let words = language.words();
    let said = &words.launch.authorize_form;
    let body = format!(
        "<h1>{}</h1>\n<p>{}</p>\n<div class=\"actions\">\n<form method=\"post\" action=\"{}\">\n\
         {fields}<button>{}</button>\n</form>\n</div>\n\
         <script nonce=\"{nonce}\">document.forms[0].submit()</script>\n",
        escape(said.title),
        escape(said.what),
        escape(&form.action),
        escape(words.labels.proceed),
    );
    AuthorizeFormPage {
        html: document(said.title, &body, language, brand),
        // No `form-action`: Chrome applies it to every redirect that follows the post, so a policy that names the
        // EHR blocks the EHR's identity provider, and in the end the way back to this application. The form's target
        // comes from pinned metadata and is escaped, so the directive would protect nothing. `default-src` does not
        // stand in for it.
        content_security_policy: format!(
            "default-src 'none'; {}; script-src 'nonce-{nonce}'; base-uri 'none'",
            style_and_logo(brand, false)
        ),
    }
}

impl fmt::Debug for AuthorizeFormPage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AuthorizeFormPage").finish_non_exhaustive()
    }
}
