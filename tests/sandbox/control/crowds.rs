//! Much of everything, and everything at once.

use super::*;

#[actix_web::test]
async fn hundreds_who_wait_are_answered_by_one_request() {
    let (north, control) = driven();
    let url = format!(
        "{}/ehrs/north/requests?endpoint=metadata&at-least=1&timeout=60",
        control.url()
    );
    let waiting: Vec<_> = (0..300)
        .map(|_| {
            let url = url.clone();
            actix_web::rt::spawn(async move { send("GET", &url, &[], "").await.unwrap() })
        })
        .collect();
    assert_eq!(call(&control, "GET", "/health", Value::Null).await.status, 200);
    // Some may ask only after it has come: they are answered at once. That those who wait are woken, a test of `Wanted` holds.
    get(&format!("{}/.well-known/smart-configuration", north.fhir_base_url())).await;
    for one in waiting {
        let seen = one.await.unwrap();
        assert_eq!(seen.json()["requests"].as_array().unwrap().len(), 1, "{seen:?}");
    }
}

#[actix_web::test]
async fn ten_thousand_clients_are_listed_and_a_refusal_names_a_few_of_them() {
    use actix_smart_auth::sandbox::SandboxClient;

    let (north, control) = driven();
    for number in 0..10_000 {
        let id = format!("client-{number:05}");
        north.register(SandboxClient::public(&id, CALLBACK));
        north.register_launch_url(&id, format!("{LAUNCH}/{number}"));
    }
    let listed = call(&control, "GET", "/ehrs/north/clients", Value::Null).await.json();
    let listed = listed["clients"].as_array().unwrap();
    assert_eq!(listed.len(), 10_000);
    assert_eq!(listed[9_999]["launch-urls"], json!([format!("{LAUNCH}/9999")]));
    let refused = call(&control, "GET", "/ehrs/north/clients/nobody", Value::Null).await;
    is_refused(&refused, 404, "no-such-client", "client-00009 and 9990 more");
}

#[actix_web::test]
async fn ten_names_are_all_told() {
    use actix_smart_auth::sandbox::SandboxClient;

    let (north, control) = driven();
    for number in 0..10 {
        north.register(SandboxClient::public(format!("c{number:02}"), CALLBACK));
    }
    let refused = call(&control, "GET", "/ehrs/north/clients/nobody", Value::Null).await;
    assert!(refused.text("message").ends_with("c08, c09"), "{refused:?}");
}

#[actix_web::test]
async fn resets_in_the_middle_of_launches_lead_to_refusals_and_to_nothing_else() {
    let (north, control) = driven();
    let (north, control) = (&north, &control);
    let launches = async |number: usize| {
        let mut seen = Vec::new();
        for round in 0..20 {
            call(
                control,
                "PUT",
                "/ehrs/north/clients/my%20app%2B1",
                json!({"redirect-uris": [CALLBACK]}),
            )
            .await;
            let request =
                authorization(north).with("state", &format!("state-of-{number}-and-{round}-01234567890123456789"));
            let answer = request.get(&north.authorization_endpoint()).await;
            seen.push(answer.status);
            if answer.status != 302 {
                continue;
            }
            let Some(code) = answer.location("code") else { continue };
            let tokens = exchange(&code).with("client_id", CLIENT);
            let tokens = tokens.post(&north.token_endpoint(), &[]).await;
            seen.push(tokens.status);
            if tokens.status == 200 {
                let access = tokens.text("access_token");
                seen.push(
                    crate::support::fhir(north, &access, "Patient/amber-testwood")
                        .await
                        .status,
                );
            }
        }
        seen
    };
    let resets = async {
        let mut seen = Vec::new();
        for _ in 0..60 {
            seen.push(call(control, "POST", "/reset", Value::Null).await.status);
        }
        seen
    };
    let (one, other, third, reset) = tokio::join!(launches(1), launches(2), launches(3), resets);
    let launched: Vec<u16> = [one, other, third].concat();
    assert!(
        launched.iter().all(|status| [200, 302, 400, 401].contains(status)),
        "{launched:?}"
    );
    assert!(
        launched.contains(&302) && reset.iter().all(|status| *status == 204),
        "{reset:?}"
    );
    assert_eq!(call(control, "GET", "/health", Value::Null).await.status, 200);
    // Numbers go on behind a reset.
    let seen = async || call(control, "GET", "/ehrs/north/requests", Value::Null).await.json();
    let next = seen().await["next"].as_u64().unwrap();
    assert!(next > 0, "{next}");
    assert_eq!(call(control, "POST", "/reset", Value::Null).await.status, 204);
    get(&format!("{}/.well-known/smart-configuration", north.fhir_base_url())).await;
    let behind = seen().await;
    let first = &behind["requests"][0]["number"];
    assert!(first.as_u64().unwrap() >= next, "{next}: {behind}");
    assert!(behind["next"].as_u64().unwrap() > next, "{next}: {behind}");
}

#[actix_web::test]
async fn the_largest_and_smallest_values_of_settings_are_taken_or_refused_and_stop_nothing() {
    let (north, control) = driven();
    for change in [
        json!({"clock-ahead": i64::MAX}),
        json!({"clock-ahead": i64::MIN}),
        json!({"clock-ahead": 0, "token-lifetime": 1.8e19, "code-lifetime": 1.8e19, "refresh-token-lifetime": 1.8e19}),
        json!({"token-lifetime": 0, "code-lifetime": 0, "refresh-token-lifetime": 0}),
        json!({"token-lifetime": 1e308}),
        json!({"record-limit": 0}),
        json!({"record-limit": u64::MAX}),
        json!({"peculiarities": [{"refresh-throttled": 1.8e19}]}),
        json!({"metadata-fields": {"x".repeat(1 << 20): "y".repeat(1 << 20)}}),
        json!({"automatic-patient": "x".repeat(1 << 20)}),
        json!({"export": {"looks": u32::MAX}}),
    ] {
        register(&control).await;
        let answer = call(&control, "PATCH", "/ehrs/north/settings", change).await;
        assert!([200, 400, 409].contains(&answer.status), "{}", answer.status);
        let request = authorization(&north);
        let answer = request.get(&north.authorization_endpoint()).await;
        assert_eq!(answer.status, 302, "{answer:?}");
        let code = answer.location("code").unwrap_or_default();
        let tokens = exchange(&code).with("client_id", CLIENT);
        let tokens = tokens.post(&north.token_endpoint(), &[]).await;
        assert!([200, 400].contains(&tokens.status), "{tokens:?}");
        let people = call(&control, "GET", "/ehrs/north/people", Value::Null).await;
        assert_eq!(people.status, 200);
        let metadata = format!("{}/.well-known/smart-configuration", north.fhir_base_url());
        assert_eq!(get(&metadata).await.status, 200);
        call(&control, "POST", "/reset", Value::Null).await;
    }
    assert_eq!(call(&control, "GET", "/health", Value::Null).await.status, 200);
}

/// Names that a page in a browser could make lead here, and more than a name.
#[actix_web::test]
async fn a_host_that_is_more_than_a_name_and_a_port_is_refused() {
    use std::io::{Read, Write};

    let (_north, control) = driven();
    let address = control.url().replace("http://", "").replace("/__sandbox", "");
    let ask = |request: String| {
        let mut stream = std::net::TcpStream::connect(&address).unwrap();
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = String::new();
        let _ = stream.read_to_string(&mut answer);
        answer
    };
    let path = "/__sandbox/health";
    for host in [
        "evil.example@127.0.0.1",
        "127.0.0.1#.evil.example",
        "localhost.evil.example",
        "evil.example",
    ] {
        let answer = ask(format!(
            "GET {path} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n\r\n"
        ));
        assert!(!answer.starts_with("HTTP/1.1 200"), "{host}: {answer}");
    }
    for request in [
        format!("GET {path} HTTP/1.0\r\n\r\n"),
        // What the line says beats what the header says (RFC 9112, section 3.2.2).
        format!("GET http://evil.example{path} HTTP/1.1\r\nhost: 127.0.0.1\r\nconnection: close\r\n\r\n"),
        format!("GET {path} HTTP/1.1\r\nhost: evil.example\r\nhost: 127.0.0.1\r\nconnection: close\r\n\r\n"),
        format!("GET {path} HTTP/1.1\r\nhost: 127.0.0.1\r\nhost: evil.example\r\nconnection: close\r\n\r\n"),
    ] {
        let answer = ask(request.clone());
        assert!(!answer.starts_with("HTTP/1.1 200"), "{request}: {answer}");
    }
}
