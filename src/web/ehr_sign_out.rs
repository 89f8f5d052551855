//! The cookie of a sign-out that the EHR has to hear of too: where to go for that, sealed, for ten minutes.
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
use crate::{config::Settings, runtime::Runtime, store::SealedKind};

/// Browsers drop a larger cookie without a word.
const MOST_BYTES: usize = 3_900;
const SECONDS: u64 = 600;
/// Nothing else that is sealed is of this record.
const RECORD: [u8; 32] = [0; 32];
/// Planted ones among them.
const MOST_LOOKED_AT: usize = 4;

/// Whether the page has sent the browser there before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Visit {
    First,
    Again,
}

/// The `Set-Cookie` value. `None`: it would be too large, or nothing can be sealed.
pub(crate) fn set(runtime: &Runtime, at_ehr: &Url, visit: Visit) -> Option<String> {
    let mut value = vec![match visit {
        Visit::First => b'1',
        Visit::Again => b'2',
    }];
    value.extend(at_ehr.as_str().as_bytes());
    let sealed = runtime
        .sealing
        .seal_apart(SealedKind::EhrSignOut, &RECORD, value)
        .ok()?;
    let text = cookie(
        &runtime.settings,
        &URL_SAFE_NO_PAD.encode(sealed),
        Life::Seconds(SECONDS),
    );
    (text.len() <= MOST_BYTES).then_some(text)
}

/// The `Set-Cookie` value that removes it.
pub(crate) fn remove(settings: &Settings) -> String {
    cookie(settings, "", Life::Removed)
}

/// Where this browser is to sign out too.
pub(crate) fn find(request: &impl RequestHead, runtime: &Runtime) -> Option<(Url, Visit)> {
    values(request, &runtime.settings.cookies.ehr_sign_out)
        .take(MOST_LOOKED_AT)
        .find_map(|value| {
            let sealed = URL_SAFE_NO_PAD.decode(value).ok()?;
            let opened = runtime
                .sealing
                .open_apart(SealedKind::EhrSignOut, &RECORD, &sealed)
                .ok()?;
            let (visit, address) = opened.split_first()?;
            let visit = match visit {
                b'1' => Visit::First,
                _ => Visit::Again,
            };
            let address = std::str::from_utf8(address).ok()?;
            Some((Url::parse(address).ok()?, visit))
        })
}

fn cookie(settings: &Settings, value: &str, life: Life) -> String {
    SetCookie {
        name: &settings.cookies.ehr_sign_out,
        value,
        path: "/",
        life,
    }
    .text(&settings.cookies)
}
