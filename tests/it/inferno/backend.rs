//! The assertions on backend services, for both algorithms, over a renewal and one after a refusal.

use std::{collections::BTreeSet, time::Duration};

use actix_smart_auth::{
    Ehr, PrivateKey, PrivateKeyJwt, SmartConfig,
    sandbox::{Endpoint, Jwks, ReceivedRequest, SandboxClient, SandboxServer},
};
use serde_json::Value;

use super::{
    Registration, Seen,
    audit::{Authentication, IDS, Ids, audit},
};
use crate::support::{PRIVATE_KEY, RSA_KEY, clock};

const CLIENT: &str = "nightly";
const LIFE: Duration = Duration::from_secs(300);

/// A job that has asked for tokens and used them, and what an auditor has to know about it.
struct Job {
    sandbox: SandboxServer,
    registration: Registration,
    /// Those that it got.
    tokens: BTreeSet<String>,
}

impl Job {
    async fn run(kid: &str, key: &str) -> Self {
        let clock = clock();
        let sandbox = crate::support::strict_ehr()
            .clock(clock.clone())
            .token_lifetime(LIFE)
            .start()
            .unwrap();
        let ehr = Ehr::builder(sandbox.fhir_base_url())
            .client_id(CLIENT)
            .client_auth(PrivateKeyJwt::new(kid, PrivateKey::pem(key)))
            .backend_scopes("system/Patient.rs");
        let config = SmartConfig::builder().ehr(ehr).clock(clock.clone()).build().unwrap();
        let keys = config.jwks().unwrap();
        let registered = Jwks::Value(serde_json::from_str(&keys).unwrap());
        sandbox.register(SandboxClient::backend(CLIENT, registered));
        let client = config.backend(&sandbox.fhir_base_url());
        let mut tokens = BTreeSet::new();
        for _ in 0..2 {
            client.fhir().read::<Value>("Patient", "amber-testwood").await.unwrap();
            tokens.insert(client.token().await.unwrap().access_token().expose_secret().to_owned());
            clock.advance(LIFE);
        }
        client.token().await.unwrap();
        clock.advance(Duration::from_secs(60));
        // The server does not take it any more.
        sandbox.revoke_everything();
        client.fhir().read::<Value>("Patient", "amber-testwood").await.unwrap();
        tokens.insert(client.token().await.unwrap().access_token().expose_secret().to_owned());
        let registration = Registration {
            client_id: CLIENT.to_owned(),
            redirect_uris: Vec::new(),
            fhir_base_url: sandbox.fhir_base_url(),
            token_url: sandbox.token_endpoint(),
            authentication: Authentication::Asymmetric(serde_json::from_str(&keys).unwrap()),
        };
        Self {
            sandbox,
            registration,
            tokens,
        }
    }

    fn findings(&self, spoil: impl FnOnce(&mut Vec<ReceivedRequest>)) -> Vec<(&'static str, Result<(), String>)> {
        let mut requests = self.sandbox.received_requests();
        spoil(&mut requests);
        audit(&requests, &self.registration, &Seen::default())
    }
}

fn of_backends() -> BTreeSet<&'static str> {
    let applies = |(id, applies): (&'static str, Ids)| {
        let of_both = matches!(applies, Ids::BackendServices) || id.starts_with("JW-");
        (of_both || matches!(id, "TK-1" | "TK-2")).then_some(id)
    };
    IDS.into_iter().filter_map(applies).collect()
}

#[actix_web::test]
async fn every_request_of_a_job_meets_every_assertion_on_backend_services() {
    for (kid, key) in [("ec-1", PRIVATE_KEY), ("rsa-1", RSA_KEY)] {
        let job = Job::run(kid, key).await;
        let findings = job.findings(|_| ());
        for (id, result) in &findings {
            assert_eq!(result, &Ok(()), "{id} for {kid}");
        }
        let exercised: BTreeSet<_> = findings.iter().map(|(id, _)| *id).collect();
        assert_eq!(exercised, of_backends(), "{kid}");
        assert_eq!(job.sandbox.token_requests().len(), 4, "each time one");
        // US-1 and US-2: the tokens are used, as bearer tokens.
        let used: BTreeSet<String> = (job.sandbox.received_requests().iter())
            .filter(|request| request.endpoint == Endpoint::Fhir && request.status == Some(200))
            .filter_map(|request| Some(request.header("authorization")?.strip_prefix("Bearer ")?.to_owned()))
            .collect();
        assert_eq!(used, job.tokens, "{kid}");
    }
}

#[actix_web::test]
async fn the_auditor_objects_to_each_broken_request_of_a_job() {
    let job = Job::run("ec-1", PRIVATE_KEY).await;
    let objections = |from: &str, to: &str| -> BTreeSet<&str> {
        let findings = job.findings(|requests| {
            let token = requests.iter_mut().find(|it| it.endpoint == Endpoint::Token).unwrap();
            assert!(token.body.contains(from), "{}", token.body);
            token.body = token.body.replace(from, to);
        });
        let broken = findings.into_iter().filter(|(_, result)| result.is_err());
        broken.map(|(id, _)| id).collect()
    };
    let cases: [(&str, &str, &[&str]); 5] = [
        ("grant_type=client_credentials", "grant_type=password", &["TK-1"]),
        (
            "grant_type=client_credentials",
            "grant_type=refresh_token",
            &["RF-0", "TK-1"],
        ),
        ("client_assertion_type=urn", "client_assertion_type=x", &["TK-2"]),
        ("scope=system", "scope=&other=system", &["TK-3"]),
        ("client_assertion=e", "client_assertion=x", &["JW-1"]),
    ];
    for (from, to, expected) in cases {
        let found: Vec<_> = objections(from, to).into_iter().collect();
        assert_eq!(found, expected, "{to}");
    }
}
