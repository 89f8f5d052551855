//! The options of a registration, by the names that the files use.

use std::{collections::BTreeMap, time::Duration};

use actix_smart_auth::{
    EhrBuilder, Quirks,
    options::{AssertionAudience, ClientSecretIn, OtherAudiences, PatientOnRefresh, SecretPlacement, TokenType},
};
use serde_json::Value;

/// What a case sets in its registration.
#[derive(Clone, Default)]
pub(super) struct Chosen {
    quirks: Quirks,
}

impl Chosen {
    pub(super) fn registered(self, ehr: EhrBuilder) -> EhrBuilder {
        ehr.quirks(self.quirks)
    }
}

pub(super) fn chosen(options: &BTreeMap<String, Value>, origin: &str) -> Chosen {
    let mut chosen = Chosen::default();
    for (name, value) in options {
        let text = value
            .as_str()
            .map(|text| text.replace("{origin}", origin))
            .unwrap_or_default();
        let quirks = chosen.quirks;
        chosen.quirks = match (name.as_str(), text.as_str()) {
            ("assertion_audience", "issuer") => quirks.assertion_audience(AssertionAudience::Issuer),
            ("client_secret_in", "body") => quirks.client_secret_in(ClientSecretIn::Always(SecretPlacement::Body)),
            ("clock_tolerance", _) => quirks.clock_tolerance(Duration::from_secs(value.as_u64().unwrap())),
            ("id_token_issuer", issuer) => quirks.id_token_issuer(issuer),
            ("id_token_jwks_uri", url) => quirks.id_token_jwks_uri(url),
            ("other_audiences", "allowed") => quirks.other_audiences(OtherAudiences::Allowed),
            ("patient_on_refresh", "taken over") => quirks.patient_on_refresh(PatientOnRefresh::TakenOver),
            ("token_type", "assumed bearer") => quirks.token_type(TokenType::AssumedBearer),
            (other, _) => panic!("no such option or value: {other}"),
        };
    }
    chosen
}
