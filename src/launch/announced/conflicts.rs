//! Who is refused for claiming another one's sign-in: what a look through all of them would find.

use std::{collections::HashMap, sync::Mutex, time::Duration};

use proptest::{collection::vec, option, prelude::*};
use serde_json::{Value, json};

use super::*;
use crate::{
    EhrBuilder, SmartConfig,
    fuzz::generate::config,
    protocol::http::{HttpRequest, HttpResponse},
    resolver::{EhrResolver, ResolveFuture},
    time::{ManualClock, Timestamp},
    transport::{AddressEnforcement, HttpTransport, TransportFuture},
};

/// EHRs, pages and hosts for tokens are numbered.
type Number = usize;

const EHRS: Number = 5;

#[derive(Debug, Clone)]
enum Step {
    /// An EHR has other metadata, or none: issuer, page and token endpoint.
    Says(Number, Option<(Number, Number, Option<Number>)>),
    /// Its metadata is asked for when it is no longer fresh.
    Fetch(Number),
    ForgetMetadata(Number),
    /// It is put into the configuration, perhaps with endpoints of its own: page and token endpoint.
    Put(Number, Option<(Number, Number)>),
    Remove(Number),
    /// The resolver knows it so, or not at all.
    Resolver(Number, Option<Option<(Number, Number)>>),
    Find(Number),
    ForgetResolved(Number),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let own = || option::of((0..3_usize, 0..2_usize));
    let says = option::weighted(0.9, (0..3_usize, 0..3_usize, option::weighted(0.9, 0..2_usize)));
    let step = prop_oneof![
        3 => (0..EHRS, says).prop_map(|(ehr, says)| Step::Says(ehr, says)),
        6 => (0..EHRS).prop_map(Step::Fetch),
        1 => (0..EHRS).prop_map(Step::ForgetMetadata),
        3 => (0..EHRS, own()).prop_map(|(ehr, own)| Step::Put(ehr, own)),
        1 => (0..EHRS).prop_map(Step::Remove),
        3 => (0..EHRS, option::weighted(0.8, own())).prop_map(|(ehr, own)| Step::Resolver(ehr, own)),
        3 => (0..EHRS).prop_map(Step::Find),
        1 => (0..EHRS).prop_map(Step::ForgetResolved),
    ];
    vec(step, 1..40)
}

fn base(ehr: Number) -> String {
    format!("https://{ehr}.example/fhir")
}

/// Two spellings of each.
fn page(page: Number) -> String {
    match page {
        2 => "HTTPS://page-1.example:443/authorize".to_owned(),
        page => format!("https://page-{page}.example/authorize"),
    }
}

/// Those of the first are at home with a page.
fn token(host: Number) -> String {
    match host {
        0 => "https://page-1.example/token".to_owned(),
        host => format!("https://token-{host}.example/token"),
    }
}

fn registration(ehr: Number, own: Option<(Number, Number)>) -> EhrBuilder {
    let ehr = Ehr::builder(base(ehr))
        .client_id("app")
        .redirect_uri("https://app.example/auth/callback")
        .scopes("launch/patient");
    match own {
        Some((own_page, own_token)) => ehr.endpoints(page(own_page), token(own_token)),
        None => ehr,
    }
}

/// What EHRs and the resolver say at the moment.
#[derive(Debug, Clone, Default)]
struct World {
    metadata: Arc<Mutex<HashMap<String, Value>>>,
    registry: Arc<Mutex<HashMap<String, EhrBuilder>>>,
}

impl HttpTransport for World {
    fn send(&self, request: HttpRequest) -> TransportFuture<'_> {
        let host = request.url.host_str().unwrap_or_default();
        let answer = match self.metadata.lock().unwrap().get(host) {
            Some(metadata) => HttpResponse::new(200, Vec::new(), metadata.to_string().into_bytes()),
            None => HttpResponse::new(404, Vec::new(), Vec::new()),
        };
        Box::pin(std::future::ready(Ok(answer)))
    }

    fn addresses(&self) -> AddressEnforcement {
        AddressEnforcement::Enforced
    }
}

impl EhrResolver for World {
    fn resolve<'a>(&'a self, asked: &'a FhirBaseUrl) -> ResolveFuture<'a, Option<EhrBuilder>> {
        let known = self.registry.lock().unwrap().get(asked.normalized()).cloned();
        Box::pin(std::future::ready(Ok(known)))
    }
}

impl World {
    async fn take(&self, step: Step, config: &SmartConfig, clock: &ManualClock) {
        let runtime = config.runtime();
        match step {
            Step::Says(ehr, says) => {
                let mut metadata = self.metadata.lock().unwrap();
                let host = format!("{ehr}.example");
                match says {
                    Some((issuer, own_page, own_token)) => metadata.insert(
                        host,
                        json!({
                            "issuer": format!("https://issuer-{issuer}.example"),
                            "authorization_endpoint": page(own_page),
                            "token_endpoint": own_token.map(token),
                        }),
                    ),
                    None => metadata.remove(&host),
                };
            }
            Step::Fetch(ehr) => {
                clock.advance(Duration::from_secs(2 * 60 * 60));
                for known in runtime.registrations.known_at(&base(ehr)) {
                    drop(runtime.metadata_of(&known).await);
                }
            }
            Step::ForgetMetadata(ehr) => runtime.forget_metadata(&base(ehr)),
            Step::Put(ehr, own) => drop(runtime.registrations.put(registration(ehr, own)).unwrap()),
            Step::Remove(ehr) => {
                runtime.registrations.remove(&base(ehr));
            }
            Step::Resolver(ehr, known) => {
                let mut registry = self.registry.lock().unwrap();
                match known {
                    Some(own) => registry.insert(base(ehr), registration(ehr, own)),
                    None => registry.remove(&base(ehr)),
                };
            }
            Step::Find(ehr) => drop(runtime.ehr(&base(ehr)).await),
            Step::ForgetResolved(ehr) => runtime.registrations.forget(&base(ehr)),
        }
    }
}

/// All with the same sign-in whose codes go elsewhere, each compared with each: those of the configuration first, in their order.
fn looked_through(runtime: &Runtime, ehr: &Ehr, metadata: &ServerMetadata) -> Vec<String> {
    let Some(token) = metadata.token_endpoint().map(|token| token.url().origin()) else {
        return Vec::new();
    };
    let is_elsewhere = |other: Option<&EndpointUrl>| other.is_some_and(|other| other.url().origin() != token);
    let page = metadata.authorization_endpoint().map(EndpointUrl::url);
    let is_same_page = |other: Option<&EndpointUrl>| {
        other.is_some() && other.map(EndpointUrl::url) == page && page.is_some_and(|page| page.origin() != token)
    };
    let conflicts = |other: &Ehr| {
        let configured = other
            .endpoints()
            .is_some_and(|own| is_same_page(Some(&own.authorization)) && is_elsewhere(Some(&own.token)));
        let announced = runtime.known_metadata_of(other).is_some_and(|other| {
            let is_same_issuer = other.issuer().is_some() && other.issuer() == metadata.issuer();
            (is_same_issuer || is_same_page(other.authorization_endpoint())) && is_elsewhere(other.token_endpoint())
        });
        configured || announced
    };
    let others = runtime.registrations.all_known().into_iter();
    others
        .filter(|other| other.key() != ehr.key() && conflicts(other))
        .map(|other| other.key().to_owned())
        .collect()
}

fn compare(runtime: &Runtime) -> Result<(), TestCaseError> {
    let listed: Vec<_> = runtime
        .registrations
        .listed()
        .iter()
        .map(|ehr| ehr.key().to_owned())
        .collect();
    for ehr in runtime.registrations.all_known() {
        let Some(metadata) = runtime.known_metadata_of(&ehr) else {
            continue;
        };
        let all = looked_through(runtime, &ehr, &metadata);
        let found = conflicting(runtime, &ehr, &metadata).map(|other| other.key().to_owned());
        match found {
            // Those that the resolver gave are in no order.
            Some(found) if all.first().is_none_or(|first| !listed.contains(first)) => {
                prop_assert!(all.contains(&found))
            }
            found => prop_assert_eq!(found.as_ref(), all.first()),
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn what_is_noted_of_sign_ins_finds_what_a_look_through_all_would(steps in steps()) {
        let (world, clock) = (World::default(), ManualClock::new(Timestamp::from_millis(1_800_000_000_000)));
        let config = SmartConfig::builder()
            .ehr(registration(0, None))
            .ehr_resolver(world.clone())
            .transport(world.clone())
            .clock(clock.clone())
            .build()
            .unwrap();
        tests::block_on(async {
            for step in steps {
                world.take(step, &config, &clock).await;
                compare(config.runtime())?;
            }
            Ok::<_, TestCaseError>(())
        })?;
    }
}

/// The configuration of one EHR at the first page, and of another one that says this of itself.
async fn begun_beside(own: (Number, Number), says: (&str, &str)) -> Result<(), StartError> {
    let world = World::default();
    let (says_page, says_token) = says;
    let metadata = json!({
        "authorization_endpoint": says_page,
        "token_endpoint": says_token,
        "code_challenge_methods_supported": ["S256"],
    });
    world.metadata.lock().unwrap().insert("1.example".to_owned(), metadata);
    let builder = SmartConfig::builder().transport(world);
    let config = builder
        .ehr(registration(0, Some(own)))
        .ehr(registration(1, None))
        .build()
        .unwrap();
    announced(config.runtime(), &config.ehrs()[1]).await.map(drop)
}

#[tokio::test]
async fn another_spelling_of_a_page_is_the_same_page() {
    for own_page in [
        page(1),
        page(2),
        "https://PAGE-1.example/authorize".to_owned(),
        "https://page-1.example/authorize?x=1".to_owned(),
    ] {
        let begun = begun_beside((1, 0), (&own_page, "https://thief.example/token")).await;
        let conflict = matches!(begun, Err(StartError::Conflict { other }) if other == base(0));
        assert!(conflict, "{own_page}");
        begun_beside((1, 0), (&own_page, &token(0))).await.unwrap();
    }
    begun_beside((1, 0), (&page(0), "https://thief.example/token"))
        .await
        .unwrap();
}

/// Who has such a page and another host for codes is refused, whoever came first.
#[tokio::test]
async fn nobody_is_kept_out_of_an_ehr_by_another_one_that_claims_its_sign_in() {
    begun_beside((1, 1), (&page(1), &token(0))).await.unwrap();
    let begun = begun_beside((1, 1), (&page(1), "https://thief.example/token")).await;
    assert!(matches!(begun, Err(StartError::Conflict { other }) if other == base(0)));
}
