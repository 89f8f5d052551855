use serde_json::{Value, json};

use crate::protocol::{
    client_registration::{
        Answer, ClientRegistration, RegistrationHindrance, Server, TokenEndpointAuthMethod, UsedWith,
    },
    http::HttpResponse,
    urls::{EndpointUrl, FhirBaseUrl},
};

const CALLBACK: &str = "https://app.example/auth/callback";

/// What keeps a client from being used that was asked for with `asked`, and of which the server says `answer`.
fn hindrance(asked: &Value, answer: Value, has_key: bool) -> Option<RegistrationHindrance> {
    let server = Server {
        fhir_base_url: FhirBaseUrl::parse("https://ehr.example/fhir").unwrap(),
        endpoint: EndpointUrl::parse("https://ehr.example/register").unwrap(),
        management_origins: Vec::new(),
    };
    let mut answer = answer;
    answer["client_id"] = json!("c");
    let response = HttpResponse::new(201, Vec::new(), answer.to_string().into_bytes());
    let registration = ClientRegistration::new(server, asked.as_object().unwrap(), Answer::read(&response).unwrap());
    let redirect_uri = asked["redirect_uris"][0].as_str().map(str::to_owned);
    registration.hindrance_with(&UsedWith { redirect_uri, has_key })
}

fn launches(method: &str) -> Value {
    json!({
        "redirect_uris": [CALLBACK],
        "grant_types": ["authorization_code", "refresh_token"],
        "token_endpoint_auth_method": method,
    })
}

#[test]
fn what_the_server_leaves_out_is_as_it_was_asked_for() {
    for method in ["none", "private_key_jwt"] {
        assert_eq!(hindrance(&launches(method), json!({}), true), None, "{method}");
    }
    let secret = json!({ "client_secret": "s" });
    assert_eq!(hindrance(&launches("client_secret_basic"), secret, false), None);
}

#[test]
fn what_the_server_says_is_null_is_as_it_was_asked_for() {
    for method in ["none", "private_key_jwt"] {
        let asked = launches(method);
        let nulls = asked
            .as_object()
            .unwrap()
            .keys()
            .map(|name| (name.clone(), Value::Null));
        assert_eq!(hindrance(&asked, nulls.collect(), true), None, "{method}");
    }
}

#[test]
fn a_way_to_authenticate_that_neither_side_says_hinders_nothing_and_one_that_was_not_asked_for_may() {
    let asked = json!({ "redirect_uris": [CALLBACK] });
    for answer in [json!({}), json!({ "token_endpoint_auth_method": null })] {
        assert_eq!(hindrance(&asked, answer, false), None);
    }
    let expected = RegistrationHindrance::AuthMethod {
        asked: "nothing".to_owned(),
        registered: json!("tls_client_auth").to_string(),
    };
    let answer = json!({ "token_endpoint_auth_method": "tls_client_auth" });
    assert_eq!(hindrance(&asked, answer, false), Some(expected));
}

#[test]
fn a_redirect_uri_that_is_not_registered_is_one() {
    let of = |uris: Value| hindrance(&launches("none"), json!({ "redirect_uris": uris }), false);
    assert_eq!(of(json!(["https://other.example/", CALLBACK])), None);
    assert_eq!(
        of(json!(["HTTPS://app.example:443/auth/callback"])),
        None,
        "the same address"
    );
    for uris in [
        json!([]),
        json!([format!("{CALLBACK}/")]),
        json!(["https://other.example/auth/callback"]),
    ] {
        let expected = RegistrationHindrance::RedirectUri {
            asked: CALLBACK.to_owned(),
            registered: uris.to_string(),
        };
        assert_eq!(of(uris), Some(expected));
    }
}

#[test]
fn a_way_to_authenticate_that_the_application_cannot_do_is_one() {
    let of = |asked: &str, answer, has_key| hindrance(&launches(asked), answer, has_key);
    let changed = |asked: &str, registered: &str| {
        Some(RegistrationHindrance::AuthMethod {
            asked: json!(asked).to_string(),
            registered: json!(registered).to_string(),
        })
    };
    let method = |method: &str| json!({ "token_endpoint_auth_method": method });
    assert_eq!(
        of("none", method("tls_client_auth"), false),
        changed("none", "tls_client_auth")
    );
    assert_eq!(
        of("none", method("private_key_jwt"), false),
        changed("none", "private_key_jwt")
    );
    assert_eq!(of("client_secret_basic", method("private_key_jwt"), true), None);
    assert_eq!(
        of("client_secret_basic", method("none"), false),
        None,
        "weaker, and it works"
    );
    let with_secret = json!({ "token_endpoint_auth_method": "client_secret_post", "client_secret": "s" });
    assert_eq!(of("private_key_jwt", with_secret, true), None);
    for (asked, registered) in [
        ("client_secret_basic", TokenEndpointAuthMethod::ClientSecretBasic),
        ("private_key_jwt", TokenEndpointAuthMethod::ClientSecretPost),
    ] {
        let without = of(asked, method(registered.as_str()), true);
        assert_eq!(without, Some(RegistrationHindrance::NoSecret { method: registered }));
    }
}

#[test]
fn the_grant_that_the_application_lives_from_is_needed_and_no_other() {
    use crate::protocol::client_registration::ClientGrantType::{AuthorizationCode, ClientCredentials};
    let of = |asked: &Value, grants: Value| hindrance(asked, json!({ "grant_types": grants }), true);
    let lost = |asked, registered: Value| {
        Some(RegistrationHindrance::GrantType {
            asked,
            registered: registered.to_string(),
        })
    };
    let launches = launches("private_key_jwt");
    assert_eq!(of(&launches, json!(["authorization_code"])), None);
    assert_eq!(
        of(&launches, json!(["refresh_token"])),
        lost(AuthorizationCode, json!(["refresh_token"]))
    );
    let backend = json!({
        "grant_types": ["client_credentials"],
        "token_endpoint_auth_method": "private_key_jwt",
    });
    assert_eq!(of(&backend, json!(["client_credentials"])), None);
    assert_eq!(
        of(&backend, json!(["authorization_code"])),
        lost(ClientCredentials, json!(["authorization_code"]))
    );
}
