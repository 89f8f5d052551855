//! What a registration is refused for that has to do with id tokens.

use super::*;
use crate::{IdTokenPolicy, Quirks, UrlError};

fn problem(change: impl FnOnce(EhrBuilder) -> EhrBuilder) -> Option<(&'static str, ProblemKind)> {
    let ehr = Ehr::builder("https://ehr.example/fhir")
        .client_id("app")
        .redirect_uri("https://app.example/auth/callback")
        .scopes("openid launch/patient");
    let error = SmartConfig::builder().ehr(change(ehr)).build().err()?;
    let [problem] = error.problems() else { panic!("{error}") };
    Some((problem.field, problem.kind.clone()))
}

fn invalid(field: &'static str, reason: impl Into<InvalidReason>) -> Option<(&'static str, ProblemKind)> {
    Some((field, ProblemKind::Invalid(reason.into())))
}

#[test]
fn an_id_token_can_be_required_only_where_it_is_asked_for() {
    assert_eq!(problem(|ehr| ehr.id_token(IdTokenPolicy::Required)), None);
    for policy in [IdTokenPolicy::IfPresent, IdTokenPolicy::Ignore] {
        assert_eq!(problem(|ehr| ehr.id_token(policy).scopes("launch/patient")), None);
    }
    assert_eq!(
        problem(|ehr| ehr.id_token(IdTokenPolicy::Required).scopes("launch/patient openid2")),
        invalid("id_token", InvalidReason::RequiredWithoutOpenid)
    );
}

#[test]
fn without_metadata_an_id_token_is_looked_at_only_when_its_issuer_is_configured() {
    let by_hand = |ehr: EhrBuilder| ehr.endpoints("https://ehr.example/a", "https://ehr.example/t");
    for policy in [IdTokenPolicy::Required, IdTokenPolicy::IfPresent] {
        assert_eq!(
            problem(|ehr| by_hand(ehr).id_token(policy)),
            invalid("id_token_issuer", InvalidReason::NoIssuer)
        );
        let quirks = Quirks::none().id_token_issuer("https://idp.example");
        assert_eq!(problem(|ehr| by_hand(ehr).id_token(policy).quirks(quirks)), None);
    }
    assert_eq!(problem(|ehr| by_hand(ehr).id_token(IdTokenPolicy::Ignore)), None);
    assert_eq!(problem(|ehr| by_hand(ehr).scopes("launch/patient")), None);
}

#[test]
fn the_issuer_and_the_address_of_the_keys_are_https_or_on_loopback() {
    for good in [
        "https://idp.example/o/",
        "http://127.0.0.1:8080/o",
        "http://localhost/o",
    ] {
        let issuer = Quirks::none().id_token_issuer(good);
        assert_eq!(problem(|ehr| ehr.quirks(issuer)), None, "{good}");
        let keys = Quirks::none().id_token_jwks_uri(good);
        assert_eq!(problem(|ehr| ehr.quirks(keys)), None, "{good}");
    }
    for (bad, reason) in [
        ("http://idp.example/o", UrlError::NotHttps),
        ("idp.example", UrlError::NotAbsolute),
        ("https://a:b@idp.example", UrlError::Credentials),
    ] {
        let issuer = Quirks::none().id_token_issuer(bad);
        assert_eq!(
            problem(|ehr| ehr.quirks(issuer)),
            invalid("id_token_issuer", reason),
            "{bad}"
        );
        let keys = Quirks::none().id_token_jwks_uri(bad);
        assert_eq!(
            problem(|ehr| ehr.quirks(keys)),
            invalid("id_token_jwks_uri", reason),
            "{bad}"
        );
    }
    let issuer = Quirks::none().id_token_issuer("https://idp.example/?tenant=1");
    assert_eq!(
        problem(|ehr| ehr.quirks(issuer)),
        invalid("id_token_issuer", UrlError::Query)
    );
    let keys = Quirks::none().id_token_jwks_uri("https://idp.example/keys?tenant=1");
    assert_eq!(problem(|ehr| ehr.quirks(keys)), None);
}
