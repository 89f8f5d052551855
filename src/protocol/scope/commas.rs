//! Lists of scopes with commas between the tokens.

use super::scopes::Scopes;

/// Tokens of SMART and OpenID Connect that have no `/`.
const WORDS: [&str; 7] = [
    "openid",
    "fhirUser",
    "profile",
    "email",
    "launch",
    "offline_access",
    "online_access",
];

impl Scopes {
    /// A list that some servers separate by commas. `None` when there is no comma that separates.
    ///
    /// A comma also belongs to values of a scope's query (`?category=a,b`): behind a `?` only what looks like a scope begins a
    /// new one.
    pub(crate) fn without_commas(list: &str) -> Option<Self> {
        if !list.contains(',') {
            return None;
        }
        let mut separated = false;
        let mut scopes: Vec<String> = Vec::new();
        for word in list.split_whitespace() {
            let mut first = true;
            for piece in word.split(',') {
                let goes_on =
                    !first && scopes.last().is_some_and(|scope| scope.contains('?')) && !begins_a_scope(piece);
                match scopes.last_mut() {
                    Some(scope) if goes_on => {
                        scope.push(',');
                        scope.push_str(piece);
                    }
                    _ => {
                        separated |= !first;
                        scopes.push(piece.to_owned());
                    }
                }
                first = false;
            }
        }
        separated.then(|| scopes.into_iter().collect())
    }
}

fn begins_a_scope(piece: &str) -> bool {
    let context = piece.split_once('/').map(|(context, _)| context);
    WORDS.contains(&piece) || matches!(context, Some("patient" | "user" | "system" | "launch"))
}

#[cfg(test)]
mod tests;
