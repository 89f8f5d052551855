//! EHRs: each field, several of them, their keys, and what messages look like.

use std::sync::Arc;

use super::*;
use crate::{
    ClientAuth, ClientSecretBasic, PrivateKey, PrivateKeyJwt, Quirks,
    error::{KeyError, UrlError},
    protocol::{
        client_auth::{BasicEncoding, credentials::CredentialSlot},
        metadata::ServerMetadata,
        scope::{ScopeError, Scopes},
        urls::FhirBaseUrl,
    },
    runtime::registrations::EhrLookupError,
    store::{CredentialKind, PinnedEndpoints},
    transport::loopback::block_on,
};

#[test]
fn the_smallest_configuration_has_the_documented_defaults() {
    let config = builder().build().unwrap();
    let ehr = &config.ehrs()[0];
    assert_eq!(ehr.key(), "https://ehr.example/fhir/R4");
    assert_eq!(ehr.redirect_uri(), Some("https://app.example/auth/callback"));
    assert_eq!(ehr.name(), None);
    assert_eq!(ehr.credentials().kind(), CredentialKind::Public);
    assert_eq!(ehr.endpoints(), None);
    let settings = &config.runtime().settings;
    let seconds = |secs| std::time::Duration::from_secs(secs);
    assert_eq!(settings.http.transport.connect_timeout, seconds(5));
    assert_eq!(settings.http.request_timeout, seconds(10));
    assert_eq!(settings.http.transport.body_limit, 1_048_576);
    assert_eq!(settings.tokens.deadline, seconds(60));
    assert_eq!(settings.tokens.default_lifetime, seconds(300));
    assert_eq!(settings.tokens.wait_when_due, seconds(2));
    assert_eq!(settings.tokens.wait_when_unusable, seconds(10));
    assert_eq!(settings.metadata_ttl, seconds(3600));
    assert_eq!(settings.rules, crate::store::StoreRules::default());
    assert_eq!(settings.paths.logout(), "/auth/logout");
    assert_eq!(settings.paths.jwks(), "/.well-known/jwks.json");
    assert_eq!(settings.cookies.secure, crate::config::Secure::Yes);
    assert_eq!(settings.policies, crate::config::policies::Policies::default());
    assert_eq!(config.runtime().registrations.jwks(), None);
}

#[test]
fn a_configuration_is_shared_between_threads() {
    fn shared<T: Clone + Send + Sync + std::fmt::Debug + 'static>() {}
    shared::<SmartConfig>();
}

#[test]
fn without_an_ehr_there_is_no_configuration() {
    assert_eq!(refused(SmartConfig::builder()), [missing("ehr")]);
}

#[test]
fn every_missing_value_of_an_ehr_is_named_at_once() {
    let empty = Ehr::builder("").client_auth(PrivateKeyJwt::new("", PrivateKey::pem("")));
    let error = SmartConfig::builder().ehr(empty).build().unwrap_err();
    let fields = [
        "fhir_base_url",
        "client_id",
        "redirect_uri",
        "scopes",
        "private_key",
        "kid",
    ];
    assert_eq!(error.missing(), fields);
    let text = error.to_string();
    let mut lines = text.lines();
    assert_eq!(
        lines.next(),
        Some("Configuration missing: fhir_base_url, client_id, redirect_uri, scopes, private_key, kid")
    );
    assert!(
        lines.all(|line| line.starts_with("  ") && line.contains(": ")),
        "{text}"
    );
}

#[test]
fn a_key_client_without_key_and_kid_reads_as_the_documents_say() {
    let auth = PrivateKeyJwt::new("", PrivateKey::file(""));
    let error = SmartConfig::builder().ehr(ehr().client_auth(auth)).build().unwrap_err();
    assert!(
        error
            .to_string()
            .starts_with("Configuration missing: private_key, kid\n"),
        "{error}"
    );
}

#[test]
fn every_invalid_value_of_an_ehr_is_named_at_once_with_its_reason() {
    let wrong = Ehr::builder("http://ehr.example/fhir")
        .client_id("my\napp")
        .redirect_uri("https://app.example/auth/callback#x")
        .scopes("patient/*.rs \"openid\"")
        .client_auth(PrivateKeyJwt::new("k", PrivateKey::pem("none")).jku("jwks.json"))
        .endpoints("authorize", "https://a:b@ehr.example/token")
        .revocation_endpoint("http://ehr.example/revoke");
    let none = KeyError::NoPem;
    assert_eq!(
        refused(SmartConfig::builder().ehr(wrong)),
        [
            invalid("fhir_base_url", UrlError::NotHttps),
            invalid("client_id", InvalidReason::ControlCharacters),
            invalid("redirect_uri", UrlError::Fragment),
            invalid("scopes", InvalidReason::ScopeCharacters),
            invalid(
                "private_key",
                InvalidReason::Key {
                    kid: "k".to_owned(),
                    error: none
                }
            ),
            invalid("jku", UrlError::NotAbsolute),
            invalid("revocation_endpoint", UrlError::NotHttps),
            invalid("authorization_endpoint", UrlError::NotAbsolute),
            invalid("token_endpoint", UrlError::Credentials),
        ]
    );
}

#[test]
fn required_scopes_must_be_scopes_and_be_asked_for() {
    let required = |scopes: &str| SmartConfig::builder().ehr(ehr().required_scopes(scopes));
    for good in [
        "",
        "patient/*.rs",
        "launch/patient patient/Observation.r",
        "patient/Task.read",
    ] {
        let config = required(good).build().unwrap();
        assert_eq!(config.ehrs()[0].required_scopes(), &Scopes::parse(good));
    }
    let misspelled = Scopes::parse_strict("patient/Task.sr").unwrap_err();
    assert_eq!(misspelled.reason(), ScopeError::PermissionsOutOfOrder('r'));
    assert_eq!(
        refused(required("patient/*.rs patient/Task.sr")),
        [invalid("required_scopes", misspelled)]
    );
    for commas in ["patient/Task.r,patient/Observation.r", "patient/*.rs, openid"] {
        assert_eq!(
            refused(required(commas)),
            [invalid("required_scopes", InvalidReason::CommaInScopes)],
            "{commas}"
        );
    }
    let builder = required("patient/Task.cud patient/Task.r user/Task.r openid");
    let not_requested = InvalidReason::NotRequested {
        scopes: Scopes::parse("patient/Task.cud user/Task.r openid"),
    };
    assert_eq!(refused(builder), [invalid("required_scopes", not_requested)]);
    let text = required("openid").build().unwrap_err().to_string();
    assert!(
        text.ends_with("required_scopes: `scopes` does not ask for openid; ask for it there, or do not require it"),
        "{text}"
    );
}

#[test]
fn endpoints_are_given_together_or_not_at_all() {
    let both = ehr().endpoints("https://sso.example/authorize?x=1", "https://sso.example/token");
    let config = SmartConfig::builder().ehr(both).build().unwrap();
    let ehrs = config.ehrs();
    let endpoints = ehrs[0].endpoints().unwrap();
    assert_eq!(endpoints.authorization.as_str(), "https://sso.example/authorize?x=1");
    assert_eq!(endpoints.revocation, None);
    let lonely = ehr().revocation_endpoint("https://sso.example/revoke");
    assert_eq!(
        refused(SmartConfig::builder().ehr(lonely)),
        [missing("authorization_endpoint"), missing("token_endpoint")]
    );
}

#[test]
fn plain_http_is_accepted_on_a_loopback_address_and_cookies_lose_secure_there() {
    let local = ehr_at("http://localhost:9001/fhir").redirect_uri("http://127.0.0.1:8080/auth/callback");
    let config = SmartConfig::builder().ehr(local).build().unwrap();
    assert_eq!(config.runtime().settings.cookies.secure, crate::config::Secure::No);
    // The EHR's address says nothing about the cookies of the application.
    let config = SmartConfig::builder()
        .ehr(ehr_at("http://localhost:9001/fhir"))
        .build()
        .unwrap();
    assert_eq!(config.runtime().settings.cookies.secure, crate::config::Secure::Yes);
}

#[test]
fn plain_http_is_warned_about_once_per_configuration_and_https_never() {
    let local = |base: &str| ehr_at(base).redirect_uri("http://localhost:8080/auth/callback");
    let plain = SmartConfig::builder()
        .ehr(local("http://localhost:9001/a"))
        .ehr(local("http://localhost:9001/b").endpoints("http://[::1]/authorize", "http://[::1]/token"));
    let (_, log) = logged(|| plain.build().unwrap());
    assert_eq!(log.matches("WARN").count(), 1, "{log}");
    assert!(
        log.contains("http://localhost:9001/a") && log.contains("http://[::1]/token"),
        "{log}"
    );
    assert_eq!(logged(|| builder().build().unwrap()).1, "");
}

#[test]
fn credentials_that_the_metadata_does_not_list_are_warned_about_once_and_used_all_the_same() {
    let auth = ClientAuth::private_key_jwt("k", PrivateKey::pem(P384));
    for (member, of_others) in [
        ("token_endpoint_auth_methods_supported", "client_secret_basic"),
        ("token_endpoint_auth_signing_alg_values_supported", "RS384"),
    ] {
        let config = SmartConfig::builder()
            .ehr(ehr().client_auth(auth.clone()))
            .build()
            .unwrap();
        let ehr = config.ehrs()[0].clone();
        let compare = |listed: &[&str]| {
            let document = serde_json::json!({
                "authorization_endpoint": "https://ehr.example/authorize",
                "token_endpoint": "https://ehr.example/token",
                "capabilities": ["launch-ehr"],
                "code_challenge_methods_supported": ["S256"],
                member: listed,
            });
            let base = FhirBaseUrl::parse("https://ehr.example/fhir/R4").unwrap();
            let metadata = ServerMetadata::parse(document.to_string().as_bytes(), &base).unwrap();
            let (applied, log) = logged(|| {
                ehr.compare_credentials(&metadata);
                let endpoints = PinnedEndpoints::new(metadata.token_endpoint().unwrap().clone());
                let now = crate::time::Timestamp::from_millis(0);
                ehr.authenticate(CredentialSlot::Current, &endpoints.auth_server(), now, &mut rand::rng())
            });
            assert!(applied.is_ok());
            log
        };
        assert_eq!(compare(&["private_key_jwt", "ES384", of_others]), "");
        let log = compare(&[of_others]);
        assert_eq!(log.matches("WARN").count(), 1, "{log}");
        assert!(log.contains(of_others) && log.contains("invalid_client"), "{log}");
        assert_eq!(compare(&[of_others]), "");
    }
}

#[test]
fn a_second_key_of_the_algorithm_of_the_first_is_refused() {
    let same = PrivateKeyJwt::new("a", PrivateKey::pem(P384)).or("b", PrivateKey::pem(P384));
    let error = SmartConfig::builder().ehr(ehr().client_auth(same)).build().unwrap_err();
    let problems = error.problems();
    assert_eq!(problems.len(), 1, "{error}");
    assert_eq!(problems[0].field, "other_private_key");
    assert_eq!(problems[0].kind, ProblemKind::Invalid(InvalidReason::SameAlgorithm));
}

#[test]
fn a_second_previous_secret_is_refused_by_name() {
    let secrets = ClientSecretBasic::new("now").previous("before").previous("long before");
    let error = SmartConfig::builder()
        .ehr(ehr().client_auth(secrets))
        .build()
        .unwrap_err();
    let problems = error.problems();
    assert_eq!(problems.len(), 1, "{error}");
    assert_eq!(problems[0].field, "previous_client_secret");
    assert_eq!(
        problems[0].kind,
        ProblemKind::Invalid(InvalidReason::SeveralPreviousSecrets)
    );
}

#[test]
fn registrations_at_first_use_in_the_memory_of_the_process_are_warned_about() {
    #[derive(Debug)]
    struct Nowhere;
    impl crate::config::first_use::FirstUse for Nowhere {
        fn to_register<'a>(
            &'a self,
            _: &'a FhirBaseUrl,
        ) -> crate::config::resolver::ResolveFuture<'a, Option<crate::config::first_use::ToRegister>> {
            Box::pin(async { Ok(None) })
        }
    }
    let (built, log) = logged(|| builder().register_at_first_use(Nowhere).build());
    assert!(built.is_ok());
    assert_eq!(log.matches("WARN").count(), 1, "{log}");
    assert!(log.contains("registration_store"), "{log}");
}

#[test]
fn an_ehr_is_found_by_the_iss_that_names_it_and_by_its_key() {
    let config = builder()
        .ehr(ehr_at("https://other.example/fhir/").name("Other"))
        .build()
        .unwrap();
    let named = |iss: &str| {
        let found = block_on(config.runtime().ehr(iss));
        found.map(|ehr| ehr.name().map(str::to_owned))
    };
    assert_eq!(named("https://OTHER.example/fhir"), Ok(Some("Other".to_owned())));
    assert_eq!(named("https://other.example/fhir/"), Ok(Some("Other".to_owned())));
    assert_eq!(named("https://ehr.example/fhir/r4"), Err(EhrLookupError::NotRegistered));
}

#[test]
fn two_ehrs_of_one_fhir_base_url_are_refused_even_when_spelled_differently() {
    let twice = builder().ehr(ehr_at("https://EHR.example:443/fhir/R4/").name("Again").client_id(""));
    let error = twice.build().unwrap_err();
    let other = "EHR 1".to_owned();
    assert_eq!(
        found(&error),
        [
            missing("client_id"),
            invalid("fhir_base_url", InvalidReason::SameFhirBase { other })
        ]
    );
    assert!(
        error
            .problems()
            .iter()
            .all(|problem| problem.ehr.as_deref() == Some("EHR \"Again\""))
    );
    assert!(
        error
            .to_string()
            .starts_with("Configuration missing: client_id of EHR \"Again\"\n"),
        "{error}"
    );
}

#[test]
fn all_ehrs_share_one_callback_path_and_may_have_a_segment_or_a_query_of_their_own() {
    let with = |uri: &str| {
        builder()
            .ehr(ehr_at("https://other.example/fhir").redirect_uri(uri))
            .build()
    };
    for uri in [
        "https://app.example/other/callback",
        "https://app.example/auth/callback/north/1",
        "https://app.example/auth/callback/",
        "https://app.example/auth/callbacks",
        "https://www.app.example/auth/callback",
        "https://app.example:444/auth/callback",
        "http://localhost/auth/callback",
    ] {
        let callback = "https://app.example/auth/callback".to_owned();
        assert_eq!(
            found(&with(uri).unwrap_err()),
            [invalid("redirect_uri", InvalidReason::OtherCallback { callback })],
            "{uri}"
        );
    }
    assert!(with("https://app.example/auth/callback/north").is_ok());
    assert!(with("https://app.example/auth/callback?ehr=2").is_ok());
    assert!(with("https://app.example:443/auth/callback").is_ok());
}

#[test]
fn the_jwks_document_has_the_keys_of_all_ehrs_each_once() {
    let key = |kid: &str, pem: &str| ClientAuth::private_key_jwt(kid, PrivateKey::pem(pem));
    let with = |second: ClientAuth| {
        SmartConfig::builder()
            .ehr(ehr().client_auth(key("one", RSA)))
            .ehr(ehr_at("https://other.example/fhir").client_auth(second))
            .build()
    };
    let kids = |config: SmartConfig| {
        let document: serde_json::Value =
            serde_json::from_str(&config.runtime().registrations.jwks().unwrap()).unwrap();
        let keys = document["keys"].as_array().unwrap();
        keys.iter()
            .map(|key| key["kid"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(kids(with(key("two", P384)).unwrap()), ["one", "two"]);
    assert_eq!(kids(with(key("one", RSA)).unwrap()), ["one"]);
    let kid = "one".to_owned();
    assert_eq!(
        found(&with(key("one", P384)).unwrap_err()),
        [invalid("kid", InvalidReason::DuplicateKid { kid })]
    );
}

#[test]
fn a_key_file_is_read_when_the_configuration_is_built() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/keys/p384-pkcs8.pem");
    let auth = |path: &str| ClientAuth::private_key_jwt("k", PrivateKey::file(path));
    let config = SmartConfig::builder()
        .ehr(ehr().client_auth(auth(path)))
        .build()
        .unwrap();
    assert_eq!(config.ehrs()[0].credentials().kind(), CredentialKind::PrivateKey);
    let nowhere = SmartConfig::builder().ehr(ehr().client_auth(auth("/nowhere/key.pem")));
    let error = KeyError::Unreadable {
        path: "/nowhere/key.pem".into(),
        kind: std::io::ErrorKind::NotFound,
    };
    let kid = "k".to_owned();
    assert_eq!(
        refused(nowhere),
        [invalid("private_key", InvalidReason::Key { kid, error })]
    );
}

#[test]
fn credentials_for_one_call_are_checked_like_those_of_the_ehr() {
    let built = |encoding| {
        let quirks = Quirks::none().basic_encoding(encoding);
        let config = SmartConfig::builder().ehr(ehr().client_id("a:b").quirks(quirks));
        Arc::clone(&config.build().unwrap().ehrs()[0])
    };
    let encoded = built(BasicEncoding::FormEncoded);
    let basic = encoded.check_credentials(&ClientAuth::client_secret("s")).unwrap();
    assert_eq!(basic.attempts(None), [CredentialSlot::Current]);
    let raw = built(BasicEncoding::Raw);
    assert_eq!(
        found(&raw.check_credentials(&ClientAuth::client_secret("")).unwrap_err()),
        [
            missing("client_secret"),
            invalid("client_id", InvalidReason::ColonInClientId)
        ]
    );
}

#[test]
fn nothing_that_is_printed_shows_a_secret() {
    let key_line = P384.lines().nth(1).unwrap();
    let secret = ClientSecretBasic::new("MARKER-1").previous("MARKER-2");
    let key = PrivateKeyJwt::new("k", PrivateKey::pem(P384)).previous("k", PrivateKey::pem(format!("MARKER-3 {RSA}")));
    let pasted = PrivateKeyJwt::new("p", PrivateKey::file(P384)).jku("https://x:MARKER-4@app.example/jwks");
    let good = || builder().ehr(ehr_at("https://b.example/fhir").client_auth(secret.clone()));
    let bad = good()
        .ehr(ehr_at("https://u:MARKER-5@c.example/fhir").client_auth(key))
        .ehr(ehr_at("https://d.example/fhir").client_auth(pasted))
        .extra_root_certificates(format!("MARKER-6 {P384}"));
    let config = good().build().unwrap();
    let shown = format!("{:?} {config:?} {bad:?}", good());
    let error = bad.build().unwrap_err();
    let shown = format!("{shown} {error:?} {error}");
    assert_eq!(error.problems().len(), 5, "{error}");
    assert!(!shown.contains("MARKER"), "{shown}");
    assert!(!shown.contains(key_line), "{shown}");
}
