//! The floors of `src/`: who may use whom, and that no knot of files grows.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::string_slice,
    unreachable_pub,
    reason = "helpers of a test may fail the test"
)]

mod circles;
mod public_api;
mod source;

use std::path::{Path, PathBuf};

use source::{Edge, Source};

/// Each floor, and those that it may use beside itself. What is not a folder is a file of that name.
const ALLOWED: &[(&str, &[&str])] = &[
    // Documentation alone.
    ("guide", &[]),
    ("time", &[]),
    ("log_throttle", &[]),
    ("meter", &[]),
    ("protocol", &["time"]),
    ("transport", &["protocol", "time"]),
    ("store", &["log_throttle", "meter", "protocol", "time"]),
    ("pages", &["protocol", "store", "time"]),
    ("audit", &["protocol", "store", "time"]),
    ("config", &["audit", "pages", "protocol", "store", "time", "transport"]),
    (
        "runtime",
        &[
            "audit",
            "config",
            "log_throttle",
            "meter",
            "protocol",
            "store",
            "time",
            "transport",
        ],
    ),
    (
        "launch",
        &[
            "audit",
            "config",
            "log_throttle",
            "meter",
            "pages",
            "protocol",
            "runtime",
            "store",
            "time",
            "transport",
        ],
    ),
    (
        "backend",
        &[
            "config",
            "launch",
            "log_throttle",
            "protocol",
            "runtime",
            "store",
            "time",
        ],
    ),
    (
        "registration",
        &["config", "log_throttle", "protocol", "runtime", "store", "time"],
    ),
    (
        "resource_server",
        &[
            "backend",
            "config",
            "launch",
            "log_throttle",
            "protocol",
            "runtime",
            "store",
            "time",
        ],
    ),
    (
        "fhir",
        &["audit", "backend", "config", "launch", "protocol", "runtime", "time"],
    ),
    ("bulk", &["backend", "fhir", "protocol", "time", "transport"]),
    (
        "smart_config",
        &[
            "backend",
            "config",
            "launch",
            "log_throttle",
            "meter",
            "protocol",
            "registration",
            "resource_server",
            "runtime",
            "store",
            "time",
            "transport",
        ],
    ),
    (
        "preflight",
        &[
            "config",
            "launch",
            "protocol",
            "registration",
            "resource_server",
            "runtime",
            "smart_config",
            "store",
            "transport",
        ],
    ),
    (
        "client",
        &[
            "config",
            "launch",
            "protocol",
            "runtime",
            "smart_config",
            "store",
            "time",
            "transport",
        ],
    ),
    (
        "web",
        &[
            "backend",
            "config",
            "fhir",
            "launch",
            "log_throttle",
            "pages",
            "protocol",
            "resource_server",
            "runtime",
            "smart_config",
            "store",
            "time",
        ],
    ),
    (
        "actix",
        &[
            "backend",
            "config",
            "fhir",
            "launch",
            "log_throttle",
            "pages",
            "protocol",
            "resource_server",
            "runtime",
            "smart_config",
            "store",
            "time",
            "web",
        ],
    ),
    // An EHR of its own: it knows what every application knows, and borrows the HTML escape.
    ("sandbox", &["pages", "time"]),
    // For the tests of applications.
    (
        "testing",
        &[
            "actix",
            "config",
            "launch",
            "protocol",
            "sandbox",
            "smart_config",
            "store",
            "time",
            "transport",
        ],
    ),
];

/// How many files may name each other in a circle. Two are a type and what it is made of.
const LARGEST_CIRCLE: usize = 2;
/// How many files may lie beside the folders of `src/`.
const LOOSE_FILES: usize = 6;

fn crate_source() -> Source {
    Source::read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src/lib.rs"))
}

/// The floor of a file: its folder, or its own name.
fn floor(file: &Path) -> String {
    let first = file.components().next().unwrap();
    Path::new(first.as_os_str())
        .with_extension("")
        .to_string_lossy()
        .into_owned()
}

/// The edges that no arrow of the table allows.
fn upward(edges: impl IntoIterator<Item = Edge>) -> Vec<Edge> {
    let is_allowed = |edge: &Edge| {
        let (from, to) = (floor(&edge.from), floor(&edge.to));
        from == to
            || from == "lib"
            || ALLOWED
                .iter()
                .any(|(floor, below)| *floor == from && below.contains(&to.as_str()))
    };
    edges.into_iter().filter(|edge| !is_allowed(edge)).collect()
}

#[test]
fn no_file_uses_a_floor_that_is_not_below_it() {
    assert_eq!(upward(crate_source().edges()), []);
}

#[test]
fn every_floor_is_in_the_table() {
    for file in crate_source().files() {
        let floor = floor(&file);
        assert!(
            floor == "lib" || ALLOWED.iter().any(|(known, _)| *known == floor),
            "{floor} is no floor; add it to the table, or move {} to one",
            file.display()
        );
    }
}

#[test]
fn the_floors_of_the_table_are_in_order() {
    for (at, (floor, below)) in ALLOWED.iter().enumerate() {
        for other in *below {
            let is_below = ALLOWED.iter().take(at).any(|(earlier, _)| earlier == other);
            assert!(is_below, "{floor} may use {other}, which is not below it");
        }
    }
}

#[test]
fn no_circle_of_files_is_larger_than_two() {
    let edges = crate_source().edges();
    let circles: Vec<_> = circles::circles(&edges)
        .into_iter()
        .filter(|circle| circle.len() > LARGEST_CIRCLE && circle.iter().all(|file| floor(file) != "sandbox"))
        .collect();
    assert!(circles.is_empty(), "{circles:#?}");
}

#[test]
fn few_files_lie_beside_the_folders() {
    let loose: Vec<PathBuf> = crate_source()
        .files()
        .into_iter()
        .filter(|file| file.components().count() == 1)
        .collect();
    assert!(loose.len() <= LOOSE_FILES, "{loose:?}");
}

/// What an application names every day. The rest is in modules named for who needs it.
const ROOT_NAMES: usize = 48;

#[test]
fn the_public_face_is_the_one_that_was_reviewed() {
    let kept = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/architecture/public-api.txt");
    if let Err(changes) = public_api::compare(&public_api::describe(&crate_source()), &kept) {
        panic!(
            "the public API has changed:\n{changes}\nIf it was meant to, run `BLESS=1 cargo test --test architecture` and \
             have the change reviewed"
        );
    }
}

#[test]
fn the_root_has_few_names_and_none_of_actix_web() {
    let names = public_api::names_at(&crate_source(), &[]);
    assert!(names.len() <= ROOT_NAMES, "{} names: {names:?}", names.len());
    for taken in [
        "App",
        "Either",
        "Error",
        "FromRequest",
        "Handler",
        "HttpMessage",
        "HttpRequest",
        "HttpResponse",
        "HttpServer",
        "Method",
        "Resource",
        "Responder",
        "Result",
        "Route",
        "SameSite",
        "Scope",
        "StatusCode",
    ] {
        assert!(!names.contains(&taken.to_owned()), "{taken} is a name of actix-web");
    }
}

#[test]
fn everything_public_has_one_path() {
    let twice: Vec<_> = public_api::paths(&crate_source())
        .into_values()
        .filter(|paths| paths.len() > 1)
        .collect();
    assert!(twice.is_empty(), "{twice:#?}");
}

/// A crate with these files.
fn planted(files: &[(&str, &str)]) -> Vec<Edge> {
    static NUMBER: std::sync::atomic::AtomicUsize = std::sync::atomic::AtomicUsize::new(0);
    let number = NUMBER.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
    let directory = std::env::temp_dir().join(format!("floors-{}-{number}", std::process::id()));
    for (name, text) in files {
        let file = directory.join(name);
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(file, text).unwrap();
    }
    let edges = Source::read(&directory.join("lib.rs")).edges();
    std::fs::remove_dir_all(directory).unwrap();
    edges.into_iter().collect()
}

#[test]
fn a_planted_upward_import_is_found_however_it_is_written() {
    let lib = ("lib.rs", "mod protocol; mod store;");
    let store = ("store/mod.rs", "mod key; pub(crate) use key::Key;");
    let key = ("store/key.rs", "pub(crate) struct Key;");
    for upward_import in [
        "use crate::store::Key;",
        "use crate::{store::{Key as Other}};",
        "use super::super::store::Key;",
        "fn f(_: crate::store::Key) {}",
        "fn f() { let _ = crate::store::Key; }",
        "mod inner { fn f(_: super::super::super::store::Key) {} }",
    ] {
        let files = [
            lib,
            store,
            key,
            ("protocol/mod.rs", "mod scope;"),
            ("protocol/scope.rs", upward_import),
        ];
        let expected = Edge {
            from: "protocol/scope.rs".into(),
            to: "store/key.rs".into(),
        };
        assert_eq!(upward(planted(&files)), [expected], "{upward_import}");
    }
}

#[test]
fn what_only_tests_import_is_no_arrow() {
    let files = [
        ("lib.rs", "mod protocol; mod store;"),
        ("store/mod.rs", "pub(crate) struct Key;"),
        ("protocol/mod.rs", "#[cfg(test)] mod tests { use crate::store::Key; }"),
    ];
    assert_eq!(planted(&files), []);
}

#[test]
fn a_planted_circle_is_found_through_re_exports() {
    let files = [
        ("lib.rs", "mod store;"),
        (
            "store/mod.rs",
            "mod a; mod b; mod c; pub(crate) use self::{a::A, b::B, c::C};",
        ),
        ("store/a.rs", "use super::B; pub(crate) struct A(B);"),
        ("store/b.rs", "use crate::store::C; pub(crate) struct B(C);"),
        ("store/c.rs", "pub(crate) struct C(Box<super::a::A>);"),
    ];
    let edges = planted(&files).into_iter().collect();
    let circle: Vec<PathBuf> = ["store/a.rs", "store/b.rs", "store/c.rs"].map(Into::into).into();
    assert_eq!(circles::circles(&edges), [circle]);
}
