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
use run::{Effort, Suite, Verdict};

type Result<T> = std::result::Result<T, Box<dyn Error>>;

const USAGE: &str = "usage: mutants-in-one-build [--past NAME]... [--suite NAME]... [--file PATH]... [--nearest N] [--jobs N] [--directory DIRECTORY]
  --past       a suite whose mutants are left out: those that its tests pass, whatever they make of them
  --suite      `lib` (the unit tests), or the name of a suite under tests/; several in the order in which they are asked (default: lib)
  --file       mutants of this file or directory alone, by the beginning of its path; several in the order in which they are run
  --nearest    how many tests a mutant has at most, of those that pass it (default: all)
  --jobs       how many mutants run at the same time (default: as many as there are processors)
  --directory  where the copy of the tree and the results go (default: target/mutants)";

fn main() -> Result<()> {
    let (mut past, mut suites, mut files) = (Vec::new(), Vec::new(), Vec::new());
    let mut effort = Effort::default();
    let mut directory = "target/mutants".to_owned();
    let mut arguments = env::args().skip(1);
    while let Some(option) = arguments.next() {
        let value = arguments.next().ok_or(USAGE)?;
        match option.as_str() {
            "--past" => past.push(value),
            "--suite" => suites.push(value),
            "--file" => files.push(value),
            "--nearest" => effort.nearest = value.parse()?,
            "--jobs" => effort.jobs = value.parse()?,
            "--directory" => directory = value,
            _ => return Err(USAGE.into()),
        }
    }
    if suites.is_empty() {
        suites.push("lib".to_owned());
    }
    let all = list::of_this_tree(&files)?;
    let tree = Tree::copied_to(Path::new(&directory), &all)?;
    let placed = tree.with_switches(&all)?;
    println!("{} mutants, {} of them compile", all.len(), placed.len());

    let mut open = placed;
    for suite in &past {
        let suite = Suite::trace(tree.build(suite)?, &tree, effort)?;
        open.retain(|&id| !suite.passes(id));
        println!("{} of them are left", open.len());
    }
    let mut verdicts = BTreeMap::new();
    for name in &suites {
        let suite = Suite::trace(tree.build(name)?, &tree, effort)?;
        let diary = Path::new(&directory).join(format!("verdicts-{name}.txt"));
        let found = suite.judge(&open, &all, &diary)?;
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
