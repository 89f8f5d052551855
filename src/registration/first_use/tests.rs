//! An EHR, or the application's code, that takes longer than anybody waits.

use super::*;
use crate::{
    SmartConfig,
    config::resolver::ResolveFuture,
    protocol::client_registration::{ClientMetadata, TokenEndpointAuthMethod},
    runtime::registrations::Found,
    sandbox::{SandboxServer, SelfRegistration},
};

const CALLBACK: &str = "https://app.example/auth/callback";

#[derive(Debug)]
struct Application {
    base: String,
}

impl FirstUse for Application {
    fn to_register<'a>(&'a self, _: &'a FhirBaseUrl) -> ResolveFuture<'a, Option<ToRegister>> {
        Box::pin(async move {
            let ehr = Ehr::builder(&self.base)
                .redirect_uri(CALLBACK)
                .scopes("openid fhirUser patient/*.rs launch/patient");
            let metadata = ClientMetadata::for_ehr("Growth charts", &ehr)?
                .token_endpoint_auth_method(TokenEndpointAuthMethod::ClientSecretBasic);
            Ok(Some(ToRegister::new(ehr, metadata.build()?)))
        })
    }
}

struct New {
    sandbox: SandboxServer,
    config: SmartConfig,
}

impl New {
    fn start() -> Self {
        let sandbox = SandboxServer::builder()
            .self_registration(SelfRegistration::Open)
            .start()
            .unwrap();
        let base = sandbox.fhir_base_url();
        let config = SmartConfig::builder()
            .redirect_uri(CALLBACK)
            .allow_hosts(["127.0.0.1"])
            .register_at_first_use(Application { base })
            .build()
            .unwrap();
        Self { sandbox, config }
    }

    /// What one gets who waits until then, when the application's code has said how it registers itself.
    async fn waited_for(&self, until: Instant) -> Result<EhrBuilder, ResolveError> {
        let first_uses = self.config.kept_registrations().first_uses.unwrap();
        let asked = FhirBaseUrl::parse(&self.sandbox.fhir_base_url()).unwrap();
        match first_uses.find(asked, until).await? {
            Found::Awaited(registered) => registered.await,
            Found::Nothing | Found::Registration(_) => panic!("it is not registered yet"),
        }
    }
}

/// As when the application's code, or the EHR, has taken nine seconds.
#[tokio::test]
async fn what_nobody_waits_for_any_more_is_begun_and_comes_to_its_end() {
    let new = New::start();
    let error = new.waited_for(Instant::now()).await.unwrap_err();
    assert!(matches!(error.cause, ResolveCause::Registering { .. }), "{error}");
    assert!(error.to_string().contains("takes long to register"), "{error}");
    assert_eq!(new.config.shutdown(Duration::from_secs(30)).await.cut_off, 0);
    let kept = new.config.kept_registrations();
    let kept = kept.of(&new.sandbox.fhir_base_url()).await.unwrap().unwrap();
    assert_eq!(new.sandbox.client_ids(), [kept.client_id()]);
}

#[tokio::test]
async fn who_comes_after_that_gets_what_was_begun() {
    let new = New::start();
    new.waited_for(Instant::now()).await.unwrap_err();
    let soon = Instant::now() + Duration::from_secs(30);
    drop(new.waited_for(soon).await.unwrap());
    assert_eq!(new.sandbox.client_ids().len(), 1);
}
