//! An application that registers itself, against the strict sandbox and against servers that are not.

mod first_use;
mod kept;
mod launched;
mod lost;
mod managed;
mod refused;
mod registered;

use actix_smart_auth::{
    SmartConfig,
    registration::{ClientMetadata, ClientRegistration, Registrar, RegistrationError},
    sandbox::{Endpoint, ReceivedRequest, SandboxServer, SelfRegistration},
};

use crate::support::clock;

const CALLBACK: &str = "http://127.0.0.1:8080/auth/callback";
const INITIAL: &str = "marker-initial-access-token-4711";
const SCOPES: &str = "launch openid fhirUser patient/*.rs offline_access";

/// A program that is registered nowhere, and an EHR where everybody may register who has the token.
struct New {
    sandbox: SandboxServer,
    config: SmartConfig,
}

impl New {
    fn start() -> Self {
        Self::at(SelfRegistration::WithToken(INITIAL.to_owned()))
    }

    fn at(who: SelfRegistration) -> Self {
        let clock = clock();
        let sandbox = crate::support::strict_ehr()
            .clock(clock.clone())
            .self_registration(who)
            .start()
            .unwrap();
        let config = SmartConfig::builder()
            .clock(clock)
            .ehrs_come_later()
            .redirect_uri(CALLBACK)
            .build()
            .unwrap();
        Self { sandbox, config }
    }

    fn registrar(&self) -> Registrar {
        self.config
            .registrar(&self.sandbox.fhir_base_url())
            .initial_access_token(INITIAL)
    }

    async fn registered(&self) -> ClientRegistration {
        self.registrar().register(&metadata()).await.unwrap()
    }

    async fn refused(&self) -> RegistrationError {
        self.registrar().register(&metadata()).await.unwrap_err()
    }

    fn requests(&self) -> Vec<ReceivedRequest> {
        let all = self.sandbox.received_requests().into_iter();
        all.filter(|request| request.endpoint == Endpoint::Registration)
            .collect()
    }
}

/// Of a client that gets a secret.
fn metadata() -> ClientMetadata {
    with_secret().build().unwrap()
}

fn with_secret() -> actix_smart_auth::registration::ClientMetadataBuilder {
    ClientMetadata::builder("Growth charts")
        .redirect_uri(CALLBACK)
        .scopes(SCOPES)
        .token_endpoint_auth_method(actix_smart_auth::registration::TokenEndpointAuthMethod::ClientSecretBasic)
}

/// What a client must never show.
fn secrets(registration: &ClientRegistration) -> Vec<String> {
    let parts = [
        registration.client_secret().map(|it| it.expose_secret()),
        registration.registration_access_token().map(|it| it.expose_secret()),
    ];
    let mut all: Vec<_> = parts.into_iter().flatten().map(str::to_owned).collect();
    all.push(INITIAL.to_owned());
    all
}
