//! What `cargo mutants` would change: [`Mutant`].

use std::process::Command;

use serde::Deserialize;

use crate::Result;

/// One change, as `cargo mutants --list --json` describes it.
#[derive(Debug, Deserialize)]
pub struct Mutant {
    pub name: String,
    pub file: String,
    pub genre: Genre,
    #[serde(default)]
    pub replacement: String,
    pub span: Span,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub enum Genre {
    FnValue,
    BinaryOperator,
    UnaryOperator,
    MatchArm,
    MatchArmGuard,
    StructField,
}

#[derive(Debug, Deserialize)]
pub struct Span {
    pub start: Place,
}

/// Both counted from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize)]
pub struct Place {
    pub line: usize,
    pub column: usize,
}

/// Those of the tree in the present directory, as `.cargo/mutants.toml` says, of all files or of those whose path begins so, in that
/// order. Their places in the list are their numbers.
pub fn of_this_tree(files: &[String]) -> Result<Vec<Mutant>> {
    let output = Command::new("cargo").args(["mutants", "--list", "--json"]).output()?;
    if !output.status.success() {
        return Err(format!("cargo mutants: {}", String::from_utf8_lossy(&output.stderr)).into());
    }
    let mut all: Vec<Mutant> = serde_json::from_slice(&output.stdout)?;
    let place = |mutant: &Mutant| files.iter().position(|path| mutant.file.starts_with(path));
    all.retain(|mutant| files.is_empty() || place(mutant).is_some());
    all.sort_by_key(place);
    Ok(all)
}
