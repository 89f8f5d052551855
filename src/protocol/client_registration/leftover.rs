//! A client at a server that nobody wants: [`Leftover`].

use url::Url;

use super::{
    answer::{ISSUED_AT, is_usable_client_id, moment},
    client::{ClientRegistration, Server, management},
};
use crate::{
    protocol::{
        client_registration::Management,
        http::HttpResponse,
        json_object::JsonObject,
        secret::{RegistrationAccessToken, RegistrationUri},
    },
    time::Timestamp,
};

/// Members that would be taken wrongly if they came twice.
const ONCE: [&str; 4] = [
    "client_id",
    ISSUED_AT,
    "registration_access_token",
    "registration_client_uri",
];

/// What deletes such a client, and what it is told apart by.
#[derive(Clone)]
pub(crate) struct Leftover {
    /// `None` where the answer has none that a client in use could have.
    pub(crate) client_id: Option<String>,
    /// When the server gave the client id, if it said so.
    pub(crate) issued_at: Option<Timestamp>,
    pub(crate) uri: RegistrationUri,
    pub(crate) token: RegistrationAccessToken,
    /// The origins of the server.
    pub(crate) origins: Vec<String>,
}

impl Leftover {
    /// A client whose answer could be read.
    ///
    /// # Errors
    ///
    /// Why it cannot be deleted.
    pub(crate) fn of(registration: &ClientRegistration) -> Result<Self, Management> {
        let (uri, token) = registration.access()?;
        Ok(Self {
            client_id: Some(registration.client_id().to_owned()),
            issued_at: registration.client_id_issued_at(),
            uri: uri.clone(),
            token: token.clone(),
            origins: registration.parts.origins.clone(),
        })
    }

    /// What an answer that cannot be used has of it. `None` where it names no address and token, or an address to which the token must
    /// not be sent.
    pub(crate) fn read(response: &HttpResponse, server: &Server) -> Option<Self> {
        let object = JsonObject::read(&response.body).ok()?;
        if object.first_repeated(&ONCE).is_some() {
            return None;
        }
        let text = |member: &str| Some(object.members.get(member)?.as_str()?.to_owned());
        let uri = RegistrationUri::new(text("registration_client_uri")?);
        let token = RegistrationAccessToken::new(text("registration_access_token")?);
        let origins = server.origins();
        let management = management(Some(&uri), Some(&token), &origins);
        (management == Management::Offered).then(|| Self {
            client_id: text("client_id").filter(|id| is_usable_client_id(id)),
            issued_at: object.members.get(ISSUED_AT).and_then(moment),
            uri,
            token,
            origins,
        })
    }

    /// Whether deleting it may delete this client: they have one id or one address, or nothing that tells them apart.
    pub(crate) fn may_be(&self, other: &ClientRegistration) -> bool {
        let is_at_its_address = match other.registration_client_uri().and_then(address) {
            Some(others) => address(&self.uri).is_none_or(|own| own == others),
            None => self.client_id.is_none(),
        };
        is_at_its_address || self.client_id.as_deref() == Some(other.client_id())
    }
}

impl ClientRegistration {
    /// Whether deleting the one deletes the other: they have one id or one address.
    pub(crate) fn goes_with(&self, other: &Self) -> bool {
        let [own, others] = [self, other].map(|client| client.registration_client_uri().and_then(address));
        self.client_id() == other.client_id() || own.is_some() && own == others
    }
}

fn address(uri: &RegistrationUri) -> Option<Url> {
    Url::parse(uri.expose_secret()).ok()
}
