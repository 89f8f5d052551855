//! The cookie of a sign-out that the EHR has to hear of too: where to go for that, sealed, for ten minutes. That the browser was sent
//! there is in another, tiny one.
//!
//! The way there leads over a page of ours. A browser follows an answer to a form nowhere that the page of the form does not allow
//! (`form-action`), and what was interrupted on the way can be done again from there.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use url::Url;

use super::{
    cookies::values,
    request_head::RequestHead,
    set_cookie::{Life, SetCookie},
};
use crate::{
    config::Settings,
    runtime::Runtime,
    store::{SealedKind, digest},
};

/// So many bytes of cookies may an answer set that has this one among them. A proxy in front may take no more than 4 KiB of headers
/// (nginx), else it answers 502; and the application has some of its own.
const MOST_BYTES: usize = 3_000;
const SECONDS: u64 = 600;
/// Nothing else that is sealed is of this record.
const RECORD: [u8; 32] = [0; 32];
/// Planted ones among them.
const MOST_LOOKED_AT: usize = 4;
/// What an address begins with as it is sealed. Versions that sealed it once more wrote another after the first visit.
const NOT_VISITED: u8 = b'1';

/// A sign-out that the EHR has to hear of too.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct EhrSignOut {
    pub(crate) address: Url,
    pub(crate) visit: Visit,
    /// Which one it is. So the visit of one counts for no other.
    tag: String,
}

/// Whether the page has sent the browser there before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Visit {
    First,
    Again,
}

/// The `Set-Cookie` value, for an answer that sets other cookies beside it. `None`: they would be too large, or nothing can be
/// sealed.
pub(crate) fn set(runtime: &Runtime, at_ehr: &Url, beside: &[String]) -> Option<String> {
    let mut value = vec![NOT_VISITED];
    value.extend(at_ehr.as_str().as_bytes());
    let sealed = runtime
        .sealing
        .seal_apart(SealedKind::EhrSignOut, &RECORD, value)
        .ok()?;
    let settings = &runtime.settings;
    let value = URL_SAFE_NO_PAD.encode(sealed);
    let text = cookie(settings, &settings.cookies.ehr_sign_out, &value, Life::Seconds(SECONDS));
    let bytes = beside
        .iter()
        .fold(text.len(), |sum, other| sum.saturating_add(other.len()));
    (bytes <= MOST_BYTES).then_some(text)
}

/// The `Set-Cookie` value that notes that the browser was sent there.
pub(crate) fn visited(settings: &Settings, sign_out: &EhrSignOut) -> String {
    let name = &settings.cookies.ehr_visited;
    cookie(settings, name, &sign_out.tag, Life::Seconds(SECONDS))
}

/// The `Set-Cookie` values that remove what came along.
pub(crate) fn remove(request: &impl RequestHead, settings: &Settings) -> Vec<String> {
    [&settings.cookies.ehr_sign_out, &settings.cookies.ehr_visited]
        .into_iter()
        .filter(|name| values(request, name).next().is_some())
        .map(|name| cookie(settings, name, "", Life::Removed))
        .collect()
}

/// Where this browser is to sign out too.
pub(crate) fn find(request: &impl RequestHead, runtime: &Runtime) -> Option<EhrSignOut> {
    let cookies = &runtime.settings.cookies;
    values(request, &cookies.ehr_sign_out)
        .take(MOST_LOOKED_AT)
        .find_map(|value| {
            let sealed = URL_SAFE_NO_PAD.decode(value).ok()?;
            let opened = runtime
                .sealing
                .open_apart(SealedKind::EhrSignOut, &RECORD, &sealed)
                .ok()?;
            let (first, address) = opened.split_first()?;
            let address = Url::parse(std::str::from_utf8(address).ok()?).ok()?;
            let tag = tag_of(value);
            let was_visited = *first != NOT_VISITED || values(request, &cookies.ehr_visited).any(|other| other == tag);
            let visit = if was_visited { Visit::Again } else { Visit::First };
            Some(EhrSignOut { address, visit, tag })
        })
}

/// No two that are sealed have the same.
fn tag_of(sealed: &str) -> String {
    let [a, b, c, d, e, f, g, h, i, ..] = digest("ehr-sign-out", sealed);
    URL_SAFE_NO_PAD.encode([a, b, c, d, e, f, g, h, i])
}

fn cookie(settings: &Settings, name: &str, value: &str, life: Life) -> String {
    SetCookie {
        name,
        value,
        path: "/",
        life,
    }
    .text(&settings.cookies)
}
