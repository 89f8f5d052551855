use super::*;

fn at(millis: u64) -> Timestamp {
    Timestamp::from_millis(millis)
}

fn failed(server: Server) -> Failed {
    Failed {
        cause: NotChecked::NoAnswer,
        retry_after: Duration::from_secs(5),
        server,
    }
}

/// Has a question fail that may be asked now; returns for how long the server is left alone.
fn fail(pauses: &mut Pauses, about: About, server: Server, now: Timestamp) -> Option<Duration> {
    let turn = pauses.turn(about, now).unwrap();
    began(pauses.answered(about, turn, Some(&failed(server)), now))
}

fn began(left_alone: Option<LeftAlone>) -> Option<Duration> {
    left_alone.filter(|it| it.is_new).map(|it| it.time)
}

fn left(pauses: &mut Pauses, about: About, now: Timestamp) -> Duration {
    let refused = pauses.turn(about, now).unwrap_err();
    assert_eq!(
        (refused.cause, refused.server),
        (NotChecked::NoAnswer, Server::NotAsked)
    );
    refused.retry_after
}

#[test]
fn a_server_that_hangs_is_left_alone_longer_each_time_and_ten_seconds_at_most() {
    let (mut pauses, mut now) = (Pauses::default(), at(0));
    for seconds in [1, 2, 4, 8, 10, 10] {
        let time = Duration::from_secs(seconds);
        assert_eq!(fail(&mut pauses, About::Known, Server::Hangs, now), Some(time));
        let nearly = now.saturating_add(time.saturating_sub(Duration::from_millis(1)));
        assert_eq!(left(&mut pauses, About::Known, nearly), Duration::from_millis(1));
        now = now.saturating_add(time);
    }
    let turn = pauses.turn(About::Known, now).unwrap();
    assert_eq!(turn, Turn::Probe);
    pauses.answered(About::Known, turn, None, now);
    assert_eq!(pauses.turn(About::Known, now), Ok(Turn::Usual));
    assert_eq!(fail(&mut pauses, About::Known, Server::Hangs, now), Some(FIRST));
}

#[test]
fn after_a_pause_one_asks_and_the_others_are_turned_away_at_once() {
    let mut pauses = Pauses::default();
    fail(&mut pauses, About::Known, Server::Hangs, at(0));
    assert_eq!(pauses.turn(About::Known, at(1_000)), Ok(Turn::Probe));
    for about in [About::Known, About::Stranger] {
        assert_eq!(left(&mut pauses, about, at(60_000)), FIRST);
    }
    // It came to nothing, as the process shuts down or has too much to do: the next one sees.
    pauses.answered(About::Known, Turn::Probe, Some(&failed(Server::NotAsked)), at(60_000));
    assert_eq!(pauses.turn(About::Known, at(60_000)), Ok(Turn::Probe));
    // That the server answers at once with trouble is no reason to let the crowd in.
    let trouble = failed(Server::IsTroubled);
    let left_alone = pauses.answered(About::Known, Turn::Probe, Some(&trouble), at(60_000));
    assert_eq!(began(left_alone), Some(Duration::from_secs(2)));
}

#[test]
fn questions_that_were_under_way_together_count_once() {
    let mut pauses = Pauses::default();
    for number in 0..16 {
        let hangs = failed(Server::Hangs);
        let left_alone = pauses.answered(About::Known, Turn::Usual, Some(&hangs), at(number * 10));
        let expected = LeftAlone {
            time: FIRST.saturating_sub(Duration::from_millis(number * 10)),
            is_new: number == 0,
        };
        assert_eq!(left_alone, Some(expected), "{number}");
    }
    assert_eq!(left(&mut pauses, About::Known, at(0)), FIRST);
}

#[test]
fn trouble_alone_is_no_reason_to_leave_a_server_alone() {
    let mut pauses = Pauses::default();
    for server in [Server::IsTroubled, Server::NotAsked, Server::Answers] {
        assert_eq!(fail(&mut pauses, About::Known, server, at(0)), None);
        assert_eq!(pauses.turn(About::Known, at(0)), Ok(Turn::Usual));
    }
}

#[test]
fn what_strangers_bring_about_holds_up_no_one_who_was_good_before() {
    let mut pauses = Pauses::default();
    fail(&mut pauses, About::Stranger, Server::Hangs, at(0));
    assert_eq!(left(&mut pauses, About::Stranger, at(0)), FIRST);
    assert_eq!(pauses.turn(About::Known, at(0)), Ok(Turn::Usual));
    fail(&mut pauses, About::Known, Server::Hangs, at(1_000));
    assert_eq!(left(&mut pauses, About::Stranger, at(1_000)), Duration::from_secs(2));
    // An answer to anybody shows that it is over, whatever it says.
    pauses.answered(About::Known, Turn::Usual, Some(&failed(Server::Answers)), at(1_000));
    for about in [About::Known, About::Stranger] {
        assert_eq!(pauses.turn(about, at(1_000)), Ok(Turn::Usual));
    }
}

#[test]
fn a_server_is_left_alone_for_as_long_as_it_asks_and_a_minute_at_most() {
    for (asked, kept) in [(0, 1), (7, 7), (60, 60), (61, 60), (300, 60)] {
        let mut pauses = Pauses::default();
        let server = Server::AsksForPatience(Duration::from_secs(asked));
        let began = fail(&mut pauses, About::Known, server, at(0));
        assert_eq!(began, Some(Duration::from_secs(kept)), "{asked}");
    }
}

#[test]
fn a_token_that_got_stuck_holds_up_no_one_else_again() {
    let mut pauses = Pauses::default();
    fail(&mut pauses, About::Known, Server::Hangs, at(0));
    assert_eq!(left(&mut pauses, About::Stuck, at(999)), Duration::from_millis(1));
    for about in [About::Stuck, About::Stranger, About::Known] {
        assert_eq!(pauses.turn(about, at(1_000)), Ok(Turn::Probe), "{about:?}");
    }
    pauses.answered(About::Known, Turn::Probe, None, at(1_020));
    let stuck = failed(Server::Hangs);
    let left_alone = pauses.answered(About::Stuck, Turn::Probe, Some(&stuck), at(4_000));
    assert_eq!(began(left_alone), Some(FIRST));
    assert_eq!(left(&mut pauses, About::Stuck, at(4_000)), FIRST);
    for about in [About::Stranger, About::Known] {
        assert_eq!(pauses.turn(about, at(4_000)), Ok(Turn::Usual), "{about:?}");
    }
}

#[test]
fn while_one_who_was_good_before_sees_whether_the_server_answers_nobody_asks_about_a_token_that_got_stuck() {
    let mut pauses = Pauses::default();
    fail(&mut pauses, About::Known, Server::Hangs, at(0));
    assert_eq!(pauses.turn(About::Known, at(1_000)), Ok(Turn::Probe));
    assert_eq!(left(&mut pauses, About::Stuck, at(1_000)), FIRST);
    let hangs = failed(Server::Hangs);
    pauses.answered(About::Known, Turn::Probe, Some(&hangs), at(1_300));
    assert_eq!(left(&mut pauses, About::Stuck, at(1_300)), Duration::from_secs(2));
}
