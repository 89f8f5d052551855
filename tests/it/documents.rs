//! README and guide say what the code does: the smallest program is one text, every page's code is in the table of
//! answers, with its status, and no promise of the library that people come from is passed over.

use std::{collections::BTreeSet, fs, path::Path};

const README: &str = include_str!("../../README.md");
const ANSWERS: &str = include_str!("../../src/guide/answers.md");

#[test]
fn the_readme_shows_the_smallest_program_as_it_is_in_the_examples() {
    let program = include_str!("../../examples/smallest.rs");
    assert!(README.contains(&format!("```rust,no_run\n{program}```\n")));
    assert!(
        program.contains("tracing_subscriber"),
        "without a subscriber there is no log"
    );
}

#[test]
fn the_readme_keeps_its_two_commands() {
    for command in ["cargo run --example patient_app\n", "cargo test --all-features\n"] {
        assert!(README.contains(command), "{command}");
    }
}

#[test]
fn the_readme_links_to_nothing_that_a_registry_page_cannot_open() {
    let defined: Vec<(&str, &str)> = README
        .lines()
        .filter_map(|line| line.strip_prefix('[')?.split_once("]: "))
        .filter(|(name, _)| !name.contains(']'))
        .collect();
    let inline = README.match_indices("](").map(|(at, _)| &README[at + 2..]);
    let inline = inline.map(|link| link.split_once(')').unwrap().0);
    for link in inline.chain(defined.iter().map(|(_, link)| *link)) {
        assert!(link.starts_with("https://") || link.starts_with('#'), "{link}");
    }
    for name in README.match_indices("][").map(|(at, _)| &README[at + 2..]) {
        let name = name.split_once(']').unwrap().0;
        assert!(defined.iter().any(|(it, _)| *it == name), "[{name}] is not defined");
    }
}

#[test]
fn no_document_and_no_example_ends_a_start_because_a_publisher_is_away() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let (mut folders, mut looked_at) = (vec![root.join("src"), root.join("examples"), root.join("docs")], 0);
    let mut files = vec![root.join("README.md")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            match path.extension().and_then(|extension| extension.to_str()) {
                Some("md" | "rs") => files.push(path),
                None if path.is_dir() => folders.push(path),
                _ => {}
            }
        }
    }
    for file in files {
        let text = fs::read_to_string(&file).unwrap();
        looked_at += text.matches("load_brands().await").count();
        assert!(!text.contains("load_brands().await?"), "{}", file.display());
    }
    assert!(looked_at >= 1, "the guide shows it");
}

#[test]
fn every_guide_page_that_the_readme_links_to_exists_and_has_the_heading() {
    let guide = "https://docs.rs/actix-smart-auth/latest/actix_smart_auth/guide/";
    let links: BTreeSet<&str> = README
        .match_indices(guide)
        .filter_map(|(at, _)| README[at + guide.len()..].lines().next())
        .collect();
    assert!(links.len() > 10, "{links:?}");
    for link in links {
        let (page, heading) = link.split_once("/index.html").unwrap();
        let path = match page {
            "ehr_quirks" => "docs/ehr-quirks.md".to_owned(),
            page => format!("src/guide/{page}.md"),
        };
        let text = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap();
        if let Some(heading) = heading.strip_prefix('#') {
            assert!(headings(&text).any(|it| it == heading), "{link}");
        }
    }
}

/// rustdoc looks whether a page exists, and not whether it has the heading.
#[test]
fn every_heading_that_a_page_of_the_guide_links_to_exists() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let page = |name: &str| match name {
        "ehr_quirks" => root.join("docs/ehr-quirks.md"),
        name => root.join(format!("src/guide/{name}.md")),
    };
    let files = fs::read_dir(root.join("src/guide")).unwrap();
    let files = files.map(|entry| entry.unwrap().path());
    let mut links = 0;
    for file in files
        .chain([page("ehr_quirks")])
        .filter(|file| file.extension().is_some_and(|it| it == "md"))
    {
        let text = fs::read_to_string(&file).unwrap();
        let own = file.file_stem().unwrap().to_string_lossy().replace('-', "_");
        for target in text
            .match_indices("](")
            .map(|(at, _)| text[at + 2..].split(')').next().unwrap())
        {
            let target = target.split_whitespace().collect::<String>();
            let Some((name, heading)) = target.strip_prefix("crate::guide::").unwrap_or(&target).split_once('#') else {
                continue;
            };
            if name.contains([':', '/']) || name == "crate" {
                continue;
            }
            let text = fs::read_to_string(page(if name.is_empty() { &own } else { name })).unwrap();
            assert!(headings(&text).any(|it| it == heading), "{}: {target}", file.display());
            links += 1;
        }
    }
    assert!(links > 40, "{links}");
}

/// The headings of a page, as rustdoc makes addresses of them.
fn headings(text: &str) -> impl Iterator<Item = String> + '_ {
    text.lines().filter_map(|line| {
        let title = line.trim_start_matches('#');
        (title.starts_with(' ') && title.len() < line.len()).then(|| {
            let kept = title.trim().to_lowercase();
            let kept = kept
                .chars()
                .filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
            kept.map(|c| if c == ' ' { '-' } else { c }).collect()
        })
    })
}

/// How long a new key has to be published is what EHRs are told with the key set.
#[test]
fn the_advice_about_new_keys_is_that_of_the_key_sets_own_header() {
    let header = "max-age=3600";
    let served = include_str!("../../src/actix/routes/jwks.rs");
    assert!(
        served.contains(&format!("\"public, {header}\"")),
        "change the advice too"
    );
    for advice in [
        include_str!("../../src/guide/clients.md"),
        include_str!("../../docs/ehr-quirks.md"),
        include_str!("../../src/protocol/client_auth/private_key_jwt.rs"),
    ] {
        assert!(advice.contains(header) && advice.contains("an hour"));
    }
}

/// Safire's promises are numbered, so that none is passed over.
#[test]
fn every_promise_of_safire_has_a_line_that_says_what_it_is_here() {
    let page = include_str!("../../src/guide/coming_from_safire.md");
    let mut answered = Vec::new();
    for line in page.lines() {
        let mut cells = line.trim_matches('|').splitn(3, '|').map(str::trim);
        let numbers: Option<Vec<u32>> = cells
            .next()
            .and_then(|cell| cell.split(", ").map(|number| number.parse().ok()).collect());
        let (Some(numbers), Some(_), Some(answer)) = (numbers, cells.next(), cells.next()) else {
            continue;
        };
        let marks = ["**same**", "**better**", "**different**", "**not yet**"];
        assert!(marks.iter().any(|mark| answer.starts_with(mark)), "{line}");
        answered.extend(numbers);
    }
    assert_eq!(answered, (1..=128).collect::<Vec<_>>());
}

/// In the table of lines, and where the guide quotes one in italics. What stands in parentheses is the guide's own, and `…` is for
/// what a line says otherwise each time.
#[test]
fn every_line_of_the_log_that_the_guide_quotes_is_in_the_source() {
    let source: String = source_files()
        .map(|file| unbroken(&fs::read_to_string(file).unwrap()))
        .collect();
    let errors = include_str!("../../src/guide/errors.md");
    let (_, table) = errors.split_once("\n# By log line\n").unwrap();
    let rows = table
        .lines()
        .filter_map(|line| line.strip_prefix("| ")?.split(" | ").next());
    let mut quoted: Vec<String> = rows.skip(1).map(str::to_owned).collect();
    assert!(quoted.len() > 60, "{}", quoted.len());
    for page in [
        include_str!("../../src/guide/incidents.md"),
        include_str!("../../src/guide/observability.md"),
        include_str!("../../src/guide/stores.md"),
    ] {
        // Code has stars of its own.
        let prose = page
            .split("```")
            .step_by(2)
            .map(|text| text.split('`').step_by(2).collect::<String>());
        for line in prose.collect::<String>().replace("**", "").lines() {
            quoted.extend(line.split('*').skip(1).step_by(2).map(str::to_owned));
        }
    }
    let mut looked_at = 0;
    for quote in quoted {
        for part in without_parentheses(&quote)
            .replace('`', "")
            .split(['…', ';'])
            .map(str::trim)
        {
            if part.chars().count() >= 12 {
                assert!(
                    source.contains(part),
                    "{part:?} of {quote:?} is in no line of the source"
                );
                looked_at += 1;
            }
        }
    }
    assert!(looked_at > 90, "{looked_at}");
}

/// A text that goes over several lines, as the compiler joins it; without backticks.
fn unbroken(text: &str) -> String {
    let mut lines = text.split("\\\n");
    let first = lines.next().unwrap_or_default().to_owned();
    let joined = lines.fold(first, |text, line| text + line.trim_start());
    joined.replace('`', "")
}

fn without_parentheses(text: &str) -> String {
    let mut depth = 0;
    let kept = text.chars().filter(|c| {
        depth += i32::from(*c == '(');
        let is_kept = depth == 0;
        depth -= i32::from(*c == ')');
        is_kept
    });
    kept.collect()
}

#[test]
fn every_code_of_a_page_is_in_the_table_of_answers_with_its_status() {
    let codes = codes_in_the_source();
    assert!(codes.len() > 40, "{codes:?}");
    for (code, status) in &codes {
        let mut rows = ANSWERS.lines().filter(|line| line.contains(&format!("`{code}`")));
        match status {
            None => assert!(rows.next().is_some(), "{code} is not in src/guide/answers.md"),
            Some(status) => assert!(
                rows.any(|row| row.contains(status.as_str())),
                "{code} with status {status} is not in src/guide/answers.md"
            ),
        }
    }
}

#[test]
fn every_code_in_the_table_of_answers_is_in_the_source() {
    let source: String = source_files().map(|file| fs::read_to_string(file).unwrap()).collect();
    let rows = ANSWERS.lines().filter(|line| line.matches(" | ").count() == 2);
    let mut found = 0;
    for row in rows {
        let codes = row.rsplit_once(" | ").unwrap().1;
        for code in codes.split('`').skip(1).step_by(2).filter(|it| *it != "code") {
            assert!(source.contains(&format!("\"{code}\"")), "{code} is in no source file");
            found += 1;
        }
    }
    assert!(found > 40, "{found}");
}

/// The codes of all pages, with the status where it stands beside the code. A code is a text of lower-case words with
/// hyphens in the files that hold the texts of pages, or the second argument of `Page::new`.
fn codes_in_the_source() -> BTreeSet<(String, Option<String>)> {
    let mut codes = BTreeSet::new();
    for file in source_files() {
        let text = fs::read_to_string(&file).unwrap();
        let text = text.split("#[cfg(test)]").next().unwrap();
        for at in text.match_indices("Page::new(").map(|(at, call)| at + call.len()) {
            let mut arguments = text[at..].split(',');
            let (status, code) = (arguments.next().unwrap().trim(), arguments.next().unwrap().trim());
            if let (true, Some(code)) = (status.parse::<u16>().is_ok(), quoted(code)) {
                codes.insert((code.to_owned(), Some(status.to_owned())));
            }
        }
        let inside = file.strip_prefix(Path::new(env!("CARGO_MANIFEST_DIR"))).unwrap();
        if inside.starts_with("src/pages") {
            let words = text.split('"').skip(1).step_by(2).filter(|it| is_code(it));
            codes.extend(words.map(|code| (code.to_owned(), None)));
        }
    }
    codes
}

fn quoted(argument: &str) -> Option<&str> {
    argument.strip_prefix('"')?.strip_suffix('"')
}

fn is_code(text: &str) -> bool {
    text.contains('-')
        && text
            .split('-')
            .all(|word| !word.is_empty() && word.bytes().all(|b| b.is_ascii_lowercase()))
}

/// The source without its tests, the sandbox and the guide.
fn source_files() -> impl Iterator<Item = std::path::PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut folders = vec![root];
    let mut files = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            if path.is_dir() && !matches!(name.as_str(), "tests" | "sandbox" | "fuzz" | "guide") {
                folders.push(path);
            } else if name.ends_with(".rs") && name != "tests.rs" {
                files.push(path);
            }
        }
    }
    files.into_iter()
}
