//! A client that a server has registered with an answer that cannot be used: [`Leftover`].

use super::client::{Server, management};
use crate::protocol::{
    client_registration::Management,
    http::HttpResponse,
    json_object::JsonObject,
    secret::{RegistrationAccessToken, RegistrationUri},
};

/// Members that would be taken wrongly if they came twice.
const ONCE: [&str; 3] = ["client_id", "registration_access_token", "registration_client_uri"];

/// What deletes such a client.
pub(crate) struct Leftover {
    /// As it is in the answer, usable or not.
    pub(crate) client_id: Option<String>,
    pub(crate) uri: RegistrationUri,
    pub(crate) token: RegistrationAccessToken,
}

impl Leftover {
    /// What the answer has of it. `None` where it names no address and token, or an address to which the token must not be sent.
    pub(crate) fn read(response: &HttpResponse, server: &Server) -> Option<Self> {
        let object = JsonObject::read(&response.body).ok()?;
        if object.first_repeated(&ONCE).is_some() {
            return None;
        }
        let text = |member: &str| Some(object.members.get(member)?.as_str()?.to_owned());
        let uri = RegistrationUri::new(text("registration_client_uri")?);
        let token = RegistrationAccessToken::new(text("registration_access_token")?);
        let management = management(Some(&uri), Some(&token), &server.origins());
        (management == Management::Offered).then(|| Self {
            client_id: text("client_id"),
            uri,
            token,
        })
    }
}
