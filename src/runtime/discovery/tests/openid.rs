//! What is read from an OpenID configuration.

use super::*;
use crate::protocol::urls::UrlError;

fn read(body: &str) -> Result<Arc<OpenIdConfiguration>, DiscoveryError> {
    let server = Loopback::always(answer("200 OK", &[], body));
    let setup = setup();
    let cache = DocumentCache::new(&setup.engine, Arc::new(setup.clock.clone()), SETTINGS);
    let url = server.url("/o/.well-known/openid-configuration");
    block_on(cache.get(&DocumentRequest::at(url)))
}

#[test]
fn issuer_and_keys_are_taken_and_nothing_else_is_looked_at() {
    let document = read(
        r#"{"issuer":"https://idp.example/o/","jwks_uri":"https://keys.example/jwks","token_endpoint":"http://dummy","x":[]}"#,
    )
    .unwrap();
    assert_eq!(document.issuer(), "https://idp.example/o/");
    assert_eq!(document.jwks_uri().as_str(), "https://keys.example/jwks");
}

#[test]
fn each_way_of_being_unusable_has_its_own_name() {
    use OpenIdConfigurationError as E;
    for (body, expected) in [
        ("", E::Document(MetadataError::Empty)),
        ("<html>", E::Document(MetadataError::Html)),
        ("[]", E::Document(MetadataError::NotAnObject)),
        ("{\"issuer\":", E::Document(MetadataError::Truncated)),
        (r#"{"jwks_uri":"https://k.example/"}"#, E::NoIssuer),
        (r#"{"issuer":"","jwks_uri":"https://k.example/"}"#, E::NoIssuer),
        (r#"{"issuer":7,"jwks_uri":"https://k.example/"}"#, E::NoIssuer),
        (r#"{"issuer":"https://i.example"}"#, E::NoKeys),
        (r#"{"issuer":"https://i.example","jwks_uri":null}"#, E::NoKeys),
        (
            r#"{"issuer":"https://i.example","jwks_uri":"http://k.example/"}"#,
            E::Keys(UrlError::NotHttps),
        ),
        (
            r#"{"issuer":"https://i.example","jwks_uri":"/keys"}"#,
            E::Keys(UrlError::NotAbsolute),
        ),
    ] {
        match read(body).unwrap_err() {
            DiscoveryError::OpenIdConfiguration { source, endpoint } => {
                assert_eq!(source, expected, "{body}");
                assert!(endpoint.ends_with("/o/.well-known/openid-configuration"));
            }
            other => panic!("{body}: {other:?}"),
        }
    }
    assert!(read("{\"issuer\":").unwrap_err().is_temporary());
    assert!(!read("{}").unwrap_err().is_temporary());
}

#[test]
fn a_refused_redirect_names_the_issuer_to_configure() {
    let server = Loopback::always(answer(
        "302 Found",
        &["Location: https://idp.example/realm/.well-known/openid-configuration"],
        "",
    ));
    let setup = setup();
    let cache = DocumentCache::<OpenIdConfiguration>::new(&setup.engine, Arc::new(setup.clock.clone()), SETTINGS);
    let error = block_on(cache.get(&DocumentRequest::at(server.url("/x")))).unwrap_err();
    assert!(
        error
            .to_string()
            .contains("configure https://idp.example/realm with `Quirks::id_token_issuer`"),
        "{error}"
    );
}
