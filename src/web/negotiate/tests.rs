use super::*;
use crate::web::test_head::Head;

const BROWSER: &str = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";

#[test]
fn the_audience_is_decided_by_sec_fetch_mode_and_else_by_accept() {
    for (method, pairs, expected) in [
        ("GET", &[("sec-fetch-mode", "navigate")][..], Audience::Document),
        ("POST", &[("sec-fetch-mode", "navigate")], Audience::Form),
        (
            "GET",
            &[("sec-fetch-mode", "cors"), ("accept", "text/html")],
            Audience::Api,
        ),
        ("GET", &[("accept", BROWSER)], Audience::Document),
        ("POST", &[("accept", BROWSER)], Audience::Form),
        (
            "GET",
            &[("accept", BROWSER), ("x-requested-with", "XMLHttpRequest")],
            Audience::Api,
        ),
        ("GET", &[("accept", "text/html"), ("hx-request", "true")], Audience::Api),
        ("GET", &[("accept", "*/*")], Audience::Api),
        ("GET", &[("accept", "application/json")], Audience::Api),
        ("GET", &[("accept", "application/json, text/html;q=0.5")], Audience::Api),
        (
            "GET",
            &[("accept", "application/fhir+json, text/html;q=0.5")],
            Audience::Api,
        ),
        ("GET", &[("accept", "application/json, text/html")], Audience::Document),
        ("GET", &[("accept", "application/xhtml+xml")], Audience::Document),
        ("GET", &[("accept", "text/html;q=0.5, image/webp")], Audience::Document),
        ("GET", &[("accept", "text/html;q=0")], Audience::Api),
        ("GET", &[("accept", "text/html;q=much")], Audience::Api),
        ("GET", &[], Audience::Api),
    ] {
        assert_eq!(audience_of(&Head::of(method, pairs)), expected, "{method} {pairs:?}");
    }
}

#[test]
fn the_window_is_a_frame_only_where_the_browser_says_so() {
    for destination in ["iframe", "frame", "fencedframe", "object", "embed"] {
        let head = Head::get(&[("sec-fetch-dest", destination)]);
        assert_eq!(window_of(&head), Window::Frame, "{destination}");
    }
    assert_eq!(window_of(&Head::get(&[("sec-fetch-dest", "document")])), Window::Own);
    assert_eq!(window_of(&Head::get(&[])), Window::Own);
}

#[test]
fn head_and_prefetch_are_speculation() {
    assert_eq!(Speculation::of(&Head::of("HEAD", &[])), Some(Speculation::Head));
    for purpose in ["prefetch", "prefetch;prerender", "Prefetch"] {
        assert_eq!(
            Speculation::of(&Head::get(&[("sec-purpose", purpose)])),
            Some(Speculation::Prefetch)
        );
    }
    assert_eq!(
        Speculation::of(&Head::get(&[("purpose", "prefetch")])),
        Some(Speculation::Prefetch)
    );
    assert_eq!(Speculation::of(&Head::get(&[])), None);
}
