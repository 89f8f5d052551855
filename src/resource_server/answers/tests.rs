use super::*;
use crate::protocol::{http::HttpResponse, urls::FhirBaseUrl};

fn digest(number: usize) -> TokenDigest {
    TokenDigest::of(
        "https://ehr.example",
        "client",
        &AccessToken::new(format!("token-{number}")),
    )
}

fn said() -> Arc<Introspection> {
    let response = HttpResponse {
        status: 200,
        headers: Vec::new(),
        body: br#"{"active":true}"#.to_vec(),
    };
    let base = FhirBaseUrl::parse("https://ehr.example/fhir").unwrap();
    Arc::new(Introspection::parse(&response, &base).unwrap())
}

fn at(millis: u64) -> Timestamp {
    Timestamp::from_millis(millis)
}

const KEPT: Duration = Duration::from_secs(30);

#[test]
fn the_good_tokens_that_were_asked_about_last_are_remembered_and_no_more() {
    let (mut answers, said) = (Answers::default(), said());
    for number in 0..GOOD {
        answers.good(digest(number), &said, KEPT, at(0));
    }
    // The first is asked about again, so that the second is now the oldest.
    answers.good(digest(0), &said, KEPT, at(1));
    answers.good(digest(GOOD), &said, KEPT, at(2));
    assert_eq!(answers.of(digest(0), at(3)), Known::Good(Arc::clone(&said)));
    assert_eq!(answers.of(digest(1), at(3)), Known::Stranger);
    assert_eq!(answers.of(digest(2), at(3)), Known::Good(said));
    assert_eq!(answers.good.by_token.len(), GOOD);
}

#[test]
fn invented_tokens_push_out_each_other_and_no_good_one() {
    let (mut answers, said) = (Answers::default(), said());
    answers.good(digest(0), &said, KEPT, at(0));
    for number in 1..=BAD + 1 {
        answers.bad(digest(number), Bad::Inactive, at(0));
    }
    assert_eq!(answers.bad.by_token.len(), BAD);
    assert_eq!(answers.of(digest(1), at(0)), Known::Stranger);
    assert_eq!(answers.of(digest(2), at(0)), Known::Bad(Bad::Inactive));
    assert_eq!(answers.of(digest(0), at(0)), Known::Good(said));
}

#[test]
fn a_token_that_is_asked_about_again_and_again_does_not_fill_the_memory() {
    let (mut answers, said) = (Answers::default(), said());
    for _ in 0..5 * GOOD {
        answers.good(digest(0), &said, KEPT, at(0));
        answers.bad(digest(1), Bad::Inactive, at(0));
    }
    assert!(answers.good.order.len() <= 2 * GOOD && answers.bad.order.len() <= 2 * BAD);
}

#[test]
fn a_token_that_was_good_is_told_from_one_that_nobody_knows() {
    let (mut answers, said) = (Answers::default(), said());
    answers.good(digest(0), &said, KEPT, at(0));
    assert_eq!(answers.of(digest(0), at(29_999)), Known::Good(Arc::clone(&said)));
    assert_eq!(answers.of(digest(0), at(30_000)), Known::Formerly);
    // A failure says nothing against it; that it is not active does.
    answers.bad(digest(0), Bad::Failed(NotChecked::NoAnswer), at(30_000));
    assert_eq!(
        answers.of(digest(0), at(30_999)),
        Known::Bad(Bad::Failed(NotChecked::NoAnswer))
    );
    assert_eq!(answers.of(digest(0), at(31_000)), Known::Formerly);
    answers.bad(digest(0), Bad::Inactive, at(31_000));
    assert_eq!(answers.of(digest(0), at(36_000)), Known::Stranger);
}

#[test]
fn a_token_that_got_stuck_is_no_longer_asked_about_as_a_known_one_until_the_server_has_said_something_of_it() {
    let (mut answers, said) = (Answers::default(), said());
    answers.good(digest(0), &said, KEPT, at(0));
    for token in [0, 1] {
        answers.stuck(digest(token), at(30_000));
        // Trouble says nothing of the token.
        answers.bad(digest(token), Bad::Failed(NotChecked::EhrTrouble), at(30_000));
        assert_eq!(answers.about(digest(token)), About::Stuck);
    }
    // No flood of invented ones keeps it out.
    assert_eq!(answers.of(digest(0), at(31_000)), Known::Formerly);
    answers.good(digest(0), &said, KEPT, at(31_000));
    answers.bad(digest(1), Bad::Inactive, at(31_000));
    assert_eq!(answers.about(digest(0)), About::Known);
    assert_eq!(answers.about(digest(1)), About::Stranger);
}

#[test]
fn twenty_refused_tokens_in_a_second_are_a_flood_until_it_is_over() {
    let mut answers = Answers::default();
    for number in 0..19 {
        answers.bad(digest(number), Bad::Inactive, at(1_000));
    }
    assert_eq!(answers.flood(at(1_000)), None);
    // A server in trouble says nothing about tokens.
    answers.bad(digest(30), Bad::Failed(NotChecked::EhrTrouble), at(1_200));
    assert_eq!(answers.flood(at(1_200)), None);
    answers.bad(digest(19), Bad::Inactive, at(1_500));
    assert_eq!(answers.flood(at(1_500)), Some(Duration::from_millis(500)));
    assert_eq!(answers.flood(at(1_999)), Some(Duration::from_millis(1)));
    assert_eq!(answers.flood(at(2_000)), None);
    answers.bad(digest(20), Bad::Inactive, at(2_000));
    assert_eq!(answers.flood(at(2_000)), None);
}

#[test]
fn what_one_server_told_one_client_is_no_answer_for_another() {
    let token = AccessToken::new("t");
    let of = |ehr: &str, client: &str| TokenDigest::of(ehr, client, &token).0;
    let all = [of("a", "b"), of("a", "c"), of("d", "b"), of("ab", ""), of("", "ab")];
    for (index, one) in all.iter().enumerate() {
        assert!(!all[index + 1..].contains(one), "{index}");
    }
}
