//! What Inferno's client suite would say about every request of every flow, by the ids of its assertions.

mod audit;
mod backend;
mod broken;

use std::collections::{BTreeMap, BTreeSet};

use actix_smart_auth::{ClientAuth, ClientSecretBasic, options::AuthorizeMethod, sandbox::SandboxClient};
use url::Url;

use crate::support::{App, AppBuilder, Browser, CLIENT_ID, Profile};
use audit::{Authentication, Ids, Registration, Seen, audit};

/// BA-1 compares the header with the *raw* id and secret, while RFC 6749 (section 2.3.1) and this crate's default
/// form-encode both first. They agree on plain characters, so the clients with a secret have plain ones here.
pub const PLAIN_ID: &str = "plain-app_1.0";
pub const PLAIN_SECRET: &str = "plain-s3cret_1.00";

/// One application with its flows done, and what an auditor has to know about it.
pub struct Session {
    pub app: App,
    registration: Registration,
    seen: Seen,
}

/// The refreshes of a launch.
#[derive(Clone, Copy)]
pub struct Pace {
    pub refreshes: usize,
    /// Seconds from one to the next.
    pub every: u64,
}

impl Session {
    /// Nothing done yet.
    pub async fn new(app: App, profile: Profile, client_id: &str) -> Self {
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
        Self {
            app,
            registration,
            seen: Seen::default(),
        }
    }

    /// Standalone and from the EHR, each with two refreshes.
    async fn run(profile: Profile, method: AuthorizeMethod) -> Self {
        let client_id = if profile == Profile::Secret {
            PLAIN_ID
        } else {
            CLIENT_ID
        };
        let mut session = Self::new(start(profile, method), profile, client_id).await;
        let pace = Pace {
            refreshes: 2,
            every: 3_400,
        };
        let standalone = session.app.url("/auth/launch");
        let from_ehr = session.ehr_launch("bruno-fixture", "visit-201");
        for url in [standalone, from_ehr] {
            session.launch(&Browser::new(), &url, pace).await;
        }
        session
    }

    /// The address of a launch from the EHR.
    pub fn ehr_launch(&mut self, patient: &str, encounter: &str) -> String {
        let url = self.app.ehr_launch_url(patient, Some(encounter));
        self.seen.launches.push(query(&url, "launch").unwrap());
        url
    }

    /// Launches and refreshes; gives back the address of the landing page.
    pub async fn launch(&mut self, browser: &Browser, url: &str, pace: Pace) -> String {
        let app = &self.app;
        let first = browser.get(url).await;
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
        for _ in 0..pace.refreshes {
            let token = browser.get(&format!("{launch}/refresh-token")).await.body;
            self.seen.refresh_tokens.insert(token);
            app.advance(pace.every);
            assert_eq!(browser.get(&page.url).await.status, 200);
        }
        page.url
    }

    /// Fails when a request broke an assertion. Gives back the ids of those that were looked at.
    pub fn holds(&self, what: &str) -> BTreeSet<&'static str> {
        let requests = self.app.sandbox.received_requests();
        let findings = audit(&requests, &self.registration, &self.seen);
        let check = |(id, result): (&'static str, Result<(), String>)| {
            assert_eq!(result, Ok(()), "{id} for {what}");
            id
        };
        findings.into_iter().map(check).collect()
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
            // Two launches with one code exchange and two refreshes each.
            assert_eq!((session.app.exchanges(), session.app.refreshes()), (2, 4));
            for id in session.holds(&format!("{profile:?} {method:?}")) {
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
            // They are in `backend`.
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
