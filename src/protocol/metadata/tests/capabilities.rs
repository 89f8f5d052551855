//! What an EHR says that it can do.

use serde_json::json;

use super::*;

#[test]
fn the_full_predicates_need_what_the_flags_promise() {
    assert_eq!(ask_everything(&parse(&complete())), [true; 10]);
    assert_eq!(ask_everything(&parse(&json!({}))), [false; 10]);
    assert_eq!(ask_everything(&parse(&complete_without("capabilities"))), [false; 10]);

    let no_authorization = parse(&complete_without("authorization_endpoint"));
    assert!(!no_authorization.supports_ehr_launch() && no_authorization.ehr_launch_capability());
    assert!(!no_authorization.supports_standalone_launch() && no_authorization.standalone_launch_capability());
    for field in ["issuer", "jwks_uri"] {
        let metadata = parse(&complete_without(field));
        assert!(
            !metadata.supports_openid_connect() && metadata.openid_connect_capability(),
            "{field}"
        );
    }
}

#[test]
fn client_authentication_is_ruled_out_only_by_a_list_that_lacks_it() {
    let methods = "token_endpoint_auth_methods_supported";
    let absent = parse(&complete_without(methods));
    assert!(absent.supports_symmetric_auth() && absent.supports_asymmetric_auth());
    let post_only = parse(&complete_with(methods, json!(["client_secret_post"])));
    assert!(!post_only.supports_symmetric_auth() && !post_only.supports_asymmetric_auth());

    let algorithms = "token_endpoint_auth_signing_alg_values_supported";
    for (document, expected) in [
        (complete(), vec!["RS384", "ES384"]),
        (complete_without(algorithms), vec!["RS384", "ES384"]),
        (complete_with(algorithms, json!([])), vec!["RS384", "ES384"]),
        (complete_with(algorithms, json!(["ES384"])), vec!["ES384"]),
        (complete_with(algorithms, json!(["RS256", "rs384"])), vec![]),
    ] {
        let metadata = parse(&document);
        assert_eq!(metadata.asymmetric_signing_algorithms_supported(), expected);
        assert_eq!(metadata.supports_asymmetric_auth(), !expected.is_empty());
    }
}

#[test]
fn backend_services_need_their_grant_type_and_clients_with_a_key() {
    let grants = "grant_types_supported";
    let with_grant = complete_with(grants, json!(["authorization_code", "client_credentials"]));
    assert!(parse(&with_grant).supports_backend_services());
    assert!(!parse(&complete_with(grants, json!(["authorization_code"]))).supports_backend_services());
    assert!(!parse(&complete_without(grants)).supports_backend_services());
    let mut no_key = with_grant;
    no_key["token_endpoint_auth_methods_supported"] = json!(["client_secret_basic"]);
    assert!(!parse(&no_key).supports_backend_services());
}
