//! Bodies that come piece by piece: what holds for the clients that come with the crate alone.

use super::*;
use crate::transport::{StreamedResponse, captured_logs::capture_logs as captured};

for_each_client! {
    a_body_may_be_larger_than_the_limit_and_take_longer_than_the_time_for_one_piece
    a_chunked_body_without_its_last_chunk_is_an_error
    a_body_that_nobody_wants_any_more_ends_its_connection
    a_shutdown_in_the_middle_of_a_body_is_an_error
    a_compressed_body_is_decoded_while_it_comes
}

async fn streamed(client: &Client, url: url::Url, timeout: Duration) -> StreamedResponse {
    client.0.stream(HttpRequest::get(url, timeout)).await.unwrap()
}

async fn a_body_may_be_larger_than_the_limit_and_take_longer_than_the_time_for_one_piece(http: HttpClient) {
    let server = Loopback::start(|conn| {
        conn.request();
        conn.send(b"HTTP/1.1 200 OK\r\nContent-Length: 40000\r\n\r\n");
        for _ in 0..20 {
            std::thread::sleep(Duration::from_millis(50));
            conn.send(&[b'x'; 2000]);
        }
    });
    let settings = TransportSettings {
        body_limit: 100,
        ..TransportSettings::default()
    };
    let client = client_with(http, settings);
    let mut response = streamed(&client, server.url("/"), Duration::from_millis(600)).await;
    let mut length = 0;
    while let Some(piece) = response.body.next().await {
        length += piece.unwrap().len();
    }
    assert_eq!(length, 40_000);
}

async fn a_chunked_body_without_its_last_chunk_is_an_error(http: HttpClient) {
    for cut in ["5\r\nabcde\r\n", "5\r\nabcde\r\n0\r\n", "5\r\nabc", "5\r\nabcde"] {
        let server = Loopback::start(move |conn| {
            conn.request();
            conn.send(format!("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n{cut}").as_bytes());
        });
        let client = client_with(http, TransportSettings::default());
        let mut response = streamed(&client, server.url("/"), Duration::from_secs(5)).await;
        let mut last = None;
        while let Some(piece) = response.body.next().await {
            last = Some(piece.map(|_| ()));
        }
        assert_eq!(last, Some(Err(TransportError::Disconnected)), "{cut:?}");
    }
}

async fn a_body_that_nobody_wants_any_more_ends_its_connection(http: HttpClient) {
    let (ended, end) = std::sync::mpsc::channel();
    let server = Loopback::start(move |conn| {
        conn.request();
        conn.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
        let chunk = format!("10000\r\n{}\r\n", "x".repeat(0x10000));
        while conn.try_send(chunk.as_bytes()).is_ok() {}
        let _ = ended.send(());
    });
    let client = client_with(http, TransportSettings::default());
    let mut response = streamed(&client, server.url("/"), Duration::from_secs(30)).await;
    assert!(response.body.next().await.unwrap().is_ok());
    drop(response);
    let waiting = tokio::task::spawn_blocking(move || end.recv_timeout(Duration::from_secs(10)));
    assert!(waiting.await.unwrap().is_ok(), "the server still sends");
}

async fn a_shutdown_in_the_middle_of_a_body_is_an_error(http: HttpClient) {
    let server = Loopback::start(|conn| {
        conn.request();
        conn.send(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nx");
        conn.request();
    });
    let client = client_with(http, TransportSettings::default());
    let mut response = streamed(&client, server.url("/"), Duration::from_secs(30)).await;
    assert_eq!(response.body.next().await, Some(Ok(b"x".to_vec())));
    drop(client);
    assert_eq!(response.body.next().await, Some(Err(TransportError::Disconnected)));
    assert_eq!(response.body.next().await, None);
}

async fn a_compressed_body_is_decoded_while_it_comes(http: HttpClient) {
    let gzip = [
        0x1f, 0x8b, 0x08, 0, 0, 0, 0, 0, 0, 3, 0xab, 0xae, 5, 0, 0x43, 0xbf, 0xa6, 0xa3, 2, 0, 0, 0,
    ];
    let server = Loopback::always(answer("200 OK", &["Content-Encoding: gzip"], gzip));
    let client = client_with(http, TransportSettings::default());
    let mut response = streamed(&client, server.url("/"), Duration::from_secs(5)).await;
    assert_eq!(response.header("content-encoding"), None);
    assert_eq!(response.body.next().await, Some(Ok(b"{}".to_vec())));
    assert_eq!(response.body.next().await, None);
}

#[test]
fn a_line_of_the_log_says_how_much_came_and_nothing_of_it() {
    use crate::transport::logged::LoggedTransport;
    let server = Loopback::always(answer("200 OK", &[], "patient"));
    for client in CLIENTS {
        let logged = captured(tracing::Level::DEBUG, || {
            block_locally(async {
                let transport = LoggedTransport::new(on_this_thread(*client, TransportSettings::default()));
                let mut request = HttpRequest::get(server.url("/secret?key=1"), Duration::from_secs(5));
                request.logged_path = Some("/…".to_owned());
                let mut response = transport.stream(request).await.unwrap();
                while let Some(piece) = response.body.next().await {
                    piece.unwrap();
                }
            });
        });
        let lines: Vec<_> = logged
            .lines()
            .filter(|line| line.contains("exchange with an EHR"))
            .collect();
        let [line] = lines[..] else { panic!("{logged}") };
        assert!(line.contains("received=7") && line.contains("status=200"), "{line}");
        assert!(
            !line.contains("secret") && !line.contains("key=1") && !line.contains("patient"),
            "{line}"
        );
    }
}
