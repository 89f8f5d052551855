//! Row: a WebSocket that another site opens. Browsers send cookies with its handshake, and CORS does not apply to it.

use std::{
    io::{Read as _, Write as _},
    net::TcpStream,
    sync::atomic::{AtomicUsize, Ordering},
    time::Duration,
};

use actix_smart_auth::{RequireScope, SmartGuard, SmartSession};
use actix_web::{HttpRequest, HttpResponse, web};

use super::{beside, callback_of, launched, requests};
use crate::support::{App, Browser};

/// How often the handler ran. One test uses it.
static OPENED: AtomicUsize = AtomicUsize::new(0);

fn routes(app: &mut web::ServiceConfig) {
    app.service(
        web::scope("/~{smart_launch}/live")
            .route("/session", web::get().to(with_session))
            .route("/optional", web::get().to(with_optional_session))
            .service(
                web::resource("/guarded")
                    .wrap(SmartGuard::new())
                    .get(|request| async move { upgraded(&request) }),
            )
            .service(
                web::resource("/scoped")
                    .wrap(RequireScope::new("patient/*.rs").unwrap())
                    .get(|request| async move { upgraded(&request) }),
            ),
    );
}

async fn with_session(request: HttpRequest, session: SmartSession) -> HttpResponse {
    let mut response = upgraded(&request);
    let token = session.access_token().expose_secret().parse().unwrap();
    response.headers_mut().insert("x-token".parse().unwrap(), token);
    response
}

async fn with_optional_session(request: HttpRequest, session: Option<SmartSession>) -> HttpResponse {
    match session {
        Some(session) => with_session(request, session).await,
        None => HttpResponse::NoContent().finish(),
    }
}

/// Completes the handshake as Actix does it.
fn upgraded(request: &HttpRequest) -> HttpResponse {
    OPENED.fetch_add(1, Ordering::SeqCst);
    let mut response = actix_http::ws::handshake(request.head()).unwrap();
    HttpResponse::from(response.finish().map_into_boxed_body())
}

const SOCKETS: [&str; 3] = ["/live/session", "/live/guarded", "/live/scoped"];

const HANDSHAKE: [(&str, &str); 4] = [
    ("Connection", "Upgrade"),
    ("Upgrade", "websocket"),
    ("Sec-WebSocket-Version", "13"),
    ("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="),
];

/// Sends `GET` with these headers and the browser's cookies. The status, and the whole head in lower case.
fn get(browser: &Browser, url: &str, headers: &[(&str, &str)]) -> (u16, String) {
    let address = url.strip_prefix("http://").unwrap();
    let (host, path) = address.split_once('/').unwrap();
    let mut request = format!("GET /{path} HTTP/1.1\r\nHost: {host}\r\n");
    if let Some(cookies) = browser.cookies_for(url) {
        request.push_str(&format!("Cookie: {cookies}\r\n"));
    }
    for (name, value) in headers {
        request.push_str(&format!("{name}: {value}\r\n"));
    }
    request.push_str("\r\n");
    let mut connection = TcpStream::connect(host).unwrap();
    connection.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
    connection.write_all(request.as_bytes()).unwrap();
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        connection.read_exact(&mut byte).unwrap();
        head.push(byte[0]);
    }
    let head = String::from_utf8(head).unwrap().to_ascii_lowercase();
    (head.split(' ').nth(1).unwrap().parse().unwrap(), head)
}

fn open_socket(browser: &Browser, url: &str, more: &[(&str, &str)]) -> (u16, String) {
    get(browser, url, &[&HANDSHAKE, more].concat())
}

/// What a browser adds for a page of another site.
const FOREIGN: [&[(&str, &str)]; 7] = [
    // Chromium sends no `Sec-Fetch` headers with a handshake.
    &[("Origin", "https://evil.example")],
    // Another port of this host is another origin, and gets cookies with `SameSite=Strict`.
    &[("Origin", "http://127.0.0.1:1")],
    // A page in a sandboxed frame.
    &[("Origin", "null")],
    &[("Sec-Fetch-Site", "cross-site"), ("Sec-Fetch-Mode", "websocket")],
    &[("Sec-Fetch-Site", "same-site"), ("Origin", "http://127.0.0.1:1")],
    &[("Origin", "https://evil.example"), ("Upgrade", "foo")],
    &[("SEC-FETCH-SITE", "cross-site"), ("ORIGIN", "null")],
];

#[actix_web::test]
async fn a_websocket_that_another_site_opens_is_403_before_any_handler_and_others_open() {
    let app = App::builder().routes(routes).start();
    let browser = Browser::new();
    let landing = launched(&app, &browser).await;
    let mine: [&[(&str, &str)]; 4] = [
        &[("Origin", &app.origin)],
        &[("Sec-Fetch-Site", "same-origin"), ("Origin", &app.origin)],
        &[("Sec-Fetch-Site", "none")],
        // A program, not a browser.
        &[],
    ];
    for path in SOCKETS {
        let url = beside(&landing, path);
        for headers in FOREIGN {
            let (status, head) = open_socket(&browser, &url, headers);
            assert_eq!(status, 403, "{path} {headers:?}");
            assert!(head.contains("application/problem+json"), "{head}");
            assert!(!head.contains("x-token") && !head.contains("upgrade"), "{head}");
        }
        assert_eq!(OPENED.swap(0, Ordering::SeqCst), 0, "{path}");
        for headers in mine {
            let (status, head) = open_socket(&browser, &url, headers);
            assert_eq!(status, 101, "{path} {headers:?}");
            assert_eq!(head.contains("x-token"), path == "/live/session", "{head}");
        }
        assert_eq!(OPENED.swap(0, Ordering::SeqCst), 4, "{path}");
    }
    let optional = beside(&landing, "/live/optional");
    let (status, head) = open_socket(&browser, &optional, FOREIGN[0]);
    assert_eq!((status, head.contains("x-token")), (204, false), "{head}");
    let (status, head) = open_socket(&browser, &optional, mine[0]);
    assert_eq!((status, head.contains("x-token")), (101, true), "{head}");
}

#[actix_web::test]
async fn a_handshake_of_another_site_is_seen_however_upgrade_is_written() {
    let app = App::start();
    let browser = Browser::new();
    let page = launched(&app, &browser).await;
    let status = |headers: &[(&str, &str)]| {
        let foreign = [("Connection", "Upgrade"), ("Origin", "https://evil.example")];
        get(&browser, &page, &[&foreign, headers].concat()).0
    };
    for upgrade in ["WebSocket", "foo, websocket", "WEBSOCKET,foo", "websocket/13"] {
        assert_eq!(status(&[("Upgrade", upgrade)]), 403, "{upgrade}");
        assert_eq!(status(&[("uPGRADE", upgrade)]), 403, "{upgrade}");
    }
    assert_eq!(status(&[("Upgrade", "foo"), ("Upgrade", "websocket")]), 403);
    // No WebSocket: the page cannot read the answer, as CORS does not allow it.
    assert_eq!(status(&[("Accept", "text/event-stream")]), 200);
    assert_eq!(status(&[("Upgrade", "foo")]), 200);
}

#[actix_web::test]
async fn danger_allow_cross_site_lets_any_page_open_websockets() {
    let app = App::builder()
        .routes(|app| {
            app.route("/~{smart_launch}/live", web::get().to(danger));
        })
        .config(|config| config.danger_allow_cross_site())
        .start();
    async fn danger(request: HttpRequest, _: SmartSession) -> HttpResponse {
        let mut response = actix_http::ws::handshake(request.head()).unwrap();
        HttpResponse::from(response.finish().map_into_boxed_body())
    }
    let browser = Browser::new();
    let landing = launched(&app, &browser).await;
    for headers in FOREIGN {
        assert_eq!(open_socket(&browser, &beside(&landing, "/live"), headers).0, 101);
    }
}

#[actix_web::test]
async fn a_page_of_another_site_begins_and_finishes_no_sign_in_in_the_background() {
    let app = App::start();
    let browser = Browser::new();
    let callback = callback_of(&app, &browser).await;
    let asked = requests(&app);
    for url in [
        &callback,
        &app.url("/auth/launch"),
        &app.ehr_launch_url("amber-testwood", None),
    ] {
        for headers in FOREIGN {
            let (status, head) = open_socket(&browser, url, headers);
            assert_eq!((status, head.contains("set-cookie")), (403, false), "{url} {headers:?}");
        }
        for mode in ["no-cors", "cors"] {
            let headers = [("Sec-Fetch-Site", "same-site"), ("Sec-Fetch-Mode", mode)];
            let (status, head) = get(&browser, url, &headers);
            assert_eq!((status, head.contains("set-cookie")), (403, false), "{url} {mode}");
        }
    }
    assert_eq!(requests(&app), asked);
    // The EHR's redirect back is a navigation from another site.
    let headers = [("Sec-Fetch-Site", "cross-site"), ("Sec-Fetch-Mode", "navigate")];
    assert_eq!(get(&browser, &callback, &headers).0, 303);
}
