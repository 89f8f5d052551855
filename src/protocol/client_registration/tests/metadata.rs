use serde_json::{Value, json};

use crate::protocol::{
    client_registration::{
        ClientGrantType, ClientMetadata, ClientMetadataBuilder, ClientMetadataReason, MetadataChange,
        TokenEndpointAuthMethod,
    },
    urls::UrlError,
};

const JWKS: &str = r#"{"keys":[{"kty":"EC","crv":"P-384","kid":"1","x":"AA","y":"AA"}]}"#;

fn launches() -> ClientMetadataBuilder {
    ClientMetadata::builder("Charts").redirect_uri("https://app.example/auth/callback")
}

fn backend() -> ClientMetadataBuilder {
    ClientMetadata::builder("Report")
        .scopes("system/Patient.rs")
        .token_endpoint_auth_method(TokenEndpointAuthMethod::PrivateKeyJwt)
        .jwks(JWKS)
}

fn members(builder: ClientMetadataBuilder) -> Value {
    Value::Object(builder.build().unwrap().members)
}

fn refused(builder: ClientMetadataBuilder) -> Vec<(String, ClientMetadataReason)> {
    let error = builder.build().unwrap_err();
    let problems = error.problems().iter();
    problems.map(|it| (it.member.clone(), it.reason)).collect()
}

#[test]
fn grant_and_response_types_follow_from_what_the_client_is_for() {
    let of = |builder| {
        let all = members(builder);
        (all["grant_types"].clone(), all["response_types"].clone())
    };
    assert_eq!(of(launches()), (json!(["authorization_code"]), json!(["code"])));
    assert_eq!(
        of(launches().scopes("openid offline_access")),
        (json!(["authorization_code", "refresh_token"]), json!(["code"]))
    );
    assert_eq!(of(backend()), (json!(["client_credentials"]), json!([])));
    assert_eq!(
        of(backend().redirect_uri("https://app.example/cb")),
        (json!(["authorization_code", "client_credentials"]), json!(["code"]))
    );
}

#[test]
fn a_server_is_to_make_up_a_secret_where_one_authenticates_the_client() {
    use TokenEndpointAuthMethod::{ClientSecretBasic, ClientSecretPost, None as Public, PrivateKeyJwt};
    for (method, wants_secret) in [
        (ClientSecretBasic, true),
        (ClientSecretPost, true),
        (Public, false),
        (PrivateKeyJwt, false),
    ] {
        let builder = launches().token_endpoint_auth_method(method);
        let builder = if method == PrivateKeyJwt {
            builder.jwks(JWKS)
        } else {
            builder
        };
        assert_eq!(builder.build().unwrap().wants_secret(), wants_secret, "{method:?}");
    }
}

#[test]
fn a_client_that_nobody_launches_may_give_a_redirect_uri_to_a_server_that_wants_one_of_all() {
    let all = members(
        backend()
            .redirect_uri("https://app.example/cb")
            .grant_types([ClientGrantType::ClientCredentials]),
    );
    assert_eq!(all["grant_types"], json!(["client_credentials"]));
    assert_eq!(all["response_types"], json!([]));
    assert_eq!(all["redirect_uris"], json!(["https://app.example/cb"]));
}

#[test]
fn every_member_is_written_under_the_name_of_the_specification() {
    let all = members(
        launches()
            .redirect_uri("http://localhost:8080/auth/callback")
            .launch_uri("https://app.example/auth/launch")
            .scopes("launch patient/*.rs")
            .token_endpoint_auth_method(TokenEndpointAuthMethod::ClientSecretBasic)
            .jwks_uri("https://app.example/jwks")
            .contact("it@app.example")
            .logo_uri("https://app.example/logo.png")
            .client_uri("https://app.example/")
            .tos_uri("https://app.example/terms")
            .policy_uri("https://app.example/privacy")
            .software_id("charts")
            .software_version("3")
            .extension("client_name#de", "Kurven"),
    );
    let expected = json!({
        "client_name": "Charts",
        "client_name#de": "Kurven",
        "redirect_uris": ["https://app.example/auth/callback", "http://localhost:8080/auth/callback"],
        "launch_uris": ["https://app.example/auth/launch"],
        "grant_types": ["authorization_code"],
        "response_types": ["code"],
        "scope": "launch patient/*.rs",
        "token_endpoint_auth_method": "client_secret_basic",
        "jwks_uri": "https://app.example/jwks",
        "contacts": ["it@app.example"],
        "logo_uri": "https://app.example/logo.png",
        "client_uri": "https://app.example/",
        "tos_uri": "https://app.example/terms",
        "policy_uri": "https://app.example/privacy",
        "software_id": "charts",
        "software_version": "3",
    });
    assert_eq!(all, expected);
}

#[test]
fn what_does_not_fit_together_is_refused_by_name() {
    use ClientGrantType::{AuthorizationCode, ClientCredentials, RefreshToken};
    use ClientMetadataReason as Reason;
    let one = |member: &str, reason| vec![(member.to_owned(), reason)];
    let plain = || ClientMetadata::builder("Charts");
    for (builder, expected) in [
        (plain(), one("grant_types", Reason::NothingToDo)),
        (
            ClientMetadata::builder(" ").redirect_uri("https://app.example/cb"),
            one("client_name", Reason::Missing),
        ),
        (
            plain().grant_types([AuthorizationCode]),
            one("redirect_uris", Reason::Missing),
        ),
        (
            backend().grant_types([ClientCredentials, RefreshToken]),
            one("grant_types", Reason::RefreshAlone),
        ),
        (
            plain().scopes("system/*.rs"),
            one("token_endpoint_auth_method", Reason::PublicBackend),
        ),
        (launches().scopes("open\"id"), one("scope", Reason::ScopeCharacters)),
        (
            launches().redirect_uri("http://app.example/cb"),
            one("redirect_uris", Reason::Url(UrlError::NotHttps)),
        ),
        (
            launches().redirect_uri("https://app.example/cb#here"),
            one("redirect_uris", Reason::Url(UrlError::Fragment)),
        ),
        (
            launches().launch_uri("/auth/launch"),
            one("launch_uris", Reason::Url(UrlError::NotAbsolute)),
        ),
        (
            launches().logo_uri("javascript:alert(1)"),
            one("logo_uri", Reason::Url(UrlError::NotAbsolute)),
        ),
        (launches().contact(""), one("contacts", Reason::Missing)),
        (launches().software_id(""), one("software_id", Reason::Missing)),
        (
            backend().jwks_uri("https://app.example/jwks"),
            one("jwks", Reason::TwoKeySets),
        ),
        (
            launches().token_endpoint_auth_method(TokenEndpointAuthMethod::PrivateKeyJwt),
            one("jwks", Reason::NoKeySet),
        ),
    ] {
        assert_eq!(refused(builder), expected);
    }
}

#[test]
fn everything_that_is_wrong_is_said_at_once_and_how_to_mend_it() {
    let error = ClientMetadata::builder("").scopes("system/*.rs").build().unwrap_err();
    assert_eq!(error.problems().len(), 2);
    let text = error.to_string();
    assert!(text.contains("`token_endpoint_auth_method` is `none`"), "{text}");
    assert!(text.contains("`client_name` is missing"), "{text}");
}

#[test]
fn a_private_key_is_never_sent_in_a_key_set() {
    use ClientMetadataReason::{NotAKeySet, PrivateKey};
    for (jwks, reason) in [
        (
            r#"{"keys":[{"kty":"EC","crv":"P-384","x":"AA","y":"AA","d":"AA"}]}"#,
            PrivateKey,
        ),
        (r#"{"keys":[{"kty":"RSA","n":"AA","e":"AQAB","p":"AA"}]}"#, PrivateKey),
        (r#"{"keys":[{"kty":"oct","k":"AA"}]}"#, PrivateKey),
        (r#"{"keys":[{"kty":"oct"}]}"#, PrivateKey),
        (r#"{"keys":[]}"#, NotAKeySet),
        (r#"{"keys":["AA"]}"#, NotAKeySet),
        (r#"[]"#, NotAKeySet),
        ("-----BEGIN PRIVATE KEY-----", NotAKeySet),
    ] {
        let found = refused(launches().jwks(jwks));
        assert!(found.contains(&("jwks".to_owned(), reason)), "{jwks}: {found:?}");
    }
}

#[test]
fn an_extension_takes_the_place_of_no_member_that_has_a_method_or_is_the_servers() {
    for name in [
        "client_id",
        "client_secret",
        "redirect_uris",
        "response_types",
        "registration_access_token",
        "registration_client_uri",
        "software_statement",
        "iss",
        "scope",
    ] {
        let found = refused(launches().extension(name, "x"));
        assert_eq!(found, [(name.to_owned(), ClientMetadataReason::Reserved)]);
    }
}

fn changes(asked: Value, registered: Value) -> Vec<(String, Option<Value>)> {
    let map = |value: Value| value.as_object().unwrap().clone();
    let all = MetadataChange::all(&map(asked), &map(registered));
    all.into_iter().map(|it| (it.member, it.registered)).collect()
}

#[test]
fn a_change_is_another_meaning_and_not_another_order() {
    let asked = json!({
        "scope": "a b c", "grant_types": ["x", "y"], "response_types": [], "client_name": "N", "launch_uris": ["u"],
    });
    let same = json!({
        "scope": "c  b a", "grant_types": ["y", "x"], "client_name": "N", "launch_uris": ["u"], "more": 1,
    });
    assert_eq!(changes(asked.clone(), same), []);
    let other = json!({"scope": "a b", "grant_types": ["x"], "client_name": null, "response_types": []});
    let expected = [
        ("client_name".to_owned(), None),
        ("grant_types".to_owned(), Some(json!(["x"]))),
        ("launch_uris".to_owned(), None),
        ("scope".to_owned(), Some(json!("a b"))),
    ];
    assert_eq!(changes(asked, other), expected);
}
