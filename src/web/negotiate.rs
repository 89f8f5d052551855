//! Who asks, where the answer is shown, and whether anybody asks at all: read from what the browser says of itself.

use super::request_head::RequestHead;
use crate::{
    config::Settings,
    pages::{Audience, Language, Window},
};

/// Who is going to read the answer.
///
/// `Sec-Fetch-Mode` is what the browser itself says. Without it (older browsers, plain http) `Accept` has to
/// prefer HTML, and the headers that scripts and htmx add must be absent.
pub(crate) fn audience_of(head: &impl RequestHead) -> Audience {
    let is_absent = |name| head.header(name).next().is_none();
    let navigates = match head.text("sec-fetch-mode") {
        Some(mode) => mode == "navigate",
        None => {
            prefers_html(head.text("accept").unwrap_or_default())
                && is_absent("x-requested-with")
                && is_absent("hx-request")
        }
    };
    match (navigates, head.method()) {
        (true, "GET") => Audience::Document,
        (true, _) => Audience::Form,
        (false, _) => Audience::Api,
    }
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

/// In which language the answer is. Several headers are one list (RFC 9110, section 5.3).
pub(crate) fn language_of(head: &impl RequestHead, settings: &Settings) -> Language {
    let accepted: Vec<&str> = head
        .header("accept-language")
        .filter_map(|value| std::str::from_utf8(value).ok())
        .collect();
    settings
        .language
        .of((!accepted.is_empty()).then(|| accepted.join(",")).as_deref())
}

/// Where the answer is shown, as the browser says it (`Sec-Fetch-Dest`).
pub(crate) fn window_of(head: &impl RequestHead) -> Window {
    match head.text("sec-fetch-dest") {
        Some("iframe" | "frame" | "fencedframe" | "object" | "embed") => Window::Frame,
        _ => Window::Own,
    }
}

/// Whether the request is made on speculation: a link scanner's `HEAD`, or a prefetch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Speculation {
    /// `HEAD`.
    Head,
    /// A browser that prefetches or prerenders.
    Prefetch,
}

impl Speculation {
    pub(crate) fn of(head: &impl RequestHead) -> Option<Self> {
        if head.method() == "HEAD" {
            return Some(Self::Head);
        }
        let prefetch = ["sec-purpose", "purpose", "x-moz"]
            .into_iter()
            .filter_map(|name| head.text(name))
            .any(|purpose| purpose.to_ascii_lowercase().starts_with("prefetch"));
        prefetch.then_some(Self::Prefetch)
    }
}

#[cfg(test)]
mod tests;
