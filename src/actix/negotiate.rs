//! Who asks, and from where: the questions that the answers depend on.

use actix_web::http::{
    Method,
    header::{self, HeaderMap},
};

/// Who is going to read the answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Audience {
    /// A person who navigates: gets pages and redirects.
    Document,
    /// A person who sent a form: gets pages, and never a redirect that would lose the input silently.
    Form,
    /// A script: gets problem+json.
    Api,
}

impl Audience {
    /// Decides from the method and the headers.
    ///
    /// `Sec-Fetch-Mode` is what the browser itself says. Without it (older browsers, plain http) `Accept` has to
    /// prefer HTML, and the headers that scripts and htmx add must be absent.
    pub(super) fn of(method: &Method, headers: &HeaderMap) -> Self {
        let navigates = match text(headers, "sec-fetch-mode") {
            Some(mode) => mode == "navigate",
            None => {
                prefers_html(text(headers, "accept").unwrap_or_default())
                    && !headers.contains_key("x-requested-with")
                    && !headers.contains_key("hx-request")
            }
        };
        match (navigates, method) {
            (true, &Method::GET) => Self::Document,
            (true, _) => Self::Form,
            (false, _) => Self::Api,
        }
    }
}

/// Where the answer is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Window {
    /// In a window or tab, as far as is known.
    Own,
    /// Inside a page of somebody else.
    Frame,
}

impl Window {
    /// As the browser says it (`Sec-Fetch-Dest`).
    pub(super) fn of(headers: &HeaderMap) -> Self {
        match text(headers, "sec-fetch-dest") {
            Some("iframe" | "frame" | "fencedframe" | "object" | "embed") => Self::Frame,
            _ => Self::Own,
        }
    }
}

/// Whether the request is one that only the application's own pages may cause: it changes something, or it opens a
/// WebSocket.
///
/// Any page may open a WebSocket to any server. The browser sends the cookies along, and CORS does not keep the page
/// from reading what comes (RFC 6455, section 10.2).
pub(super) fn is_unsafe(method: &Method, headers: &HeaderMap) -> bool {
    let is_safe = matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS | Method::TRACE);
    !is_safe || opens_websocket(headers)
}

/// Whether the request is the handshake of a WebSocket (RFC 6455, section 4.1). Over HTTP/2 that is a `CONNECT`.
///
/// Seen as widely as Actix does, which takes it for one when the word is anywhere in `Upgrade`.
fn opens_websocket(headers: &HeaderMap) -> bool {
    const WEBSOCKET: &[u8] = b"websocket";
    headers.get_all(header::UPGRADE).any(|protocols| {
        let mut places = protocols.as_bytes().windows(WEBSOCKET.len());
        places.any(|place| place.eq_ignore_ascii_case(WEBSOCKET))
    })
}

/// Whether a page of another site asks without taking anybody anywhere: by a script, as an image, for a WebSocket.
pub(super) fn is_foreign_errand(headers: &HeaderMap, own_origin: &str) -> bool {
    let may_navigate =
        text(headers, "sec-fetch-mode").is_none_or(|mode| mode == "navigate") && !opens_websocket(headers);
    !may_navigate && is_cross_site(headers, own_origin)
}

/// Whether the request may come from another site.
///
/// `Sec-Fetch-Site` decides where the browser sends it; else `Origin` has to be the application's. A request with
/// neither does not come from a page of another site in any browser of the last years.
pub(super) fn is_cross_site(headers: &HeaderMap, own_origin: &str) -> bool {
    match text(headers, "sec-fetch-site") {
        Some(site) => !matches!(site, "same-origin" | "none"),
        None => match headers.get(header::ORIGIN) {
            Some(origin) => !origin.as_bytes().eq_ignore_ascii_case(own_origin.as_bytes()),
            None => false,
        },
    }
}

/// Whether the request is made on speculation: a link scanner's `HEAD`, or a prefetch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Speculation {
    /// `HEAD`.
    Head,
    /// A browser that prefetches or prerenders.
    Prefetch,
}

impl Speculation {
    pub(super) fn of(method: &Method, headers: &HeaderMap) -> Option<Self> {
        if method == Method::HEAD {
            return Some(Self::Head);
        }
        let prefetch = ["sec-purpose", "purpose", "x-moz"]
            .into_iter()
            .filter_map(|name| text(headers, name))
            .any(|purpose| purpose.to_ascii_lowercase().starts_with("prefetch"));
        prefetch.then_some(Self::Prefetch)
    }
}

fn text<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

/// Whether an `Accept` header asks for HTML by name, and at least as much as for JSON.
fn prefers_html(accept: &str) -> bool {
    let (mut html, mut json) = (0.0_f32, 0.0_f32);
    for range in accept.split(',') {
        let mut parts = range.split(';').map(str::trim);
        let media = parts.next().unwrap_or_default().to_ascii_lowercase();
        let quality = parts
            .find_map(|parameter| parameter.strip_prefix("q="))
            .map_or(1.0, |quality| quality.parse().unwrap_or(0.0));
        match media.as_str() {
            "text/html" | "application/xhtml+xml" => html = html.max(quality),
            media if media == "application/json" || media.ends_with("+json") => json = json.max(quality),
            _ => {}
        }
    }
    html > 0.0 && html >= json
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::{HeaderName, HeaderValue};

    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        let mut map = HeaderMap::new();
        for (name, value) in pairs {
            map.append(HeaderName::from_static(name), HeaderValue::from_static(value));
        }
        map
    }

    const BROWSER: &str = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";

    #[test]
    fn the_audience_is_decided_by_sec_fetch_mode_and_else_by_accept() {
        for (method, pairs, expected) in [
            (Method::GET, &[("sec-fetch-mode", "navigate")][..], Audience::Document),
            (Method::POST, &[("sec-fetch-mode", "navigate")], Audience::Form),
            (
                Method::GET,
                &[("sec-fetch-mode", "cors"), ("accept", "text/html")],
                Audience::Api,
            ),
            (Method::GET, &[("accept", BROWSER)], Audience::Document),
            (Method::POST, &[("accept", BROWSER)], Audience::Form),
            (
                Method::GET,
                &[("accept", BROWSER), ("x-requested-with", "XMLHttpRequest")],
                Audience::Api,
            ),
            (
                Method::GET,
                &[("accept", "text/html"), ("hx-request", "true")],
                Audience::Api,
            ),
            (Method::GET, &[("accept", "*/*")], Audience::Api),
            (Method::GET, &[("accept", "application/json")], Audience::Api),
            (
                Method::GET,
                &[("accept", "application/json, text/html;q=0.5")],
                Audience::Api,
            ),
            (Method::GET, &[("accept", "text/html;q=0")], Audience::Api),
            (Method::GET, &[], Audience::Api),
        ] {
            assert_eq!(Audience::of(&method, &headers(pairs)), expected, "{method} {pairs:?}");
        }
    }

    #[test]
    fn a_request_is_cross_site_when_the_browser_says_so_or_its_origin_is_another() {
        let own = "https://app.example";
        for (pairs, expected) in [
            (&[("sec-fetch-site", "same-origin")][..], false),
            (&[("sec-fetch-site", "none")], false),
            (&[("sec-fetch-site", "same-site")], true),
            (&[("sec-fetch-site", "cross-site")], true),
            (
                &[("sec-fetch-site", "cross-site"), ("origin", "https://app.example")],
                true,
            ),
            (&[("origin", "https://app.example")], false),
            (&[("origin", "https://APP.example")], false),
            (&[("origin", "https://app.example:8443")], true),
            (&[("origin", "https://evil.example")], true),
            (&[("origin", "null")], true),
            (&[], false),
        ] {
            assert_eq!(is_cross_site(&headers(pairs), own), expected, "{pairs:?}");
        }
    }

    #[test]
    fn a_request_that_changes_something_is_unsafe() {
        for (method, expected) in [
            (Method::GET, false),
            (Method::HEAD, false),
            (Method::OPTIONS, false),
            (Method::TRACE, false),
            (Method::POST, true),
            (Method::PUT, true),
            (Method::PATCH, true),
            (Method::DELETE, true),
            // The handshake of a WebSocket over HTTP/2 (RFC 8441).
            (Method::CONNECT, true),
        ] {
            assert_eq!(is_unsafe(&method, &headers(&[])), expected, "{method}");
        }
    }

    #[test]
    fn the_handshake_of_a_websocket_is_unsafe_however_it_is_written() {
        for (pairs, expected) in [
            (&[("upgrade", "websocket")][..], true),
            (&[("upgrade", "WebSocket")], true),
            (&[("upgrade", "foo, WEBSOCKET")], true),
            (&[("upgrade", "foo,websocket;x=1, bar")], true),
            (&[("upgrade", "websocket/13")], true),
            (&[("upgrade", "foo"), ("upgrade", "websocket")], true),
            (&[("upgrade", "h2c")], false),
            (&[("upgrade", "websocke")], false),
            (&[("upgrade", "web socket")], false),
            (&[("upgrade", "")], false),
            (&[("connection", "websocket")], false),
            // Answers of an EventSource are behind CORS.
            (&[("accept", "text/event-stream")], false),
        ] {
            assert_eq!(is_unsafe(&Method::GET, &headers(pairs)), expected, "{pairs:?}");
        }
        let not_text = HeaderValue::from_bytes(b"\xff, websocket").unwrap();
        let map = HeaderMap::from_iter([(header::UPGRADE, not_text)]);
        assert!(is_unsafe(&Method::GET, &map));
    }

    #[test]
    fn an_errand_of_another_site_takes_nobody_anywhere() {
        let own = "https://app.example";
        let (elsewhere, here) = (("sec-fetch-site", "same-site"), ("sec-fetch-site", "same-origin"));
        for (pairs, expected) in [
            (&[elsewhere, ("sec-fetch-mode", "no-cors")][..], true),
            (&[elsewhere, ("sec-fetch-mode", "cors")], true),
            (&[elsewhere, ("sec-fetch-mode", "websocket")], true),
            (&[elsewhere, ("upgrade", "websocket")], true),
            (&[("origin", "https://evil.example"), ("upgrade", "websocket")], true),
            (&[elsewhere, ("sec-fetch-mode", "navigate")], false),
            (&[elsewhere], false),
            (&[here, ("sec-fetch-mode", "cors")], false),
            (&[here, ("upgrade", "websocket")], false),
            (&[("origin", own), ("upgrade", "websocket")], false),
            (&[("upgrade", "websocket")], false),
            (&[], false),
        ] {
            assert_eq!(is_foreign_errand(&headers(pairs), own), expected, "{pairs:?}");
        }
    }

    #[test]
    fn head_and_prefetch_are_speculation() {
        assert_eq!(Speculation::of(&Method::HEAD, &headers(&[])), Some(Speculation::Head));
        for purpose in ["prefetch", "prefetch;prerender", "Prefetch"] {
            assert_eq!(
                Speculation::of(&Method::GET, &headers(&[("sec-purpose", purpose)])),
                Some(Speculation::Prefetch)
            );
        }
        assert_eq!(
            Speculation::of(&Method::GET, &headers(&[("purpose", "prefetch")])),
            Some(Speculation::Prefetch)
        );
        assert_eq!(Speculation::of(&Method::GET, &headers(&[])), None);
    }
}
