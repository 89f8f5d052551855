//! A resolver that misbehaves, and strangers who ask it for whatever they can think of.

use std::sync::Condvar;

use super::*;
use crate::transport::captured_logs::capture_logs;

/// Knows NORTH, and what it does when it is asked for anything else.
#[derive(Debug, Clone, Default)]
struct Guest(Arc<Inside>);

#[derive(Debug, Default)]
struct Inside {
    asked: AtomicUsize,
    /// Whether NORTH is asked for in vain too.
    ill: AtomicBool,
    way: Mutex<Way>,
    blocked: Mutex<bool>,
    released: Condvar,
}

#[derive(Debug, Clone, Copy, Default, PartialEq)]
enum Way {
    #[default]
    SaysNone,
    PanicsAtOnce,
    PanicsLater,
    Hangs,
    Blocks,
}

impl Guest {
    fn is(&self, way: Way) {
        *self.0.way.lock().unwrap() = way;
        *self.0.blocked.lock().unwrap() = way == Way::Blocks;
        self.0.released.notify_all();
    }

    fn asked(&self) -> usize {
        self.0.asked.load(Ordering::SeqCst)
    }
}

impl EhrResolver for Guest {
    fn resolve<'a>(&'a self, asked: &'a FhirBaseUrl) -> ResolveFuture<'a, Option<EhrBuilder>> {
        self.0.asked.fetch_add(1, Ordering::SeqCst);
        if asked.normalized() == NORTH && !self.0.ill.load(Ordering::SeqCst) {
            let ehr = Ehr::builder(NORTH).client_id("north").scopes("openid patient/*.rs");
            return Box::pin(async { Ok(Some(ehr)) });
        }
        let way = *self.0.way.lock().unwrap();
        match way {
            Way::PanicsAtOnce => panic!("as intended"),
            Way::Blocks => {
                let blocked = self.0.blocked.lock().unwrap();
                drop(self.0.released.wait_while(blocked, |blocked| *blocked).unwrap());
            }
            Way::SaysNone | Way::PanicsLater | Way::Hangs => {}
        }
        Box::pin(async move {
            match way {
                Way::PanicsLater => panic!("as intended"),
                Way::Hangs => std::future::pending().await,
                Way::SaysNone | Way::PanicsAtOnce | Way::Blocks => Ok(None),
            }
        })
    }

    fn choices<'a>(&'a self, _: &'a str, _: usize) -> ResolveFuture<'a, Vec<EhrChoice>> {
        let way = *self.0.way.lock().unwrap();
        assert_ne!(way, Way::PanicsAtOnce, "as intended");
        Box::pin(async move { Ok(Vec::new()) })
    }
}

fn with(guest: &Guest) -> (SmartConfig, ManualClock) {
    let clock = ManualClock::new(Timestamp::from_millis(1_800_000_000_000));
    let builder = SmartConfig::builder()
        .redirect_uri(REDIRECT_URI)
        .ehr_resolver(guest.clone())
        .clock(clock.clone());
    (builder.build().unwrap(), clock)
}

fn invented(n: usize) -> String {
    format!("https://invented-{n}.example/fhir")
}

#[test]
fn a_resolver_that_panics_is_one_that_fails() {
    for way in [Way::PanicsAtOnce, Way::PanicsLater] {
        let guest = Guest::default();
        let (config, clock) = with(&guest);
        find(&config, NORTH).unwrap();
        guest.is(way);
        assert_eq!(find(&config, &invented(1)), Err(EhrLookupError::Unavailable), "{way:?}");
        guest.0.ill.store(true, Ordering::SeqCst);
        clock.advance(Duration::from_secs(300));
        assert_eq!(find(&config, NORTH), Ok(NORTH.to_owned()), "{way:?}: what it said last");
        assert_eq!(guest.asked(), 3);
    }
    let guest = Guest::default();
    let (config, _) = with(&guest);
    guest.is(Way::PanicsAtOnce);
    let choices = block_on(
        config
            .runtime()
            .registrations
            .choices("", 20, std::future::ready(HashMap::new())),
    );
    assert_eq!(choices.unwrap_err(), EhrLookupError::Unavailable);
}

#[test]
fn where_the_function_of_a_brand_directory_panics_no_resolver_is_said_not_to_list_its_ehrs() {
    let bundle = r#"{"resourceType":"Bundle","type":"collection","entry":[
        {"fullUrl":"https://v.example/Endpoint/e","resource":{"resourceType":"Endpoint","id":"e","status":"active",
         "address":"https://north.example/fhir","connectionType":{"code":"hl7-fhir-rest"}}},
        {"fullUrl":"https://v.example/Organization/o","resource":{"resourceType":"Organization","id":"o","active":true,"name":"North",
         "extension":[{"url":"http://hl7.org/fhir/StructureDefinition/organization-portal","extension":[
         {"url":"portalEndpoint","valueReference":{"reference":"Endpoint/e"}}]}]}}]}"#;
    // Nobody listens at the address: the copy is what there is.
    let directory = BrandDirectory::new("http://127.0.0.1:9/brands", |_| panic!("as intended"));
    let directory = directory.starting_with(bundle.as_bytes()).unwrap();
    let config = SmartConfig::builder()
        .redirect_uri(REDIRECT_URI)
        .ehr_resolver(Guest::default())
        .brands(directory)
        .build()
        .unwrap();
    let logs = capture_logs(tracing::Level::ERROR, || {
        let names = std::future::ready(HashMap::new());
        let choices = block_on(config.runtime().registrations.choices("", 20, names));
        assert_eq!(choices.unwrap_err(), EhrLookupError::Unavailable);
    });
    let line = "the function of the `BrandDirectory` did not list the EHRs to choose from";
    assert!(logs.contains(line) && logs.contains("it panicked"), "{logs}");
    assert!(!logs.contains("the resolver"), "{logs}");
}

/// One EHR whose calls block takes one turn, however often it is asked for.
fn not_asked_again_while_it_blocks(guest: &Guest, config: &SmartConfig, clock: &ManualClock) {
    let asked = guest.asked();
    let line = "1 calls run, and 1 of them are past their time and block their threads";
    let mut logs = String::new();
    // Each question is a line: ten in five rounds. On a busy machine it may take more. A known EHR is waited for half a
    // second only; a question that outlasts that is joined in the next round. And the lines of one place are counted anew
    // after ten seconds. So lines are counted here, not rounds.
    let began = Instant::now();
    while logs.matches(line).count() < 10 {
        assert!(began.elapsed() < Duration::from_secs(30), "{logs}");
        logs += &capture_logs(tracing::Level::ERROR, || {
            let start = Instant::now();
            clock.advance(Duration::from_secs(300));
            assert_eq!(find(config, NORTH), Ok(NORTH.to_owned()));
            assert_eq!(find(config, &invented(1)), Err(EhrLookupError::Unavailable));
            let took = start.elapsed();
            assert!(took < Duration::from_secs(5), "{took:?}");
        });
    }
    assert_eq!(guest.asked(), asked);
    assert!(!logs.contains("did not answer"), "{logs}");
    guest.is(Way::SaysNone);
    block_on(eventually("it is asked again when its call has ended", || {
        clock.advance(Duration::from_secs(300));
        find_on_a_thread(config, &invented(1)) == Err(EhrLookupError::NotRegistered)
    }));
}

/// As [`find`], from inside of a runtime.
fn find_on_a_thread(config: &SmartConfig, iss: &str) -> Result<String, EhrLookupError> {
    std::thread::scope(|scope| scope.spawn(|| find(config, iss)).join().unwrap())
}

#[test]
fn a_known_ehr_is_waited_for_shortly_and_once_and_the_late_answer_counts() {
    for way in [Way::Hangs, Way::Blocks] {
        let guest = Guest::default();
        let (config, clock) = with(&guest);
        find(&config, NORTH).unwrap();
        guest.is(way);
        guest.0.ill.store(true, Ordering::SeqCst);
        clock.advance(Duration::from_secs(300));
        let start = Instant::now();
        for _ in 0..20 {
            assert_eq!(find(&config, NORTH), Ok(NORTH.to_owned()), "{way:?}");
        }
        let took = start.elapsed();
        assert!(took < Duration::from_secs(4), "{way:?}: {took:?}");
        assert_eq!(guest.asked(), 2);
        guest.is(Way::SaysNone);
        if way == Way::Blocks {
            let gone = || config.runtime().registrations.known(NORTH).is_none();
            block_on(eventually("its answer is noted", gone));
        }
    }
}

/// At once, as all of this takes the ten seconds that a resolver has.
#[test]
fn one_that_hangs_or_blocks_is_one_that_fails_when_its_time_is_over() {
    let all = [Way::Hangs, Way::Blocks].map(|way| {
        std::thread::spawn(move || {
            let guest = Guest::default();
            let (config, clock) = with(&guest);
            find(&config, NORTH).unwrap();
            guest.is(way);
            guest.0.ill.store(true, Ordering::SeqCst);
            clock.advance(Duration::from_secs(300));
            let (new, known) = block_on(async {
                let start = Instant::now();
                let (runtime, stranger) = (config.runtime(), invented(1));
                // Time goes on while it does not answer.
                let time = async {
                    tokio::time::sleep(Duration::from_secs(5)).await;
                    clock.advance(Duration::from_secs(10));
                };
                let (new, known, ()) = tokio::join!(runtime.ehr(&stranger), runtime.ehr_of_record(NORTH), time);
                let took = start.elapsed();
                assert!(took < Duration::from_secs(60), "{took:?}");
                (new, known)
            });
            assert_eq!(new.unwrap_err(), EhrLookupError::Unavailable, "{way:?}");
            assert_eq!(known.unwrap().key(), NORTH, "{way:?}: what it said last");
            // Left alone now.
            assert_eq!(find(&config, &invented(1)), Err(EhrLookupError::Unavailable));
            assert_eq!(find(&config, NORTH), Ok(NORTH.to_owned()));
            assert_eq!(guest.asked(), 3);
            if way == Way::Blocks {
                not_asked_again_while_it_blocks(&guest, &config, &clock);
            }
            guest.is(Way::SaysNone);
        })
    });
    for one in all {
        one.join().unwrap();
    }
}

#[test]
fn invented_addresses_push_out_no_registration() {
    let guest = Guest::default();
    let (config, _) = with(&guest);
    find(&config, NORTH).unwrap();
    block_on(async {
        for n in 0..3_000 {
            let none = config.runtime().ehr(&invented(n)).await;
            assert_eq!(none.unwrap_err(), EhrLookupError::NotRegistered);
        }
    });
    assert_eq!(guest.asked(), 3_001);
    find(&config, NORTH).unwrap();
    assert_eq!(guest.asked(), 3_001, "it is remembered");
    assert!(config.runtime().registrations.known(NORTH).is_some());
    assert_eq!(config.runtime().registrations.all_known().len(), 1);
}

/// Nor one whose answer is not believed any more, and which nobody has asked for meanwhile.
#[test]
fn invented_addresses_push_out_no_registration_that_serves_launches() {
    let guest = Guest::default();
    let (config, clock) = with(&guest);
    find(&config, NORTH).unwrap();
    clock.advance(Duration::from_secs(300));
    block_on(async {
        for n in 0..10_001 {
            let none = config.runtime().ehr(&invented(n)).await;
            assert_eq!(none.unwrap_err(), EhrLookupError::NotRegistered);
        }
    });
    assert!(config.runtime().registrations.known(NORTH).is_some());
    guest.is(Way::PanicsAtOnce);
    guest.0.ill.store(true, Ordering::SeqCst);
    assert_eq!(find(&config, NORTH), Ok(NORTH.to_owned()), "what it said last");
}

#[test]
fn the_questions_of_strangers_are_bounded_and_keep_nobody_else_waiting() {
    let guest = Guest::default();
    let (config, clock) = with(&guest);
    find(&config, NORTH).unwrap();
    guest.is(Way::Blocks);
    let mut refused = 0;
    let logs = capture_logs(tracing::Level::ERROR, || {
        block_on(async {
            let asking: Vec<_> = (0..3_000)
                .map(|n| {
                    let runtime = Arc::clone(config.runtime());
                    tokio::spawn(async move { runtime.ehr(&invented(n)).await })
                })
                .collect();
            // Those that are not refused run or wait: 32 and 64.
            while asking.iter().filter(|it| it.is_finished()).count() < 3_000 - 96 {
                tokio::task::yield_now().await;
            }
            // Its answer is not believed any more, so the resolver is asked in the middle of all that.
            clock.advance(Duration::from_secs(300));
            let asked = guest.asked();
            assert!(asked <= 1 + 32, "{asked}");
            for known in [
                config.runtime().ehr(NORTH).await,
                config.runtime().ehr_of_record(NORTH).await,
            ] {
                assert_eq!(known.unwrap().client_id(), "north");
            }
            // A launch of which this process has seen nothing yet.
            config.forget_resolved(NORTH);
            assert_eq!(
                config.runtime().ehr_of_record(NORTH).await.unwrap().client_id(),
                "north"
            );
            // Whoever had it forgotten knows it: it is no stranger's.
            config.forget_resolved(NORTH);
            assert_eq!(config.runtime().ehr(NORTH).await.unwrap().client_id(), "north");
            guest.is(Way::SaysNone);
            for one in asking {
                match one.await.unwrap().unwrap_err() {
                    EhrLookupError::Unavailable => refused += 1,
                    EhrLookupError::NotRegistered => {}
                    other => panic!("{other}"),
                }
            }
        });
    });
    assert_eq!(refused, 3_000 - 96);
    let line = "the resolver of EHR registrations is asked for more addresses at once than it answers";
    // Ten a minute, for all tests of this process.
    assert!(logs.matches(line).count() <= 10, "{logs}");
}

#[test]
fn who_was_turned_away_may_ask_again_at_once() {
    let guest = Guest::default();
    let (config, _) = with(&guest);
    guest.is(Way::Blocks);
    block_on(async {
        let ask = |n| {
            let runtime = Arc::clone(config.runtime());
            tokio::spawn(async move { runtime.ehr(&invented(n)).await })
        };
        let asking: Vec<_> = (0..96).map(ask).collect();
        while guest.asked() < 32 {
            tokio::task::yield_now().await;
        }
        assert_eq!(ask(1_000).await.unwrap().unwrap_err(), EhrLookupError::Unavailable);
        guest.is(Way::SaysNone);
        for one in asking {
            assert_eq!(one.await.unwrap().unwrap_err(), EhrLookupError::NotRegistered);
        }
        assert_eq!(ask(1_000).await.unwrap().unwrap_err(), EhrLookupError::NotRegistered);
    });
}

#[test]
fn that_strangers_had_no_answer_is_not_believed_of_an_ehr_that_a_launch_needs() {
    let guest = Guest::default();
    let (config, _) = with(&guest);
    guest.is(Way::PanicsAtOnce);
    guest.0.ill.store(true, Ordering::SeqCst);
    assert_eq!(find(&config, NORTH), Err(EhrLookupError::Unavailable));
    guest.0.ill.store(false, Ordering::SeqCst);
    assert_eq!(find(&config, NORTH), Err(EhrLookupError::Unavailable), "left alone");
    let launch = block_on(config.runtime().ehr_of_record(NORTH));
    assert_eq!(launch.unwrap().client_id(), "north");
    assert_eq!(find(&config, NORTH), Ok(NORTH.to_owned()));

    // What a launch was told holds for strangers too.
    guest.is(Way::SaysNone);
    assert_eq!(find(&config, &invented(1)), Err(EhrLookupError::NotRegistered));
    let asked = guest.asked();
    let launch = block_on(config.runtime().ehr_of_record(&invented(1)));
    assert_eq!(launch.unwrap_err(), EhrLookupError::NotRegistered);
    assert_eq!(guest.asked(), asked, "that there is none is believed");
}
