//! What is logged of a request, by us and by what we use.

use super::*;

/// On this thread, where what dependencies log can be seen.
#[test]
fn neither_we_nor_the_http_client_log_a_secret() {
    const SECRETS: [&str; 4] = ["marker-form", "marker-basic", "marker-body", "marker-header"];
    let exchanges = |http: HttpClient, url: url::Url| async move {
        let transport = on_this_thread(http, trusting());
        for timeout in [Duration::from_secs(5), Duration::from_millis(1)] {
            let mut request = HttpRequest::post_form(url.clone(), "code=marker-form".to_owned(), timeout);
            request.headers.push(("Authorization", "Basic marker-basic".to_owned()));
            let _ = transport.send(request).await;
        }
    };
    let good = answer(
        "200 OK",
        &["X-Token: marker-header"],
        "{\"access_token\":\"marker-body\"}",
    );
    let encrypted = {
        let good = good.clone();
        Loopback::start_tls("server.pem", move |conn| {
            while conn.request().is_some() {
                conn.send(&good);
            }
        })
    };
    let chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nb\r\nmarker-body\r\nmarker-body";
    let malformed = "HTTP/1.1 200 OK\r\nContent-Length: abc\r\n\r\nmarker-body";
    let servers = [
        Loopback::always(good),
        Loopback::always(chunked),
        Loopback::always(malformed),
    ];
    let mut urls: Vec<_> = servers.iter().map(|server| server.url("/token")).collect();
    urls.push(https(&encrypted));
    let logged = capture_logs(tracing::Level::TRACE, || {
        for url in urls {
            for http in CLIENTS {
                block_locally(exchanges(*http, url.clone()));
            }
        }
    });
    assert!(logged.contains("TRACE"), "dependencies' own lines are captured");
    for line in logged.lines() {
        assert!(!SECRETS.iter().any(|secret| line.contains(secret)), "{line}");
    }
}
