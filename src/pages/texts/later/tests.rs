use super::*;
use crate::pages::Language;

fn english() -> &'static Words {
    Language::English.words()
}

#[test]
fn a_wait_of_minutes_is_said_in_minutes() {
    for (seconds, words) in [
        (0, "Wait a little, then try again."),
        (59, "Wait a little, then try again."),
        (60, "Try again in about a minute."),
        (61, "Try again in about 2 minutes."),
        (300, "Try again in about 5 minutes."),
    ] {
        assert_eq!(in_words(english(), Duration::from_secs(seconds)), words, "{seconds} s");
    }
}

#[test]
fn whoever_opened_the_page_has_something_to_press_and_a_form_or_a_script_has_not() {
    for (audience, link) in [
        (Audience::Document, Some("")),
        (Audience::Form, None),
        (Audience::Api, None),
    ] {
        for page in [
            try_again(english(), "busy", english().later.ehr_busy, audience, SOON),
            not_offered(english(), "Try again later.", audience, SOON),
        ] {
            let action = page.action.as_ref();
            assert_eq!(action.map(|action| action.href.as_str()), link, "{audience:?}");
            assert!(!page.problem_json().contains("launch_url"));
        }
    }
}

#[test]
fn an_ehr_that_was_removed_is_asked_for_again_after_a_minute_or_later() {
    let after = |wait| not_offered(english(), "", Audience::Api, Duration::from_secs(wait)).retry_after;
    assert_eq!(
        (after(5), after(90)),
        (Some(Duration::from_secs(60)), Some(Duration::from_secs(90)))
    );
}
