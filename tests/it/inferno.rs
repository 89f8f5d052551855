//! What Inferno's client suite would say about every request of every flow, by the ids of its assertions.

mod audit;
mod broken;

use std::collections::{BTreeMap, BTreeSet};

use actix_smart_auth::{AuthorizeMethod, ClientAuth, ClientSecretBasic, sandbox::SandboxClient};
use url::Url;

use crate::support::{App, AppBuilder, Browser, CLIENT_ID, Profile};
use audit::{Authentication, Ids, Registration, Seen, audit};

/// BA-1 compares the header with the *raw* id and secret, while RFC 6749 (section 2.3.1) and this crate's default
/// form-encode both first. They agree on plain characters, so the clients with a secret have plain ones here.
const PLAIN_ID: &str = "plain-app_1.0";
const PLAIN_SECRET: &str = "plain-s3cret_1.00";

/// One application with its flows done, and what an auditor has to know about it.
struct Session {
    app: App,
    registration: Registration,
    seen: Seen,
}

impl Session {
    /// Standalone and from the EHR, each with two refreshes.
    async fn run(profile: Profile, method: AuthorizeMethod) -> Self {
        let app = start(profile, method);
        let client_id = if profile == Profile::Secret {
            PLAIN_ID
        } else {
            CLIENT_ID
        };
        let authentication = match profile {
            Profile::Public => Authentication::Public,
            Profile::Secret => Authentication::Symmetric(PLAIN_SECRET.to_owned()),
            Profile::Es384 | Profile::Rs384 => {
                let jwks = Browser::new().get(&app.url("/.well-known/jwks.json")).await;
                Authentication::Asymmetric(serde_json::from_str(&jwks.body).unwrap())
            }
        };
        let registration = Registration {
            client_id: client_id.to_owned(),
            redirect_uris: vec![app.url("/auth/callback")],
            fhir_base_url: app.sandbox.fhir_base_url(),
            token_url: app.sandbox.token_endpoint(),
            authentication,
        };
        let mut session = Self {
            app,
            registration,
            seen: Seen::default(),
        };
        session.launch(session.app.url("/auth/launch")).await;
        let from_ehr = session.app.ehr_launch_url("bruno-fixture", Some("visit-201"));
        let value = query(&from_ehr, "launch").unwrap();
        session.seen.launches.push(value);
        session.launch(from_ehr).await;
        session
    }

    async fn launch(&mut self, url: String) {
        let (app, browser) = (&self.app, Browser::new());
        let first = browser.get(&url).await;
        let to_callback = if first.status == 200 {
            browser.submit(&first).await.location().to_owned()
        } else {
            browser.get(first.location()).await.location().to_owned()
        };
        let (code, state) = (query(&to_callback, "code"), query(&to_callback, "state"));
        self.seen.codes.insert(code.unwrap(), state.unwrap());
        let page = browser.navigate(&to_callback).await;
        assert_eq!(page.status, 200, "{}", page.body);
        let launch = page.url.strip_suffix("/patient").unwrap();
        for _ in 0..2 {
            let token = browser.get(&format!("{launch}/refresh-token")).await.body;
            self.seen.refresh_tokens.insert(token);
            app.advance(3400);
            assert_eq!(browser.get(&page.url).await.status, 200);
        }
    }
}

fn start(profile: Profile, method: AuthorizeMethod) -> App {
    let mut builder: AppBuilder = App::builder()
        .profile(profile)
        .ehr(move |ehr| ehr.authorize_method(method));
    if profile == Profile::Secret {
        builder = App::builder().profile(profile).ehr(move |ehr| {
            let auth = ClientAuth::from(ClientSecretBasic::new(PLAIN_SECRET));
            ehr.authorize_method(method).client_id(PLAIN_ID).client_auth(auth)
        });
    }
    let app = builder.start();
    if profile == Profile::Secret {
        let callback = app.url("/auth/callback");
        app.sandbox
            .register(SandboxClient::secret(PLAIN_ID, callback, PLAIN_SECRET));
    }
    app
}

fn query(url: &str, name: &str) -> Option<String> {
    let url = Url::parse(url).unwrap();
    url.query_pairs()
        .find(|(key, _)| key == name)
        .map(|(_, value)| value.into_owned())
}

#[actix_web::test]
async fn every_request_of_every_flow_meets_every_assertion() {
    let mut exercised: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    for profile in Profile::ALL {
        for method in [AuthorizeMethod::Get, AuthorizeMethod::Post] {
            let session = Session::run(profile, method).await;
            let requests = session.app.sandbox.received_requests();
            // Two launches with one code exchange and two refreshes each.
            assert_eq!((session.app.exchanges(), session.app.refreshes()), (2, 4));
            for (id, result) in audit(&requests, &session.registration, &session.seen) {
                assert_eq!(result, Ok(()), "{id} for {profile:?} {method:?}");
                exercised.entry(id).or_default().insert(format!("{profile:?}"));
            }
        }
    }
    let all = ["Es384", "Public", "Rs384", "Secret"];
    for (id, applies) in audit::IDS {
        let expected: Vec<&str> = match applies {
            Ids::Everybody => all.to_vec(),
            Ids::Asymmetric => vec!["Es384", "Rs384"],
            Ids::Symmetric => vec!["Secret"],
            Ids::Public => vec!["Public"],
            // Of the client credentials flow, which this crate does not have.
            Ids::BackendServices => Vec::new(),
        };
        let by: Vec<_> = exercised.get(id).into_iter().flatten().map(String::as_str).collect();
        assert_eq!(by, expected, "{id} was not exercised by whom it applies to");
    }
    let known: BTreeSet<_> = audit::IDS.iter().map(|(id, _)| *id).collect();
    assert!(
        exercised.keys().all(|id| known.contains(id)),
        "an id is missing in the table"
    );
}
