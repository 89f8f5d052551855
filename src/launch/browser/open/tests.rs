//! What opens and what ends when launches of one browser meet, under one name or several.

use std::sync::Mutex;

use super::*;
use crate::{
    SmartConfig, SmartConfigBuilder,
    config::{Ehr, OtherUser},
    store::{
        BrowserLimits, MemoryStore, MemoryStoreLimits, StoreFuture, StoreRules, TokenStore, TokenStoreBackend as _,
        acceptance::sample::{self, browser, user},
        testing::Forwarding,
    },
};

fn config(policy: OtherUser) -> SmartConfig {
    builder().other_user(policy).build().unwrap()
}

fn builder() -> SmartConfigBuilder {
    let ehr = Ehr::builder("https://ehr.example/fhir")
        .client_id("my-app")
        .redirect_uri("https://app.example/auth/callback")
        .scopes("launch/patient");
    SmartConfig::builder().ehr(ehr)
}

/// Keeps so many launches of a browser.
fn with_room_for(launches: usize) -> SmartConfig {
    let limits = BrowserLimits {
        launches,
        ..BrowserLimits::default()
    };
    builder().browser_limits(limits).build().unwrap()
}

fn cookie(name: BrowserKey) -> Browser {
    Browser {
        cookies: vec![name],
        ..Browser::default()
    }
}

/// Before any sign-out of a test.
const fn at(millis: u64) -> Timestamp {
    Timestamp::from_millis(1_700_000_000_000 + millis)
}

/// Opens a launch of this user whose sign-in began `began` milliseconds after the same moment.
async fn open(runtime: &Runtime, browser: &Browser, number: u8, began: u64) -> Result<Opened, NotOpened> {
    let began_at = at(began);
    let mut record = sample::launch(sample::browser(), runtime.now());
    (record.user, record.began_at) = (user(number), Some(began_at));
    open_launch(runtime, browser, began_at, record).await
}

async fn opened(runtime: &Runtime, browser: &Browser, number: u8, began: u64) -> Opened {
    match open(runtime, browser, number, began).await {
        Ok(opened) => opened,
        Err(not) => panic!("{:?}", not.why),
    }
}

async fn end_of(runtime: &Runtime, opened: &Opened) -> Option<EndReason> {
    let loading = runtime.store.load_launch(opened.launch.key(), LaunchUse::DoesNotCount);
    match loading.await.unwrap() {
        LoadedLaunch::Open { .. } => None,
        LoadedLaunch::Ended(ended) => Some(ended.reason),
        LoadedLaunch::NotFound => panic!("never opened"),
    }
}

#[tokio::test]
async fn a_browser_gets_a_new_name_when_it_has_none_and_when_another_user_was_at_work_in_it() {
    for (policy, number, is_new) in [
        (OtherUser::End, 1, false),
        (OtherUser::End, 2, true),
        (OtherUser::Keep, 1, false),
        (OtherUser::Keep, 2, false),
    ] {
        let config = config(policy);
        let runtime = config.runtime();
        assert!(opened(runtime, &Browser::default(), 1, 0).await.new_browser.is_some());
        let name = browser();
        let first = opened(runtime, &cookie(name), 1, 0).await;
        assert!(first.new_browser.is_none() && first.browser == name);
        let second = opened(runtime, &cookie(name), number, 1).await;
        assert_eq!(second.new_browser.is_some(), is_new, "{policy:?} {number}");
        let expected = is_new.then_some(EndReason::OtherUser);
        assert_eq!(end_of(runtime, &first).await, expected, "{policy:?} {number}");
        assert_eq!(second.ended.count(), usize::from(is_new));
    }
}

#[tokio::test]
async fn nothing_opens_that_would_end_a_launch_whose_sign_in_began_later() {
    for (policy, number, began, opens) in [
        (OtherUser::End, 2, 9, false),
        (OtherUser::End, 2, 10, true),
        (OtherUser::End, 2, 11, true),
        (OtherUser::End, 1, 9, true),
        (OtherUser::Keep, 2, 9, true),
    ] {
        let config = config(policy);
        let runtime = config.runtime();
        let name = browser();
        let first = opened(runtime, &cookie(name), 1, 10).await;
        let second = open(runtime, &cookie(name), number, began).await;
        assert_eq!(second.is_ok(), opens, "{policy:?} {number} {began}");
        if let Err(not) = second {
            assert!(matches!(not.why, WhyNotOpened::Overtaken), "{:?}", not.why);
            assert_eq!(end_of(runtime, &first).await, None);
        }
    }
}

#[tokio::test]
async fn a_launch_under_another_name_of_the_browser_ends_as_one_under_this_name() {
    let config = config(OtherUser::End);
    let runtime = config.runtime();
    let [name, session] = [(); 2].map(|()| browser());
    let both = Browser {
        session: Some(session),
        ..cookie(name)
    };
    let first = opened(runtime, &both, 1, 0).await;
    let by_session = Browser {
        session: Some(session),
        ..Browser::default()
    };
    assert!(by_session.every_name(runtime).await.unwrap().contains(&name));
    assert!(cookie(name).every_name(runtime).await.unwrap().contains(&session));
    let second = opened(runtime, &by_session, 2, 1).await;
    assert_ne!(second.browser, name);
    assert_eq!(end_of(runtime, &first).await, Some(EndReason::OtherUser));
    assert_eq!(end_of(runtime, &second).await, None);
}

#[tokio::test]
async fn a_launch_that_the_same_sign_in_cookie_leads_to_is_one_of_this_browser() {
    let config = config(OtherUser::End);
    let runtime = config.runtime();
    let [name, sign_in] = [(); 2].map(|()| browser());
    let first_visit = Browser {
        sign_ins: vec![sign_in],
        ..cookie(name)
    };
    let first = opened(runtime, &first_visit, 1, 0).await;
    let without_cookie = Browser {
        sign_ins: vec![sign_in],
        ..Browser::default()
    };
    let second = opened(runtime, &without_cookie, 2, 1).await;
    assert_eq!(end_of(runtime, &first).await, Some(EndReason::OtherUser));
    // The cookie of the sign-in is soon gone, and that they are one browser stays known.
    assert!(
        cookie(second.browser)
            .every_name(runtime)
            .await
            .unwrap()
            .contains(&name)
    );
}

#[tokio::test]
async fn over_all_names_a_browser_keeps_no_more_launches_than_under_one() {
    let config = config(OtherUser::End);
    let runtime = config.runtime();
    let most = runtime.rules().limits.launches;
    let [name, session] = [(); 2].map(|()| browser());
    let mut all = Vec::new();
    for _ in 0..most {
        all.push(opened(runtime, &cookie(name), 1, 0).await);
    }
    let both = Browser {
        session: Some(session),
        ..cookie(browser())
    };
    let linking = Browser {
        session: Some(session),
        ..cookie(name)
    };
    all.push(opened(runtime, &linking, 1, 1).await);
    all.push(opened(runtime, &both, 1, 2).await);
    let mut open = 0;
    for launch in &all {
        open += usize::from(end_of(runtime, launch).await.is_none());
    }
    assert_eq!(open, most);
    assert_eq!(end_of(runtime, &all[most + 1]).await, None, "the new one stays");
}

#[tokio::test]
async fn a_sign_in_that_began_before_a_sign_out_opens_nothing_that_stays() {
    let config = config(OtherUser::End);
    let runtime = config.runtime();
    let name = browser();
    let first = opened(runtime, &cookie(name), 1, 0).await;
    let (_, result) = super::super::end_all(runtime, &cookie(name)).await;
    result.unwrap();
    assert_eq!(end_of(runtime, &first).await, Some(EndReason::LoggedOut));
    let late = opened(runtime, &cookie(name), 1, 0).await;
    assert_eq!(end_of(runtime, &late).await, Some(EndReason::LoggedOut));
    assert_eq!(late.ended.count(), 1);
}

/// It is the same person, who has opened one chart too many: nobody came later.
#[tokio::test]
async fn a_launch_of_the_same_user_that_is_pushed_out_may_have_begun_later() {
    let config = with_room_for(1);
    let runtime = config.runtime();
    let name = browser();
    let first = opened(runtime, &cookie(name), 1, 10).await;
    let second = opened(runtime, &cookie(name), 1, 9).await;
    assert_eq!(end_of(runtime, &first).await, Some(EndReason::Evicted));
    assert_eq!(end_of(runtime, &second).await, None);
}

/// It is of another browser, where somebody else is at work.
#[tokio::test]
async fn a_launch_of_another_browser_that_makes_room_in_the_store_may_have_begun_later() {
    let one = MemoryStoreLimits::default().launches(1);
    for policy in [OtherUser::End, OtherUser::Keep] {
        let store = TokenStore::new(MemoryStore::with_limits(one));
        let config = builder().other_user(policy).store(store).build().unwrap();
        let runtime = config.runtime();
        let first = opened(runtime, &cookie(browser()), 1, 10).await;
        let second = opened(runtime, &cookie(browser()), 2, 9).await;
        assert_eq!(end_of(runtime, &first).await, Some(EndReason::Evicted));
        assert_eq!(end_of(runtime, &second).await, None);
        let handed_out: Vec<_> = second.ended.records.iter().map(|ended| ended.key).collect();
        assert_eq!(handed_out, [first.launch.key()]);
    }
}

/// Does each note twice, as a store does whose first answer was lost, and answers as the second time.
#[derive(Debug)]
struct LosingAnswers(MemoryStore);

impl Forwarding for LosingAnswers {
    type Inner = MemoryStore;

    fn inner(&self) -> &MemoryStore {
        &self.0
    }

    fn remember<'a>(
        &'a self,
        browser: BrowserKey,
        memo: Memo,
        value: Vec<u8>,
        keep: usize,
        rules: StoreRules,
    ) -> StoreFuture<'a, Vec<Vec<u8>>> {
        Box::pin(async move {
            self.0.remember(browser, memo, value.clone(), keep, rules).await?;
            self.0.remember(browser, memo, value, keep, rules).await
        })
    }
}

/// Nobody could find it any more.
#[tokio::test]
async fn what_is_open_under_a_name_that_falls_out_ends_though_the_answer_that_said_so_was_lost() {
    for store in [
        TokenStore::new(MemoryStore::new()),
        TokenStore::new(LosingAnswers(MemoryStore::new())),
    ] {
        let limits = BrowserLimits {
            launches: 2,
            ..BrowserLimits::default()
        };
        let config = builder().browser_limits(limits).store(store).build().unwrap();
        let runtime = config.runtime();
        let (name, oldest, second) = (browser(), browser(), browser());
        let under_oldest = opened(runtime, &cookie(oldest), 1, 0).await;
        let under_second = opened(runtime, &cookie(second), 1, 1).await;
        let mut ended = EndedLaunches::nothing();
        for other in [oldest, second].into_iter().chain((0..6).map(|_| browser())) {
            ended.extend(note_same(runtime, name, other).await.unwrap());
        }
        // The list is full. What comes again pushes nothing out.
        ended.extend(note_same(runtime, name, oldest).await.unwrap());
        assert_eq!(ended.count(), 0);
        ended.extend(note_same(runtime, name, browser()).await.unwrap());
        assert_eq!(ended.count(), 1);
        assert_eq!(end_of(runtime, &under_second).await, Some(EndReason::Evicted));
        assert_eq!(end_of(runtime, &under_oldest).await, None);
    }
}

/// Opens a launch of another user just before the first one that is asked for.
#[derive(Debug)]
struct Overtaking {
    inner: MemoryStore,
    other: Mutex<Option<LaunchRecord>>,
}

impl Forwarding for Overtaking {
    type Inner = MemoryStore;

    fn inner(&self) -> &MemoryStore {
        &self.inner
    }

    fn open_launch<'a>(
        &'a self,
        key: LaunchKey,
        record: LaunchRecord,
        others: OthersOnOpen,
        rules: StoreRules,
    ) -> StoreFuture<'a, EndedLaunches> {
        let other = self.other.lock().unwrap().take();
        Box::pin(async move {
            if let Some(mut other) = other {
                (other.browser, other.opened_at) = (record.browser, record.opened_at);
                let opening = self.inner.open_launch(sample::launch_key(), other, others, rules);
                opening.await?;
            }
            self.inner.open_launch(key, record, others, rules).await
        })
    }
}

#[tokio::test]
async fn a_launch_that_has_ended_one_which_overtook_it_while_it_opened_does_not_stay_open() {
    for (began, opens) in [(10, true), (11, false)] {
        let inner = MemoryStore::new();
        let mut other = sample::launch(browser(), at(began));
        other.user = user(2);
        let other = Mutex::new(Some(other));
        let store = TokenStore::new(Overtaking { inner, other });
        let config = builder().other_user(OtherUser::End).store(store).build().unwrap();
        let runtime = config.runtime();
        let name = browser();
        let opening = open(runtime, &cookie(name), 1, 10).await;
        let is_open = !runtime.store.launches_of(name, None).await.unwrap().is_empty();
        match opening {
            Ok(opened) => assert_eq!((opened.ended.count(), is_open, opens), (1, true, true)),
            Err(NotOpened { why, ended }) => {
                assert!(matches!(why, WhyNotOpened::Overtaken), "{why:?}");
                assert_eq!((ended.count(), is_open, opens), (1, false, false));
            }
        }
    }
}

/// A name that leads nowhere any more is not followed at a sign-out: what is open under it would stay open.
#[tokio::test]
async fn however_many_names_a_browser_has_every_launch_that_is_open_is_found() {
    let config = with_room_for(10 * NAMES);
    let runtime = config.runtime();
    let name = browser();
    let mut all = Vec::new();
    for _ in 0..NAMES + 8 {
        let other = browser();
        all.push((other, opened(runtime, &cookie(other), 1, 0).await));
        let both = Browser {
            cookies: vec![name, other],
            ..Browser::default()
        };
        opened(runtime, &both, 1, 0).await;
    }
    let known = cookie(name).every_name(runtime).await.unwrap();
    let mut open = 0;
    for (number, (other, launch)) in all.iter().enumerate() {
        let end = end_of(runtime, launch).await;
        assert!(matches!(end, None | Some(EndReason::Evicted)), "{end:?}");
        assert_eq!(known.contains(other), end.is_none(), "{number}");
        open += usize::from(end.is_none());
    }
    assert_eq!(open, NAMES - 1);
}
