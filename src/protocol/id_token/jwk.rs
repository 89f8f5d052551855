//! One key of a key set: [`Jwk`] (RFC 7517).

use serde_json::{Map, Value};

use super::{
    algorithm::{KeyFamily, SignatureAlgorithm},
    key_problem::KeyProblem,
    public_key::PublicKey,
};

/// A key that can verify signatures.
#[derive(Clone)]
pub(super) struct Jwk {
    pub(super) public: PublicKey,
    /// The one algorithm that it is for, if it says so.
    pub(super) algorithm: Option<SignatureAlgorithm>,
}

/// The name of a key; `None` when it has none.
pub(super) fn key_id(key: &Value) -> Option<&str> {
    key.get("kid")?.as_str().filter(|kid| !kid.is_empty())
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
            .map(|name| SignatureAlgorithm::by_name(name).ok_or(KeyProblem::UnknownAlgorithm))
            .transpose()?;
        let number = |name| text(members, name)?.ok_or(KeyProblem::Missing(name));
        let public = if kind == "RSA" {
            PublicKey::rsa(number("n")?, number("e")?)?
        } else {
            match (kind, number("crv")?) {
                ("EC", "P-256") => PublicKey::point(KeyFamily::P256, number("x")?, number("y")?)?,
                ("EC", "P-384") => PublicKey::point(KeyFamily::P384, number("x")?, number("y")?)?,
                ("EC", "P-521") => PublicKey::point(KeyFamily::P521, number("x")?, number("y")?)?,
                ("OKP", "Ed25519") => PublicKey::ed25519(number("x")?)?,
                _ => return Err(KeyProblem::UnknownCurve),
            }
        };
        if algorithm.is_some_and(|algorithm| algorithm.family != public.family()) {
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
