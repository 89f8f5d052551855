//! The cookie that says nothing. That it comes back tells that cookies do; that it is set makes browsers forget pages.

use super::{
    cookies::values,
    request_head::RequestHead,
    set_cookie::{Life, SetCookie},
};
use crate::config::Settings;

/// The `Set-Cookie` value.
///
/// A cookie of its own: an answer that comes late must not take the browser's id back to what it was.
pub(crate) fn set(settings: &Settings) -> String {
    SetCookie {
        name: &settings.cookies.probe,
        value: "1",
        path: "/",
        life: Life::Session,
    }
    .text(&settings.cookies)
}

/// Whether it came back.
pub(crate) fn came_back(request: &impl RequestHead, settings: &Settings) -> bool {
    values(request, &settings.cookies.probe).next().is_some()
}
