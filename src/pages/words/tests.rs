use std::collections::BTreeSet;

use serde_json::Value;

use crate::pages::Language;

/// Every text of a language, with its path.
fn texts(language: Language) -> Vec<(String, String)> {
    fn collect(path: &str, value: &Value, texts: &mut Vec<(String, String)>) {
        match value {
            Value::Object(members) => {
                for (name, value) in members {
                    collect(&format!("{path}.{name}"), value, texts);
                }
            }
            Value::String(text) => texts.push((path.to_owned(), text.clone())),
            _ => panic!("{path}: {value}"),
        }
    }
    let mut texts = Vec::new();
    collect("", &serde_json::to_value(language.words()).unwrap(), &mut texts);
    texts
}

fn places(text: &str) -> BTreeSet<&str> {
    let inner = text.split('{').skip(1);
    inner
        .filter_map(|rest| rest.split_once('}'))
        .map(|(name, _)| name)
        .collect()
}

#[test]
fn every_language_has_the_same_places_in_its_texts() {
    let english = texts(Language::English);
    assert!(english.len() > 200, "{}", english.len());
    assert!(english.iter().any(|(_, text)| !places(text).is_empty()));
    for language in Language::ALL {
        for ((path, text), (_, in_english)) in texts(*language).iter().zip(&english) {
            assert_eq!(places(text), places(in_english), "{language:?}{path}");
        }
    }
}

#[test]
fn no_text_is_empty_or_has_blanks_at_an_end_or_twice() {
    for language in Language::ALL {
        for (path, text) in texts(*language) {
            assert!(!text.is_empty() && text.trim() == text, "{language:?}{path}: {text:?}");
            assert!(
                !text.contains("  ") && !text.contains(['\n', '<', '>']),
                "{language:?}{path}: {text:?}"
            );
        }
    }
}

/// One that was copied and forgotten.
#[test]
fn no_sentence_of_another_language_is_the_english_one() {
    let english = texts(Language::English);
    for language in Language::ALL.iter().filter(|language| **language != Language::English) {
        for ((path, text), (_, in_english)) in texts(*language).iter().zip(&english) {
            assert!(!text.ends_with('.') || text != in_english, "{language:?}{path}: {text}");
        }
    }
}

#[test]
fn a_type_of_resource_is_said_in_words_and_one_that_is_not_known_is_not() {
    let words = &Language::English.words().resources;
    assert_eq!(words.of("Observation"), Some("measurements and results"));
    assert_eq!(words.of("observation"), None);
    assert_eq!(words.of("VisionPrescription"), None);
}
