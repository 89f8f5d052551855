//! Presets against a sandbox like the vendor's servers: launch kinds × client types, with Inferno's assertions.

use actix_smart_auth::{
    ClientAuth, Quirks,
    options::{AuthorizeMethod, PostedLaunches},
    sandbox::{Endpoint, Jwks, Peculiarity, SandboxClient, Vendor},
    scope::{ScopeVersion, Scopes},
};

use crate::{
    inferno::{PLAIN_ID, PLAIN_SECRET, Pace, Session},
    support::{App, Browser, Profile},
};

#[derive(Debug, Clone, Copy)]
struct Case {
    vendor: Vendor,
    quirks: fn() -> Quirks,
    /// Seconds from one refresh to the next that is due.
    due_every: u64,
}

const EPIC: Case = Case {
    vendor: Vendor::Epic,
    quirks: Quirks::epic,
    due_every: 3_400,
};
const ORACLE_HEALTH: Case = Case {
    vendor: Vendor::OracleHealth,
    quirks: Quirks::oracle_health,
    due_every: 300,
};
const ATHENA_ONE: Case = Case {
    vendor: Vendor::AthenaOne,
    quirks: Quirks::athenahealth,
    due_every: 3_400,
};
const ATHENA_PRACTICE: Case = Case {
    vendor: Vendor::AthenaPractice,
    quirks: Quirks::athenahealth,
    due_every: 3_400,
};

/// One list for all vendors, in v2 and without wildcards.
const SCOPES: &str = "openid fhirUser launch/patient patient/Patient.rs patient/Observation.rs offline_access";
/// What Epic's registration says, v1.
const REGISTERED: [&str; 7] = [
    "openid",
    "fhirUser",
    "launch",
    "launch/patient",
    "patient/Patient.read",
    "patient/Observation.read",
    "offline_access",
];

fn start(case: Case, profile: Profile, quirks: Quirks) -> App {
    let app = App::builder()
        .profile(profile)
        .sandbox(|sandbox| sandbox.like(case.vendor))
        .ehr(move |ehr| {
            let auth = match profile {
                Profile::Secret => ClientAuth::client_secret(PLAIN_SECRET),
                other => other.client_auth(),
            };
            ehr.client_id(PLAIN_ID).client_auth(auth).scopes(SCOPES).quirks(quirks)
        })
        .start();
    let callback = app.url("/auth/callback");
    let client = match profile {
        Profile::Public => SandboxClient::public(PLAIN_ID, callback),
        Profile::Secret => SandboxClient::secret(PLAIN_ID, callback, PLAIN_SECRET),
        Profile::Es384 | Profile::Rs384 => {
            SandboxClient::private_key_jwt(PLAIN_ID, callback, Jwks::Url(app.url("/.well-known/jwks.json")))
        }
    };
    app.sandbox.register(match case.vendor {
        Vendor::Epic => client.scopes(REGISTERED),
        _ => client,
    });
    app
}

async fn passes(case: Case) {
    for profile in Profile::ALL {
        let app = start(case, profile, (case.quirks)());
        // Epic gives refresh tokens to confidential clients only.
        let refreshes = if profile == Profile::Public && case.vendor == Vendor::Epic {
            0
        } else {
            2
        };
        let pace = Pace {
            refreshes,
            every: case.due_every,
        };
        let mut session = Session::new(app, profile, PLAIN_ID).await;
        let standalone = session.app.url("/auth/launch");
        let from_ehr = session.ehr_launch("bruno-fixture", "visit-201");
        for (url, patient) in [(standalone, "amber-testwood"), (from_ehr, "bruno-fixture")] {
            let what = format!("{case:?} {profile:?} {patient}");
            let browser = Browser::new();
            let page = session.launch(&browser, &url, pace).await;
            assert_eq!(browser.get(&page).await.body, format!("patient {patient}"), "{what}");
            let scopes = Scopes::parse(&browser.get(&page.replace("/patient", "/scopes")).await.body);
            let needed = Scopes::parse("patient/Patient.rs patient/Observation.rs");
            assert!(scopes.covers(&needed), "{what}: {scopes}");
            let logout = page.replace("/patient", "/auth/logout");
            assert_eq!(browser.post(&logout).await.status, 200, "{what}");
            assert_eq!(browser.get(&page).await.status, 401, "{what}");
        }
        let (exchanges, sent) = (session.app.exchanges(), session.app.refreshes());
        assert_eq!((exchanges, sent), (2, 2 * refreshes), "{case:?} {profile:?}");
        session.holds(&format!("{case:?} {profile:?}"));
    }
}

#[actix_web::test]
async fn epic_passes_in_every_launch_kind_with_every_client_type() {
    passes(EPIC).await;
}

#[actix_web::test]
async fn oracle_health_passes_in_every_launch_kind_with_every_client_type() {
    passes(ORACLE_HEALTH).await;
}

#[actix_web::test]
async fn athena_one_passes_in_every_launch_kind_with_every_client_type() {
    passes(ATHENA_ONE).await;
}

#[actix_web::test]
async fn athena_practice_passes_in_every_launch_kind_with_every_client_type() {
    passes(ATHENA_PRACTICE).await;
}

/// The sandbox is peculiar enough to need the preset. Only athenaOne needs none of it.
#[actix_web::test]
async fn without_its_preset_no_vendor_is_met() {
    let launched = async |case: Case| {
        let app = start(case, Profile::Secret, Quirks::none());
        let page = Browser::new().navigate(&app.url("/auth/launch")).await;
        (app, page)
    };
    let (_, epic) = launched(EPIC).await;
    assert!(epic.url.contains("/other-clients/"), "{}", epic.url);
    let (oracle, page) = launched(ORACLE_HEALTH).await;
    assert_eq!(page.status, 200, "nobody is told: {}", page.body);
    let granted = oracle.sandbox.grants()[0].scope.clone();
    assert_eq!(granted, "openid fhirUser launch/patient offline_access");
    let (_, practice) = launched(ATHENA_PRACTICE).await;
    assert!(practice.body.contains("method=\"post\""), "{}", practice.body);
    let (_, one) = launched(ATHENA_ONE).await;
    assert_eq!(one.body, "patient amber-testwood");
}

/// What the documentation recommends for an EHR that leaves scopes out without a word.
#[actix_web::test]
async fn scopes_that_oracle_health_drops_are_noticed_at_the_launch_where_they_are_required() {
    let start = |quirks: Quirks| {
        App::builder()
            .sandbox(|sandbox| sandbox.like(Vendor::OracleHealth))
            .ehr(move |ehr| {
                ehr.scopes(SCOPES)
                    .required_scopes("patient/Observation.rs")
                    .quirks(quirks)
            })
            .start()
    };
    let refused = start(Quirks::none());
    let page = Browser::new().navigate(&refused.url("/auth/launch")).await;
    assert_eq!(page.status, 403, "{}", page.body);
    assert!(page.body.contains("Observation"), "{}", page.body);

    let granted = start(Quirks::oracle_health());
    let page = Browser::new().navigate(&granted.url("/auth/launch")).await;
    assert_eq!(page.body, "patient amber-testwood");
}

/// Many scopes, so that the address of the authorization request is too long for a redirect.
fn many_scopes() -> String {
    let many =
        (0..60).map(|number| format!(" patient/Observation.rs?category=http://example.org/categories|number-{number}"));
    many.fold(SCOPES.to_owned(), |all, scope| all + &scope)
}

#[actix_web::test]
async fn epic_gets_a_post_in_launches_that_it_began_only_however_long_the_request_is() {
    for method in [AuthorizeMethod::Auto, AuthorizeMethod::Post] {
        for (quirks, standalone) in [
            (Quirks::epic(), Some("GET")),
            (Quirks::epic().posted_launches(PostedLaunches::Every), None),
        ] {
            let app = App::builder()
                .sandbox(|sandbox| sandbox.like(Vendor::Epic))
                .ehr(move |ehr| {
                    let auth = ClientAuth::client_secret(PLAIN_SECRET);
                    let ehr = ehr.client_id(PLAIN_ID).client_auth(auth).scopes(many_scopes());
                    ehr.authorize_method(method).quirks(quirks)
                })
                .start();
            let client = SandboxClient::secret(PLAIN_ID, app.url("/auth/callback"), PLAIN_SECRET);
            app.sandbox.register(client.scopes(REGISTERED));
            let first_authorization = async |url: String| {
                app.sandbox.clear_received_requests();
                let page = Browser::new().open(&url).await;
                let requests = app.sandbox.received_requests();
                let first = requests
                    .into_iter()
                    .find(|it| it.endpoint == Endpoint::Authorize)
                    .unwrap();
                (first.method, first.status, page.status)
            };
            let from_ehr = first_authorization(app.ehr_launch_url("bruno-fixture", None)).await;
            assert_eq!(from_ehr, ("POST".to_owned(), Some(302), 200), "{method:?}");
            let from_application = first_authorization(app.url("/auth/launch")).await;
            match standalone {
                Some(get) => assert_eq!(from_application, (get.to_owned(), Some(302), 200), "{method:?}"),
                None => assert_eq!(from_application.1, Some(400), "{method:?}: {from_application:?}"),
            }
        }
    }
}

#[actix_web::test]
async fn an_application_that_oracle_health_knows_as_v2_says_so_on_top_of_the_preset() {
    let quirks = Quirks::oracle_health().scope_version(ScopeVersion::V2);
    let app = App::builder()
        .sandbox(|sandbox| {
            sandbox
                .peculiarity(Peculiarity::OnlyScopesOfVersion2)
                .peculiarity(Peculiarity::ScopesDropped)
        })
        .ehr(move |ehr| {
            ehr.scopes(SCOPES)
                .required_scopes("patient/Observation.rs")
                .quirks(quirks)
        })
        .start();
    let page = Browser::new().navigate(&app.url("/auth/launch")).await;
    assert_eq!(page.body, "patient amber-testwood");
}
