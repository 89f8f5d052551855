use super::*;
use crate::{Quirks, SmartConfig};

#[tokio::test]
async fn a_nonce_is_sent_where_an_id_token_is_asked_for_and_the_ehr_can_take_one() {
    for (scopes, policy, is_sent) in [
        ("launch/patient openid fhirUser", NoncePolicy::Required, true),
        ("launch/patient openid fhirUser", NoncePolicy::NotSent, false),
        ("launch/patient", NoncePolicy::Required, false),
        ("launch/patient", NoncePolicy::NotSent, false),
    ] {
        let ehr = Ehr::builder("https://ehr.example/fhir")
            .client_id("app")
            .redirect_uri("https://app.example/auth/callback")
            .scopes(scopes)
            .endpoints("https://ehr.example/authorize", "https://ehr.example/token")
            .endpoints_issuer("https://ehr.example")
            .quirks(Quirks::none().nonce(policy).id_token_issuer("https://ehr.example"));
        let config = SmartConfig::builder().ehr(ehr).build().unwrap();
        let start = Start {
            from_ehr: None,
            scopes: None,
            return_to: None,
            return_for: ReturnFor::Anyone,
            sign_in: None,
        };
        let (redirect, _, record) = begin(config.runtime(), &config.ehrs()[0], start).await.unwrap();
        assert_eq!(record.nonce.is_some(), is_sent, "{scopes} {policy:?}");
        let AuthorizationRedirect::Get(address) = redirect else {
            panic!("{redirect:?}");
        };
        assert_eq!(address.as_str().contains("nonce="), is_sent, "{scopes} {policy:?}");
    }
}
