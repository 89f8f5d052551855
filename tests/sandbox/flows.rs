//! What works: every client type, both methods, both kinds of launch, and what comes out of it.

use std::time::Duration;

use actix_smart_auth::sandbox::{
    ExpiresIn, IdTokenIssuer, IdTokens, IssParameter, KeyIds, KeyRotation, RefreshContext, RefreshTokens,
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Value, json};

use crate::support::*;

/// Authorization by `method`, exchange, FHIR request, refresh, FHIR request.
async fn whole_flow(kind: Kind, method: &str, ehr_launch: bool) {
    let (sandbox, clock) = sandbox(kind);
    let mut request = authorization(&sandbox);
    if ehr_launch {
        let url = sandbox.ehr_launch_url(LAUNCH, "bruno-fixture", Some("visit-202"));
        let url = url::Url::parse(&url).unwrap();
        let value = |name: &str| url.query_pairs().find(|(k, _)| k == name).unwrap().1.into_owned();
        assert_eq!(value("iss"), sandbox.fhir_base_url());
        let scope = SCOPE.replace("launch/patient", "launch");
        request = request.with("launch", &value("launch")).with("scope", &scope);
    }
    let endpoint = sandbox.authorization_endpoint();
    let answer = match method {
        "GET" => request.get(&endpoint).await,
        _ => request.post(&endpoint, &[]).await,
    };
    assert!(
        answer
            .header("location")
            .unwrap()
            .starts_with(&format!("{CALLBACK}&code=")),
        "{answer:?}"
    );
    assert_eq!(answer.location("state").as_deref(), Some(STATE));
    assert_eq!(answer.location("kept").as_deref(), Some("1"));
    assert_eq!(answer.location("iss"), None);
    let code = answer.location("code").unwrap();
    assert!(['+', '/', '='].iter().all(|c| code.contains(*c)), "{code}");

    let answer = post_as(kind, &sandbox, &clock, &sandbox.token_endpoint(), &exchange(&code)).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    assert_eq!(answer.header("pragma"), Some("no-cache"));
    let body = answer.json();
    assert_eq!(
        (&body["token_type"], &body["expires_in"]),
        (&json!("Bearer"), &json!(3600))
    );
    assert_eq!(body["scope"], request.0.iter().find(|(k, _)| k == "scope").unwrap().1);
    let (patient, encounter) = match ehr_launch {
        true => ("bruno-fixture", json!("visit-202")),
        false => ("amber-testwood", Value::Null),
    };
    assert_eq!((&body["patient"], &body["encounter"]), (&json!(patient), &encounter));
    assert_eq!(body["need_patient_banner"], true);

    let path = format!("Patient/{patient}");
    assert_eq!(
        fhir(&sandbox, &answer.text("access_token"), &path).await.json()["id"],
        patient
    );

    let again = post_as(
        kind,
        &sandbox,
        &clock,
        &sandbox.token_endpoint(),
        &refresh(&answer.text("refresh_token")),
    )
    .await;
    assert_eq!(again.status, 200, "{again:?}");
    assert_ne!(again.text("access_token"), answer.text("access_token"));
    assert_ne!(again.text("refresh_token"), answer.text("refresh_token"));
    assert_eq!(again.text("scope"), answer.text("scope"));
    assert_eq!(again.json().get("patient"), None);
    assert_eq!(again.json().get("id_token"), None);
    assert_eq!(fhir(&sandbox, &again.text("access_token"), &path).await.status, 200);

    let grants = sandbox.grants();
    assert_eq!(grants.len(), 1);
    assert_eq!(
        (grants[0].refreshes, grants[0].revoked, grants[0].reuse_detected),
        (1, false, false)
    );
    assert_eq!(grants[0].patient.as_deref(), Some(patient));
}

macro_rules! whole_flows {
    ($($name:ident: $kind:ident $method:literal $ehr:literal;)*) => {$(
        #[actix_web::test]
        async fn $name() {
            whole_flow(Kind::$kind, $method, $ehr).await;
        }
    )*};
}

whole_flows! {
    a_public_client_gets_in_by_get_standalone: Public "GET" false;
    a_public_client_gets_in_by_post_standalone: Public "POST" false;
    a_public_client_gets_in_by_get_from_the_ehr: Public "GET" true;
    a_public_client_gets_in_by_post_from_the_ehr: Public "POST" true;
    a_secret_client_gets_in_by_get_standalone: Secret "GET" false;
    a_secret_client_gets_in_by_post_standalone: Secret "POST" false;
    a_secret_client_gets_in_by_get_from_the_ehr: Secret "GET" true;
    a_secret_client_gets_in_by_post_from_the_ehr: Secret "POST" true;
    an_rsa_client_gets_in_by_get_standalone: Rsa "GET" false;
    an_rsa_client_gets_in_by_post_standalone: Rsa "POST" false;
    an_rsa_client_gets_in_by_get_from_the_ehr: Rsa "GET" true;
    an_rsa_client_gets_in_by_post_from_the_ehr: Rsa "POST" true;
    an_ec_client_gets_in_by_get_standalone: Ec "GET" false;
    an_ec_client_gets_in_by_post_from_the_ehr: Ec "POST" true;
}

#[actix_web::test]
async fn the_metadata_name_the_endpoints_and_can_be_overridden() {
    let sandbox = strict()
        .metadata_field("tenant_hint", "x")
        .metadata_field("jwks_uri", Value::Null);
    let sandbox = sandbox.iss_parameter(IssParameter::Sent).start().unwrap();
    let url = format!("{}/.well-known/smart-configuration", sandbox.fhir_base_url());
    let document = get(&url).await.json();
    assert_eq!(document["issuer"], sandbox.fhir_base_url());
    assert_eq!(document["authorization_endpoint"], sandbox.authorization_endpoint());
    assert_eq!(document["token_endpoint"], sandbox.token_endpoint());
    assert_eq!(document["revocation_endpoint"], sandbox.revocation_endpoint());
    assert_eq!(document["introspection_endpoint"], sandbox.introspection_endpoint());
    assert_eq!(document["code_challenge_methods_supported"], json!(["S256"]));
    assert_eq!(document["authorization_response_iss_parameter_supported"], true);
    assert_eq!(document["tenant_hint"], "x");
    assert_eq!(document.get("jwks_uri"), None);
    sandbox.set_metadata_field("token_endpoint", "/relative");
    assert_eq!(get(&url).await.json()["token_endpoint"], "/relative");
}

#[actix_web::test]
async fn the_id_token_is_signed_with_the_published_key_and_says_who_it_is() {
    let (sandbox, clock) = sandbox(Kind::Public);
    let request = authorization(&sandbox).with("nonce", "n-0S6_WzA2Mj");
    let answer = tokens(Kind::Public, &sandbox, &clock, &request).await;
    let discovery = get(&format!("{}/.well-known/openid-configuration", sandbox.fhir_base_url()))
        .await
        .json();
    assert_eq!(discovery["issuer"], sandbox.fhir_base_url());
    let keys: jsonwebtoken::jwk::JwkSet =
        serde_json::from_value(get(discovery["jwks_uri"].as_str().unwrap()).await.json()).unwrap();
    let header = jsonwebtoken::decode_header(answer.text("id_token")).unwrap();
    let key = jsonwebtoken::DecodingKey::from_jwk(keys.find(&header.kid.unwrap()).unwrap()).unwrap();
    let mut validation = jsonwebtoken::Validation::new(jsonwebtoken::Algorithm::RS256);
    validation.set_issuer(&[sandbox.fhir_base_url()]);
    validation.set_audience(&[CLIENT]);
    let claims = jsonwebtoken::decode::<Value>(answer.text("id_token"), &key, &validation)
        .unwrap()
        .claims;
    assert_eq!(claims["nonce"], "n-0S6_WzA2Mj");
    assert_eq!(claims["sub"], sandbox.users()[0].subject());
    assert_eq!(
        claims["fhirUser"],
        format!("{}/Practitioner/paula-pretend", sandbox.fhir_base_url())
    );
}

/// The header and the claims of a token, not verified.
fn read(token: &str) -> (Value, Value) {
    let part = |index| {
        let part: &str = token.split('.').nth(index).unwrap();
        serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap()
    };
    (part(0), part(1))
}

#[actix_web::test]
async fn the_knobs_shape_the_id_token_and_its_keys() {
    let (sandbox, clock) = sandbox(Kind::Public);
    let request = authorization(&sandbox).with("nonce", "n");
    let id_token = async || {
        let answer = tokens(Kind::Public, &sandbox, &clock, &request).await;
        read(&answer.text("id_token"))
    };
    let key_ids = async || {
        let keys = get(&sandbox.jwks_url()).await.json()["keys"].clone();
        let ids = keys.as_array().unwrap().iter().map(|key| key["kid"].clone());
        ids.collect::<Vec<_>>()
    };
    let (first, _) = id_token().await;
    assert_eq!(key_ids().await, [first["kid"].clone()]);

    sandbox.rotate_id_token_key(KeyRotation::KeepOld);
    let (second, _) = id_token().await;
    assert_eq!(key_ids().await, [first["kid"].clone(), second["kid"].clone()]);
    sandbox.rotate_id_token_key(KeyRotation::DropOld);
    let (third, _) = id_token().await;
    assert_eq!(key_ids().await, [third["kid"].clone()]);
    assert!(third["kid"] != second["kid"] && second["kid"] != first["kid"]);

    sandbox.set_key_ids(KeyIds::NotInTokens);
    assert_eq!(id_token().await.0.get("kid"), None);
    assert_eq!(key_ids().await, [third["kid"].clone()]);
    sandbox.set_key_ids(KeyIds::Absent);
    sandbox.set_more_keys(vec![json!({"kid": "more"})]);
    assert_eq!(key_ids().await, [Value::Null, json!("more")]);
    sandbox.set_key_ids(KeyIds::InTokens("made up".to_owned()));
    assert_eq!(id_token().await.0["kid"], "made up");

    sandbox.set_id_token_claim("aud", json!(["a"]));
    sandbox.set_id_token_claim("nonce", Value::Null);
    let (_, claims) = id_token().await;
    assert_eq!((&claims["aud"], claims.get("nonce")), (&json!(["a"]), None));
    sandbox.clear_id_token_claims();
    assert_eq!(id_token().await.1["nonce"], "n");

    sandbox.set_id_token_issuer(IdTokenIssuer::Apart);
    let (_, claims) = id_token().await;
    assert_eq!(claims["iss"], sandbox.id_token_issuer());
    assert_ne!(sandbox.id_token_issuer(), sandbox.fhir_base_url());
    let discovery = get(&format!(
        "{}/.well-known/openid-configuration",
        sandbox.id_token_issuer()
    ))
    .await
    .json();
    assert_eq!(
        (&discovery["issuer"], &discovery["jwks_uri"]),
        (&json!(sandbox.id_token_issuer()), &json!(sandbox.jwks_url()))
    );
}

#[actix_web::test]
async fn a_refresh_has_an_id_token_when_that_is_chosen_and_never_a_nonce() {
    let (sandbox, clock) = sandbox(Kind::Public);
    let request = authorization(&sandbox).with("nonce", "n");
    let mut answer = tokens(Kind::Public, &sandbox, &clock, &request).await;
    let endpoint = sandbox.token_endpoint();
    for (id_tokens, there) in [(IdTokens::Withheld, false), (IdTokens::Issued, true)] {
        sandbox.set_refresh_id_tokens(id_tokens);
        sandbox.set_refresh_id_token_claim("sub", "somebody else");
        let form = refresh(&answer.text("refresh_token"));
        answer = post_as(Kind::Public, &sandbox, &clock, &endpoint, &form).await;
        assert_eq!(answer.json().get("id_token").is_some(), there);
    }
    let (_, claims) = read(&answer.text("id_token"));
    assert_eq!((&claims["sub"], claims.get("nonce")), (&json!("somebody else"), None));
}

#[actix_web::test]
async fn another_user_and_another_patient_can_be_chosen_while_it_runs() {
    let (sandbox, clock) = sandbox(Kind::Public);
    sandbox.set_automatic_user("Practitioner/otto-outline");
    sandbox.set_automatic_patient("clara-placebo");
    let request = authorization(&sandbox).with("scope", &format!("{SCOPE} launch/encounter"));
    let answer = tokens(Kind::Public, &sandbox, &clock, &request).await.json();
    assert_eq!(
        (&answer["patient"], &answer["encounter"]),
        (&json!("clara-placebo"), &json!("visit-301"))
    );
    assert_eq!(sandbox.grants()[0].user, "Practitioner/otto-outline");
    sandbox.set_automatic_user("Patient/amber-testwood");
    let answer = tokens(Kind::Public, &sandbox, &clock, &request).await.json();
    assert_eq!(answer["patient"], "amber-testwood", "a patient opens the own record");
}

#[actix_web::test]
async fn the_knobs_shape_the_token_response() {
    let clock = actix_smart_auth::time::ManualClock::default();
    let sandbox = strict()
        .client(client(Kind::Public))
        .expires_in(ExpiresIn::Text)
        .token_lifetime(Duration::from_secs(90))
        .refresh_tokens(RefreshTokens::Stable)
        .refresh_context(RefreshContext::Repeated)
        .id_tokens(IdTokens::Withheld)
        .iss_parameter(IssParameter::Sent)
        .token_response_field("tenant", "north")
        .token_response_field("need_patient_banner", Value::Null)
        .refresh_response_field("token_type", "bearer")
        .start()
        .unwrap();
    let answer = authorization(&sandbox).get(&sandbox.authorization_endpoint()).await;
    assert_eq!(answer.location("iss"), Some(sandbox.fhir_base_url()));
    let form = exchange(&answer.location("code").unwrap());
    let first = post_as(Kind::Public, &sandbox, &clock, &sandbox.token_endpoint(), &form).await;
    let body = first.json();
    assert_eq!((&body["expires_in"], &body["tenant"]), (&json!("90"), &json!("north")));
    assert!(body.get("id_token").is_none() && body.get("need_patient_banner").is_none());
    let form = refresh(&first.text("refresh_token"));
    for _ in 0..2 {
        let again = post_as(Kind::Public, &sandbox, &clock, &sandbox.token_endpoint(), &form)
            .await
            .json();
        assert_eq!(
            (&again["patient"], &again["token_type"]),
            (&json!("amber-testwood"), &json!("bearer"))
        );
        assert_eq!(again.get("refresh_token"), None);
    }
    assert_eq!((sandbox.grants()[0].refreshes, sandbox.reuse_detections()), (2, 0));
}

#[actix_web::test]
async fn without_expires_in_and_without_refresh_tokens_neither_is_there() {
    let clock = actix_smart_auth::time::ManualClock::default();
    let sandbox = strict()
        .expires_in(ExpiresIn::Absent)
        .refresh_tokens(RefreshTokens::None);
    let sandbox = sandbox.client(client(Kind::Public)).start().unwrap();
    let body = tokens(Kind::Public, &sandbox, &clock, &authorization(&sandbox))
        .await
        .json();
    assert!(body.get("expires_in").is_none() && body.get("refresh_token").is_none());
}

#[actix_web::test]
async fn a_refresh_token_needs_offline_or_online_access() {
    let (sandbox, clock) = sandbox(Kind::Public);
    for (scope, expected) in [
        ("openid", false),
        ("openid offline_access", true),
        ("openid online_access", true),
    ] {
        let request = authorization(&sandbox).with("scope", scope);
        let body = tokens(Kind::Public, &sandbox, &clock, &request).await.json();
        assert_eq!(body.get("refresh_token").is_some(), expected, "{scope}");
    }
}

#[actix_web::test]
async fn scopes_that_are_not_allowed_to_the_client_are_left_out() {
    let (sandbox, clock) = sandbox(Kind::Public);
    sandbox.register(client(Kind::Public).scopes(["launch/patient", "patient/Observation.rs"]));
    let request = authorization(&sandbox).with(
        "scope",
        "launch/patient patient/Observation.rs patient/Patient.rs system/*.rs __extension openid fhirUser",
    );
    let answer = tokens(Kind::Public, &sandbox, &clock, &request).await;
    assert_eq!(answer.text("scope"), "launch/patient patient/Observation.rs");
}

#[actix_web::test]
async fn a_hundred_refreshes_at_once_of_one_rotating_token_succeed_once() {
    let (sandbox, clock) = sandbox(Kind::Public);
    let first = tokens(Kind::Public, &sandbox, &clock, &authorization(&sandbox)).await;
    let form = refresh(&first.text("refresh_token"));
    let url = sandbox.token_endpoint();
    let mut running = Vec::new();
    for _ in 0..100 {
        let (form, url) = (form.clone().with("client_id", CLIENT), url.clone());
        running.push(actix_web::rt::spawn(async move { form.post(&url, &[]).await.status }));
    }
    let mut succeeded = 0;
    for task in running {
        succeeded += usize::from(task.await.unwrap() == 200);
    }
    assert_eq!(succeeded, 1);
    let grant = sandbox.grants().remove(0);
    assert_eq!((grant.refreshes, grant.revoked, grant.reuse_detected), (1, true, true));
    assert_eq!(sandbox.token_requests_of("refresh_token").len(), 100);
}
