//! Runs the mutants of `cargo mutants` with one build instead of one build for each.
//!
//! Every mutant is compiled into a copy of the tree behind a switch, which the environment variable `MUTANT` sets. Those that do not
//! compile are left out. Each test is run once to see which switches it passes; then each mutant is run with the tests that pass it.

mod build;
mod list;
mod rewrite;
mod run;

use std::{
    collections::{BTreeMap, BTreeSet},
    env,
    error::Error,
    fs,
    path::Path,
};

use build::Tree;
use list::Mutant;
use run::{Suite, Verdict};

type Result<T> = std::result::Result<T, Box<dyn Error>>;

const USAGE: &str = "usage: mutants-in-one-build [--suite NAME]... [--file PATH]... [--directory DIRECTORY]
  --suite      `lib` (the unit tests), or the name of a suite under tests/; several in the order in which they are asked (default: lib)
  --file       mutants of this file or directory alone, by the beginning of its path
  --directory  where the copy of the tree and the results go (default: target/mutants)";

fn main() -> Result<()> {
    let mut suites = Vec::new();
    let mut files = Vec::new();
    let mut directory = "target/mutants".to_owned();
    let mut arguments = env::args().skip(1);
    while let Some(option) = arguments.next() {
        let value = arguments.next().ok_or(USAGE)?;
        match option.as_str() {
            "--suite" => suites.push(value),
            "--file" => files.push(value),
            "--directory" => directory = value,
            _ => return Err(USAGE.into()),
        }
    }
    if suites.is_empty() {
        suites.push("lib".to_owned());
    }
    let all = list::of_this_tree(&files)?;
    let tree = Tree::copied_to(Path::new(&directory))?;
    let placed = tree.with_switches(&all)?;
    println!("{} mutants, {} of them compile", all.len(), placed.len());

    let mut open = placed;
    let mut verdicts = BTreeMap::new();
    for suite in &suites {
        let suite = Suite::trace(tree.build(suite)?, &tree)?;
        let found = suite.judge(&open)?;
        open.retain(|id| matches!(found.get(id), Some(Verdict::Missed | Verdict::Unreached)));
        verdicts.extend(found);
    }
    report(&all, &verdicts, &Path::new(&directory).join("missed.txt"))
}

fn report(all: &[Mutant], verdicts: &BTreeMap<usize, Verdict>, missed: &Path) -> Result<()> {
    let mut lines = BTreeSet::new();
    let mut counts = BTreeMap::new();
    for (&id, verdict) in verdicts {
        *counts.entry(verdict.name()).or_insert(0) += 1;
        if let (Verdict::Missed | Verdict::Unreached, Some(mutant)) = (verdict, all.get(id)) {
            lines.insert(format!("{}\t{}\n", verdict.name(), mutant.name));
        }
    }
    fs::write(missed, lines.into_iter().collect::<String>())?;
    println!("{counts:?}; those that no test notices are in {}", missed.display());
    Ok(())
}
