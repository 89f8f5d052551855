//! What a log may say.

use super::*;

#[actix_web::test]
async fn a_log_has_no_token_code_secret_or_value_of_a_search() {
    let lines = Arc::new(std::sync::Mutex::new(Vec::new()));
    let kept = Arc::clone(&lines);
    let north = SandboxServer::builder()
        .client(crate::support::client(crate::support::Kind::Secret))
        .on_request(move |line| kept.lock().unwrap().push(serde_json::to_value(line).unwrap()))
        .start()
        .unwrap();
    let basic = crate::support::basic(CLIENT, crate::support::SECRET);
    let code = authorization(&north)
        .get(&north.authorization_endpoint())
        .await
        .location("code")
        .unwrap();
    let answer = exchange(&code)
        .post(&north.token_endpoint(), &[("authorization", &basic)])
        .await;
    let (access, refresh) = (answer.text("access_token"), answer.text("refresh_token"));
    crate::support::fhir(&north, &access, "Observation?patient=amber-testwood").await;
    exchange(&code)
        .post(&north.token_endpoint(), &[("authorization", &basic)])
        .await;
    Form::of(&[("grant_type", "refresh_token"), ("refresh_token", &refresh)])
        .with("client_secret", crate::support::SECRET)
        .post(&north.token_endpoint(), &[])
        .await;
    let lines = lines.lock().unwrap();
    let log = json!(*lines).to_string();
    for secret in [
        &code,
        &access,
        &refresh,
        crate::support::SECRET,
        crate::support::VERIFIER,
        crate::support::STATE,
    ] {
        assert!(!log.contains(secret), "{secret} is in {log}");
    }
    assert!(!log.contains("amber"), "{log}");
    let second = &lines[3];
    assert_eq!(
        (&second["endpoint"], &second["grant-type"]),
        (&json!("token"), &json!("authorization_code"))
    );
    assert_eq!(
        (&second["status"], &second["error"]),
        (&json!(400), &json!("invalid_grant")),
        "{second}"
    );
    assert_eq!(lines[0]["client-id"], CLIENT);
    assert_eq!(lines[2]["parameters"], json!(["patient"]));
}

#[actix_web::test]
async fn what_is_put_into_a_path_a_name_or_a_client_id_by_mistake_is_not_logged() {
    let lines = Arc::new(std::sync::Mutex::new(Vec::new()));
    let kept = Arc::clone(&lines);
    let north = SandboxServer::builder()
        .client(crate::support::client(crate::support::Kind::Secret))
        .client(actix_smart_auth::sandbox::SandboxClient::secret(
            "b",
            CALLBACK,
            "known-secret-of-b",
        ))
        .on_request(move |line| kept.lock().unwrap().push(serde_json::to_string(line).unwrap()))
        .start()
        .unwrap();
    let basic = crate::support::basic(CLIENT, crate::support::SECRET);
    let code = authorization(&north)
        .get(&north.authorization_endpoint())
        .await
        .location("code")
        .unwrap();
    let answer = exchange(&code)
        .post(&north.token_endpoint(), &[("authorization", &basic)])
        .await;
    let launch = url::Url::parse(&north.ehr_launch_url(LAUNCH, "bruno-fixture", None)).unwrap();
    let launch = launch.query_pairs().find(|(name, _)| name == "launch").unwrap().1;
    let issued = [
        answer.text("access_token"),
        answer.text("refresh_token"),
        answer.text("id_token"),
        code,
        launch.into_owned(),
        "known-secret-of-b".to_owned(),
    ];
    for secret in &issued {
        let encoded: String = url::form_urlencoded::byte_serialize(secret.as_bytes()).collect();
        let of_named_client = Form::of(&[("grant_type", secret), ("client_id", secret), (secret, "x")]);
        for url in [
            format!("{}/Patient/{encoded}", north.fhir_base_url()),
            format!("{}/{encoded}?{encoded}", north.origin()),
            format!("{}/cb;code={encoded}", north.origin()),
        ] {
            get(&url).await;
        }
        of_named_client.post(&north.token_endpoint(), &[]).await;
        of_named_client.get(&north.authorization_endpoint()).await;
    }
    // Of nobody here, but by the name that OAuth has for it.
    get(&format!("{}/callback%3Faccess_token=tok-of-other", north.origin())).await;
    get(&format!("{}/Bearer%20tok-of-other", north.origin())).await;
    let form = [("content-type", "application/x-www-form-urlencoded")];
    let json = "{\"client_secret\":\"tok-of-other\"}";
    send("POST", &north.token_endpoint(), &form, json).await.unwrap();
    let log = lines.lock().unwrap().join("\n");
    assert_eq!(log.lines().count(), 2 + 5 * issued.len() + 3, "{log}");
    for secret in issued.iter().map(String::as_str).chain(["tok-of-other"]) {
        let encoded: String = url::form_urlencoded::byte_serialize(secret.as_bytes()).collect();
        assert!(!log.contains(secret) && !log.contains(&encoded), "{secret} is in {log}");
    }
    assert!(log.contains("\"path\":\"/fhir/Patient/[redacted]\""), "{log}");
}

#[actix_web::test]
async fn a_secret_is_redacted_in_each_form_in_which_a_client_may_write_it() {
    let lines = Arc::new(std::sync::Mutex::new(Vec::new()));
    let kept = Arc::clone(&lines);
    let mut builder = SandboxServer::builder();
    for (id, secret) in [
        ("a", "s3cret%41value"),
        ("b", "twice%2541value"),
        ("c", "with a space+"),
        ("d", "space %42 too"),
    ] {
        let client = actix_smart_auth::sandbox::SandboxClient::secret(id, CALLBACK, secret);
        builder = builder.client(client);
    }
    let north = builder
        .on_request(move |line| kept.lock().unwrap().push(line.path.clone()))
        .start()
        .unwrap();
    for (path, told) in [
        ("/x/s3cret%41value", "/x/[redacted]"),
        ("/x/s3cret%2541value", "/x/[redacted]"),
        ("/x/twice%2541value", "/x/[redacted]"),
        ("/x/twice%252541value", "/x/[redacted]"),
        ("/x/twice%25252541value", "/x/[redacted]"),
        ("/x/with%20a%20space%2B", "/x/[redacted]"),
        ("/x/with+a+space%2B", "/x/[redacted]"),
        ("/x/space+%2542+too", "/x/[redacted]"),
        // No hexadecimal digits.
        ("/x/%+a/%-1;code=1", "/x/%+a/%-1;code=[redacted]"),
    ] {
        get(&format!("{}{path}", north.origin())).await;
        assert_eq!(lines.lock().unwrap().pop().as_deref(), Some(told), "{path}");
    }
}
