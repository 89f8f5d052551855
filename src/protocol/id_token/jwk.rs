//! One key of a key set: [`Jwk`] (RFC 7517).

use serde_json::{Map, Value};

use super::{
    algorithm::{Algorithm, KeyFamily},
    public_key::PublicKey,
};

/// Why a key of a key set cannot be used. The others of the set still can.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KeyProblem {
    /// Not a JSON object.
    #[error("it is not a JSON object")]
    NotAnObject,
    /// A member is missing that such a key has to have.
    #[error("its member `{0}` is missing")]
    Missing(&'static str),
    /// A member is of the wrong type, or its value is impossible.
    #[error("its member `{0}` is malformed")]
    Malformed(&'static str),
    /// `kty` is none of `RSA`, `EC` and `OKP`.
    #[error("its type (`kty`) is unknown")]
    UnknownType,
    /// `kty` is `oct`: a shared key, which has no place in a published set.
    #[error("it is a shared key (`kty` is oct)")]
    Symmetric,
    /// The private half is published: anybody can sign with it.
    #[error("its private half is published, so that anybody can sign with it")]
    Private,
    /// `use` is not `sig`, or `key_ops` has no `verify`.
    #[error("it is not for signatures (`use`, `key_ops`)")]
    NotForSignatures,
    /// `alg` is none of those that are accepted for an id token.
    #[error("its algorithm (`alg`) is not accepted")]
    UnknownAlgorithm,
    /// `alg` belongs to another kind of key.
    #[error("its algorithm (`alg`) is for another kind of key")]
    OtherFamily,
    /// `crv` is none of `P-256`, `P-384` and `Ed25519`.
    #[error("its curve (`crv`) is not accepted")]
    UnknownCurve,
    /// An RSA key of less than 2,048 bits.
    #[error("it has less than 2048 bits")]
    Weak,
    /// An RSA key of more than 8,192 bits.
    #[error("it has more than 8192 bits")]
    TooLarge,
    /// The numbers of the key are not a key: a point beside the curve, for example.
    #[error("its numbers do not make a key")]
    NotAKey,
}

/// A key that can verify signatures.
#[derive(Clone)]
pub(super) struct Jwk {
    pub(super) public: PublicKey,
    /// The one algorithm that it is for, if it says so.
    pub(super) algorithm: Option<Algorithm>,
}

/// The name of a key; `None` when it has none.
pub(super) fn key_id(key: &Value) -> Option<&str> {
    key.get("kid")?.as_str()
}

impl Jwk {
    /// Reads a key.
    ///
    /// # Errors
    ///
    /// [`KeyProblem`] says why it cannot be used.
    pub(super) fn read(key: &Value) -> Result<Self, KeyProblem> {
        let Value::Object(members) = key else {
            return Err(KeyProblem::NotAnObject);
        };
        text(members, "kid")?;
        let kind = text(members, "kty")?.ok_or(KeyProblem::Missing("kty"))?;
        match kind {
            "RSA" | "EC" | "OKP" => {}
            "oct" => return Err(KeyProblem::Symmetric),
            _ => return Err(KeyProblem::UnknownType),
        }
        if members.get("d").is_some_and(|private| !private.is_null()) {
            return Err(KeyProblem::Private);
        }
        check_use(members)?;
        let algorithm = text(members, "alg")?
            .map(|name| Algorithm::by_name(name).ok_or(KeyProblem::UnknownAlgorithm))
            .transpose()?;
        let number = |name| text(members, name)?.ok_or(KeyProblem::Missing(name));
        let public = if kind == "RSA" {
            PublicKey::rsa(number("n")?, number("e")?)?
        } else {
            match (kind, number("crv")?) {
                ("EC", "P-256") => PublicKey::point(KeyFamily::P256, number("x")?, number("y")?)?,
                ("EC", "P-384") => PublicKey::point(KeyFamily::P384, number("x")?, number("y")?)?,
                ("OKP", "Ed25519") => PublicKey::ed25519(number("x")?)?,
                _ => return Err(KeyProblem::UnknownCurve),
            }
        };
        if algorithm.is_some_and(|algorithm| algorithm.family() != public.family()) {
            return Err(KeyProblem::OtherFamily);
        }
        Ok(Self { public, algorithm })
    }
}

/// `use` and `key_ops` (RFC 7517, sections 4.2 and 4.3): both may be absent, and what is there has to allow it.
fn check_use(members: &Map<String, Value>) -> Result<(), KeyProblem> {
    match text(members, "use")? {
        None | Some("sig") => {}
        Some(_) => return Err(KeyProblem::NotForSignatures),
    }
    match members.get("key_ops") {
        None | Some(Value::Null) => Ok(()),
        Some(Value::Array(operations)) if operations.iter().any(|operation| operation == "verify") => Ok(()),
        Some(Value::Array(_)) => Err(KeyProblem::NotForSignatures),
        Some(_) => Err(KeyProblem::Malformed("key_ops")),
    }
}

/// A text; `null` is as absent.
fn text<'a>(members: &'a Map<String, Value>, name: &'static str) -> Result<Option<&'a str>, KeyProblem> {
    match members.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(_) => Err(KeyProblem::Malformed(name)),
    }
}
