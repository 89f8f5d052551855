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

    fn known_hidden_in(&self, text: &str, more: impl FnOnce(&mut Marked)) -> Option<String> {
        if SentSecrets::new(self.tokens.iter().cloned()).are_in(text) {
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
mod tests {
    use super::*;

    fn known() -> People {
        let mut people = People::default();
        for name in ["pat-1", "7", "Dr. Ada Ng", "ada@ehr.example"] {
            people.name(name);
        }
        people.tokens.push("refresh-token-1234".to_owned());
        people
    }

    #[test]
    fn those_who_are_known_are_hidden_wherever_they_stand_as_a_word() {
        for (text, hidden) in [
            ("pat-1 is locked", "… is locked"),
            ("no access to (PAT-1)!", "no access to (…)!"),
            ("error 7 in line 17", "error … in line 17"),
            ("pat-12 and xpat-1", "pat-12 and xpat-1"),
            ("ask Dr. Ada Ng.", "ask …."),
            ("login=ada%40ehr.example&x=1", "login=…&x=1"),
            ("nothing", "nothing"),
            ("", ""),
        ] {
            assert_eq!(known().hidden_in(text).as_deref(), Some(hidden), "{text}");
        }
    }

    #[test]
    fn a_text_that_repeats_a_token_of_the_launch_is_dropped() {
        assert_eq!(known().hidden_in("no refresh-token-1234 here"), None);
        assert_eq!(
            known().hidden_in_address("https://ehr.example/?t=refresh-token-1234"),
            None
        );
    }

    #[test]
    fn what_stands_where_a_person_is_named_is_hidden_though_nobody_is_known() {
        for (text, hidden) in [
            ("Patient/abc-1.2 was not found", "Patient/… was not found"),
            (
                "https://ehr.example/fhir/Practitioner/9?x=1",
                "https://ehr.example/fhir/Practitioner/…?x=1",
            ),
            ("the patient 4711 is not yours", "the patient … is not yours"),
            ("Patient ID: 'x7' unknown", "Patient ID: '…' unknown"),
            ("user \"smith\" is locked", "user \"…\" is locked"),
            ("user dr.smith is locked", "user … is locked"),
            ("ask ada.ng@ehr.example.", "ask …."),
            ("user=smith7;patient=8", "user=…;patient=…"),
        ] {
            assert_eq!(People::default().hidden_in(text).as_deref(), Some(hidden), "{text}");
        }
    }

    #[test]
    fn what_helps_to_mend_a_set_up_stays() {
        for text in [
            "Failed to fetch JWKS from https://app.example:8443/.well-known/jwks.json (timeout after 5000 ms)",
            "AADSTS700016: Application was not found. Trace ID: 0b3f6a1c-3d7e-4a52-9b1f-2f7a90c1d2e3",
            "The patient context is missing; user not found, account locked",
            "redirect_uri https://app.example/auth/callback does not match",
            "Client assertion expired at 1700000000",
        ] {
            assert_eq!(People::default().hidden_in(text).as_deref(), Some(text));
        }
    }

    #[test]
    fn what_looks_like_a_token_is_hidden_in_a_text_and_stays_in_an_address() {
        let token = "eyJhbGciOiJSUzI1NiIsImtpZCI6IjEifQ";
        let text = format!("bad token {token}.{token}");
        assert_eq!(People::default().hidden_in(&text).as_deref(), Some("bad token ….…"));
        let address = format!("https://ehr.example/errors/{token}");
        assert_eq!(People::default().hidden_in_address(&address), Some(address));
    }

    #[test]
    fn a_parameter_of_an_address_that_is_named_like_a_person_is_hidden() {
        for (address, hidden) in [
            (
                "https://ehr.example/e?patient=4711&user_id=jsmith&x=1",
                "https://ehr.example/e?patient=…&user_id=…&x=1",
            ),
            (
                "https://ehr.example/e?Patient=é7#part",
                "https://ehr.example/e?Patient=…#part",
            ),
            (
                "https://ehr.example/e?subscription=7&code=9",
                "https://ehr.example/e?subscription=7&code=9",
            ),
            ("https://ehr.example/patient", "https://ehr.example/patient"),
        ] {
            assert_eq!(People::default().hidden_in_address(address).as_deref(), Some(hidden));
        }
        assert_eq!(
            People::default().hidden_in("no Patient/abc_4~711 here").as_deref(),
            Some("no Patient/… here")
        );
    }

    #[test]
    fn debug_shows_nobody() {
        assert_eq!(format!("{:?}", known()), "People { .. }");
    }
}
