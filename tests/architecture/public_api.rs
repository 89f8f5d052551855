//! The public face of the crate as text, so that a change of it is seen in review.

use std::{collections::BTreeSet, fmt::Write as _, path::Path};

use quote::ToTokens;
use syn::{Attribute, ImplItem, Item, Token, TraitItem, Visibility, punctuated::Punctuated};

use crate::source::{ModulePath, Source};

/// Every path that an application can name, with what it can do there. What a macro writes appears as the macro's name.
pub fn describe(source: &Source) -> String {
    let mut lines = BTreeSet::new();
    add_module(source, &Vec::new(), "", &mut lines);
    let mut text = String::new();
    for line in lines {
        let _ = writeln!(text, "{line}");
    }
    text
}

/// The names that a public module offers, without its children.
pub fn names_at(source: &Source, module: &[String]) -> Vec<String> {
    source.public_names(module).into_iter().map(|(name, _)| name).collect()
}

fn add_module(source: &Source, module: &ModulePath, shown: &str, lines: &mut BTreeSet<String>) {
    for (name, target) in source.public_names(module) {
        let path = format!("{shown}{name}");
        match source.item(module, &target) {
            Some((defined_in, item)) => describe_item(source, &defined_in, item, &path, lines),
            // A macro of ours writes it.
            None => drop(lines.insert(format!("{path}: written by a macro"))),
        }
    }
    for child in source.public_modules(module) {
        let mut below = module.clone();
        below.push(child.clone());
        add_module(source, &below, &format!("{shown}{child}::"), lines);
    }
}

fn describe_item(source: &Source, defined_in: &[String], item: &Item, path: &str, lines: &mut BTreeSet<String>) {
    let mut add = |line: String| lines.insert(format!("{path}{line}"));
    match item {
        Item::Struct(item) => {
            add(format!(": struct{}", tidy(&item.generics)));
            for field in item.fields.iter().filter(|field| is_public(&field.vis)) {
                let name = field.ident.as_ref().map(ToString::to_string).unwrap_or_default();
                add(format!(".{name}: {}", tidy(&field.ty)));
            }
        }
        Item::Enum(item) => {
            let open = if has(&item.attrs, "non_exhaustive") {
                " (non-exhaustive)"
            } else {
                ""
            };
            add(format!(": enum{}{open}", tidy(&item.generics)));
            for variant in &item.variants {
                add(format!("::{}{}", variant.ident, tidy(&variant.fields)));
            }
        }
        Item::Trait(item) => {
            add(format!(": trait {}", tidy(&item.supertraits)));
            for part in &item.items {
                if let TraitItem::Fn(function) = part {
                    let default = if function.default.is_some() {
                        " (has a default)"
                    } else {
                        ""
                    };
                    add(format!("::{}{default}", tidy(&function.sig)));
                }
            }
        }
        Item::Fn(item) => {
            add(format!(": {}", tidy(&item.sig)));
        }
        Item::Const(item) => {
            add(format!(": const {}", tidy(&item.ty)));
        }
        Item::Type(item) => {
            add(format!(": type = {}", tidy(&item.ty)));
        }
        other => panic!("`{path}` is of a kind that this list does not know: {}", tidy(other)),
    }
    let derived = match item {
        Item::Struct(item) => &item.attrs[..],
        Item::Enum(item) => &item.attrs[..],
        _ => &[],
    };
    for derive in derived.iter().filter(|attribute| attribute.path().is_ident("derive")) {
        let traits = derive.parse_args_with(Punctuated::<syn::Path, Token![,]>::parse_terminated);
        for derived in traits.unwrap() {
            add(format!(": impl {}", tidy(&derived)));
        }
    }
    let Some(name) = path.rsplit("::").next() else { return };
    for (module, found) in source.impls() {
        let syn::Type::Path(of) = &*found.self_ty else { continue };
        let segments: Vec<String> = of
            .path
            .segments
            .iter()
            .map(|segment| segment.ident.to_string())
            .collect();
        let is_of_item = source
            .definition(module, &segments)
            .is_some_and(|(of_module, of_name)| of_module == defined_in && of_name == name);
        if !is_of_item {
            continue;
        }
        if let Some((implemented, _)) = &found.trait_ {
            add(format!(": impl {}", tidy(implemented)));
            continue;
        }
        for part in &found.items {
            match part {
                ImplItem::Fn(function) if is_public(&function.vis) => {
                    add(format!("::{}", tidy(&function.sig)));
                }
                ImplItem::Const(constant) if is_public(&constant.vis) => {
                    add(format!("::{}: const {}", constant.ident, tidy(&constant.ty)));
                }
                ImplItem::Macro(call) => {
                    add(format!("::{}!", tidy(&call.mac.path)));
                }
                _ => {}
            }
        }
    }
}

const fn is_public(visibility: &Visibility) -> bool {
    matches!(visibility, Visibility::Public(_))
}

fn has(attributes: &[Attribute], name: &str) -> bool {
    attributes.iter().any(|attribute| attribute.path().is_ident(name))
}

/// Tokens as text, without attributes and docs, spaced as one reads them.
fn tidy(tokens: &impl ToTokens) -> String {
    let mut text = without_attributes(&tokens.to_token_stream().to_string());
    for (spaced, close) in [
        ("\n", " "),
        (" :: ", "::"),
        (" < ", "<"),
        ("< ", "<"),
        (" >", ">"),
        ("& ", "&"),
        (" ,", ","),
        (" (", "("),
        ("( ", "("),
        (" )", ")"),
        (" :", ":"),
        (" ;", ";"),
        ("->", " -> "),
        ("  ", " "),
    ] {
        text = text.replace(spaced, close);
    }
    text.trim().to_owned()
}

fn without_attributes(text: &str) -> String {
    let mut kept = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('#') {
        kept.push_str(before);
        let mut depth = 0_usize;
        let end = after.char_indices().find_map(|(at, c)| {
            match c {
                '[' => depth += 1,
                ']' => depth -= 1,
                _ => return None,
            }
            (depth == 0).then_some(at + 1)
        });
        rest = &after[end.unwrap_or(after.len())..];
    }
    kept + rest
}

/// Compares with what is kept; with `BLESS=1` writes it.
///
/// # Errors
///
/// The lines that came and went.
pub fn compare(text: &str, kept: &Path) -> Result<(), String> {
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(kept, text).unwrap();
    }
    let before = std::fs::read_to_string(kept).unwrap_or_default();
    let (before, now): (BTreeSet<&str>, BTreeSet<&str>) = (before.lines().collect(), text.lines().collect());
    let mut changes = String::new();
    for line in before.difference(&now) {
        let _ = writeln!(changes, "- {line}");
    }
    for line in now.difference(&before) {
        let _ = writeln!(changes, "+ {line}");
    }
    if changes.is_empty() { Ok(()) } else { Err(changes) }
}
