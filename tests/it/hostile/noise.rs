//! Noise: query strings made of the pieces that real ones are made of, in no sensible order.

use super::assert_unharmed;
use crate::support::{App, Browser, RawServer, send_raw};

const PIECES: &[&str] = &[
    "iss",
    "launch",
    "state",
    "code",
    "error",
    "error_description",
    "error_uri",
    "return_to",
    "after",
    "ehr",
    "=",
    "=",
    "=",
    "&",
    "&",
    "&",
    "%",
    "%0",
    "%00",
    "%0d%0a",
    "%ff",
    "%C3%A9",
    "%2F",
    "%5c",
    "+",
    "/",
    "//",
    "/..",
    ".",
    "~",
    "?",
    "a",
    "Zz9",
    "http://127.0.0.1/",
    "javascript:",
    "%F0%9F%92%A9",
    "'",
    "(",
    ";",
    ",",
    "@",
    ":",
    "*",
    "!",
    "access_denied",
];

/// Xorshift64: the same noise in every run.
struct Noise(u64);

impl Noise {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % limit as u64) as usize
    }

    fn query(&mut self) -> String {
        (0..self.below(40)).map(|_| PIECES[self.below(PIECES.len())]).collect()
    }

    /// Bytes that may stand in no request line at all.
    fn bytes(&mut self) -> Vec<u8> {
        (0..self.below(60)).map(|_| self.below(256) as u8).collect()
    }
}

#[actix_web::test]
async fn two_thousand_senseless_queries_per_route_never_hurt() {
    let (app, canary) = (App::start(), RawServer::canary());
    let known = Browser::new();
    known
        .navigate_until(&app.url("/auth/launch"), &app.url("/auth/callback"))
        .await;
    let cookies = known.cookies_for(&app.url("/")).unwrap();
    app.sandbox.clear_received_requests();
    let mut noise = Noise(0x5eed);
    for route in ["/auth/launch", "/auth/callback"] {
        for round in 0..2_000 {
            let query = if round % 8 == 0 {
                noise.bytes()
            } else {
                noise.query().into_bytes()
            };
            let mut request = format!("GET {route}?").into_bytes();
            request.extend_from_slice(&query);
            request.extend_from_slice(
                format!(" HTTP/1.1\r\nhost: x\r\ncookie: {cookies}\r\nconnection: close\r\n\r\n").as_bytes(),
            );
            let status = send_raw(&app.origin, &request);
            let query = String::from_utf8_lossy(&query);
            // What is no HTTP may also be cut off without an answer; 303: a launch that says nothing about an EHR.
            assert!(
                matches!(status, None | Some(303 | 400 | 401)),
                "{route}?{query}: {status:?}"
            );
            assert!(status.is_some() || round % 8 == 0, "{route}?{query}: no answer");
        }
    }
    assert_eq!(
        app.sandbox.received_requests(),
        [],
        "metadata is known already, and nothing else is to be asked"
    );
    assert_unharmed(&app, &canary, "noise").await;
}
