//! Reads what a server answers (RFC 7591, section 3.2.1; RFC 7592, section 3): [`Answer`].

use std::time::Duration;

use serde_json::{Map, Value};

use super::values::SecretExpiry;
use crate::{
    protocol::{
        body_kind::BodyKind,
        echoed_secrets::SentSecrets,
        ehr_text::field_names,
        http::HttpResponse,
        json_object::JsonObject,
        secret::{ClientSecret, RegistrationAccessToken, RegistrationUri},
    },
    time::Timestamp,
};

/// Members that a client would take wrongly if they came twice.
const ONCE: [&str; 4] = [
    "client_id",
    "client_secret",
    "registration_access_token",
    "registration_client_uri",
];

/// When the server gave the client id.
pub(super) const ISSUED_AT: &str = "client_id_issued_at";

/// In bytes. It goes into addresses, which servers cut at some 8 kB; some servers write the whole registration into it.
const LONGEST_CLIENT_ID: usize = 4096;

/// An answer that has what a registration needs.
pub(crate) struct Answer {
    pub(super) client_id: String,
    pub(super) secret: Option<ClientSecret>,
    pub(super) secret_expiry: SecretExpiry,
    pub(super) issued_at: Option<Timestamp>,
    pub(super) token: Option<RegistrationAccessToken>,
    pub(super) uri: Option<RegistrationUri>,
    /// The others, which are no secrets.
    pub(super) members: Map<String, Value>,
}

/// What is there instead.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum UnusableAnswer {
    /// No JSON object.
    NotAnObject(BodyKind),
    /// One in which this member is missing, of the wrong type, or comes twice.
    Member {
        member: &'static str,
        received_fields: Vec<String>,
    },
}

impl Answer {
    pub(crate) fn into_client_id(self) -> String {
        self.client_id
    }

    pub(crate) fn read(response: &HttpResponse) -> Result<Self, UnusableAnswer> {
        let object =
            JsonObject::read(&response.body).map_err(|_| UnusableAnswer::NotAnObject(BodyKind::of(response)))?;
        let received_fields = field_names(object.members.keys());
        let unusable = |member| UnusableAnswer::Member {
            member,
            received_fields: received_fields.clone(),
        };
        if let Some(member) = object.first_repeated(&ONCE) {
            return Err(unusable(member));
        }
        // Of two moments none is to be believed.
        let is_dated = object.first_repeated(&[ISSUED_AT]).is_none();
        let mut members = object.members;
        let mut text = |member: &'static str| match members.remove(member) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) if text.trim().is_empty() => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(_) => Err(unusable(member)),
        };
        let client_id = text("client_id")?.filter(|id| is_usable_client_id(id));
        let client_id = client_id.ok_or_else(|| unusable("client_id"))?;
        let secret = text("client_secret")?.map(ClientSecret::new);
        let token = text("registration_access_token")?.map(RegistrationAccessToken::new);
        let uri = text("registration_client_uri")?.map(RegistrationUri::new);
        // It may say more of us than others should read, and we have it.
        members.remove("software_statement");
        let issued_at = members.remove(ISSUED_AT).as_ref().and_then(moment);
        let expires_at = members.remove("client_secret_expires_at");
        let secret_expiry = match (&secret, expires_at.as_ref().and_then(moment)) {
            (None, None) => SecretExpiry::Never,
            (_, Some(at)) if at.as_millis() == 0 => SecretExpiry::Never,
            (_, Some(at)) => SecretExpiry::At(at),
            (Some(_), None) => SecretExpiry::NotSaid,
        };
        Ok(Self {
            client_id,
            secret,
            secret_expiry,
            issued_at: issued_at.filter(|_| is_dated),
            token,
            uri,
            members,
        })
    }
}

impl Answer {
    /// The same with nothing in its other members that repeats a secret, of what was sent or of its own: those are logged and shown.
    pub(crate) fn without(mut self, sent: &SentSecrets) -> Self {
        let secret = self.secret.as_ref().map(|secret| secret.expose_secret().to_owned());
        let token = self.token.as_ref().map(|token| token.expose_secret().to_owned());
        let own = SentSecrets::new(secret.into_iter().chain(token));
        let repeats = |text: &str| sent.are_in(text) || own.are_in(text);
        self.members.retain(|name, _| !repeats(name));
        self.members.values_mut().for_each(|value| blank(value, &repeats));
        self
    }
}

/// What stands in the place of a text that repeats a secret.
const BLANKED: &str = "(a secret)";

fn blank(value: &mut Value, repeats: &impl Fn(&str) -> bool) {
    match value {
        Value::String(text) if repeats(text) => BLANKED.clone_into(text),
        Value::Array(items) => items.iter_mut().for_each(|item| blank(item, repeats)),
        Value::Object(members) => {
            members.retain(|name, _| !repeats(name));
            members.values_mut().for_each(|value| blank(value, repeats));
        }
        Value::String(_) | Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// Whether it can be sent in an address and a header, and be registered here. RFC 6749 (appendix A.1) has printable ASCII; other
/// letters are the server's to answer for.
pub(super) fn is_usable_client_id(client_id: &str) -> bool {
    client_id.len() <= LONGEST_CLIENT_ID && client_id.trim() == client_id && !client_id.chars().any(char::is_control)
}

/// Seconds since 1970; some servers write them as a text, or with a fraction.
pub(super) fn moment(value: &Value) -> Option<Timestamp> {
    let seconds = match value {
        Value::String(text) => text.trim().parse().ok()?,
        other => other.as_f64()?,
    };
    let since = Duration::try_from_secs_f64(seconds).ok()?;
    Some(Timestamp::from_millis(u64::try_from(since.as_millis()).ok()?))
}
