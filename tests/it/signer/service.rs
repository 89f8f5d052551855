//! A made-up key service, in every mood.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use actix_smart_auth::{
    PrivateKey, PrivateKeyJwt,
    error::{NotSigned, SignerError},
    options::PublicKey,
    signer::{SignFuture, Signature, Signer, SigningAlgorithm},
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use jsonwebtoken::{Algorithm, EncodingKey};

use super::{EC_PUBLIC, OTHER_RSA, RSA_PUBLIC, SHORT};
use crate::support::{App, AppBuilder, PRIVATE_KEY, Profile, RSA_KEY};

/// What the service does with the next message.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Mood {
    Well,
    Slow(Duration),
    Hanging,
    Blocking(Duration),
    Panicking,
    Fails(SignerError),
    AnotherKey,
    Cut,
    Der,
}

#[derive(Clone)]
pub(super) struct Service(Arc<Inside>);

struct Inside {
    algorithm: SigningAlgorithm,
    public: &'static str,
    key: &'static str,
    mood: Mutex<Mood>,
    calls: AtomicUsize,
}

impl Service {
    pub(super) fn new(algorithm: SigningAlgorithm, public: &'static str, key: &'static str) -> Self {
        Self(Arc::new(Inside {
            algorithm,
            public,
            key,
            mood: Mutex::new(Mood::Well),
            calls: AtomicUsize::new(0),
        }))
    }

    pub(super) fn ec() -> Self {
        Self::new(SigningAlgorithm::Es384, EC_PUBLIC, PRIVATE_KEY)
    }

    pub(super) fn rsa() -> Self {
        Self::new(SigningAlgorithm::Rs384, RSA_PUBLIC, RSA_KEY)
    }

    pub(super) fn key(&self) -> PrivateKey {
        PrivateKey::signer(self.clone())
    }

    pub(super) fn is(&self, mood: Mood) {
        *self.0.mood.lock().unwrap() = mood;
    }

    pub(super) fn calls(&self) -> usize {
        self.0.calls.load(Ordering::SeqCst)
    }

    pub(super) fn app(&self) -> AppBuilder {
        let jwt = PrivateKeyJwt::new("hsm-1", self.key());
        App::builder()
            .profile(Profile::Es384)
            .ehr(move |ehr| ehr.client_auth(jwt))
    }
}

fn signed(algorithm: SigningAlgorithm, key: &str, message: &[u8]) -> Vec<u8> {
    let (algorithm, key) = match algorithm {
        SigningAlgorithm::Rs384 => (Algorithm::RS384, EncodingKey::from_rsa_pem(key.as_bytes())),
        _ => (Algorithm::ES384, EncodingKey::from_ec_pem(key.as_bytes())),
    };
    let text = jsonwebtoken::crypto::sign(message, &key.unwrap(), algorithm).unwrap();
    URL_SAFE_NO_PAD.decode(text).unwrap()
}

impl Signer for Service {
    fn algorithm(&self) -> SigningAlgorithm {
        self.0.algorithm
    }

    fn public_key(&self) -> PublicKey {
        PublicKey::pem(self.0.public)
    }

    fn sign<'a>(&'a self, message: &'a [u8]) -> SignFuture<'a> {
        self.0.calls.fetch_add(1, Ordering::SeqCst);
        let mood = *self.0.mood.lock().unwrap();
        if mood == Mood::Panicking {
            // Without a backtrace, which takes longer than the signer has.
            std::panic::resume_unwind(Box::new("this panic is meant"));
        }
        Box::pin(async move {
            let well = || signed(self.0.algorithm, self.0.key, message);
            Ok(Signature::new(match mood {
                Mood::Well | Mood::Panicking => well(),
                Mood::Slow(time) => {
                    tokio::time::sleep(time).await;
                    well()
                }
                Mood::Hanging => std::future::pending().await,
                Mood::Blocking(time) => {
                    std::thread::sleep(time);
                    well()
                }
                Mood::Fails(error) => return Err(error),
                Mood::AnotherKey => signed(self.0.algorithm, OTHER_RSA, message),
                Mood::Cut => well().split_off(1),
                Mood::Der => return Signature::from_ecdsa_der(&well()),
            }))
        })
    }
}

/// Every mood in which nothing is to be sent, with what is said of it.
pub(super) fn bad_moods() -> Vec<(Mood, NotSigned)> {
    let mut moods = vec![
        (Mood::Hanging, NotSigned::TimedOut),
        (Mood::Blocking(SHORT * 3), NotSigned::TimedOut),
        (Mood::Panicking, NotSigned::Panicked),
        (Mood::AnotherKey, NotSigned::OtherKey),
        (Mood::Der, NotSigned::Signer(SignerError::NotDer)),
    ];
    for error in [
        SignerError::Unavailable,
        SignerError::NotAllowed,
        SignerError::NoKey,
        SignerError::Failed,
    ] {
        moods.push((Mood::Fails(error), NotSigned::Signer(error)));
    }
    moods
}
