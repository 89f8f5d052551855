//! What every backend must do, as a suite that a third party can run on its own.
//!
//! [`run`] runs all of it and says which claims failed; each claim is also a function of its own, to be run alone.
//! Keys are random, so the store need not be empty, nor private to the test.
//!
//! # Examples
//!
//! ```
//! use actix_smart_auth::store::{MemoryStore, acceptance};
//!
//! // In a test: `#[tokio::test(flavor = "multi_thread")]`, as on one thread nothing ever races.
//! # tokio::runtime::Builder::new_multi_thread().build().unwrap().block_on(async {
//! acceptance::run(|clock| MemoryStore::new().timed_by(clock)).await;
//! # });
//! ```
#![expect(
    clippy::panic,
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test suite: it reports by panicking"
)]

pub mod handing_out;
pub mod launches;
pub mod leases;
pub mod listing;
pub mod memos;
pub mod model;
pub mod pending;
pub mod races;
pub mod sample;
mod subject;
pub mod time;
pub mod values;

pub use self::subject::Subject;

use std::{fmt::Debug, future::Future, pin::Pin, time::Duration};

use crate::{
    store::{
        CallbackOutcome, Claim, EndReason, EndedLaunch, LaunchKey, LaunchUse, LoadedLaunch, StoreError, StoreRules,
        TokenStoreBackend, Version,
    },
    time::{ManualClock, Timestamp},
};

/// One claim about a backend.
#[derive(Clone, Copy)]
pub struct Case {
    /// The claim.
    pub name: &'static str,
    /// The proof. Panics when the claim does not hold.
    pub run: fn(Subject) -> Pin<Box<dyn Future<Output = ()> + Send>>,
}

impl Debug for Case {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Case").field(&self.name).finish()
    }
}

macro_rules! cases {
    ($($module:ident { $($name:ident)+ })+) => {
        /// All claims.
        #[must_use]
        pub fn cases() -> Vec<Case> {
            vec![$($(Case {
                name: concat!(stringify!($module), "::", stringify!($name)),
                run: |store| Box::pin($module::$name(store)),
            }),+),+]
        }
    };
}

cases! {
    pending {
        the_first_claim_is_fresh_and_the_same_callback_joins
        another_callback_gets_no_exchange_and_consumes_nothing
        each_authorization_is_claimed_on_its_own
        a_released_one_is_free_for_any_callback
        a_release_that_comes_late_does_not_free_a_later_claim
        releasing_has_no_effect_unless_it_is_exchanging
        finishing_has_no_effect_unless_it_is_exchanging
        the_outcome_is_given_again_for_the_rest_of_the_life
        a_claimed_one_stays_exchanging_until_exactly_its_end
        later_claims_do_not_move_the_end
        a_claim_without_a_life_only_asks
    }
    launches {
        a_launch_comes_back_whole_at_version_one
        an_unknown_launch_is_not_found
        opening_a_known_key_again_changes_nothing
        opening_an_ended_key_again_does_not_bring_it_back
        a_record_is_replaced_only_at_the_expected_version
        nothing_replaces_an_ended_or_unknown_launch
        a_launch_that_was_judged_by_an_older_version_goes_on
        a_launch_that_has_ended_is_not_newer_than_the_version_that_is_meant
        an_ended_launch_is_remembered_for_exactly_its_time
        the_first_reason_stays
        a_launch_is_idle_exactly_at_the_limit
        a_use_starts_the_idle_time_anew
        a_look_is_no_use
        a_look_ends_what_has_run_out
        a_look_does_not_save_a_launch_from_being_evicted
        replacing_is_not_a_use
        a_launch_is_too_old_exactly_at_the_limit_however_it_is_used
        a_launch_that_ran_out_is_not_open_for_any_operation
        a_launch_that_ran_out_is_remembered_from_the_moment_it_did
        past_the_limit_of_a_browser_the_longest_unused_is_evicted
        a_launch_that_ran_out_takes_no_place
        a_launch_that_is_too_old_takes_no_place
        others_of_another_user_end_and_no_others
        all_others_end_when_the_policy_says_so
        launches_of_other_browsers_are_never_touched
        ending_all_ends_the_launches_of_that_browser_only
    }
    listing {
        exactly_the_open_launches_of_a_browser_are_listed
        launches_that_ran_out_are_not_listed
        each_is_listed_with_its_last_use
        the_user_of_each_is_compared
    }
    memos {
        values_come_back_the_oldest_first
        a_value_that_comes_again_becomes_the_newest
        past_the_limit_the_oldest_are_handed_out_and_gone
        a_limit_of_none_keeps_one
        each_browser_has_each_list_on_its_own
        a_list_is_forgotten_exactly_at_its_end
        a_value_prolongs_the_life_of_the_whole_list
        values_are_any_bytes
    }
    values {
        a_value_comes_back_until_exactly_its_end
        a_value_is_swapped_only_for_the_expected_one
        a_value_whose_life_is_over_counts_as_none
        a_swap_for_nothing_removes
        each_value_has_a_life_of_its_own
        values_are_any_bytes
        of_many_swaps_for_the_same_exactly_one_is_done
    }
    handing_out {
        ending_hands_out_the_record_as_it_was_last
        ending_all_hands_out_the_records_of_the_open_ones
        opening_hands_out_the_records_of_those_it_ended
        what_ran_out_is_not_handed_out
    }
    leases {
        a_lease_is_one_owners_until_exactly_its_end
        the_owner_renews_its_lease
        a_released_lease_is_free_and_only_its_owner_releases_it
        a_launch_that_is_not_open_has_no_lease
        a_lease_does_not_stand_in_the_way_of_reading_writing_or_ending
        each_launch_has_its_own_lease
    }
    races {
        of_many_claims_exactly_one_is_fresh
        of_many_claims_of_two_callbacks_exactly_one_is_fresh
        a_released_authorization_has_one_holder_at_a_time
        no_update_is_lost
        ending_wins_over_replacing
        of_many_ends_exactly_one_ends
        an_end_of_an_older_version_never_ends_what_was_written_meanwhile
        everything_opened_is_ended_by_exactly_one_end_all
        the_limit_of_launches_holds_when_many_open_at_once
        a_launch_that_opened_before_is_listed_whatever_opens_and_ends_beside_it
        nothing_that_is_remembered_at_once_is_lost
        of_two_users_that_open_at_once_only_one_stays
        of_many_that_replace_all_others_one_stays
        a_lease_has_one_holder_at_a_time
    }
    time {
        every_operation_says_what_time_it_is_at_the_store
        a_fresh_claim_says_since_when_it_is_held
    }
    model {
        random_operations_answer_as_the_model_does
    }
}

/// Runs all claims on stores from `make`, and panics with the names of those that do not hold.
///
/// What `make` gets is the store's clock: the store must go by it, and by nothing else, also when it goes back. A store whose
/// server has the clock takes the time from here in tests, and from the server else.
///
/// Needs a Tokio runtime; use a multi-threaded one, as on one thread nothing ever races.
///
/// # Panics
///
/// When a claim does not hold.
pub async fn run<B: TokenStoreBackend>(make: impl Fn(ManualClock) -> B) {
    let mut failed = Vec::new();
    for case in cases() {
        if tokio::spawn((case.run)(Subject::new(&make))).await.is_err() {
            failed.push(case.name);
        }
    }
    assert!(failed.is_empty(), "the store breaks these promises: {failed:#?}");
}

/// Where the tests' clock starts.
const START: Timestamp = Timestamp::from_millis(1_700_000_000_000);
const SECOND: Duration = Duration::from_secs(1);
const MILLISECOND: Duration = Duration::from_millis(1);

/// Lifetimes that differ from each other and from the defaults: idle 60 s, absolute 200 s, ended 50 s; 3 launches per
/// browser.
fn rules() -> StoreRules {
    let mut rules = StoreRules::default();
    rules.lifetimes.launch_idle = 60 * SECOND;
    rules.lifetimes.launch_absolute = 200 * SECOND;
    rules.lifetimes.ended = 50 * SECOND;
    rules.limits.launches = 3;
    rules
}

/// The rules of the races, where no limit is to interfere.
fn wide_rules() -> StoreRules {
    let mut rules = StoreRules::default();
    rules.limits.launches = 1_000_000;
    rules
}

fn at(seconds: u32) -> Timestamp {
    START.saturating_add(seconds * SECOND)
}

fn just_before(moment: Timestamp) -> Timestamp {
    moment.saturating_sub(MILLISECOND)
}

fn ok<T>(answer: Result<T, StoreError>) -> T {
    answer.unwrap_or_else(|error| panic!("the store failed: {error}"))
}

async fn load(store: &Subject, key: LaunchKey, now: Timestamp) -> LoadedLaunch {
    ok(store.load_launch(key, LaunchUse::Counts, rules(), now).await)
}

/// Loads a launch without using it.
async fn look(store: &Subject, key: LaunchKey, now: Timestamp) -> LoadedLaunch {
    ok(store.load_launch(key, LaunchUse::DoesNotCount, rules(), now).await)
}

/// The version of a launch that has to be open.
async fn open_version(store: &Subject, key: LaunchKey, now: Timestamp) -> Version {
    match load(store, key, now).await {
        LoadedLaunch::Open { version, .. } => version,
        other => panic!("expected an open launch, got {other:?}"),
    }
}

/// How a launch ended that has to be remembered as ended.
async fn ended(store: &Subject, key: LaunchKey, now: Timestamp) -> std::sync::Arc<EndedLaunch> {
    match load(store, key, now).await {
        LoadedLaunch::Ended(ended) => ended,
        other => panic!("expected an ended launch, got {other:?}"),
    }
}

async fn end_reason(store: &Subject, key: LaunchKey, now: Timestamp) -> EndReason {
    ended(store, key, now).await.reason
}

async fn is_open(store: &Subject, key: LaunchKey, now: Timestamp) -> bool {
    matches!(load(store, key, now).await, LoadedLaunch::Open { .. })
}

/// The place where a claim that has to be done landed.
fn landed_at(claim: &Claim) -> &str {
    match claim {
        Claim::Done(outcome) => match &**outcome {
            CallbackOutcome::Landed { location, .. } => location,
            CallbackOutcome::Failed(_) => panic!("expected a landing, got {claim:?}"),
        },
        _ => panic!("expected a finished authorization, got {claim:?}"),
    }
}
