//! What holds for all scopes, shown on many.

use proptest::{
    collection::vec,
    option, prop_assert, prop_assert_eq, prop_oneof, proptest,
    sample::{select, subsequence},
    strategy::Strategy,
    test_runner::Config,
};

use super::*;

const TYPES: [&str; 3] = ["Observation", "Patient", "*"];
const CONTEXTS: [&str; 2] = ["patient", "user"];
const LETTERS: [char; 5] = ['c', 'r', 'u', 'd', 's'];
const VALUES: [(&str, [&str; 3]); 2] = [("category", ["a", "b", "c"]), ("status", ["x", "y", "z"])];

/// A scope as a person would draw it, and the text for it. Knows nothing of the code it is compared with.
#[derive(Debug, Clone)]
struct Drawn {
    context: &'static str,
    of_type: &'static str,
    letters: Vec<char>,
    /// Parameter and alternatives.
    constraints: Vec<(&'static str, Vec<&'static str>)>,
    in_words_of_v1: bool,
    as_uri: bool,
}

/// One thing that somebody may want to do with one resource, and how the resource is labelled.
#[derive(Debug, Clone, Copy)]
struct Deed {
    context: &'static str,
    of_type: &'static str,
    letter: char,
    /// Bit `3 * parameter + value`: whether the resource has the value.
    labels: u8,
}

impl Drawn {
    fn text(&self) -> String {
        let letters: String = self.letters.iter().collect();
        let permissions = match letters.as_str() {
            "rs" if self.in_words_of_v1 => "read".to_owned(),
            "cud" if self.in_words_of_v1 => "Write".to_owned(),
            "cruds" if self.in_words_of_v1 => "*".to_owned(),
            _ => letters,
        };
        let query: Vec<String> = self
            .constraints
            .iter()
            .map(|(name, values)| format!("{name}={}", values.join(",")))
            .collect();
        let prefix = if self.as_uri {
            "http://smarthealthit.org/fhir/scopes/"
        } else {
            ""
        };
        let mark = if query.is_empty() { "" } else { "?" };
        let (context, of_type) = (self.context, self.of_type);
        format!("{prefix}{context}/{of_type}.{permissions}{mark}{}", query.join("&"))
    }

    fn allows(&self, deed: Deed) -> bool {
        let has = |name: &str, value: &str| {
            let parameter = VALUES.iter().position(|(known, _)| *known == name).unwrap();
            let value = VALUES[parameter].1.iter().position(|known| *known == value).unwrap();
            deed.labels & (1 << (3 * parameter + value)) != 0
        };
        self.context == deed.context
            && (self.of_type == "*" || self.of_type == deed.of_type)
            && self.letters.contains(&deed.letter)
            && self
                .constraints
                .iter()
                .all(|(name, values)| values.iter().any(|value| has(name, value)))
    }
}

/// Everything that can be done in a world with three types, one of which no scope names.
fn deeds() -> impl Iterator<Item = Deed> {
    let types = ["Observation", "Patient", "OfTheFuture"];
    CONTEXTS.into_iter().flat_map(move |context| {
        types.into_iter().flat_map(move |of_type| {
            LETTERS.into_iter().flat_map(move |letter| {
                (0..64).map(move |labels| Deed {
                    context,
                    of_type,
                    letter,
                    labels,
                })
            })
        })
    })
}

/// The meaning of `covers`: whatever the needed scopes allow, one of the granted ones does.
fn allows_all(granted: &[Drawn], needed: &[Drawn]) -> bool {
    deeds()
        .filter(|deed| needed.iter().any(|scope| scope.allows(*deed)))
        .all(|deed| granted.iter().any(|scope| scope.allows(deed)))
}

fn list(drawn: &[Drawn]) -> Scopes {
    drawn.iter().map(Drawn::text).collect()
}

fn constraint() -> impl Strategy<Value = (&'static str, Vec<&'static str>)> {
    select(VALUES.to_vec())
        .prop_flat_map(|(name, values)| subsequence(values.to_vec(), 1..=3).prop_map(move |values| (name, values)))
}

fn drawn() -> impl Strategy<Value = Drawn> {
    (
        select(CONTEXTS.to_vec()),
        select(TYPES.to_vec()),
        prop_oneof![
            subsequence(LETTERS.to_vec(), 1..=5),
            select(vec![vec!['r', 's'], vec!['c', 'u', 'd'], LETTERS.to_vec()])
        ],
        vec(constraint(), 0..=3),
        proptest::bool::ANY,
        proptest::bool::weighted(0.1),
    )
        .prop_map(
            |(context, of_type, letters, constraints, in_words_of_v1, as_uri)| Drawn {
                context,
                of_type,
                letters,
                constraints,
                in_words_of_v1,
                as_uri,
            },
        )
}

/// Few contexts and types, so that scopes often have to do with each other.
fn several(most: usize) -> impl Strategy<Value = Vec<Drawn>> {
    vec(drawn(), 0..=most)
}

/// A token that looks like a scope, right or wrong.
fn token() -> impl Strategy<Value = String> {
    let prefix = option::weighted(
        0.2,
        select(vec![
            "http://smarthealthit.org/fhir/scopes/",
            "http://openid.net/specs/openid-connect-core-1_0#",
            "__",
        ]),
    );
    let name = prop_oneof![
        "(patient|user|system|Patient|launch|x)/(\\*|[A-Z][a-z]{1,9}|[a-z]{0,6})?\\.?(read|Write|\\*|[crudsCRx]{0,6})(\\?[a-z:.]{0,3}=?[a-c,\\\\%]{0,6}(&[a-z]{0,2}=?[a-c,]{0,3}){0,2})?",
        "[A-Z][a-z]{1,6}\\.(read|Read|rs|sr)",
        "launch(/[a-zA-Z]{0,6})?(\\?[a-z=]{0,5})?",
        select(vec![
            "openid",
            "fhirUser",
            "profile",
            "online_access",
            "offline_access",
            ""
        ])
        .prop_map(str::to_owned),
        "\\PC{0,12}",
    ];
    (prefix, name).prop_map(|(prefix, name)| format!("{}{name}", prefix.unwrap_or_default()))
}

fn tokens() -> impl Strategy<Value = Scopes> {
    vec(token(), 0..6).prop_map(|tokens| tokens.into_iter().collect())
}

fn config() -> Config {
    Config {
        cases: 1000,
        failure_persistence: None,
        ..Config::default()
    }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn a_scope_is_printed_as_it_was_written(token in token()) {
        prop_assert_eq!(Scope::parse(&token).to_string(), token);
    }

    #[test]
    fn any_text_at_all_is_read_as_a_scope_and_printed_back(text in ".*") {
        prop_assert_eq!(Scope::parse(&text).to_string(), text.clone());
        let scopes = Scopes::parse(&text);
        prop_assert_eq!(Scopes::parse(scopes.as_str()), scopes);
    }

    #[test]
    fn what_may_be_written_is_read_the_same_when_a_server_sends_it(token in token()) {
        if let Ok(scope) = Scope::parse_strict(&token) {
            prop_assert_eq!(scope, Scope::parse(&token));
            prop_assert_eq!(scope.to_string(), token);
        }
    }

    #[test]
    fn generated_scopes_are_read_as_resource_scopes(drawn in drawn()) {
        let text = drawn.text();
        let is_resource = matches!(Scope::parse(&text).kind(), ScopeKind::Resource(_));
        prop_assert!(is_resource, "{}", text);
    }

    #[test]
    fn scopes_cover_what_they_allow_and_nothing_else(granted in several(4), needed in several(2)) {
        prop_assert_eq!(
            list(&granted).covers(&list(&needed)),
            allows_all(&granted, &needed),
            "{} covers {}", list(&granted), list(&needed)
        );
    }

    #[test]
    fn a_scope_cut_in_two_covers_the_whole(whole in drawn(), cut in 0_u8..32) {
        let (first, second): (Vec<_>, Vec<_>) = (0_u8..).zip(whole.letters.clone()).partition(|(place, _)| cut & (1 << place) != 0);
        let part = |letters: Vec<(u8, char)>| Drawn { letters: letters.into_iter().map(|(_, letter)| letter).collect(), ..whole.clone() };
        let parts: Vec<Drawn> = [part(first), part(second)].into_iter().filter(|part| !part.letters.is_empty()).collect();
        prop_assert!(list(&parts).covers(&list(std::slice::from_ref(&whole))));
        prop_assert!(list(&[whole]).covers(&list(&parts)));
    }

    #[test]
    fn any_scopes_cover_themselves(scopes in tokens()) {
        prop_assert!(scopes.covers(&scopes));
        prop_assert!(scopes.uncovered(&scopes).is_empty());
    }

    #[test]
    fn a_scope_list_that_covers_one_that_covers_a_third_covers_the_third(
        first in several(3), second in several(2), third in several(1)
    ) {
        let (first, second, third) = (list(&first), list(&second), list(&third));
        // Chance alone rarely gives a chain: the first gets the second's scopes, so the chain is often there.
        let first: Scopes = first.iter().chain(second.iter()).collect();
        if first.covers(&second) && second.covers(&third) {
            prop_assert!(first.covers(&third), "{} > {} > {}", first, second, third);
        }
    }

    #[test]
    fn more_granted_scopes_never_cover_less(granted in several(3), more in tokens(), needed in several(2)) {
        let (granted, needed) = (list(&granted), list(&needed));
        let all: Scopes = granted.iter().chain(more.iter()).collect();
        prop_assert!(!granted.covers(&needed) || all.covers(&needed));
        let (before, after) = (granted.uncovered(&needed), all.uncovered(&needed));
        prop_assert!(after.iter().all(|token| before.contains(token)));
    }

    #[test]
    fn scopes_said_in_v1_cover_what_they_were_in_v2(drawn in several(4)) {
        let scopes = list(&drawn);
        let v1 = scopes.in_version(ScopeVersion::V1);
        prop_assert!(v1.covers(&scopes), "{} for {}", v1, scopes);
        for token in v1.iter() {
            let in_v1 = matches!(
                Scope::parse(token).kind(),
                ScopeKind::Resource(scope) if scope.version() == ScopeVersion::V1 && !scope.is_constrained()
            );
            prop_assert!(in_v1, "{}", token);
        }
    }

    #[test]
    fn scopes_said_in_v2_allow_exactly_what_they_did(drawn in several(4), others in tokens()) {
        let scopes: Scopes = list(&drawn).iter().chain(others.iter()).collect();
        let v2 = scopes.in_version(ScopeVersion::V2);
        prop_assert!(v2.covers(&scopes));
        prop_assert!(scopes.covers(&v2));
    }

    #[test]
    fn prefixes_only_ever_go_in_front_of_scopes_without_one(granted in tokens(), requested in tokens()) {
        let prefixed = granted.with_prefixes_of(&requested);
        for token in granted.iter().filter(|token| !prefixed.contains(token)) {
            prop_assert_eq!(Scope::parse(token).kind(), ScopeKind::Other(token));
            let with_prefix = prefixed.iter().any(|it| it.split_once('/').is_some_and(|(_, rest)| rest == token));
            prop_assert!(with_prefix, "{}", token);
        }
    }
}
