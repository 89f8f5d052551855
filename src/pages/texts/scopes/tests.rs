use super::*;
use crate::pages::Language;

fn english() -> &'static Words {
    Language::English.words()
}

#[test]
fn scopes_are_said_in_words_one_item_each_and_not_more_than_somebody_reads() {
    for (scopes, words) in [
        ("patient/Task.rs", &["see the patient's tasks"] as &[&str]),
        ("patient/Task.r patient/Task.s", &["see the patient's tasks"]),
        (
            "patient/VisionPrescription.rs",
            &["see the patient's records of the kind “VisionPrescription”"],
        ),
        (
            "user/*.cud",
            &["add and change and delete records of every kind that you have access to yourself"],
        ),
        (
            "patient/Observation.read?category=a",
            &["see some of the patient's measurements and results"],
        ),
        (
            "user/Observation.read?category=a",
            &["see some of the measurements and results that you have access to yourself"],
        ),
        ("openid fhirUser profile", &["know who you are"]),
        (
            "launch/patient openid",
            &["know what is open there", "know who you are"],
        ),
        (
            "offline_access __x patient/*.u",
            &[
                "stay connected",
                "use “__x”",
                "change the patient's records of every kind",
            ],
        ),
        ("", &[]),
        ("a b c d e", &["use “a”", "use “b”", "use “c”", "use “d”", "use “e”"]),
        (
            "a b c d e f g",
            &[
                "use “a”",
                "use “b”",
                "use “c”",
                "use “d”",
                "use “e”",
                "do 2 more things",
            ],
        ),
    ] {
        assert_eq!(in_words(english(), &Scopes::parse(scopes)), words, "{scopes}");
    }
}

#[test]
fn a_page_about_scopes_has_a_list_where_they_are_known_and_else_a_sentence() {
    let known = Scopes::parse("patient/Task.r openid");
    for language in Language::ALL {
        let words = language.words();
        for audience in [Audience::Document, Audience::Form, Audience::Api] {
            let page = |missing| insufficient_scope(words, missing, &Scopes::default(), audience, None);
            let list = page(&known).list.unwrap();
            assert_eq!(list.items.len(), 2);
            assert!(list.before.ends_with(words.scopes.does_not_let), "{}", list.before);
            let is_form = audience == Audience::Form;
            assert_eq!(
                list.before.starts_with(words.next.not_saved),
                is_form,
                "{}",
                list.before
            );
            let unnamed = page(&Scopes::default());
            assert_eq!(unnamed.list, None);
            assert!(
                unnamed.message.contains(words.scopes.all_page_needs),
                "{}",
                unnamed.message
            );
            assert_eq!(
                unnamed.message.starts_with(words.next.not_saved),
                is_form,
                "{}",
                unnamed.message
            );
        }
        for began in [LaunchKind::Ehr, LaunchKind::Standalone] {
            assert_eq!(not_granted(words, &known, began).list.unwrap().items.len(), 2);
            let unnamed = not_granted(words, &Scopes::default(), began);
            assert_eq!(unnamed.list, None);
            assert!(
                unnamed.message.starts_with(words.scopes.all_it_needs),
                "{}",
                unnamed.message
            );
        }
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
        with_start
            .message
            .contains("please start again and allow it. Otherwise please tell the support team"),
        "{}",
        with_start.message
    );
    let without = page(None);
    assert_eq!(without.action, None);
    assert!(
        without
            .message
            .contains("please open the application again from the patient's chart and allow it. Otherwise please tell"),
        "{}",
        without.message
    );
}

#[test]
fn scopes_are_said_in_german_as_well() {
    let german = Language::German.words();
    for (scopes, words) in [
        (
            "patient/Observation.rs",
            &["Messwerte und Befunde des Patienten ansehen"] as &[&str],
        ),
        (
            "user/Task.cu openid",
            &[
                "Aufgaben anlegen und ändern, auf die Sie selbst Zugriff haben",
                "erfahren, wer Sie sind",
            ],
        ),
        (
            "patient/Observation.read?category=a",
            &["einen Teil der Einträge (Messwerte und Befunde) des Patienten ansehen"],
        ),
        (
            "user/Observation.read?category=a",
            &["einen Teil der Einträge (Messwerte und Befunde) ansehen, auf die Sie selbst Zugriff haben"],
        ),
    ] {
        assert_eq!(in_words(german, &Scopes::parse(scopes)), words, "{scopes}");
    }
}
