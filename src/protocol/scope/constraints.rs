//! The search parameters that narrow a scope, and when one list of them is narrower than another.
//!
//! They are compared as text: `laboratory` and `http://…|laboratory` are different values, and so are the plain and
//! the percent-encoded spelling of one. Parameters apply together (AND), in any order. The values of a comma list are
//! alternatives (OR), `\,` is a comma in a value. Where a comma may mean something else, or the value may hold an
//! encoded one, the value is one piece: names with a modifier or a chain (`code:not`, `subject.name`), names that
//! begin with `_`, values with `%` or with an empty alternative. So a doubt narrows what is believed to be granted.

use super::error::ScopeError;

/// One value for one parameter.
pub(super) type Atom<'a> = (&'a str, &'a str);

/// With more combinations of alternatives than this, a need is not taken apart.
const MOST_COMBINATIONS: usize = 256;

/// Name and value of each parameter.
pub(super) fn pairs(query: Option<&str>) -> impl Iterator<Item = Atom<'_>> {
    query
        .into_iter()
        .flat_map(|query| query.split('&'))
        .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
}

/// Whether these are parameters that can be compared.
pub(super) fn check(query: &str) -> Result<(), ScopeError> {
    query.split('&').try_for_each(|pair| match pair.split_once('=') {
        _ if pair.is_empty() => Err(ScopeError::EmptyConstraint),
        Some(("", _)) => Err(ScopeError::EmptyParameterName),
        None | Some((_, "")) => Err(ScopeError::EmptyParameterValue),
        Some(_) => Ok(()),
    })
}

/// Every choice of one alternative per parameter: the query means "one of these". `None` when they are too many.
pub(super) fn combinations(query: Option<&str>) -> Option<Vec<Vec<Atom<'_>>>> {
    let mut all = vec![Vec::new()];
    for (name, value) in pairs(query) {
        let values = alternatives(name, value);
        if all.len() * values.len() > MOST_COMBINATIONS {
            return None;
        }
        all = all
            .into_iter()
            .flat_map(|atoms| {
                values.iter().map(move |value| {
                    let mut atoms = atoms.clone();
                    atoms.push((name, *value));
                    atoms
                })
            })
            .collect();
    }
    Some(all)
}

/// Whether everything that has these values is let through by the query.
pub(super) fn admits(query: Option<&str>, atoms: &[Atom<'_>]) -> bool {
    pairs(query).all(|(name, value)| {
        let allowed = alternatives(name, value);
        atoms.iter().any(|(had, value)| *had == name && allowed.contains(value))
    })
}

/// Whether the wider query lets everything through that the narrower does, parameter by parameter.
pub(super) fn is_within(narrow: Option<&str>, wide: Option<&str>) -> bool {
    pairs(wide).all(|(name, value)| {
        let allowed = alternatives(name, value);
        pairs(narrow).any(|(had, value)| had == name && alternatives(had, value).iter().all(|it| allowed.contains(it)))
    })
}

fn alternatives<'a>(name: &str, value: &'a str) -> Vec<&'a str> {
    let plain = name.starts_with(|c: char| c.is_ascii_alphabetic())
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
    if !plain || value.contains('%') {
        return vec![value];
    }
    let mut escaped = false;
    let parts: Vec<&str> = value
        .split(|c| {
            let separates = c == ',' && !escaped;
            escaped = c == '\\' && !escaped;
            separates
        })
        .collect();
    if parts.iter().any(|part| part.is_empty()) {
        return vec![value];
    }
    parts
}
