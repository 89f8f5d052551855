//! Whether the redirect URI can lead a browser back.

use url::Url;

use super::{check::Check, finding::Findings};
use crate::{config::Ehr, protocol::urls::is_loopback};

/// Looks at the shape of the redirect URI. What cannot be used at all, the configuration refuses.
pub(super) fn look(ehr: &Ehr, url: &Url, findings: &mut Findings) {
    let uri = ehr.redirect_uri().unwrap_or_default();
    let host = url.host_str().unwrap_or_default();
    if !is_loopback(url) {
        findings.ok(
            Check::RedirectUri,
            format!("{uri} is https. The EHR compares it with the registered one character by character."),
        );
        return;
    }
    let (here, other) = if host == "localhost" {
        ("localhost", "127.0.0.1")
    } else {
        ("127.0.0.1", "localhost")
    };
    if !is_loopback(ehr.fhir_base_url().url()) {
        findings.warning(
            Check::RedirectUri,
            format!("{uri} is an address of this machine, and the EHR is another one: launches work in a browser of this machine only."),
            format!(
                "For other people set SMART_REDIRECT_URI (`redirect_uri`) to the https address at which browsers find the application. \
                 To try it here, register exactly this one, and open the application at `{here}`, not at `{other}`."
            ),
        );
    } else if host == "localhost" {
        findings.warning(
            Check::RedirectUri,
            format!("{uri} names this machine `localhost`. To an EHR that is another address than 127.0.0.1, and browsers keep cookies apart for the two."),
            "Register it in this spelling and open the application at `localhost` only; or write 127.0.0.1 in SMART_REDIRECT_URI \
             (`redirect_uri`) and at the EHR, as RFC 8252 (section 8.3) recommends.",
        );
    } else {
        findings.ok(
            Check::RedirectUri,
            format!("{uri} is an address of this machine, as the EHR is. Open the application at `{host}`, not at `{other}`."),
        );
    }
}
