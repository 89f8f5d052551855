//! The keys of `private_key_jwt`, checked and ready to sign: [`KeyJwt`].

use std::time::Duration;

use super::{key::SigningKey, public_key::PublicJwk};
use crate::protocol::urls::EndpointUrl;

pub(super) struct KeyJwt {
    pub(super) current: SigningKey,
    pub(super) previous: Option<SigningKey>,
    pub(super) published: Vec<PublicJwk>,
    pub(super) jku: Option<EndpointUrl>,
    pub(super) lifetime: Duration,
}
