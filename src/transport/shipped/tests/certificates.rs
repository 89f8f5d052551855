//! Who is believed to be the server, and who we say we are.

use super::*;

for_each_client! {
    an_extra_root_is_trusted_and_http_1_1_is_spoken
    an_unknown_root_another_name_and_plain_text_are_tls_errors
    the_final_answer_comes_through_tls_as_well
}

async fn an_extra_root_is_trusted_and_http_1_1_is_spoken(http: HttpClient) {
    let server = Loopback::start_tls("server.pem", serve);
    let client = trusting_test_root(http);
    assert_eq!(client.get(https(&server)).await.unwrap().status, 200);
    let by_address = format!("https://127.0.0.1:{}/", server.port).parse().unwrap();
    assert_eq!(client.post(by_address).await.unwrap().status, 200);
    assert!(server.requests()[0].starts_with("GET / HTTP/1.1\r\n"));
}

async fn an_unknown_root_another_name_and_plain_text_are_tls_errors(http: HttpClient) {
    let serve = |conn: &mut Conn| {
        conn.request();
    };
    let server = Loopback::start_tls("server.pem", serve);
    let error = client_with(http, TransportSettings::default())
        .post(https(&server))
        .await
        .unwrap_err();
    assert_eq!(error, TransportError::Tls);
    assert!(error.was_not_sent());

    let other_name = Loopback::start_tls("other-name.pem", serve);
    assert_eq!(
        trusting_test_root(http).post(https(&other_name)).await.unwrap_err(),
        TransportError::Tls
    );

    let plain = Loopback::start(|conn| {
        conn.first_byte();
        conn.send(&answer("400 Bad Request", &[], ""));
        conn.request();
    });
    assert_eq!(
        trusting_test_root(http).post(https(&plain)).await.unwrap_err(),
        TransportError::Tls
    );
    assert_eq!(server.requests().len() + other_name.requests().len(), 0);
}

async fn the_final_answer_comes_through_tls_as_well(http: HttpClient) {
    let server = Loopback::start_tls("server.pem", |conn| {
        while conn.request().is_some() {
            conn.send(b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n");
            conn.send(&answer("200 OK", &[], "{}"));
        }
    });
    let client = trusting_test_root(http);
    for _ in 0..2 {
        let response = client.get(https(&server)).await.unwrap();
        assert_eq!((response.status, response.body.as_slice()), (200, &b"{}"[..]));
    }
}
