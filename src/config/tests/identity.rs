//! What a registration is refused for that has to do with id tokens.

use std::time::Duration;

use super::*;
use crate::{
    IdTokenPolicy, Quirks, SignIn,
    error::{SignInProblem, UrlError},
};

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

#[test]
fn a_new_sign_in_can_be_demanded_only_where_an_id_token_tells_of_it() {
    let again = |ehr: EhrBuilder| ehr.sign_in(SignIn::AgainAfterTimeout);
    let hour = |ehr: EhrBuilder| ehr.max_age(Duration::from_secs(3600));
    for (field, demand) in [("sign_in", again as fn(_) -> _), ("max_age", hour)] {
        let refused = |change: fn(EhrBuilder) -> EhrBuilder| problem(|ehr| demand(change(ehr)));
        assert_eq!(refused(|ehr| ehr), None, "{field}");
        assert_eq!(refused(|ehr| ehr.id_token(IdTokenPolicy::Required)), None, "{field}");
        assert_eq!(
            refused(|ehr| ehr.id_token(IdTokenPolicy::Ignore)),
            invalid(field, SignInProblem::IdTokensIgnored)
        );
        assert_eq!(
            refused(|ehr| ehr.scopes("launch/patient patient/*.rs")),
            invalid(field, SignInProblem::NoOpenid)
        );
        let max_age = |ehr: EhrBuilder| ehr.quirks(Quirks::none().authorization_parameter("max_age", "5"));
        assert_eq!(refused(max_age), invalid(field, SignInProblem::MaxAgeParameter));
    }
    // Nothing is demanded, so nothing is in the way.
    let quirks = Quirks::none()
        .authorization_parameter("max_age", "5")
        .authorization_parameter("prompt", "none");
    let ignoring = |ehr: EhrBuilder| ehr.id_token(IdTokenPolicy::Ignore).scopes("launch/patient");
    assert_eq!(problem(|ehr| ignoring(ehr).quirks(quirks)), None);
}

#[test]
fn an_ehr_that_must_not_ask_cannot_be_made_to_ask_again() {
    let prompt = |value: &str| Quirks::none().authorization_parameter("prompt", value);
    let again = |quirks| problem(|ehr| ehr.sign_in(SignIn::AgainAfterTimeout).quirks(quirks));
    assert_eq!(again(prompt("none")), invalid("sign_in", SignInProblem::PromptNone));
    assert_eq!(again(prompt("consent")), None);
    let hour = Duration::from_secs(3600);
    assert_eq!(problem(|ehr| ehr.max_age(hour).quirks(prompt("none"))), None);
}
