//! The browser cookie: a name of this browser that its launches are listed under. It is not taken from a session.

use super::{
    cookies::values,
    request_head::RequestHead,
    set_cookie::{Life, SetCookie},
};
use crate::{config::Settings, protocol::secret::BrowserId};

/// An honest browser sends one, or two from two jars. Each costs a walk through the store.
const MOST_IDS: usize = 16;

/// The ids in the browser cookies of a request.
pub(crate) fn ids(request: &impl RequestHead, settings: &Settings) -> Vec<BrowserId> {
    values(request, &settings.cookies.browser)
        .take(MOST_IDS)
        // As they are made here, or nearly so. What else came is not echoed either.
        .filter(|value| (16..=64).contains(&value.len()) && value.bytes().all(is_base64url))
        .map(BrowserId::new)
        .collect()
}

const fn is_base64url(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_')
}

/// Whether the browser cookie came back.
pub(crate) fn has_cookie(request: &impl RequestHead, settings: &Settings) -> bool {
    !ids(request, settings).is_empty()
}

/// The `Set-Cookie` value with this id.
pub(crate) fn set(id: &BrowserId, settings: &Settings) -> String {
    SetCookie {
        name: &settings.cookies.browser,
        value: id.expose_secret(),
        path: "/",
        life: Life::Session,
    }
    .text(&settings.cookies)
}
