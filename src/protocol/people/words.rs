//! A text of which parts are hidden: [`Marked`].

use crate::protocol::scope::{Scope, ScopeKind};

/// Resources that are somebody, or somebody's.
const RESOURCES: [&str; 7] = [
    "patient",
    "practitioner",
    "practitionerrole",
    "relatedperson",
    "person",
    "encounter",
    "group",
];

/// Words after which a name or an id comes.
const PERSONS: [&str; 15] = [
    "patient",
    "user",
    "username",
    "userid",
    "patientid",
    "subject",
    "sub",
    "mrn",
    "login",
    "account",
    "person",
    "practitioner",
    "encounter",
    "member",
    "email",
];

/// Words that may stand in between.
const BETWEEN: [&str; 8] = ["id", "with", "is", "no", "number", "name", "identifier", "the"];

/// Words that an EHR's sentence may have after a word for a person and that are nobody's name. Another one is taken for a name: a
/// sentence with a gap still helps, a name in a log does not.
const NOT_A_NAME: [&str; 129] = [
    "a",
    "access",
    "account",
    "action",
    "agent",
    "agreement",
    "allowed",
    "already",
    "an",
    "and",
    "api",
    "app",
    "application",
    "approval",
    "approved",
    "are",
    "as",
    "at",
    "authentication",
    "authorization",
    "authorized",
    "available",
    "be",
    "been",
    "before",
    "blocked",
    "but",
    "by",
    "can",
    "canceled",
    "cancelled",
    "cannot",
    "changed",
    "chart",
    "client",
    "closed",
    "code",
    "consent",
    "context",
    "could",
    "created",
    "credentials",
    "data",
    "declined",
    "deleted",
    "denied",
    "did",
    "disabled",
    "do",
    "does",
    "enabled",
    "error",
    "exists",
    "expired",
    "facing",
    "failed",
    "for",
    "found",
    "from",
    "had",
    "has",
    "have",
    "in",
    "inactive",
    "info",
    "information",
    "interaction",
    "interface",
    "invalid",
    "it",
    "launch",
    "list",
    "locked",
    "login",
    "match",
    "matches",
    "may",
    "merged",
    "mismatch",
    "missing",
    "must",
    "needs",
    "not",
    "null",
    "of",
    "on",
    "or",
    "password",
    "permission",
    "picker",
    "portal",
    "present",
    "profile",
    "provided",
    "record",
    "records",
    "refused",
    "rejected",
    "required",
    "resource",
    "role",
    "scope",
    "scopes",
    "search",
    "selected",
    "selection",
    "selector",
    "session",
    "should",
    "signed",
    "specified",
    "store",
    "suspended",
    "timed",
    "timeout",
    "to",
    "token",
    "type",
    "unavailable",
    "undefined",
    "unknown",
    "was",
    "were",
    "when",
    "which",
    "who",
    "will",
    "with",
    "without",
];

/// From so many characters on a word that has letters and digits may be a token.
const RANDOM: usize = 24;

/// Whether what looks like a reference is a scope, such as `patient/Observation.rs`: what it allows helps to mend a set-up.
fn is_scope(reference: &str, id: &str) -> bool {
    let (context, _) = reference.split_once('/').unwrap_or_default();
    let is_type = id.starts_with(|c: char| c.is_ascii_uppercase() || c == '*');
    let scope = format!("{context}/{}", id.trim_end_matches('.'));
    is_type && matches!(Scope::parse(&scope).kind(), ScopeKind::Resource(_))
}

/// A text, and which of its characters nobody is to see.
pub(super) struct Marked {
    chars: Vec<char>,
    lower: Vec<char>,
    hidden: Vec<bool>,
}

/// A word of the text.
struct Word {
    start: usize,
    len: usize,
    text: String,
}

impl Marked {
    pub(super) fn new(text: &str) -> Self {
        let chars: Vec<char> = text.chars().collect();
        Self {
            lower: chars.iter().copied().map(lower).collect(),
            hidden: vec![false; chars.len()],
            chars,
        }
    }

    /// Hides this wherever it is not a part of a longer word.
    pub(super) fn word(&mut self, word: &str) {
        let word: Vec<char> = word.chars().map(lower).collect();
        for start in self.occurrences(&word) {
            let end = start + word.len();
            let before = start.checked_sub(1).and_then(|at| self.chars.get(at));
            let is_a_word = |neighbour: Option<&char>| neighbour.is_none_or(|c| !c.is_alphanumeric());
            if is_a_word(before) && is_a_word(self.chars.get(end)) {
                self.hide(start, word.len());
            }
        }
    }

    /// Hides the id in `Patient/id` and its like.
    pub(super) fn references(&mut self) {
        for resource in RESOURCES {
            let before: Vec<char> = resource.chars().chain(['/']).collect();
            for start in self.occurrences(&before) {
                let whole: String = self
                    .chars
                    .iter()
                    .skip(start)
                    .take_while(|c| !c.is_whitespace())
                    .collect();
                let start = start + before.len();
                let id = self.chars.iter().skip(start);
                let id: String = id
                    .take_while(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_' | '~'))
                    .collect();
                if !is_scope(&whole, &id) {
                    self.hide(start, id.chars().count());
                }
            }
        }
    }

    /// Hides the values of parameters of an address whose name is a word for a person.
    pub(super) fn parameters(&mut self) {
        let text: String = self.lower.iter().collect();
        let Some((before, query)) = text.split_once('?') else {
            return;
        };
        let mut start = before.chars().count() + 1;
        for pair in query.split_inclusive(['&', ';', '#']) {
            if let Some((name, value)) = pair.split_once('=') {
                let word: String = name.chars().filter(|c| c.is_alphanumeric()).collect();
                let value = value.trim_end_matches(['&', ';', '#']);
                if PERSONS
                    .iter()
                    .any(|person| word == *person || (person.len() > 3 && word.contains(person)))
                {
                    self.hide(start + name.chars().count() + 1, value.chars().count());
                }
            }
            start += pair.chars().count();
        }
    }

    /// Hides addresses of e-mail, and what follows a word for a person and is a name or an id: quoted, or no word that a sentence has
    /// there.
    pub(super) fn people_by_position(&mut self) {
        let mut expected = false;
        let mut previous = String::new();
        for word in self.words(|c| c.is_alphanumeric() || matches!(c, '-' | '_' | '.' | '@' | '+' | '*')) {
            let lower = word.text.to_lowercase();
            let is_address = lower.trim_matches('@').contains('@');
            let before = word.start.checked_sub(1).and_then(|at| self.chars.get(at));
            let is_quoted = before.is_some_and(|c| matches!(c, '"' | '\'' | '`' | '“' | '‘' | '«'));
            let is_name = is_quoted
                || !(NOT_A_NAME.contains(&lower.as_str())
                    || BETWEEN.contains(&lower.as_str())
                    || PERSONS.contains(&lower.as_str()));
            let is_scope = before == Some(&'/') && is_scope(&format!("{previous}/"), &word.text);
            previous.clone_from(&word.text);
            if is_scope {
                expected = false;
            } else if is_address || (expected && is_name) {
                self.hide(word.start, word.len);
                expected = false;
            } else if PERSONS.contains(&lower.as_str()) {
                expected = true;
            } else if !BETWEEN.contains(&lower.as_str()) {
                expected = false;
            }
        }
    }

    /// Hides long words of letters and digits, as tokens and handles are. One in the form of a UUID stays: EHRs number their
    /// incidents so.
    pub(super) fn what_looks_random(&mut self) {
        for word in self.words(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '+' | '=')) {
            let has = |wanted: fn(&char) -> bool| word.text.chars().any(|c| wanted(&c));
            if word.len >= RANDOM && has(char::is_ascii_digit) && has(char::is_ascii_alphabetic) && !is_uuid(&word.text)
            {
                self.hide(word.start, word.len);
            }
        }
    }

    /// The text, with `…` for each part that is hidden.
    pub(super) fn hidden(&self) -> String {
        let mut text = String::new();
        let mut before = false;
        for (c, hidden) in self.chars.iter().zip(&self.hidden) {
            match (*hidden, before) {
                (false, _) => text.push(*c),
                (true, false) => text.push('…'),
                (true, true) => {}
            }
            before = *hidden;
        }
        text
    }

    fn occurrences(&self, wanted: &[char]) -> Vec<usize> {
        if wanted.is_empty() {
            return Vec::new();
        }
        let windows = self.lower.windows(wanted.len()).enumerate();
        windows
            .filter(|(_, window)| *window == wanted)
            .map(|(at, _)| at)
            .collect()
    }

    fn hide(&mut self, start: usize, len: usize) {
        for hidden in self.hidden.iter_mut().skip(start).take(len) {
            *hidden = true;
        }
    }

    /// Runs of such characters, without a full stop at their end.
    fn words(&self, belongs: impl Fn(char) -> bool) -> Vec<Word> {
        let mut words = Vec::new();
        let mut text = String::new();
        for (at, c) in self.chars.iter().copied().chain([' ']).enumerate() {
            if belongs(c) {
                text.push(c);
                continue;
            }
            let start = at - text.chars().count();
            let word = std::mem::take(&mut text);
            let word = word.trim_end_matches('.').to_owned();
            if !word.is_empty() {
                words.push(Word {
                    start,
                    len: word.chars().count(),
                    text: word,
                });
            }
        }
        words
    }
}

fn is_uuid(text: &str) -> bool {
    let parts: Vec<_> = text.split('-').map(str::len).collect();
    parts == [8, 4, 4, 4, 12] && text.chars().all(|c| c == '-' || c.is_ascii_hexdigit())
}

/// One character for one, so that places stay the same.
fn lower(c: char) -> char {
    let mut lower = c.to_lowercase();
    lower.next().filter(|_| lower.next().is_none()).unwrap_or(c)
}
