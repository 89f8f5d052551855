//! The scope grammar of SMART 2.2, and what a granted scope allows.

use serde_json::Value;

/// Whose data a resource scope is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Level {
    /// The patient in context.
    Patient,
    /// Whatever the user may see.
    User,
    /// Backend services: whatever there is. Granted to clients, never by people.
    System,
}

/// What a FHIR request wants to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Interaction {
    Read,
    Search,
}

/// `patient/Observation.rs?category=…` and its kind, v1 forms included.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ResourceScope {
    pub(super) level: Level,
    /// A resource type or `*`.
    pub(super) resource_type: String,
    pub(super) read: bool,
    pub(super) search: bool,
    pub(super) write: bool,
    pub(super) constraints: Vec<(String, String)>,
}

impl ResourceScope {
    pub(super) fn parse(scope: &str) -> Option<Self> {
        let (level, rest) = scope.split_once('/')?;
        let level = match level {
            "patient" => Level::Patient,
            "user" => Level::User,
            "system" => Level::System,
            _ => return None,
        };
        let (rest, constraints) = match rest.split_once('?') {
            Some((rest, query)) if query.contains('=') => (rest, super::http::parse_pairs(query)),
            Some(_) => return None,
            None => (rest, Vec::new()),
        };
        let (resource_type, letters) = rest.split_once('.')?;
        let type_is_fine = resource_type == "*"
            || (resource_type.starts_with(|c: char| c.is_ascii_uppercase())
                && resource_type.chars().all(|c| c.is_ascii_alphabetic()));
        if !type_is_fine {
            return None;
        }
        let (read, search, write) = match letters {
            "read" => (true, true, false),
            "write" => (false, false, true),
            "*" => (true, true, true),
            letters => {
                in_order(letters)?;
                let has = |wanted: char| letters.contains(wanted);
                (has('r'), has('s'), has('c') || has('u') || has('d'))
            }
        };
        Some(Self {
            level,
            resource_type: resource_type.to_owned(),
            read,
            search,
            write,
            constraints,
        })
    }

    /// Whether the scope is about this type and interaction, whoever the patient is.
    pub(super) fn covers(&self, resource_type: &str, interaction: Interaction) -> bool {
        let type_matches = self.resource_type == "*" || self.resource_type == resource_type;
        type_matches
            && match interaction {
                Interaction::Read => self.read,
                Interaction::Search => self.search,
            }
    }

    /// Whether a resource meets the scope's constraints. Only `category` is understood; another one lets nothing through.
    pub(super) fn admits(&self, resource: &Value) -> bool {
        self.constraints
            .iter()
            .all(|(name, value)| name == "category" && has_category(resource, value))
    }
}

/// A non-empty subset of `cruds` in that order.
fn in_order(letters: &str) -> Option<()> {
    let mut allowed = "cruds".chars();
    let ordered = letters.chars().all(|letter| allowed.any(|a| a == letter));
    (ordered && !letters.is_empty()).then_some(())
}

/// Whether `resource.category` has the token `code` or `system|code`.
pub(super) fn has_category(resource: &Value, token: &str) -> bool {
    has_token(resource.get("category"), token)
}

/// Whether a CodeableConcept, or one of several, has the token `code` or `system|code`.
pub(super) fn has_token(concepts: Option<&Value>, token: &str) -> bool {
    let concepts = match concepts {
        Some(Value::Array(many)) => many.iter().collect(),
        Some(one) => vec![one],
        None => Vec::new(),
    };
    let (system, code) = match token.split_once('|') {
        Some((system, code)) => (Some(system), code),
        None => (None, token),
    };
    concepts
        .into_iter()
        .filter_map(|concept| concept.get("coding")?.as_array())
        .flatten()
        .any(|coding| {
            let field = |name| coding.get(name).and_then(Value::as_str);
            field("code") == Some(code) && system.is_none_or(|system| field("system") == Some(system))
        })
}

/// Whether two scopes have something in common: they are the same, or about data that both are for.
pub(super) fn overlap(one: &str, other: &str) -> bool {
    let (Some(a), Some(b)) = (ResourceScope::parse(one), ResourceScope::parse(other)) else {
        return one == other;
    };
    let types = a.resource_type == b.resource_type || a.resource_type == "*" || b.resource_type == "*";
    a.level == b.level && types && (a.read && b.read || a.search && b.search || a.write && b.write)
}

/// Whether everything that `inner` allows `outer` allows too.
pub(super) fn contains(outer: &str, inner: &str) -> bool {
    let (Some(outer), Some(inner)) = (ResourceScope::parse(outer), ResourceScope::parse(inner)) else {
        return false;
    };
    outer.level == inner.level
        && (outer.resource_type == "*" || outer.resource_type == inner.resource_type)
        && (outer.read || !inner.read)
        && (outer.search || !inner.search)
        && (outer.write || !inner.write)
        && outer
            .constraints
            .iter()
            .all(|constraint| inner.constraints.contains(constraint))
}

/// What becomes of one requested scope.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    Grantable,
    /// Understood, but this server does not give it.
    LeftOut,
    /// Not a scope of SMART 2.2.
    Malformed,
}

pub(super) fn judge(scope: &str) -> Verdict {
    match scope {
        "launch" | "launch/patient" | "launch/encounter" | "openid" | "fhirUser" | "profile" | "offline_access"
        | "online_access" => Verdict::Grantable,
        // Extensions are full URIs or begin with two underscores.
        other if other.starts_with("__") || url::Url::parse(other).is_ok() => Verdict::LeftOut,
        other => match other.strip_prefix("launch/") {
            Some(context) => {
                let name = context.split('?').next().unwrap_or_default();
                if !name.is_empty() && name.chars().all(|c| c.is_ascii_lowercase()) {
                    Verdict::LeftOut
                } else {
                    Verdict::Malformed
                }
            }
            None => match ResourceScope::parse(other) {
                Some(resource) if resource.level == Level::System => Verdict::LeftOut,
                Some(_) => Verdict::Grantable,
                None => Verdict::Malformed,
            },
        },
    }
}

pub(super) fn is_patient_level(scope: &str) -> bool {
    ResourceScope::parse(scope).is_some_and(|resource| resource.level == Level::Patient)
}

/// Whether a scope asks whom the launch is about (`launch`, `launch/patient`), and not for something that could be refused.
pub(super) fn is_about_the_launch(scope: &str) -> bool {
    scope == "launch" || scope.starts_with("launch/")
}

/// The scope in words, for the consent page.
pub(super) fn in_words(scope: &str) -> String {
    match scope {
        "launch" => "Know which patient and visit is open in the EHR".to_owned(),
        "launch/patient" => "Know which patient you pick".to_owned(),
        "launch/encounter" => "Know which visit is meant".to_owned(),
        "openid" => "Know that it is you".to_owned(),
        "fhirUser" | "profile" => "Know your name and your role".to_owned(),
        "offline_access" => "Keep this access when you are away, until it is taken back".to_owned(),
        "online_access" => "Keep this access while you are signed in".to_owned(),
        other => match ResourceScope::parse(other) {
            Some(resource) => resource_in_words(&resource),
            None => other.to_owned(),
        },
    }
}

fn resource_in_words(scope: &ResourceScope) -> String {
    let verb = match (scope.read || scope.search, scope.write) {
        (true, true) => "See and change",
        (_, false) => "See",
        (false, true) => "Change",
    };
    let what = match scope.resource_type.as_str() {
        "*" => "all records".to_owned(),
        name => format!("records of the kind “{name}”"),
    };
    let whose = match scope.level {
        Level::Patient => "of this patient",
        Level::User | Level::System => "that you may see yourself",
    };
    let limit = match scope.constraints.is_empty() {
        true => "",
        false => " (only some of them)",
    };
    format!("{verb} {what} {whose}{limit}")
}
