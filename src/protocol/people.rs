//! Whom a text of an EHR may name, and the text without them: [`People`].

mod words;

use url::form_urlencoded::byte_serialize;

use self::words::Marked;
use crate::protocol::{
    echoed_secrets::SentSecrets, id_token::IdTokenClaims, launch_context::LaunchContext, token::TokenSet,
};

/// Claims of an id token that name a person in words.
const NAMES: [&str; 7] = [
    "name",
    "given_name",
    "family_name",
    "nickname",
    "preferred_username",
    "email",
    "phone_number",
];

/// The patient and the user of a launch as far as they are known, and its tokens.
///
/// What an EHR writes about a refusal is for the log, and these are not.
#[derive(Clone, Default)]
pub(crate) struct People {
    names: Vec<String>,
    tokens: Vec<String>,
}

impl People {
    /// Those of a launch.
    pub(crate) fn of_launch(tokens: &TokenSet, identity: Option<&IdTokenClaims>) -> Self {
        let mut people = Self::of_context(&tokens.context);
        people.tokens = [
            Some(tokens.access_token.expose_secret()),
            tokens.refresh_token.as_ref().map(|token| token.expose_secret()),
            tokens.id_token.as_ref().map(|token| token.expose_secret()),
        ]
        .into_iter()
        .flatten()
        .map(str::to_owned)
        .collect();
        if let Some(user) = identity {
            people.name(user.subject());
            if let Some(resource) = user.fhir_user() {
                people.name(resource.id());
            }
            for name in NAMES.iter().filter_map(|claim| user.claim(claim)?.as_str()) {
                people.name(name);
            }
        }
        people
    }

    /// Those that a token response names.
    pub(crate) fn of_context(context: &LaunchContext) -> Self {
        let mut people = Self::default();
        for id in [context.patient(), context.encounter()].into_iter().flatten() {
            people.name(id);
        }
        people
    }

    fn name(&mut self, name: &str) {
        let name = name.trim();
        if name.is_empty() {
            return;
        }
        let encoded: String = byte_serialize(name.as_bytes()).collect();
        if encoded != name {
            self.names.push(encoded);
        }
        self.names.push(name.to_owned());
    }

    /// The text with `…` in place of everybody it names: those known here, and whatever stands where a name or an id would.
    /// `None` when it repeats a token.
    pub(crate) fn hidden_in(&self, text: &str) -> Option<String> {
        self.known_hidden_in(text, |marked| {
            marked.people_by_position();
            marked.what_looks_random();
        })
    }

    /// The same for an address: those known here, references, and parameters that are named like a person.
    pub(crate) fn hidden_in_address(&self, address: &str) -> Option<String> {
        self.known_hidden_in(address, Marked::parameters)
    }

    /// A list of scopes without those known here; nothing of it where it repeats a token.
    pub(crate) fn hidden_in_scopes(&self, scopes: &str) -> String {
        if SentSecrets::new(self.tokens.iter().cloned()).are_in(scopes) {
            return String::new();
        }
        let mut marked = Marked::new(scopes);
        for name in &self.names {
            marked.word(name);
        }
        marked.hidden()
    }

    fn known_hidden_in(&self, text: &str, more: impl FnOnce(&mut Marked)) -> Option<String> {
        if SentSecrets::new(self.tokens.iter().cloned()).are_partly_in(text) {
            return None;
        }
        let mut marked = Marked::new(text);
        for name in &self.names {
            marked.word(name);
        }
        marked.references();
        more(&mut marked);
        Some(marked.hidden())
    }
}

impl std::fmt::Debug for People {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("People").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
