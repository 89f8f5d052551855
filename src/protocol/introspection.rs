//! The answer of the introspection endpoint (RFC 7662; SMART App Launch 2.2, Token Introspection).

use std::{fmt, time::Duration};

use serde_json::{Map, Value};

use crate::{
    protocol::{
        body_kind::BodyKind, findings::TokenResponseReport, http::HttpResponse, json_object::JsonObject,
        launch_context::LaunchContext, scope::Scopes, token_type::TokenType, urls::FhirBaseUrl,
    },
    time::Timestamp,
};

/// Members that must not come twice: two readers could take different ones.
const ONCE: [&str; 13] = [
    "active",
    "token_type",
    "cnf",
    "scope",
    "client_id",
    "exp",
    "nbf",
    "aud",
    "sub",
    "iss",
    "patient",
    "encounter",
    "fhirUser",
];

/// What the EHR says about an access token.
///
/// Each member is `None` when the EHR did not say it, and all of them are when the token is not
/// [`active`](Self::active). `Debug` shows which members there are, not what they say: they identify people.
#[derive(Clone, PartialEq)]
pub struct Introspection {
    active: bool,
    scope: Option<Scopes>,
    client_id: Option<String>,
    expires_at: Option<Timestamp>,
    not_before: Option<Timestamp>,
    audiences: Vec<String>,
    subject: Option<String>,
    issuer: Option<String>,
    fhir_user: Option<String>,
    context: LaunchContext,
    token_type: Option<Value>,
    is_bound_to_key: bool,
    /// A time that is there and cannot be read.
    unreadable: Option<&'static str>,
    /// Of the answer, in bytes.
    size: usize,
}

/// Why an answer of the introspection endpoint cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum MalformedIntrospection {
    /// It is no JSON object.
    #[error(
        "the introspection endpoint answered with {0} instead of a JSON object; check that the EHR announces the right endpoint"
    )]
    NotAnObject(BodyKind),
    /// A member that safety depends on is missing, of the wrong type or form, or comes twice.
    #[error(
        "`{0}` of the introspection response is missing, of the wrong form, or comes twice; report it to the EHR's administrator"
    )]
    Field(&'static str),
}

impl Introspection {
    /// Reads the body of a successful answer. The content type is not looked at.
    ///
    /// Of a token that is not active only that is kept, whatever else came. A display member of the wrong type is left
    /// out.
    ///
    /// # Errors
    ///
    /// [`MalformedIntrospection::NotAnObject`]; [`MalformedIntrospection::Field`] when `active` is not there or no truth
    /// value, when `patient` is not an id of this EHR, or when one of the standard members comes twice.
    pub(crate) fn parse(response: &HttpResponse, base: &FhirBaseUrl) -> Result<Self, MalformedIntrospection> {
        let Ok(answer) = JsonObject::read(&response.body) else {
            return Err(MalformedIntrospection::NotAnObject(BodyKind::of(response)));
        };
        if let Some(field) = answer.first_repeated(&ONCE) {
            return Err(MalformedIntrospection::Field(field));
        }
        let mut members = answer.members;
        if !active(members.remove("active")).ok_or(MalformedIntrospection::Field("active"))? {
            return Ok(Self::inactive());
        }
        let said = |name: &str| members.get(name).filter(|value| !value.is_null());
        let (token_type, is_bound_to_key) = (said("token_type").cloned(), said("cnf").is_some());
        let (exp, nbf) = (members.remove("exp"), members.get("nbf").cloned());
        let unreadable = [("exp", &exp), ("nbf", &nbf)];
        let unreadable = unreadable.into_iter().find(|(_, value)| is_unreadable(value.as_ref()));
        Ok(Self {
            active: true,
            token_type,
            is_bound_to_key,
            unreadable: unreadable.map(|(name, _)| name),
            size: response.body.len(),
            scope: scope(members.remove("scope")),
            client_id: text(members.remove("client_id")),
            expires_at: moment(exp),
            not_before: moment(nbf),
            audiences: audiences(members.get("aud")),
            subject: text(members.remove("sub")),
            issuer: text(members.remove("iss")),
            fhir_user: text(members.remove("fhirUser")),
            context: LaunchContext::from_members(members, base, &mut TokenResponseReport::default())
                .map_err(MalformedIntrospection::Field)?,
        })
    }

    /// Of a token that is not good.
    pub(crate) fn inactive() -> Self {
        Self {
            active: false,
            scope: None,
            client_id: None,
            expires_at: None,
            not_before: None,
            audiences: Vec::new(),
            token_type: None,
            is_bound_to_key: false,
            unreadable: None,
            size: 0,
            subject: None,
            issuer: None,
            fhir_user: None,
            context: LaunchContext::default(),
        }
    }

    /// Whether the EHR accepts the token now. If not, it has expired, was revoked, or never was this EHR's.
    #[must_use]
    pub const fn active(&self) -> bool {
        self.active
    }

    /// What the token is good for.
    #[must_use]
    pub const fn scope(&self) -> Option<&Scopes> {
        self.scope.as_ref()
    }

    /// The client that the token was given to.
    #[must_use]
    pub fn client_id(&self) -> Option<&str> {
        self.client_id.as_deref()
    }

    /// When the token expires, by the EHR's clock.
    #[must_use]
    pub const fn expires_at(&self) -> Option<Timestamp> {
        self.expires_at
    }

    /// `nbf`: before when the token is not to be used, by the EHR's clock.
    #[must_use]
    pub const fn not_before(&self) -> Option<Timestamp> {
        self.not_before
    }

    /// `aud`: for whom the token is, one or several.
    #[must_use]
    pub fn audiences(&self) -> &[String] {
        &self.audiences
    }

    /// The member that says when the token is good and cannot be read, if there is one. What only shows the answer does without it.
    pub(crate) const fn unreadable(&self) -> Option<&'static str> {
        self.unreadable
    }

    /// Whether the token is bound to a key (`cnf`: RFC 8705, section 3.2; RFC 9449, section 6.2), so that whoever only shows it has proved
    /// nothing. What the member says is not looked at: a form that nobody knows yet binds all the same.
    pub(crate) const fn is_bound_to_key(&self) -> bool {
        self.is_bound_to_key
    }

    /// Whether it is enough to show the token, as far as its type says. RFC 7662 lets servers leave the type out.
    pub(crate) fn is_bearer(&self, policy: TokenType) -> bool {
        match &self.token_type {
            None => true,
            Some(Value::String(said)) => policy.understand(Some(said), true).is_some(),
            Some(_) => false,
        }
    }

    /// How long the answer was, in bytes.
    pub(crate) const fn size(&self) -> usize {
        self.size
    }

    /// `sub`: the user, as the issuer calls them. Unique together with [`issuer`](Self::issuer) only.
    #[must_use]
    pub fn subject(&self) -> Option<&str> {
        self.subject.as_deref()
    }

    /// `iss`: who says who the user is.
    #[must_use]
    pub fn issuer(&self) -> Option<&str> {
        self.issuer.as_deref()
    }

    /// The id of the patient in context.
    #[must_use]
    pub fn patient(&self) -> Option<&str> {
        self.context.patient()
    }

    /// The id of the encounter in context.
    #[must_use]
    pub fn encounter(&self) -> Option<&str> {
        self.context.encounter()
    }

    /// `fhirUser`: the user's FHIR resource, as the text that the EHR sent.
    #[must_use]
    pub fn fhir_user(&self) -> Option<&str> {
        self.fhir_user.as_deref()
    }

    /// The launch context as far as the EHR repeats it.
    #[must_use]
    pub const fn launch_context(&self) -> &LaunchContext {
        &self.context
    }

    /// All other members, as they came.
    #[must_use]
    pub const fn other(&self) -> &Map<String, Value> {
        self.context.other()
    }
}

impl fmt::Debug for Introspection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Introspection")
            .field("active", &self.active)
            .field("scope", &self.scope)
            .field("client_id", &self.client_id)
            .field("expires_at", &self.expires_at)
            .field("not_before", &self.not_before)
            .field("audiences", &self.audiences)
            .field("subject", &self.subject.as_ref().map(|_| "[redacted]"))
            .field("issuer", &self.issuer)
            .field("fhir_user", &self.fhir_user.as_ref().map(|_| "[redacted]"))
            .field("launch_context", &self.context)
            .finish()
    }
}

/// A truth value, also as the text that some servers send. Nothing else is guessed at.
fn active(value: Option<Value>) -> Option<bool> {
    match value? {
        Value::Bool(active) => Some(active),
        Value::String(text) if text.trim().eq_ignore_ascii_case("true") => Some(true),
        Value::String(text) if text.trim().eq_ignore_ascii_case("false") => Some(false),
        _ => None,
    }
}

fn text(value: Option<Value>) -> Option<String> {
    match value? {
        Value::String(text) if !text.trim().is_empty() => Some(text),
        _ => None,
    }
}

/// A list in a text, or an array of texts.
fn scope(value: Option<Value>) -> Option<Scopes> {
    match value? {
        Value::String(list) => Some(Scopes::parse(&list)),
        Value::Array(items) => {
            let items: Option<Vec<_>> = items.iter().map(Value::as_str).collect();
            Some(Scopes::parse(&items?.join(" ")))
        }
        _ => None,
    }
}

/// Seconds since 1970, also as the text that some servers send.
fn moment(value: Option<Value>) -> Option<Timestamp> {
    let seconds = match value? {
        Value::Number(number) => number.as_f64(),
        Value::String(text) => text.trim().parse::<f64>().ok(),
        _ => None,
    }?;
    let since_epoch = Duration::try_from_secs_f64(seconds).ok()?;
    Some(Timestamp::from_millis(0).saturating_add(since_epoch))
}

fn is_unreadable(value: Option<&Value>) -> bool {
    value.is_some_and(|value| !value.is_null() && moment(Some(value.clone())).is_none())
}

/// One text, or several.
fn audiences(value: Option<&Value>) -> Vec<String> {
    match value {
        Some(Value::String(one)) => vec![one.clone()],
        Some(Value::Array(several)) => several
            .iter()
            .filter_map(|one| one.as_str().map(str::to_owned))
            .collect(),
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests;
