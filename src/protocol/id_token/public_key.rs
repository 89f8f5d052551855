//! The numbers of a key, and what they verify: [`PublicKey`].
//!
//! With aws-lc-rs itself, as assertions are signed: nothing has to be installed for the whole process, and an
//! application that brings another backend for its own JWTs changes nothing here.

use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED, ECDSA_P384_SHA384_FIXED, ECDSA_P521_SHA512_FIXED, ED25519, ParsedPublicKey,
    RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_2048_8192_SHA384, RSA_PKCS1_2048_8192_SHA512, RSA_PSS_2048_8192_SHA256,
    RSA_PSS_2048_8192_SHA384, RSA_PSS_2048_8192_SHA512, RsaParameters, RsaPublicKeyComponents, UnparsedPublicKey,
    VerificationAlgorithm,
};
use base64::{
    Engine as _, alphabet,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};

use super::{
    algorithm::{AlgorithmName, KeyFamily, SignatureAlgorithm},
    key_problem::KeyProblem,
};

/// Some servers pad; it changes nothing.
const BASE64URL: GeneralPurpose = GeneralPurpose::new(
    &alphabet::URL_SAFE,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// A public key that was checked as far as that is possible without a signature.
#[derive(Clone, PartialEq, Eq)]
pub(super) enum PublicKey {
    /// Without leading zeros.
    Rsa { n: Vec<u8>, e: Vec<u8> },
    /// An uncompressed point, or the 32 bytes of an Ed25519 key.
    Curve { family: KeyFamily, point: Vec<u8> },
}

impl PublicKey {
    /// From the base64url texts of `n` and `e` (RFC 7518, section 6.3.1).
    pub(super) fn rsa(n: &str, e: &str) -> Result<Self, KeyProblem> {
        let n = number(n, "n")?;
        let e = number(e, "e")?;
        let bits = n.len() * 8 - n.first().map_or(0, |byte| byte.leading_zeros() as usize);
        if bits < 2048 {
            return Err(KeyProblem::Weak);
        }
        if bits > 8192 {
            return Err(KeyProblem::TooLarge);
        }
        let is_odd = |number: &[u8]| number.last().is_some_and(|byte| byte & 1 == 1);
        // An exponent of 1 verifies whatever it is given.
        if !is_odd(&n) || !is_odd(&e) || e.as_slice() == [1] || e.len() > 4 {
            return Err(KeyProblem::NotAKey);
        }
        Ok(Self::Rsa { n, e })
    }

    /// From the base64url texts of `x` and `y` (RFC 7518, section 6.2.1).
    pub(super) fn point(family: KeyFamily, x: &str, y: &str) -> Result<Self, KeyProblem> {
        let (size, algorithm): (_, &'static dyn VerificationAlgorithm) = match family {
            KeyFamily::P256 => (32, &ECDSA_P256_SHA256_FIXED),
            KeyFamily::P384 => (48, &ECDSA_P384_SHA384_FIXED),
            KeyFamily::P521 => (66, &ECDSA_P521_SHA512_FIXED),
            KeyFamily::Rsa | KeyFamily::Ed25519 => return Err(KeyProblem::UnknownCurve),
        };
        let mut point = vec![4];
        point.extend(coordinate(x, size, "x")?);
        point.extend(coordinate(y, size, "y")?);
        ParsedPublicKey::new(algorithm, &point).map_err(|_| KeyProblem::NotAKey)?;
        Ok(Self::Curve { family, point })
    }

    /// From the base64url text of `x` (RFC 8037, section 2).
    pub(super) fn ed25519(x: &str) -> Result<Self, KeyProblem> {
        let point = BASE64URL.decode(x).map_err(|_| KeyProblem::Malformed("x"))?;
        if point.len() != 32 {
            return Err(KeyProblem::Malformed("x"));
        }
        ParsedPublicKey::new(&ED25519, &point).map_err(|_| KeyProblem::NotAKey)?;
        Ok(Self::Curve {
            family: KeyFamily::Ed25519,
            point,
        })
    }

    pub(super) const fn family(&self) -> KeyFamily {
        match self {
            Self::Rsa { .. } => KeyFamily::Rsa,
            Self::Curve { family, .. } => *family,
        }
    }

    /// Whether the signature is this key's, by this algorithm. `false` for an algorithm of another family.
    pub(super) fn verifies(&self, algorithm: SignatureAlgorithm, message: &[u8], signature: &[u8]) -> bool {
        if algorithm.family != self.family() {
            return false;
        }
        match (self, Method::of(algorithm.name)) {
            (Self::Rsa { n, e }, Method::Rsa(parameters)) => RsaPublicKeyComponents { n, e }
                .verify(parameters, message, signature)
                .is_ok(),
            (Self::Curve { point, .. }, Method::Curve(method)) => {
                UnparsedPublicKey::new(method, point).verify(message, signature).is_ok()
            }
            _ => false,
        }
    }
}

enum Method {
    Rsa(&'static RsaParameters),
    Curve(&'static dyn VerificationAlgorithm),
}

impl Method {
    const fn of(algorithm: AlgorithmName) -> Self {
        match algorithm {
            AlgorithmName::Rs256 => Self::Rsa(&RSA_PKCS1_2048_8192_SHA256),
            AlgorithmName::Rs384 => Self::Rsa(&RSA_PKCS1_2048_8192_SHA384),
            AlgorithmName::Rs512 => Self::Rsa(&RSA_PKCS1_2048_8192_SHA512),
            AlgorithmName::Ps256 => Self::Rsa(&RSA_PSS_2048_8192_SHA256),
            AlgorithmName::Ps384 => Self::Rsa(&RSA_PSS_2048_8192_SHA384),
            AlgorithmName::Ps512 => Self::Rsa(&RSA_PSS_2048_8192_SHA512),
            AlgorithmName::Es256 => Self::Curve(&ECDSA_P256_SHA256_FIXED),
            AlgorithmName::Es384 => Self::Curve(&ECDSA_P384_SHA384_FIXED),
            AlgorithmName::Es512 => Self::Curve(&ECDSA_P521_SHA512_FIXED),
            AlgorithmName::EdDsa => Self::Curve(&ED25519),
        }
    }
}

/// A positive number without its leading zeros, which some servers write as a sign.
fn number(text: &str, member: &'static str) -> Result<Vec<u8>, KeyProblem> {
    let bytes = BASE64URL.decode(text).map_err(|_| KeyProblem::Malformed(member))?;
    let digits: Vec<u8> = bytes.into_iter().skip_while(|byte| *byte == 0).collect();
    if digits.is_empty() {
        return Err(KeyProblem::Malformed(member));
    }
    Ok(digits)
}

/// A coordinate at its full length. Some servers leave its leading zeros out.
fn coordinate(text: &str, size: usize, member: &'static str) -> Result<Vec<u8>, KeyProblem> {
    let digits = number(text, member)?;
    let zeros = size.checked_sub(digits.len()).ok_or(KeyProblem::Malformed(member))?;
    let mut full = vec![0; zeros];
    full.extend(digits);
    Ok(full)
}
