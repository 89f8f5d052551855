//! Whether another site may have caused a request, and whether that matters.

use super::request_head::RequestHead;

/// Whether the request is one that only the application's own pages may cause: it changes something, or it opens a
/// WebSocket.
///
/// Any page may open a WebSocket to any server. The browser sends the cookies along, and CORS does not keep the page
/// from reading what comes (RFC 6455, section 10.2).
pub(crate) fn is_unsafe(head: &impl RequestHead) -> bool {
    let is_safe = matches!(head.method(), "GET" | "HEAD" | "OPTIONS" | "TRACE");
    !is_safe || opens_websocket(head)
}

/// Whether the request is the handshake of a WebSocket (RFC 6455, section 4.1). Over HTTP/2 that is a `CONNECT`.
///
/// Seen as widely as Actix does, which takes it for one when the word is anywhere in `Upgrade`.
fn opens_websocket(head: &impl RequestHead) -> bool {
    const WEBSOCKET: &[u8] = b"websocket";
    head.header("upgrade").any(|protocols| {
        let mut places = protocols.windows(WEBSOCKET.len());
        places.any(|place| place.eq_ignore_ascii_case(WEBSOCKET))
    })
}

/// Whether a page of another site asks without taking anybody anywhere: by a script, as an image, for a WebSocket.
pub(crate) fn is_foreign_errand(head: &impl RequestHead, own_origin: &str) -> bool {
    let may_navigate = head.text("sec-fetch-mode").is_none_or(|mode| mode == "navigate") && !opens_websocket(head);
    !may_navigate && is_cross_site(head, own_origin)
}

/// Whether the request may come from another site.
///
/// `Sec-Fetch-Site` decides where the browser sends it; else `Origin` has to be the application's. A request with
/// neither does not come from a page of another site in any browser of the last years.
pub(crate) fn is_cross_site(head: &impl RequestHead, own_origin: &str) -> bool {
    match head.text("sec-fetch-site") {
        Some(site) => !matches!(site, "same-origin" | "none"),
        None => match head.header("origin").next() {
            Some(origin) => !origin.eq_ignore_ascii_case(own_origin.as_bytes()),
            None => false,
        },
    }
}

#[cfg(test)]
mod tests;
