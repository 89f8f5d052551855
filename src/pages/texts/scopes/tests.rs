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
    let page = insufficient_scope(english(), &missing, Audience::Api);
    assert_eq!(page.detail.as_deref(), Some("Not granted: patient/Task.rs user/*.r"));
    assert_eq!(page.missing_scopes, Some(missing));
    let page = insufficient_scope(english(), &Scopes::default(), Audience::Api);
    assert_eq!((page.detail, page.missing_scopes), (None, None));
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
