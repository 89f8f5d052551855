//! `docs/ehr-quirks.md` names tests, which exist, and for each line a source with its year.

use std::{collections::BTreeSet, fs, path::Path};

fn sources(folder: &Path, text: &mut String) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, text);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            text.push_str(&fs::read_to_string(&path).unwrap());
        }
    }
}

#[test]
fn every_test_that_the_table_of_ehrs_names_exists() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let document = fs::read_to_string(root.join("docs/ehr-quirks.md")).unwrap();
    let mut code = String::new();
    sources(&root.join("src"), &mut code);
    sources(&root.join("tests"), &mut code);
    // Test names are sentences; nothing else in the document has as many words.
    let is_test = |text: &&str| {
        text.matches('_').count() >= 5
            && text
                .chars()
                .all(|c| c.is_ascii_lowercase() || c == '_' || c.is_ascii_digit())
    };
    let named: BTreeSet<&str> = document.split('`').filter(is_test).collect();
    assert!(named.len() > 30, "{named:?}");
    let missing: Vec<_> = named
        .iter()
        .filter(|name| !code.contains(&format!("fn {name}()")) && !is_case(root, name))
        .collect();
    assert!(missing.is_empty(), "{missing:?}");
}

/// Whether it is one of the servers that stand in files.
fn is_case(root: &Path, name: &str) -> bool {
    root.join(format!("tests/it/cases/files/{name}.json")).exists()
}

/// A year, or the plain word that there is no source.
fn says_where_it_comes_from(source: &str) -> bool {
    let words = source.split(|c: char| !c.is_ascii_alphanumeric());
    let mut years = words.filter(|word| word.len() == 4 && word.bytes().all(|b| b.is_ascii_digit()));
    years.any(|year| ("2010".."2100").contains(&year))
        || source.contains("*not found*")
        || source.contains("*inferred*")
}

#[test]
fn every_line_of_the_table_of_ehrs_names_a_source_with_its_year_or_says_that_there_is_none() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let document = fs::read_to_string(root.join("docs/ehr-quirks.md")).unwrap();
    let mut in_a_table_with_sources = false;
    let mut lines = 0;
    for line in document.lines() {
        let cells: Vec<&str> = line.trim_matches('|').split(" | ").map(str::trim).collect();
        let source = cells.last().copied().unwrap_or_default();
        match line.starts_with('|') {
            false => in_a_table_with_sources = false,
            true if source == "source" => in_a_table_with_sources = true,
            true if in_a_table_with_sources && !line.starts_with("|---") => {
                assert!(says_where_it_comes_from(source), "no source with a year: {line}");
                lines += 1;
            }
            true => {}
        }
    }
    assert!(lines > 100, "{lines}");
    assert!(!says_where_it_comes_from("doc") && !says_where_it_comes_from("`a/b#1234`"));
    assert!(says_where_it_comes_from("`a/b#12`, 2026"));
}
