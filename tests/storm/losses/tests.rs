use super::*;
use crate::{
    hits::{Freeze, Kill},
    moods::Spell,
    outages::Outage,
    slots::Slots,
    unhindered::QUICK,
};

const AGENT: &str = "process-0.0";
const OTHER: &str = "process-1.0";
const SENT: u64 = 100_000;
/// Where the store has the launch.
const SLOT: u16 = 8_000;

/// A refresh with this token.
fn sends(agent: &str, refresh_token: &str, at: u64) -> Sent {
    Sent {
        at,
        refresh_token: refresh_token.to_owned(),
        agent: agent.to_owned(),
        status: Some(200),
    }
}

/// The same, to which the EHR said that it does not know the token any more.
fn sends_in_vain(agent: &str, refresh_token: &str, at: u64) -> Sent {
    Sent {
        status: Some(400),
        ..sends(agent, refresh_token, at)
    }
}

fn writes(agent: &str, what: What, reply: Reply, at: u64) -> Write {
    Write {
        at,
        agent: agent.to_owned(),
        launch: "the launch".to_owned(),
        slot: SLOT,
        what,
        reply,
    }
}

fn note(refresh_token: &str) -> What {
    let refresh_token = refresh_token.to_owned();
    What::Note { refresh_token }
}

fn outcome(refresh_token: &str) -> What {
    let refresh_token = refresh_token.to_owned();
    What::Outcome { refresh_token }
}

fn end() -> What {
    let reason = "RefreshRefused".to_owned();
    What::End { reason }
}

fn freeze(from: u64, to: u64) -> Freeze {
    Freeze {
        agent: AGENT.to_owned(),
        from,
        to,
    }
}

fn kill(at: u64) -> Kill {
    Kill {
        agent: AGENT.to_owned(),
        at,
    }
}

fn stopped(from: u64, to: u64) -> Havoc {
    Havoc {
        freezes: vec![freeze(from, to)],
        ..Havoc::default()
    }
}

fn killed(at: u64) -> Havoc {
    Havoc {
        kills: vec![kill(at)],
        ..Havoc::default()
    }
}

/// As after a run in which nothing took longer than usual.
fn cause(sent: &[Sent], writes: &[Write], havoc: &Havoc) -> Cause {
    Losses { havoc, quick: QUICK }.cause(sent, writes)
}

#[track_caller]
fn assert_unexplained(cause: Cause) {
    assert!(matches!(cause, Cause::Unexplained(_)), "{cause:?}");
}

/// The process that sent the only refresh is stopped 10 ms later for so long, and killed at a moment.
fn why(stopped_for: u64, killed_at: Option<u64>) -> Cause {
    let havoc = Havoc {
        kills: killed_at.into_iter().map(kill).collect(),
        ..stopped(SENT + 10, SENT + 10 + stopped_for)
    };
    cause(&[sends(AGENT, "the only one", SENT)], &[], &havoc)
}

#[test]
fn losses_are_put_down_to_a_stop_only_when_it_was_longer_than_the_deadline() {
    assert_eq!(why(deadline() + 1, None), Cause::Stopped);
    assert_unexplained(why(deadline(), None));
}

#[test]
fn losses_by_a_kill_soon_after_a_short_stop_are_put_down_to_the_kill() {
    assert_eq!(why(3_000, Some(SENT + 3_500)), Cause::Killed);
    assert_unexplained(why(3_000, Some(SENT + 9_000)));
}

#[test]
fn losses_by_a_kill_just_before_the_sandbox_read_the_request_are_put_down_to_the_kill() {
    assert_eq!(why(0, Some(SENT - 1)), Cause::Killed);
}

/// The EHR had the request only after its process was stopped, so that less of the stop counts.
#[test]
fn a_stop_counts_from_the_moment_at_which_the_request_arrived() {
    let only = sends(AGENT, "the only one", SENT);
    for (to, cause_is) in [(SENT + deadline() + 1, Some(Cause::Stopped)), (SENT + deadline(), None)] {
        let cause = cause(std::slice::from_ref(&only), &[], &stopped(SENT - 300, to));
        match cause_is {
            Some(expected) => assert_eq!(cause, expected),
            None => assert_unexplained(cause),
        }
    }
}

/// A refresh that no other process has taken so long for is not under way any more.
#[test]
fn what_is_done_to_a_process_later_than_a_refresh_takes_is_no_reason() {
    let only = [sends(AGENT, "the only one", SENT)];
    let long = deadline() + 1;
    let stop = |at| stopped(at, at + long);
    assert_eq!(cause(&only, &[], &stop(SENT + QUICK)), Cause::Stopped);
    assert_unexplained(cause(&only, &[], &stop(SENT + QUICK + 1)));
    assert_eq!(cause(&only, &[], &killed(SENT + QUICK)), Cause::Killed);
    assert_unexplained(cause(&only, &[], &killed(SENT + QUICK + 1)));
}

/// On a busy machine.
#[test]
fn a_refresh_may_take_as_long_as_another_one_of_the_run_that_nothing_hindered() {
    let only = [sends(AGENT, "the only one", SENT)];
    let slow = SENT + 20_000;
    let mut records = Records::default();
    records.sent.insert(0, only.to_vec());
    records.sent.insert(1, vec![sends(OTHER, "its first", slow)]);
    let saved = writes(OTHER, outcome("its second"), Reply::Written, slow + 1_700);
    records.writes.insert(1, vec![saved]);
    let havoc = |at| stopped(at, at + deadline() + 1);
    for (at, is_stopped) in [(SENT + 1_700, true), (SENT + 1_701, false)] {
        let havoc = havoc(at);
        let cause = Losses::of(&records, &havoc).cause(&only, &[]);
        assert_eq!(cause == Cause::Stopped, is_stopped, "{cause:?}");
    }
    // A hindered one says nothing of the others.
    let spell = Spell {
        mood: Mood::Slow(1_500),
        from: slow - 100,
        to: slow + 100,
        struck: Vec::new(),
    };
    let havoc = Havoc {
        spells: vec![spell],
        ..havoc(SENT + 1_700)
    };
    assert_unexplained(Losses::of(&records, &havoc).cause(&only, &[]));
}

/// One whose saving a fault of ours delays widens no window.
#[test]
fn a_refresh_may_not_take_as_long_as_the_slowest_one_of_many() {
    let only = [sends(AGENT, "the only one", SENT)];
    let mut records = Records::default();
    for grant in 0..10 {
        let at = SENT + 20_000 + u64::try_from(grant).unwrap();
        let took = if grant == 0 { 5_000 } else { 50 };
        records.sent.insert(grant, vec![sends(OTHER, "its first", at)]);
        let saved = writes(OTHER, outcome("its second"), Reply::Written, at + took);
        records.writes.insert(grant, vec![saved]);
    }
    for (at, is_stopped) in [(SENT + QUICK, true), (SENT + QUICK + 1, false)] {
        let havoc = stopped(at, at + deadline() + 1);
        let cause = Losses::of(&records, &havoc).cause(&only, &[]);
        assert_eq!(cause == Cause::Stopped, is_stopped, "{cause:?}");
    }
}

/// It cannot have lost what the store had said the last word on.
#[test]
fn a_stop_after_the_store_had_the_outcome_is_no_reason_and_one_before_is() {
    let only = [sends(AGENT, "the only one", SENT)];
    let stop = stopped(SENT + 500, SENT + 500 + deadline() + 1);
    for (reply, at, is_stopped) in [
        (Reply::Gone, SENT + 499, false),
        (Reply::Conflict, SENT + 499, false),
        // It tries again.
        (Reply::Failed, SENT + 499, true),
        (Reply::Gone, SENT + 500, true),
    ] {
        let writes = [writes(AGENT, outcome("the only one"), reply, at)];
        let cause = cause(&only, &writes, &stop);
        assert_eq!(cause == Cause::Stopped, is_stopped, "{reply:?} {at}: {cause:?}");
    }
}

/// Noted, stopped before it was sent, and sent when another process had done that, as nobody waited any more.
fn sent_by_two(stopped_for: u64, after: u64) -> ([Sent; 2], Vec<Write>, Havoc) {
    let stop = freeze(SENT, SENT + stopped_for);
    let others = sends(OTHER, "the only one", stop.to - 100);
    let late = sends_in_vain(AGENT, "the only one", stop.to + after);
    let noted = writes(AGENT, note("the only one"), Reply::Written, SENT);
    let saved = writes(OTHER, outcome("the next one"), Reply::Written, others.at + 20);
    ([others, late], vec![noted, saved], stopped(stop.from, stop.to))
}

#[test]
fn a_token_that_a_process_sends_after_another_one_as_it_goes_on_is_put_down_to_its_stop() {
    let why = |stopped_for, after| {
        let (sent, writes, havoc) = sent_by_two(stopped_for, after);
        cause(&sent, &writes, &havoc)
    };
    assert_eq!(why(deadline() + 1, QUICK), Cause::Stopped);
    assert_unexplained(why(deadline(), QUICK));
    assert_unexplained(why(deadline() + 1, QUICK + 1));
}

#[test]
fn a_token_that_was_noted_only_after_the_stop_is_not_put_down_to_it() {
    let (sent, mut writes, havoc) = sent_by_two(deadline() + 1, 10);
    writes[0].at = SENT + 1;
    assert_unexplained(cause(&sent, &writes, &havoc));
}

#[test]
fn a_token_that_nobody_else_had_sent_or_that_brought_tokens_after_all_is_not_put_down_to_a_stop_while_sending() {
    let (sent, writes, havoc) = sent_by_two(deadline() + 1, 10);
    assert_unexplained(cause(&sent[1..], &writes, &havoc));
    let [others, late] = sent;
    let later = sends(OTHER, "the next one", late.at + 5_000);
    assert_unexplained(cause(&[others, late, later], &writes, &havoc));
}

/// A launch whose new tokens were acknowledged then, by a primary whose replicas were cut off at 3,000 and that died at 7,000.
fn failed_over() -> Havoc {
    let outage = Outage {
        long: true,
        killed: true,
        copied_until: 3_000,
        from: 7_000,
        to: 9_000,
        slots: Slots::All,
    };
    Havoc {
        fail_overs: vec![outage],
        ..Havoc::default()
    }
}

fn why_after_a_fail_over(acknowledged_at: u64) -> Cause {
    let saved = writes(AGENT, outcome("the only one"), Reply::Written, acknowledged_at);
    cause(&[], &[saved], &failed_over())
}

#[test]
fn losses_are_put_down_to_a_fail_over_only_when_no_replica_had_got_the_last_write() {
    for at in [3_000 - LAG, 5_000, 7_000 + LAG] {
        assert_eq!(why_after_a_fail_over(at), Cause::FailedOver, "{at}");
    }
    for at in [3_000 - LAG - 1, 7_000 + LAG + 1] {
        assert_unexplained(why_after_a_fail_over(at));
    }
}

/// The other nodes of a cluster have lost nothing.
#[test]
fn losses_are_put_down_to_a_fail_over_only_when_the_node_that_died_had_the_launch() {
    for (slots, has_it) in [(0..=SLOT, true), (SLOT + 1..=16_383, false)] {
        let mut havoc = failed_over();
        havoc.fail_overs[0].slots = Slots::These(vec![slots]);
        let saved = writes(AGENT, outcome("the only one"), Reply::Written, 5_000);
        let cause = cause(&[], &[saved], &havoc);
        assert_eq!(cause == Cause::FailedOver, has_it, "{cause:?}");
    }
}

/// Neither a process that was stopped nor a primary that died makes anybody sign out.
#[test]
fn losses_are_explained_only_when_the_launch_was_ended_for_its_tokens() {
    let only = [sends(AGENT, "the only one", SENT)];
    let stop = stopped(SENT + 10, SENT + 11 + deadline());
    let ended = |reason: &str, reply| {
        let reason = reason.to_owned();
        [writes(OTHER, What::End { reason }, reply, SENT + 9_000)]
    };
    for reason in ["RefreshRefused", "RefreshAnswerLost", "TokenExpired"] {
        assert_eq!(
            cause(&only, &ended(reason, Reply::Written), &stop),
            Cause::Stopped,
            "{reason}"
        );
    }
    for reason in [
        "LoggedOut",
        "PatientChanged",
        "UserChanged",
        "Idle",
        "TooOld",
        "OtherUser",
        "Replaced",
        "Evicted",
    ] {
        assert_unexplained(cause(&only, &ended(reason, Reply::Written), &stop));
        // It was not ended so.
        assert_eq!(
            cause(&only, &ended(reason, Reply::Gone), &stop),
            Cause::Stopped,
            "{reason}"
        );
    }
    let saved = writes(AGENT, outcome("the only one"), Reply::Written, 5_000);
    let [end] = ended("LoggedOut", Reply::Written);
    assert_unexplained(cause(&[], &[saved, end], &failed_over()));
}

/// Its note and its saving are what a launch is lost without; what was lost before, it has survived.
#[test]
fn losses_are_put_down_to_a_fail_over_only_when_the_last_refresh_that_brought_tokens_was_lost_with_it() {
    let noted = writes(AGENT, note("first"), Reply::Written, 6_990);
    let saved = writes(AGENT, outcome("second"), Reply::Written, 9_500);
    let again = sends_in_vain(OTHER, "first", 9_400);
    let sent = [sends(AGENT, "first", 7_600), again];
    assert_eq!(
        cause(&sent, &[noted.clone(), saved.clone()], &failed_over()),
        Cause::FailedOver
    );
    // Two refreshes later.
    let later = [
        writes(OTHER, note("second"), Reply::Written, 11_000),
        writes(OTHER, outcome("third"), Reply::Written, 11_100),
        writes(OTHER, end(), Reply::Written, 13_000),
    ];
    let writes = [&[noted, saved][..], &later].concat();
    let sent = [
        sends(AGENT, "first", 7_600),
        sends(OTHER, "second", 11_050),
        sends_in_vain(OTHER, "third", 12_990),
    ];
    assert_unexplained(cause(&sent, &writes, &failed_over()));
}

#[test]
fn what_the_store_did_not_acknowledge_is_not_known_as_the_newest_token() {
    let saved = |reply| writes(AGENT, outcome("second"), reply, SENT + 10);
    let sent = [sends(AGENT, "first", SENT)];
    let newest = |reply| newest(&sent, &[saved(reply)]).map(|(token, _)| token.to_owned());
    assert_eq!(newest(Reply::Written).as_deref(), Some("second"));
    for reply in [Reply::Conflict, Reply::Gone, Reply::Failed] {
        assert_eq!(newest(reply).as_deref(), Some("first"), "{reply:?}");
    }
}
