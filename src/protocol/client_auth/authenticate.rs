//! One request of the client, authenticated: what has to be added to it, and why nothing can be.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use rand::CryptoRng;
use url::form_urlencoded::byte_serialize;

use super::{
    applied::AppliedAuth,
    assertion::{ASSERTION_TYPE, AssertionFor, sign_assertion, unsigned_assertion},
    basic::BasicEncoding,
    credentials::{ClientCredentials, Method},
    signer_key::{NotSigned, ToSign},
    slot::CredentialSlot,
    style::{AuthServer, ClientIdInBody, SecretPlacement},
};
use crate::{
    protocol::{installation::Installation, secret::ClientSecret, urls::EndpointUrl},
    time::Timestamp,
};

/// What comes of authenticating a token request.
#[derive(Debug)]
pub(crate) enum Authentication {
    Ready(AppliedAuth),
    /// A signer has to sign it first.
    ToSign(Box<ToSign>),
}

#[cfg(test)]
impl Authentication {
    /// Where no signer has to be asked.
    pub(crate) fn ready(self) -> Option<AppliedAuth> {
        match self {
            Self::Ready(applied) => Some(applied),
            Self::ToSign(_) => None,
        }
    }
}

/// Why a token request cannot be authenticated. Nothing was sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ClientAuthError {
    /// There is no previous credential.
    #[error("no previous secret or key is configured")]
    NoPrevious,
    /// The [`Signer`](crate::signer::Signer) that has the key gave no signature that can be sent.
    #[error(transparent)]
    NotSigned(#[from] NotSigned),
    /// A key of this process did not sign, though it did when the configuration was built.
    #[error("signing the client assertion failed; is the machine out of memory?")]
    Signing,
    /// The key that this launch's own client was registered with is not configured any more.
    #[error(
        "the key with which the EHR made a client for this launch is not configured any more; keep `EhrBuilder::installation_client`, \
         and the key as its `PrivateKeyJwt::previous`, while such launches are open"
    )]
    KeyGone,
    /// Assertions are to be addressed to the issuer, and the EHR's metadata names none.
    #[error("the EHR's metadata names no `issuer` for the assertion; use `AssertionAudience::Other`")]
    NoIssuer,
}

impl ClientCredentials {
    /// What has to be added to one token request. Call it again for every request: an assertion is good for one.
    ///
    /// # Errors
    ///
    /// [`ClientAuthError::NoPrevious`] for a slot that [`attempts`](Self::attempts) does not name,
    /// [`ClientAuthError::NoIssuer`] and [`ClientAuthError::Signing`].
    pub(crate) fn authenticate(
        &self,
        slot: CredentialSlot,
        server: &AuthServer<'_>,
        now: Timestamp,
        rng: &mut dyn CryptoRng,
    ) -> Result<Authentication, ClientAuthError> {
        let mut to_sign = None;
        let mut applied = AppliedAuth {
            form: Vec::new(),
            headers: Vec::new(),
        };
        let mut needs_client_id = matches!(self.method, Method::Public);
        match &self.method {
            Method::Public if slot == CredentialSlot::Previous => return Err(ClientAuthError::NoPrevious),
            Method::Public => {}
            Method::Basic(secrets) => {
                let secret = secrets.get(slot).ok_or(ClientAuthError::NoPrevious)?;
                match self.style.secret_placement(server) {
                    SecretPlacement::Header => {
                        let value = basic_header(&self.client_id, secret, self.style.basic_encoding);
                        applied.headers.push(("Authorization", value));
                    }
                    SecretPlacement::Body => {
                        needs_client_id = true;
                        applied.form.push(("client_secret", secret.expose_secret().to_owned()));
                    }
                }
            }
            Method::KeyJwt(jwt) => {
                let key = jwt.key(slot, server.assertion_algorithm);
                let key = key.ok_or(ClientAuthError::NoPrevious)?;
                let about = AssertionFor {
                    client_id: &self.client_id,
                    audience: self.style.audience(server).ok_or(ClientAuthError::NoIssuer)?,
                    jku: jwt.jku.as_ref().map(EndpointUrl::as_str),
                    lifetime: jwt.lifetime,
                };
                let unsigned = unsigned_assertion(key, &about, now, rng).ok_or(ClientAuthError::Signing)?;
                applied.form.push(("client_assertion_type", ASSERTION_TYPE.to_owned()));
                if let Some(elsewhere) = key.elsewhere() {
                    to_sign = Some((elsewhere.clone(), key.kid().to_owned(), unsigned));
                } else {
                    let assertion = sign_assertion(key, unsigned).ok_or(ClientAuthError::Signing)?;
                    applied.form.push(("client_assertion", assertion));
                }
            }
        }
        if needs_client_id || self.style.client_id_in_body == ClientIdInBody::Send {
            applied.form.push(("client_id", self.client_id.clone()));
        }
        Ok(match to_sign {
            None => Authentication::Ready(applied),
            Some((key, kid, assertion)) => Authentication::ToSign(Box::new(ToSign {
                key,
                kid,
                assertion,
                member: "client_assertion",
                applied,
            })),
        })
    }

    /// What renews the tokens of a client that was made for one launch (RFC 7523, section 2.1), signed by the key that it was
    /// registered with. Call it again for every request.
    ///
    /// # Errors
    ///
    /// [`ClientAuthError::KeyGone`], [`ClientAuthError::NoIssuer`] and [`ClientAuthError::Signing`].
    pub(crate) fn renew_as(
        &self,
        installation: &Installation,
        server: &AuthServer<'_>,
        now: Timestamp,
        rng: &mut dyn CryptoRng,
    ) -> Result<Authentication, ClientAuthError> {
        const MEMBER: &str = "assertion";
        let Method::KeyJwt(jwt) = &self.method else {
            return Err(ClientAuthError::KeyGone);
        };
        let key = jwt.by_kid(&installation.kid).ok_or(ClientAuthError::KeyGone)?;
        let about = AssertionFor {
            client_id: &installation.client_id,
            audience: self.style.audience(server).ok_or(ClientAuthError::NoIssuer)?,
            // The keys were registered by value.
            jku: None,
            lifetime: jwt.lifetime,
        };
        let assertion = unsigned_assertion(key, &about, now, rng).ok_or(ClientAuthError::Signing)?;
        let mut applied = AppliedAuth {
            form: vec![("client_id", installation.client_id.clone())],
            headers: Vec::new(),
        };
        if let Some(elsewhere) = key.elsewhere() {
            return Ok(Authentication::ToSign(Box::new(ToSign {
                key: elsewhere.clone(),
                kid: key.kid().to_owned(),
                assertion,
                member: MEMBER,
                applied,
            })));
        }
        let assertion = sign_assertion(key, assertion).ok_or(ClientAuthError::Signing)?;
        applied.form.push((MEMBER, assertion));
        Ok(Authentication::Ready(applied))
    }
}

fn basic_header(client_id: &str, secret: &ClientSecret, encoding: BasicEncoding) -> String {
    let secret = secret.expose_secret();
    let pair = match encoding {
        BasicEncoding::FormEncoded => {
            let encode = |text: &str| byte_serialize(text.as_bytes()).collect::<String>();
            format!("{}:{}", encode(client_id), encode(secret))
        }
        BasicEncoding::Raw => format!("{client_id}:{secret}"),
    };
    format!("Basic {}", STANDARD.encode(pair))
}
