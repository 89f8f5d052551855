use super::*;
use crate::pages::Language;

fn english() -> &'static Words {
    Language::English.words()
}

#[test]
fn scopes_are_said_in_words_that_go_on_from_does_not_let_this_application() {
    for (scopes, words) in [
        ("patient/Task.rs", "see tasks of the patient"),
        ("patient/Task.r patient/Task.s", "see tasks of the patient"),
        (
            "patient/VisionPrescription.rs",
            "see records of the kind “VisionPrescription” of the patient",
        ),
        (
            "user/*.cud",
            "add and change and delete records of every kind that you may use yourself",
        ),
        (
            "patient/Observation.read?category=a",
            "see some of the measurements and results of the patient",
        ),
        ("openid fhirUser profile", "know who you are"),
        ("launch/patient openid", "know what is open in it or know who you are"),
        (
            "offline_access __x patient/*.u",
            "stay connected, use “__x” or change records of every kind of the patient",
        ),
        ("", "do all that it needs to"),
        ("a b c d e", "use “a”, use “b”, use “c”, use “d” or use “e”"),
        (
            "a b c d e f g",
            "use “a”, use “b”, use “c”, use “d”, use “e” or do 2 more things",
        ),
    ] {
        assert_eq!(in_words(english(), &Scopes::parse(scopes)), words, "{scopes}");
    }
}

#[test]
fn a_page_about_scopes_names_them_for_whoever_is_asked_for_help() {
    let missing = Scopes::parse("patient/Task.rs user/*.r");
    let requested = Scopes::default();
    let page = insufficient_scope(english(), &missing, &requested, Audience::Api, None);
    assert_eq!(page.detail.as_deref(), Some("Not granted: patient/Task.rs user/*.r"));
    assert_eq!(page.missing_scopes, Some(missing));
    let page = insufficient_scope(english(), &Scopes::default(), &requested, Audience::Api, None);
    assert_eq!((page.detail, page.missing_scopes), (None, None));
}

#[test]
fn a_page_about_scopes_names_those_that_the_launch_had_requested_where_they_would_have_done() {
    let missing = Scopes::parse("patient/Observation.s patient/Task.r");
    let requested = Scopes::parse("openid patient/Observation.rs patient/Condition.rs");
    let page = insufficient_scope(english(), &missing, &requested, Audience::Document, None);
    assert_eq!(
        page.detail.as_deref(),
        Some("Not granted: patient/Observation.rs patient/Task.r")
    );
    assert_eq!(page.missing_scopes, Some(missing));
}

#[test]
fn a_page_about_scopes_has_a_button_where_a_launch_can_begin_and_else_says_where_to_open_it() {
    let page = |relaunch: Option<&str>| {
        let (missing, relaunch) = (Scopes::parse("patient/Task.r"), relaunch.map(str::to_owned));
        insufficient_scope(english(), &missing, &Scopes::default(), Audience::Document, relaunch)
    };
    let with_start = page(Some("/auth/launch"));
    assert_eq!(
        with_start.action.map(|action| action.href).as_deref(),
        Some("/auth/launch")
    );
    assert!(
        with_start.message.ends_with("please start again and allow it."),
        "{}",
        with_start.message
    );
    let without = page(None);
    assert_eq!(without.action, None);
    assert!(
        without
            .message
            .ends_with("please open the application again from the patient's chart and allow it."),
        "{}",
        without.message
    );
}

#[test]
fn scopes_are_said_in_german_as_well() {
    let german = Language::German.words();
    for (scopes, words) in [
        ("patient/Observation.rs", "Messwerte und Befunde des Patienten sehen"),
        (
            "user/Task.cu openid",
            "Aufgaben, die Sie selbst benutzen dürfen, hinzufügen und ändern oder erfahren, wer Sie sind",
        ),
        (
            "patient/Observation.read?category=a",
            "einen Teil der Einträge (Messwerte und Befunde) des Patienten sehen",
        ),
    ] {
        assert_eq!(in_words(german, &Scopes::parse(scopes)), words, "{scopes}");
    }
}
