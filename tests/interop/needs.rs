//! What tests here need beyond Rust.

use std::{
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

/// `tests/interop`.
pub(crate) fn directory() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/interop")
}

/// Whether everything is there. Where something is missing, a line says what, and that the test is skipped.
///
/// # Panics
///
/// When something is missing and `SMART_REQUIRE_INTEROP=1`.
pub(crate) fn is_here(looked: Result<(), String>) -> bool {
    let Err(missing) = looked else { return true };
    let required = std::env::var("SMART_REQUIRE_INTEROP").is_ok_and(|value| value == "1");
    assert!(!required, "{missing}");
    println!("skipped: {missing}");
    false
}

/// Node.js, and this package in the `node_modules` of that folder of `tests/interop`.
pub(crate) fn node_package(folder: &str, package: &str) -> Result<(), String> {
    let node = Command::new("node").arg("--version").stdout(Stdio::null()).status();
    node.map_err(|_| "there is no node in the path".to_owned())?;
    let folder = directory().join(folder);
    let package = folder.join("node_modules").join(package).join("package.json");
    match package.exists() {
        true => Ok(()),
        false => Err(format!(
            "{} is not here: run `npm ci --ignore-scripts --omit=optional --omit=peer` in {}",
            package.parent().unwrap_or(&package).display(),
            folder.display()
        )),
    }
}

/// The Python of the environment in `clients/python/venv`.
pub(crate) fn python() -> PathBuf {
    directory().join("clients/python/venv/bin/python")
}

/// Python with the libraries of `clients/python/requirements.txt`.
pub(crate) fn python_environment() -> Result<(), String> {
    // What `install` writes last: without it an installation was cut short.
    match directory().join("clients/python/venv/requirements.sha256").exists() {
        true => Ok(()),
        false => Err(
            "the Python libraries are not here, or not all of them: run `tests/interop/clients/python/install`"
                .to_owned(),
        ),
    }
}
