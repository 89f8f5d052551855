//! A key in a PKCS#11 token, as a [`Signer`]. This file is the one to copy.

use std::error::Error;

use actix_smart_auth::{
    error::SignerError,
    options::PublicKey,
    signer::{SignFuture, Signature, Signer, SigningAlgorithm},
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use cryptoki::{
    context::Pkcs11,
    error::{Error as Pkcs11Error, RvError},
    mechanism::Mechanism,
    object::{Attribute, AttributeType, ObjectClass, ObjectHandle},
    session::{Session, UserType},
    slot::Slot,
    types::AuthPin,
};
use serde_json::json;

/// An RSA key, by its label.
pub struct TokenKey {
    /// May be used by all threads; a session by one.
    context: Pkcs11,
    slot: Slot,
    pin: AuthPin,
    label: String,
    public_key: PublicKey,
}

impl TokenKey {
    /// Reads the public half, so that a wrong PIN or label is known before anybody launches.
    pub fn open(context: Pkcs11, slot: Slot, pin: AuthPin, label: &str) -> Result<Self, Box<dyn Error>> {
        let session = logged_in(&context, slot, &pin)?;
        let handle = find(&session, ObjectClass::PUBLIC_KEY, label)?.ok_or("the token has no such public key")?;
        let parts = [AttributeType::Modulus, AttributeType::PublicExponent];
        let (mut modulus, mut exponent) = (Vec::new(), Vec::new());
        for attribute in session.get_attributes(handle, &parts)? {
            match attribute {
                Attribute::Modulus(bytes) => modulus = bytes,
                Attribute::PublicExponent(bytes) => exponent = bytes,
                _ => {}
            }
        }
        Ok(Self {
            context,
            slot,
            pin,
            label: label.to_owned(),
            public_key: PublicKey::jwk(jwk(&modulus, &exponent)),
        })
    }

    /// Blocks, which a signer may: each call has a thread of its own.
    fn sign_now(&self, message: &[u8]) -> Result<Signature, SignerError> {
        let signed = (|| {
            // A session is good for one thread at a time, and costs little.
            let session = logged_in(&self.context, self.slot, &self.pin)?;
            let key = find(&session, ObjectClass::PRIVATE_KEY, &self.label)?;
            key.map(|key| session.sign(&Mechanism::Sha384RsaPkcs, key, message))
                .transpose()
        })();
        match signed {
            Ok(Some(signature)) => Ok(Signature::new(signature)),
            Ok(None) => Err(SignerError::NoKey),
            Err(error) => {
                // In an application: your log.
                eprintln!("the token did not sign: {error}");
                Err(what_it_means(&error))
            }
        }
    }
}

impl Signer for TokenKey {
    fn algorithm(&self) -> SigningAlgorithm {
        SigningAlgorithm::Rs384
    }

    fn public_key(&self) -> PublicKey {
        self.public_key.clone()
    }

    fn sign<'a>(&'a self, message: &'a [u8]) -> SignFuture<'a> {
        Box::pin(async move { self.sign_now(message) })
    }
}

/// The public key as JWK (RFC 7518, section 6.3.1).
fn jwk(modulus: &[u8], exponent: &[u8]) -> String {
    let (n, e) = (URL_SAFE_NO_PAD.encode(modulus), URL_SAFE_NO_PAD.encode(exponent));
    json!({ "kty": "RSA", "n": n, "e": e }).to_string()
}

fn logged_in(context: &Pkcs11, slot: Slot, pin: &AuthPin) -> Result<Session, Pkcs11Error> {
    let session = context.open_ro_session(slot)?;
    match session.login(UserType::User, Some(pin)) {
        // Another session of this process is.
        Ok(()) | Err(Pkcs11Error::Pkcs11(RvError::UserAlreadyLoggedIn, _)) => Ok(session),
        Err(error) => Err(error),
    }
}

fn find(session: &Session, class: ObjectClass, label: &str) -> Result<Option<ObjectHandle>, Pkcs11Error> {
    let wanted = [Attribute::Class(class), Attribute::Label(label.as_bytes().to_vec())];
    Ok(session.find_objects(&wanted)?.first().copied())
}

fn what_it_means(error: &Pkcs11Error) -> SignerError {
    match error {
        Pkcs11Error::Pkcs11(RvError::PinIncorrect | RvError::PinLocked | RvError::PinExpired, _) => {
            SignerError::NotAllowed
        }
        Pkcs11Error::Pkcs11(
            RvError::DeviceRemoved | RvError::TokenNotPresent | RvError::SessionCount | RvError::DeviceError,
            _,
        ) => SignerError::Unavailable,
        _ => SignerError::Failed,
    }
}
