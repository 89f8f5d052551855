//! Presets against a sandbox like the vendor's servers: launch kinds × client types, with Inferno's assertions.

use actix_smart_auth::{
    ClientAuth, Quirks,
    sandbox::{Jwks, Peculiarity, SandboxClient, Vendor},
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
const ATHENAHEALTH: Case = Case {
    vendor: Vendor::Athenahealth,
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
async fn athenahealth_passes_in_every_launch_kind_with_every_client_type() {
    passes(ATHENAHEALTH).await;
}

/// The sandbox is peculiar enough to need the preset.
#[actix_web::test]
async fn without_its_preset_no_vendor_is_met() {
    let launched = async |case: Case| {
        let app = start(case, Profile::Secret, Quirks::none());
        Browser::new().navigate(&app.url("/auth/launch")).await
    };
    let epic = launched(EPIC).await;
    assert!(epic.url.contains("/other-clients/"), "{}", epic.url);
    let oracle = launched(ORACLE_HEALTH).await;
    assert_eq!(oracle.status, 502);
    assert!(oracle.body.contains("invalid_scope"), "{}", oracle.body);
    let athenahealth = launched(ATHENAHEALTH).await;
    assert!(athenahealth.body.contains("method=\"post\""), "{}", athenahealth.body);
}

#[actix_web::test]
async fn an_application_that_oracle_health_knows_as_v2_says_so_on_top_of_the_preset() {
    let quirks = Quirks::oracle_health().scope_version(ScopeVersion::V2);
    let app = App::builder()
        .sandbox(|sandbox| sandbox.peculiarity(Peculiarity::OnlyScopesOfVersion2))
        .ehr(move |ehr| ehr.scopes(SCOPES).quirks(quirks))
        .start();
    let page = Browser::new().navigate(&app.url("/auth/launch")).await;
    assert_eq!(page.body, "patient amber-testwood");
}
