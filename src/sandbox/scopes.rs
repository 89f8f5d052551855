//! The scope grammar of SMART 2.2, and what a granted scope allows.

use super::{fhir::Criterion, resource_types};

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
    Create,
    Update,
    Delete,
}

impl Interaction {
    pub(super) const fn changes(self) -> bool {
        matches!(self, Self::Create | Self::Update | Self::Delete)
    }
}

/// `patient/Observation.rs?category=…` and its kind, v1 forms included.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ResourceScope {
    pub(super) level: Level,
    /// A resource type or `*`.
    pub(super) resource_type: String,
    pub(super) read: bool,
    pub(super) search: bool,
    pub(super) create: bool,
    pub(super) update: bool,
    pub(super) delete: bool,
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
        if resource_type != "*" && !resource_types::R4.contains(&resource_type) {
            return None;
        }
        let letters = match letters {
            "read" => "rs",
            "write" => "cud",
            "*" => "cruds",
            letters => in_order(letters)?,
        };
        Some(Self {
            level,
            resource_type: resource_type.to_owned(),
            read: letters.contains('r'),
            search: letters.contains('s'),
            create: letters.contains('c'),
            update: letters.contains('u'),
            delete: letters.contains('d'),
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
                Interaction::Create => self.create,
                Interaction::Update => self.update,
                Interaction::Delete => self.delete,
            }
    }

    /// What a resource has to meet. `None`: this server cannot hold the scope to that.
    pub(super) fn criteria(&self, fhir_base: &str) -> Option<Vec<Criterion>> {
        let constraints = self.constraints.iter();
        let criteria = constraints.map(|(name, value)| Criterion::parse(&self.resource_type, name, value, fhir_base));
        criteria.collect::<Result<_, _>>().ok()
    }

    /// The first constraint that this server cannot hold a scope to.
    pub(super) fn unsupported(&self) -> Option<&str> {
        let unsupported =
            |(name, value): &&(String, String)| Criterion::parse(&self.resource_type, name, value, "").is_err();
        self.constraints.iter().find(unsupported).map(|(name, _)| name.as_str())
    }

    const fn writes(&self) -> bool {
        self.create || self.update || self.delete
    }
}

/// A non-empty subset of `cruds` in that order.
fn in_order(letters: &str) -> Option<&str> {
    let mut allowed = "cruds".chars();
    let ordered = letters.chars().all(|letter| allowed.any(|a| a == letter));
    (ordered && !letters.is_empty()).then_some(letters)
}

/// Whether two scopes have something in common: they are the same, or about data that both are for.
pub(super) fn overlap(one: &str, other: &str) -> bool {
    let (Some(a), Some(b)) = (ResourceScope::parse(one), ResourceScope::parse(other)) else {
        return one == other;
    };
    let types = a.resource_type == b.resource_type || a.resource_type == "*" || b.resource_type == "*";
    a.level == b.level && types && (a.read && b.read || a.search && b.search || a.writes() && b.writes())
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
        && (outer.create || !inner.create)
        && (outer.update || !inner.update)
        && (outer.delete || !inner.delete)
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
        other if is_extension(other) => Verdict::LeftOut,
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

/// Extensions are full URIs or begin with two underscores. `patient:*.rs` is neither: somebody meant a slash.
fn is_extension(scope: &str) -> bool {
    let is_slip = |scheme: &str| ["patient", "user", "system", "launch", "openid"].contains(&scheme);
    scope.starts_with("__") || url::Url::parse(scope).is_ok_and(|url| !is_slip(url.scheme()))
}

/// Why a scope with that search parameter is not granted.
pub(super) fn not_held(scope: &str, parameter: &str) -> String {
    format!("{scope} cannot be granted: this server does not know the search parameter {parameter}.")
}

/// The search parameter in a scope by which this server could not hold it to what it says.
pub(super) fn unsupported(scope: &str) -> Option<String> {
    ResourceScope::parse(scope)?.unsupported().map(str::to_owned)
}

/// Why nothing is granted, to a client that is registered for these.
pub(super) fn none_left(registered: Option<&[String]>) -> String {
    match registered {
        Some(registered) => format!(
            "None of these scopes can be granted. Registered for this application: {}",
            registered.join(" ")
        ),
        None => "None of these scopes can be granted: this server gives launch, identity, patient/ and user/ scopes."
            .to_owned(),
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
    let verb = match (scope.read || scope.search, scope.writes()) {
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
