//! One token of a scope list: [`Scope`].

use std::fmt;

use super::{
    constraints,
    error::ScopeError,
    resource::{ResourceScope, ScopeContext},
    strictness::Strictness,
};

/// The prefix of a SMART scope where a scope has to be a URI (SMART App Launch 2.2, appendix on URI representation).
const SMART_URI: &str = "http://smarthealthit.org/fhir/scopes/";
/// The prefix of an OpenID scope there.
const OPENID_URI: &str = "http://openid.net/specs/openid-connect-core-1_0#";

/// One scope of SMART App Launch 2.2, read from a token without copying it.
///
/// `Display` gives the token back, byte for byte.
///
/// # Examples
///
/// ```
/// use actix_smart_auth::scope::{Permissions, Scope, ScopeKind};
///
/// let ScopeKind::Resource(scope) = Scope::parse("patient/Observation.rs?category=laboratory").kind() else {
///     panic!("a resource scope");
/// };
/// assert_eq!(scope.resource_type(), "Observation");
/// assert!(scope.permissions().contains(Permissions::SEARCH));
/// assert_eq!(scope.constraints().collect::<Vec<_>>(), [("category", "laboratory")]);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Scope<'a> {
    spelling: ScopeSpelling,
    kind: ScopeKind<'a>,
}

/// What a scope is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ScopeKind<'a> {
    /// FHIR data, such as `patient/*.rs`.
    Resource(ResourceScope<'a>),
    /// Launch context: `launch`, `launch/patient` and so on.
    Launch(LaunchContextScope<'a>),
    /// `openid`: who the user is.
    OpenId,
    /// `fhirUser`: the FHIR resource of the user.
    FhirUser,
    /// `profile`: what `fhirUser` was called once; other servers give a name with it. Not the same scope.
    Profile,
    /// `online_access`: a refresh token for as long as the user is at work.
    OnlineAccess,
    /// `offline_access`: a refresh token that outlives the user's presence.
    OfflineAccess,
    /// Anything else, kept as it is: a scope of somebody's own (a URI, or a name that begins with `__`), one of a
    /// later version, or a malformed one. It stands for itself alone.
    Other(&'a str),
}

/// A scope that asks for launch context.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LaunchContextScope<'a> {
    context: Option<&'a str>,
    query: Option<&'a str>,
}

/// How a scope is spelled. It means the same either way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ScopeSpelling {
    /// `openid`, `patient/*.rs`.
    Short,
    /// Behind `http://smarthealthit.org/fhir/scopes/`.
    SmartUri,
    /// Behind `http://openid.net/specs/openid-connect-core-1_0#`.
    OpenIdUri,
}

impl<'a> Scope<'a> {
    /// Reads a token that a server sent. Never fails: what is not understood is [`ScopeKind::Other`].
    ///
    /// More is understood than may be written: permissions in capitals (`.Read`), search parameters behind words of
    /// SMART v1. Not understood are letters out of order (`.dus`), which servers read as they like, and `.search`.
    #[must_use]
    pub fn parse(token: &'a str) -> Self {
        Self::read(token, Strictness::Tolerant).unwrap_or(Self {
            spelling: ScopeSpelling::Short,
            kind: ScopeKind::Other(token),
        })
    }

    /// Reads a token that somebody wrote in code or configuration.
    ///
    /// # Errors
    ///
    /// [`ScopeError`] says which rule of the grammar is broken. Scopes of somebody's own pass: URIs, names that begin
    /// with `__`, and names that do not look like a SMART scope (`email`, `athena/service/Athenanet.MDP.*`).
    pub fn parse_strict(token: &'a str) -> Result<Self, ScopeError> {
        if token.is_empty() {
            return Err(ScopeError::Empty);
        }
        let forbidden = |c: &char| !c.is_ascii_graphic() || matches!(c, '"' | '\\');
        match token.chars().find(forbidden) {
            Some(c) => Err(ScopeError::ForbiddenCharacter(c)),
            None => Self::read(token, Strictness::Strict),
        }
    }

    /// What it is about.
    #[must_use]
    pub const fn kind(&self) -> ScopeKind<'a> {
        self.kind
    }

    /// Whether it is written short or as a URI.
    #[must_use]
    pub const fn spelling(&self) -> ScopeSpelling {
        self.spelling
    }

    fn read(token: &'a str, strictness: Strictness) -> Result<Self, ScopeError> {
        for spelling in [ScopeSpelling::SmartUri, ScopeSpelling::OpenIdUri] {
            let Some(name) = token.strip_prefix(spelling.prefix()) else {
                continue;
            };
            let kind = ScopeKind::read(name, strictness)?;
            let of_openid = matches!(kind, ScopeKind::OpenId | ScopeKind::Profile | ScopeKind::OfflineAccess);
            return Ok(match (spelling, kind) {
                // A URI with that prefix that is not known: all of it is the name.
                (_, ScopeKind::Other(_)) => Self::short(ScopeKind::Other(token)),
                (ScopeSpelling::OpenIdUri, _) if !of_openid => Self::short(ScopeKind::Other(token)),
                (spelling, kind) => Self { spelling, kind },
            });
        }
        ScopeKind::read(token, strictness).map(Self::short)
    }

    const fn short(kind: ScopeKind<'a>) -> Self {
        Self {
            spelling: ScopeSpelling::Short,
            kind,
        }
    }
}

impl<'a> ScopeKind<'a> {
    fn read(token: &'a str, strictness: Strictness) -> Result<Self, ScopeError> {
        Ok(match token {
            "openid" => Self::OpenId,
            "fhirUser" => Self::FhirUser,
            "profile" => Self::Profile,
            "online_access" => Self::OnlineAccess,
            "offline_access" => Self::OfflineAccess,
            _ => match token.split_once('/') {
                _ if is_somebodys_own(token) => Self::Other(token),
                Some(("launch", context)) => Self::Launch(LaunchContextScope::read(context)?),
                Some((context, rest)) => match ScopeContext::read(context) {
                    Some(context) => Self::Resource(ResourceScope::read(context, rest, strictness)?),
                    None if looks_like_data(rest) => return Err(ScopeError::UnknownContext),
                    None => Self::Other(token),
                },
                None if token == "launch" => Self::Launch(LaunchContextScope::WHOLE),
                None if is_unprefixed(token) => return Err(ScopeError::MissingContext),
                None if token.starts_with("launch?") => return Err(ScopeError::BadLaunchContext),
                None => Self::Other(token),
            },
        })
    }
}

impl<'a> LaunchContextScope<'a> {
    const WHOLE: Self = Self {
        context: None,
        query: None,
    };

    fn read(text: &'a str) -> Result<Self, ScopeError> {
        let (context, query) = match text.split_once('?') {
            Some((context, query)) => (context, Some(query)),
            None => (text, None),
        };
        if context.is_empty() || !context.chars().all(|c| c.is_ascii_lowercase()) {
            return Err(ScopeError::BadLaunchContext);
        }
        query.map_or(Ok(()), constraints::check)?;
        Ok(Self {
            context: Some(context),
            query,
        })
    }

    /// The resource type in lower case, as in `launch/patient`; `None` for `launch` itself.
    #[must_use]
    pub const fn context(&self) -> Option<&'a str> {
        self.context
    }

    /// The parameters, such as `role`, as they were written.
    pub fn parameters(&self) -> impl Iterator<Item = (&'a str, &'a str)> {
        constraints::pairs(self.query)
    }
}

impl ScopeSpelling {
    /// What stands in front of the scope: nothing, or the beginning of a URI.
    #[must_use]
    pub const fn prefix(self) -> &'static str {
        match self {
            Self::Short => "",
            Self::SmartUri => SMART_URI,
            Self::OpenIdUri => OPENID_URI,
        }
    }
}

impl fmt::Display for Scope<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.spelling.prefix(), self.kind)
    }
}

impl fmt::Display for ScopeKind<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Resource(scope) => scope.fmt(f),
            Self::Launch(scope) => scope.fmt(f),
            Self::OpenId => f.write_str("openid"),
            Self::FhirUser => f.write_str("fhirUser"),
            Self::Profile => f.write_str("profile"),
            Self::OnlineAccess => f.write_str("online_access"),
            Self::OfflineAccess => f.write_str("offline_access"),
            Self::Other(token) => f.write_str(token),
        }
    }
}

impl fmt::Display for LaunchContextScope<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("launch")?;
        if let Some(context) = self.context {
            write!(f, "/{context}")?;
        }
        match self.query {
            Some(query) => write!(f, "?{query}"),
            None => Ok(()),
        }
    }
}

/// A URI, or a name that begins with `__` (SMART App Launch 2.2, extensibility).
fn is_somebodys_own(token: &str) -> bool {
    let scheme = token.split_once(':').map(|(scheme, _)| scheme);
    token.starts_with("__")
        || scheme.is_some_and(|scheme| {
            scheme.starts_with(|c: char| c.is_ascii_alphabetic())
                && scheme
                    .chars()
                    .all(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.'))
        })
}

/// Whether what stands behind a `/` could be `Observation.rs`: then what stands before it is a typing error.
fn looks_like_data(rest: &str) -> bool {
    rest.contains('.') && !rest.split('?').next().unwrap_or_default().contains('/')
}

/// `Patient.read`: a resource scope whose context is missing.
pub(super) fn is_unprefixed(token: &str) -> bool {
    unprefixed_type(token).is_some()
}

/// The type of a resource scope whose context is missing.
pub(super) fn unprefixed_type(token: &str) -> Option<&str> {
    let scope = ResourceScope::read(ScopeContext::Patient, token, Strictness::Tolerant).ok()?;
    Some(scope.resource_type())
}
