//! Launch addresses that somebody made up: 400, and nothing is fetched.

use actix_smart_auth::error::ReturnToError as R;

use super::{assert_unharmed, encoded};
use crate::support::{App, Browser, RawServer, send_raw};

/// What the answer explains.
pub(super) enum E {
    Repeated { parameter: &'static str },
    IssMissing,
    TooLong { parameter: &'static str, limit: usize },
    NotText { parameter: &'static str },
    ReturnTo(R),
    After,
}

impl E {
    fn explanation(&self) -> String {
        match self {
            Self::Repeated { parameter } => {
                format!("the launch address has the parameter `{parameter}` more than once")
            }
            Self::IssMissing => {
                "the launch address has `launch` but no `iss`; an EHR launch has both, a standalone launch has neither"
                    .to_owned()
            }
            Self::TooLong { parameter, limit } => {
                format!("the parameter `{parameter}` of the launch address is longer than {limit} bytes")
            }
            Self::NotText { parameter } => {
                format!("the parameter `{parameter}` of the launch address is not text (UTF-8)")
            }
            Self::ReturnTo(error) => format!("`return_to` {error}"),
            Self::After => "`after` is not the id of a launch".to_owned(),
        }
    }
}

pub(super) struct Row {
    name: &'static str,
    query: String,
    /// `None`: an EHR that is not registered.
    error: Option<E>,
}

/// `fhir` is the registered FHIR base URL, `canary` an origin that nothing may be asked of.
#[rustfmt::skip]
pub(super) fn rows(fhir: &str, canary: &str) -> Vec<Row> {
    let host = fhir.trim_start_matches("http://").trim_end_matches("/fhir");
    let port = host.split_once(':').unwrap().1;
    let other = canary.trim_start_matches("http://");
    let mut rows = Vec::new();
    let mut iss = |name, iss: String, error| {
        let query = format!("iss={}&launch=x", encoded(&iss));
        rows.push(Row { name, query, error });
    };
    iss("another host", format!("{canary}/fhir"), None);
    iss("user info that looks like the host", format!("http://{host}@{other}/fhir"), None);
    iss("user info before the right host", format!("http://a@{host}/fhir"), None);
    iss("another port", "http://127.0.0.1:9/fhir".to_owned(), None);
    iss("no port", "http://127.0.0.1/fhir".to_owned(), None);
    iss("a host with a trailing dot", format!("http://127.0.0.1.:{port}/fhir"), None);
    iss("the same address, shorter", format!("http://127.1:{port}/fhir"), None);
    iss("the same address in hexadecimal", format!("http://0x7f000001:{port}/fhir"), None);
    iss("the same machine by its name", format!("http://localhost:{port}/fhir"), None);
    iss("the same machine over IPv6", format!("http://[::1]:{port}/fhir"), None);
    iss("the same address in full-width digits", format!("http://１２７.0.0.1:{port}/fhir"), None);
    iss("a dot segment", format!("http://{host}/./fhir"), None);
    iss("a detour", format!("http://{host}/x/../fhir"), None);
    iss("an encoded letter", format!("http://{host}/fh%69r"), None);
    iss("two trailing slashes", format!("{fhir}//"), None);
    iss("upper case in the path", format!("http://{host}/FHIR"), None);
    iss("a sub-path", format!("{fhir}/Patient"), None);
    iss("backslashes", format!("http:\\\\{host}\\fhir"), None);
    iss("a backslash before another host", format!("http://{host}\\@{other}/fhir"), None);
    iss("https instead of http", format!("https://{host}/fhir"), None);
    iss("a scheme that is no http", format!("file://{host}/fhir"), None);
    iss("a script", "javascript:alert(1)".to_owned(), None);
    iss("no scheme", format!("//{host}/fhir"), None);
    iss("no scheme at all", format!("{host}/fhir"), None);
    iss("a query", format!("{fhir}?x=1"), None);
    iss("a fragment", format!("{fhir}#x"), None);
    iss("a line break behind it", format!("{fhir}\r\nHost: {other}"), None);
    iss("a NUL behind it", format!("{fhir}\0"), None);
    iss("a space before it", format!(" {fhir}"), None);
    iss("markup", format!("{fhir}\"><script>alert(1)</script>"), None);
    iss("as long as allowed", format!("{fhir}/{}", "a".repeat(2_047 - fhir.len())), None);
    iss("too long by one", format!("{fhir}/{}", "a".repeat(2_048 - fhir.len())), Some(too_long("iss", 2_048)));
    iss("50 kB", format!("{fhir}/{}", "a".repeat(50_000)), Some(too_long("iss", 2_048)));

    let mut query = |name, query: String, error| rows.push(Row { name, query, error });
    let ok = format!("iss={}", encoded(fhir));
    query("iss twice", format!("{ok}&launch=x&{ok}"), Some(repeated("iss")));
    query("iss twice, one spelled with an escape", format!("{ok}&launch=x&%69ss=y"), Some(repeated("iss")));
    query("launch twice", format!("{ok}&launch=x&launch=y"), Some(repeated("launch")));
    query("return_to twice", "return_to=/a&return_to=/b".to_owned(), Some(repeated("return_to")));
    query("after twice", "after=a&after=b".to_owned(), Some(repeated("after")));
    query("ehr twice", "ehr=a&ehr=b".to_owned(), Some(repeated("ehr")));
    query("launch without iss", "launch=x".to_owned(), Some(E::IssMissing));
    query("launch with an empty iss", "iss=&launch=x".to_owned(), Some(E::IssMissing));
    query("iss in Latin-1", "iss=http%3A%2F%2F%E9&launch=x".to_owned(), Some(not_text("iss")));
    query("launch that is no text", format!("{ok}&launch=%FF"), Some(not_text("launch")));
    query("launch of 16 kB and a byte", format!("{ok}&launch={}", "a".repeat(16_385)), Some(too_long("launch", 16_384)));
    query("after that is no launch id", "after=../../x".to_owned(), Some(E::After));
    query("after too long", format!("after={}", "a".repeat(65)), Some(too_long("after", 64)));
    query("an EHR that is not registered", format!("ehr={}", encoded(canary)), None);

    for (name, path, error) in [
        ("return to another host", "https://evil.example/", R::NotAPath),
        ("return to a script", "javascript:alert(1)", R::NotAPath),
        ("return to a relative path", "labs", R::NotAPath),
        ("return to a host without a scheme", "//evil.example/", R::EmptySegment),
        ("return to an encoded host", "/%2Fevil.example/", R::EmptySegment),
        ("return to a host behind a path", "/a//evil.example", R::EmptySegment),
        ("return to a backslash host", "/\\evil.example", R::Characters),
        ("return to an encoded backslash host", "/%5Cevil.example", R::Characters),
        ("return to a host behind a tab", "/\t/evil.example", R::Characters),
        ("return to two headers", "/a\r\nSet-Cookie: x=y", R::Characters),
        ("return to two encoded headers", "/a%0d%0aSet-Cookie:x=y", R::Characters),
        ("return to a NUL", "/a%00", R::Characters),
        ("return to a space", "/a b", R::Characters),
        ("return to a letter that must be encoded", "/é", R::Characters),
        ("return to the parent", "/a/../../b", R::DotSegment),
        ("return to the encoded parent", "/%2e%2E/b", R::DotSegment),
        ("return to a fragment", "/a#b", R::Fragment),
    ] {
        query(name, format!("return_to={}", encoded(path)), Some(E::ReturnTo(error)));
    }
    let long = format!("return_to=/{}", "a".repeat(2_048));
    query("return to something too long", long, Some(too_long("return_to", 2_048)));
    rows
}

fn repeated(parameter: &'static str) -> E {
    E::Repeated { parameter }
}

fn not_text(parameter: &'static str) -> E {
    E::NotText { parameter }
}

fn too_long(parameter: &'static str, limit: usize) -> E {
    E::TooLong { parameter, limit }
}

#[actix_web::test]
async fn a_made_up_launch_is_refused_and_nothing_is_fetched() {
    let (app, canary) = (App::start(), RawServer::canary());
    let browser = Browser::new();
    for Row { name, query, error } in rows(&app.sandbox.fhir_base_url(), &canary.origin) {
        let url = app.url(&format!("/auth/launch?{query}"));
        let problem = browser.api(&url).await;
        assert_eq!(problem.status, 400, "{name}: {}", problem.body);
        let json = problem.json();
        let (code, explanation) = (&json["code"], &json["explanation"]);
        match error {
            Some(error) => assert_eq!(
                (code, explanation),
                (&"bad-launch".into(), &error.explanation().into()),
                "{name}"
            ),
            None => assert_eq!(
                (code, explanation),
                (&"unknown-ehr".into(), &serde_json::Value::Null),
                "{name}"
            ),
        }
        let page = browser.get(&url).await;
        assert_eq!(page.status, 400, "{name}");
        assert_eq!(page.header("cache-control"), "no-store", "{name}");
        for text in ["<script", "alert(1)", "evil.example"] {
            assert!(!page.body.contains(text), "{name}: {}", page.body);
        }
        assert!(
            page.set_cookies().is_empty(),
            "{name}: a refused launch leaves no trace in the browser"
        );
        assert_unharmed(&app, &canary, name).await;
    }
    assert_eq!(app.sandbox.received_requests(), []);
}

#[actix_web::test]
async fn what_is_no_http_request_is_refused_before_anything_else() {
    let (app, canary) = (App::start(), RawServer::canary());
    let fhir = app.sandbox.fhir_base_url();
    let long = "a".repeat(100_000);
    for (name, target) in [
        ("100 kB of iss", format!("/auth/launch?iss={fhir}/{long}&launch=x")),
        ("a raw NUL", format!("/auth/launch?iss={fhir}\0&launch=x")),
        ("a raw line break", format!("/auth/launch?iss={fhir}\r\n&launch=x")),
        ("a raw space", format!("/auth/launch?iss={fhir} &launch=x")),
        (
            "1 MB of code",
            format!("/auth/callback?state=s&code={}", long.repeat(10)),
        ),
    ] {
        let request = format!("GET {target} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n");
        let status = send_raw(&app.origin, request.as_bytes());
        assert!(matches!(status, None | Some(400 | 414 | 431)), "{name}: {status:?}");
        assert_unharmed(&app, &canary, name).await;
    }
    assert_eq!(app.sandbox.received_requests(), []);
}

#[actix_web::test]
async fn an_iss_in_another_spelling_is_echoed_and_the_registered_one_is_asked() {
    let app = App::start();
    let fhir = app.sandbox.fhir_base_url();
    for iss in [fhir.replace("http", "HTTP"), format!("{fhir}/")] {
        let launch = format!("/auth/launch?iss={}&launch=a+b%2Bc", encoded(&iss));
        let answer = Browser::new().get(&app.url(&launch)).await;
        assert_eq!(answer.status, 303, "{iss}");
        let url = url::Url::parse(answer.location()).unwrap();
        assert_eq!(url.path(), "/authorize");
        let sent = |name| url.query_pairs().find(|(it, _)| it == name).unwrap().1.into_owned();
        assert_eq!((sent("aud"), sent("launch")), (iss, "a+b+c".to_owned()));
    }
    let asked: Vec<_> = app.sandbox.received_requests().into_iter().map(|it| it.path).collect();
    assert_eq!(asked, ["/fhir/.well-known/smart-configuration"]);
}
