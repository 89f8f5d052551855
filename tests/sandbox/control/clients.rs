//! Clients that come and go.

use super::*;

#[actix_web::test]
async fn clients_are_listed_without_secrets_and_forgotten() {
    let (north, control) = driven();
    let secret = json!({"client-id": "b", "redirect-uris": [CALLBACK], "secret": "s3cret", "scopes": ["launch"]});
    call(&control, "PUT", "/ehrs/north/clients/b", secret).await;
    let listed = call(&control, "GET", "/ehrs/north/clients", Value::Null).await;
    assert!(!listed.body.contains("s3cret"));
    assert_eq!(listed.json()["clients"][0]["authentication"], "secret");
    let again = json!({"redirect-uris": [CALLBACK], "launch-urls": [LAUNCH]});
    call(&control, "PUT", "/ehrs/north/clients/b", again).await;
    let one = call(&control, "GET", "/ehrs/north/clients/b", Value::Null).await.json();
    assert_eq!(
        (&one["authentication"], &one["launch-urls"]),
        (&json!("public"), &json!([LAUNCH]))
    );
    let other = json!({"client-id": "c", "redirect-uris": [CALLBACK]});
    is_refused(
        &call(&control, "PUT", "/ehrs/north/clients/b", other).await,
        400,
        "invalid-body",
        "client-id is not b",
    );
    let none = json!({"redirect-uris": []});
    is_refused(
        &call(&control, "PUT", "/ehrs/north/clients/b", none).await,
        400,
        "invalid-body",
        "redirect-uris is empty",
    );
    assert_eq!(
        call(&control, "DELETE", "/ehrs/north/clients/b", Value::Null)
            .await
            .status,
        204
    );
    is_refused(
        &call(&control, "DELETE", "/ehrs/north/clients/b", Value::Null).await,
        404,
        "no-such-client",
        "\"b\"",
    );
    assert!(north.client_ids().is_empty());
}

#[actix_web::test]
async fn a_page_that_is_open_while_clients_change_opens_the_application_that_it_names() {
    let (north, control) = driven();
    register(&control).await;
    let other = json!({"redirect-uris": [CALLBACK], "launch-urls": ["http://127.0.0.1:7/other"]});
    call(&control, "PUT", "/ehrs/north/clients/other", other).await;
    let page = get(&format!("{}ehr/patient?id=amber-testwood", north.ehr_url())).await;
    assert!(page.body.contains("name=\"client\" value=\"other\""), "{}", page.body);
    // Registered anew, it goes to the end of the list.
    register(&control).await;
    let query = "client=other&launch-url=http://127.0.0.1:7/other&patient=amber-testwood";
    let launched = get(&format!("{}ehr/launch?{query}", north.ehr_url())).await;
    assert!(
        launched
            .header("location")
            .unwrap()
            .starts_with("http://127.0.0.1:7/other?iss=")
    );
    call(&control, "DELETE", "/ehrs/north/clients/other", Value::Null).await;
    assert_eq!(get(&format!("{}ehr/launch?{query}", north.ehr_url())).await.status, 404);
}

#[actix_web::test]
async fn who_asks_with_head_launches_nothing() {
    let (north, control) = driven();
    register(&control).await;
    let url = format!(
        "{}ehr/launch?client=my%20app%2B1&patient=amber-testwood",
        north.ehr_url()
    );
    let answer = send("HEAD", &url, &[], "").await.unwrap();
    assert_eq!((answer.status, answer.header("allow")), (405, Some("GET")));
    assert_eq!(get(&url).await.status, 302);
}

#[actix_web::test]
async fn an_address_that_opens_no_application_is_refused_wherever_it_is_said() {
    let (north, control) = driven();
    call(
        &control,
        "PATCH",
        "/ehrs/north/settings",
        json!({"self-registration": "open"}),
    )
    .await;
    for address in [
        "about:blank",
        "blob:https://app.example/1",
        "javascript:alert(1)",
        "ws://app.example/",
    ] {
        let says = format!("{address} opens no application");
        let redirect = json!({ "redirect-uris": [address] });
        let answer = call(&control, "PUT", "/ehrs/north/clients/a", redirect).await;
        is_refused(&answer, 400, "invalid-body", &says);
        let launch = json!({"redirect-uris": [CALLBACK], "launch-urls": [address]});
        let answer = call(&control, "PUT", "/ehrs/north/clients/a", launch).await;
        is_refused(&answer, 400, "invalid-body", &says);
        let answer = call(
            &control,
            "POST",
            "/ehrs/north/launches",
            json!({ "launch-url": address }),
        )
        .await;
        is_refused(&answer, 400, "invalid-body", &says);
        let json = [("content-type", "application/json")];
        for body in [
            json!({ "redirect_uris": [address] }),
            json!({"redirect_uris": ["https://app.example/cb"], "launch_uris": [address]}),
        ] {
            let url = north.registration_endpoint();
            let answer = send("POST", &url, &json, &body.to_string()).await.unwrap();
            assert_eq!(answer.status, 400, "{answer:?}");
        }
    }
    assert!(north.client_ids().is_empty());
}
