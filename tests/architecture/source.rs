//! The source of the crate as a graph: which file names what another one defines.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

use syn::{Item, UseTree, visit::Visit};

/// The segments of a path inside the crate, without `crate`.
pub type ModulePath = Vec<String>;

/// All of `src/`, without what is compiled for tests only.
#[derive(Default)]
pub struct Source {
    modules: BTreeMap<ModulePath, Module>,
}

#[derive(Default)]
struct Module {
    /// Relative to `src/`.
    file: PathBuf,
    /// What `use` brings into it: the name there, and the path that it stands for.
    imports: BTreeMap<String, ModulePath>,
    /// Those of them that everybody who sees the module may use.
    exports: BTreeSet<String>,
    /// Children that everybody who sees the module sees.
    public_children: BTreeSet<String>,
    /// Paths that it names.
    named: Vec<ModulePath>,
    /// What it defines.
    items: Vec<Item>,
}

/// A file that names something that another one defines.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Edge {
    pub from: PathBuf,
    pub to: PathBuf,
}

impl Source {
    /// Reads the crate that begins with this `lib.rs`.
    pub fn read(lib: &Path) -> Self {
        let mut source = Self::default();
        let directory = lib.parent().unwrap().to_owned();
        source.add_file(&directory, Path::new(lib.file_name().unwrap()), Vec::new());
        source
    }

    /// The files, relative to `src/`.
    pub fn files(&self) -> BTreeSet<PathBuf> {
        self.modules.values().map(|module| module.file.clone()).collect()
    }

    /// Which file names what which other one defines. Re-exports count as what they stand for.
    pub fn edges(&self) -> BTreeSet<Edge> {
        let mut edges = BTreeSet::new();
        for (path, module) in &self.modules {
            for named in &module.named {
                let Some(defined_in) = self.defining_module(path, named) else {
                    continue;
                };
                let to = &self.modules[&defined_in].file;
                if *to != module.file {
                    edges.insert(Edge {
                        from: module.file.clone(),
                        to: to.clone(),
                    });
                }
            }
        }
        edges
    }

    /// What a module offers to everybody who sees it: the name, and what it stands for there.
    pub fn public_names(&self, module: &[String]) -> Vec<(String, ModulePath)> {
        let Some(found) = self.modules.get(module) else {
            return Vec::new();
        };
        let exported = found
            .exports
            .iter()
            .map(|name| (name.clone(), found.imports[name].clone()));
        let defined = found.items.iter().filter_map(|item| {
            let (name, visibility) = name_of(item)?;
            let is_public = matches!(visibility, syn::Visibility::Public(_));
            is_public.then(|| (name.clone(), vec!["self".to_owned(), name]))
        });
        exported.chain(defined).collect()
    }

    /// The children of a module that everybody who sees it sees.
    pub fn public_modules(&self, module: &[String]) -> Vec<String> {
        let found = self.modules.get(module);
        found
            .map(|found| found.public_children.iter().cloned().collect())
            .unwrap_or_default()
    }

    /// The item that a path means in a module, with the module that defines it.
    pub fn item(&self, at: &[String], named: &[String]) -> Option<(ModulePath, &Item)> {
        let (module, name) = self.definition(at, named)?;
        let items = &self.modules.get(&module)?.items;
        let item = items
            .iter()
            .find(|item| name_of(item).is_some_and(|(found, _)| found == name))?;
        Some((module, item))
    }

    /// Every `impl` block, with its module.
    pub fn impls(&self) -> impl Iterator<Item = (&ModulePath, &syn::ItemImpl)> {
        self.modules.iter().flat_map(|(path, module)| {
            module.items.iter().filter_map(move |item| match item {
                Item::Impl(found) => Some((path, found)),
                _ => None,
            })
        })
    }

    /// The module and the name under which a path is defined that stands in a module; also a single name.
    pub fn definition(&self, at: &[String], named: &[String]) -> Option<(ModulePath, String)> {
        let name = named.last()?.clone();
        if let [single] = named {
            return match self.modules.get(at)?.imports.get(single) {
                Some(target) => self.definition(at, target),
                None => Some((at.to_vec(), name)),
            };
        }
        Some((self.defining_module(at, named)?, name))
    }

    fn add_file(&mut self, directory: &Path, file: &Path, path: ModulePath) {
        let text = fs::read_to_string(directory.join(file)).unwrap();
        let parsed = syn::parse_file(&text).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        self.add_module(directory, file, path, parsed.items);
    }

    fn add_module(&mut self, directory: &Path, file: &Path, path: ModulePath, items: Vec<Item>) {
        let mut module = Module {
            file: file.to_owned(),
            ..Module::default()
        };
        for item in items.into_iter().filter(|item| !is_for_tests(item)) {
            match item {
                Item::Mod(inner) => {
                    if matches!(inner.vis, syn::Visibility::Public(_)) {
                        module.public_children.insert(inner.ident.to_string());
                    }
                    let mut below = path.clone();
                    below.push(inner.ident.to_string());
                    match inner.content {
                        Some((_, items)) => self.add_module(directory, file, below, items),
                        None => self.add_file(directory, &file_of(directory, &below), below),
                    }
                }
                Item::Use(import) => {
                    let is_reexport = !matches!(import.vis, syn::Visibility::Inherited);
                    for (name, target) in flatten(&import.tree, Vec::new()) {
                        // A module that only passes something on uses nothing.
                        if !is_reexport {
                            module.named.push(target.clone());
                        }
                        if matches!(import.vis, syn::Visibility::Public(_)) {
                            module.exports.insert(name.clone());
                        }
                        module.imports.insert(name, target);
                    }
                }
                other => {
                    Names(&mut module.named).visit_item(&other);
                    module.items.push(other);
                }
            }
        }
        self.modules.insert(path, module);
    }

    /// The module in which the item is defined that `named` means in the module `at`.
    fn defining_module(&self, at: &[String], named: &[String]) -> Option<ModulePath> {
        let mut current = self.absolute(at, named)?;
        // So many re-exports lead to no definition.
        for _ in 0..10 {
            let depth = (0..=current.len())
                .rev()
                .find(|n| self.modules.contains_key(&current[..*n]))?;
            let (module, rest) = current.split_at(depth);
            let passed_on = rest.first().and_then(|name| self.modules[module].imports.get(name));
            match passed_on {
                Some(target) => {
                    // A macro is passed on under its own name.
                    let Some(mut next) = self.absolute(module, target) else {
                        return Some(module.to_vec());
                    };
                    next.extend_from_slice(&rest[1..]);
                    current = next;
                }
                None => return Some(module.to_vec()),
            }
        }
        panic!("`{}` is passed on in a circle", named.join("::"))
    }

    /// A path as it stands in a module, from the root of the crate. `None` for what is of another crate.
    fn absolute(&self, at: &[String], named: &[String]) -> Option<ModulePath> {
        let (first, rest) = named.split_first()?;
        let mut absolute = match first.as_str() {
            "crate" => Vec::new(),
            "self" => at.to_vec(),
            "super" => at[..at.len() - 1].to_vec(),
            child => {
                let below: ModulePath = at.iter().cloned().chain([child.to_owned()]).collect();
                return self
                    .modules
                    .contains_key(&below)
                    .then(|| below.into_iter().chain(rest.iter().cloned()).collect());
            }
        };
        for segment in rest {
            if segment == "super" {
                absolute.pop();
            } else {
                absolute.push(segment.clone());
            }
        }
        Some(absolute)
    }
}

/// `#[cfg(test)]`, `#[cfg(any(test, …))]`, `#[cfg(all(test, …))]`. What `test-util` adds is public and counts.
fn is_for_tests(item: &Item) -> bool {
    let attributes = match item {
        Item::Mod(item) => &item.attrs,
        Item::Use(item) => &item.attrs,
        Item::Fn(item) => &item.attrs,
        Item::Impl(item) => &item.attrs,
        Item::Struct(item) => &item.attrs,
        Item::Const(item) => &item.attrs,
        _ => return false,
    };
    attributes.iter().any(|attribute| {
        let condition = match &attribute.meta {
            syn::Meta::List(list) if list.path.is_ident("cfg") => list.tokens.to_string(),
            _ => return false,
        };
        condition == "test" || condition.starts_with("all (test") || condition.starts_with("any (test , fuzzing")
    })
}

/// The name of an item that can be named, and who may.
fn name_of(item: &Item) -> Option<(String, &syn::Visibility)> {
    let (name, visibility) = match item {
        Item::Struct(item) => (&item.ident, &item.vis),
        Item::Enum(item) => (&item.ident, &item.vis),
        Item::Trait(item) => (&item.ident, &item.vis),
        Item::Type(item) => (&item.ident, &item.vis),
        Item::Const(item) => (&item.ident, &item.vis),
        Item::Fn(item) => (&item.sig.ident, &item.vis),
        _ => return None,
    };
    Some((name.to_string(), visibility))
}

/// Where a module of its own file is: `x.rs` or `x/mod.rs`.
fn file_of(directory: &Path, path: &[String]) -> PathBuf {
    let stem: PathBuf = path.iter().collect();
    let flat = stem.with_extension("rs");
    if directory.join(&flat).exists() {
        flat
    } else {
        stem.join("mod.rs")
    }
}

/// The names that a `use` brings, with what they stand for.
fn flatten(tree: &UseTree, mut before: ModulePath) -> Vec<(String, ModulePath)> {
    match tree {
        UseTree::Path(path) => {
            before.push(path.ident.to_string());
            flatten(&path.tree, before)
        }
        UseTree::Name(name) if name.ident == "self" => vec![(before.last().cloned().unwrap_or_default(), before)],
        UseTree::Name(name) => {
            before.push(name.ident.to_string());
            vec![(name.ident.to_string(), before)]
        }
        UseTree::Rename(rename) => {
            before.push(rename.ident.to_string());
            vec![(rename.rename.to_string(), before)]
        }
        UseTree::Glob(_) => vec![("*".to_owned(), before)],
        UseTree::Group(group) => group
            .items
            .iter()
            .flat_map(|tree| flatten(tree, before.clone()))
            .collect(),
    }
}

/// Collects the paths in signatures and bodies.
struct Names<'a>(&'a mut Vec<ModulePath>);

impl<'ast> Visit<'ast> for Names<'_> {
    fn visit_path(&mut self, path: &'ast syn::Path) {
        if path.segments.len() > 1 && path.leading_colon.is_none() {
            self.0
                .push(path.segments.iter().map(|segment| segment.ident.to_string()).collect());
        }
        syn::visit::visit_path(self, path);
    }
}
