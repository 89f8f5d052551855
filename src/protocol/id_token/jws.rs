//! A signed token taken apart: [`Jws`] (RFC 7515, compact serialization), and what its header says.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Map, Value};

use super::{
    algorithm::SignatureAlgorithm,
    error::{IdTokenError, TokenPart},
};
use crate::protocol::json_object::{JsonObject, JsonObjectError};

/// Id tokens have about 1 kB. A larger one is refused before anything of it is decoded.
const LARGEST: usize = 64 * 1024;

/// The parts of a token. Nothing is believed yet.
pub(super) struct Jws<'a> {
    header: Map<String, Value>,
    claims: Vec<u8>,
    /// What the signature is over.
    pub(super) signed: &'a [u8],
    pub(super) signature: Vec<u8>,
}

/// What the header tells about the signature. Keys that a header brings along (`jwk`, `jku`, `x5c`, `x5u`) are never
/// looked at: the forger of a token chooses them.
pub(super) struct JoseHeader {
    pub(super) algorithm: SignatureAlgorithm,
    pub(super) key_id: Option<String>,
}

impl<'a> Jws<'a> {
    /// Takes a token apart.
    ///
    /// # Errors
    ///
    /// Those of [`IdTokenError`] that are about size, parts, base64url and the JSON of the header.
    pub(super) fn parse(token: &'a str) -> Result<Self, IdTokenError> {
        if token.len() > LARGEST {
            return Err(IdTokenError::TooLarge);
        }
        let mut parts = token.split('.');
        let three = (parts.next(), parts.next(), parts.next());
        let (Some(header), Some(claims), Some(signature)) = three else {
            return Err(IdTokenError::NotThreeParts);
        };
        match parts.count() {
            0 => {}
            2 => return Err(IdTokenError::Encrypted),
            _ => return Err(IdTokenError::NotThreeParts),
        }
        let signed = token.rsplit_once('.').map_or("", |(signed, _)| signed).as_bytes();
        let header = object(&base64url(header, TokenPart::Header)?, TokenPart::Header)?;
        Ok(Self {
            header,
            claims: base64url(claims, TokenPart::Claims)?,
            signed,
            signature: base64url(signature, TokenPart::Signature)?,
        })
    }

    /// Reads the header.
    ///
    /// # Errors
    ///
    /// Those of [`IdTokenError`] that are about `crit`, `typ`, `cty`, `alg`, and a `kid` that is not a text.
    pub(super) fn header(&self) -> Result<JoseHeader, IdTokenError> {
        if self.header.contains_key("crit") {
            return Err(IdTokenError::CriticalExtension);
        }
        match self.member("typ") {
            None => {}
            Some(Value::String(kind)) if is_jwt(kind) => {}
            Some(_) => return Err(IdTokenError::OtherType),
        }
        if self.member("cty").and_then(Value::as_str).is_some_and(is_jwt) {
            return Err(IdTokenError::Nested);
        }
        let name = self
            .member("alg")
            .and_then(Value::as_str)
            .ok_or(IdTokenError::NoAlgorithm)?;
        let algorithm = SignatureAlgorithm::of_token(name)?;
        let key_id = match self.member("kid") {
            None => None,
            Some(Value::String(kid)) => Some(kid.clone()),
            Some(_) => return Err(IdTokenError::MalformedKeyId),
        };
        Ok(JoseHeader { algorithm, key_id })
    }

    /// Reads the claims. Verify the signature first.
    ///
    /// # Errors
    ///
    /// Those of [`IdTokenError`] that are about the JSON of the claims.
    pub(super) fn claims(&self) -> Result<Map<String, Value>, IdTokenError> {
        object(&self.claims, TokenPart::Claims)
    }

    /// A member of the header; `null` is as absent.
    fn member(&self, name: &str) -> Option<&Value> {
        self.header.get(name).filter(|value| !value.is_null())
    }
}

/// RFC 7515, section 4.1.9: media types lose their `application/`, and case does not matter.
fn is_jwt(kind: &str) -> bool {
    let kind = kind.to_ascii_lowercase();
    kind.strip_prefix("application/").unwrap_or(&kind) == "jwt"
}

fn base64url(part: &str, which: TokenPart) -> Result<Vec<u8>, IdTokenError> {
    URL_SAFE_NO_PAD.decode(part).map_err(|_| IdTokenError::NotBase64(which))
}

fn object(json: &[u8], which: TokenPart) -> Result<Map<String, Value>, IdTokenError> {
    let object = JsonObject::read(json).map_err(|error| match error {
        JsonObjectError::NotAnObject => IdTokenError::NotAnObject(which),
        _ => IdTokenError::NotJson(which),
    })?;
    if object.has_repeated() {
        return Err(IdTokenError::RepeatedMember(which));
    }
    Ok(object.members)
}
