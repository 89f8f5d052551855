//! The public half of a key as it is published: [`PublicJwk`] (RFC 7517, RFC 7518).

use aws_lc_rs::signature::{
    ECDSA_P384_SHA384_FIXED, ParsedPublicKey, RSA_PKCS1_2048_8192_SHA384, RsaPublicKeyComponents,
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use jsonwebtoken::jwk::{
    AlgorithmParameters, CommonParameters, EllipticCurve, EllipticCurveKeyParameters, EllipticCurveKeyType, Jwk,
    KeyAlgorithm, KeyOperations, PublicKeyUse, RSAKeyParameters, RSAKeyType,
};
use secrecy::ExposeSecret as _;
use serde::{Deserialize, Serialize, de::IgnoredAny};

use super::{
    der::{self, Curve},
    key_error::KeyError,
    pem_text::{Block, public_block},
    signing_algorithm::SigningAlgorithm,
    source::{PublicKey, PublicSource, ReadFile},
};

/// A public key of the JWKS document. Made only from the numbers of a public key, so that no private member gets in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct PublicJwk {
    kid: String,
    #[serde(flatten)]
    key: Jwk,
}

impl PublicJwk {
    /// From an `RSAPublicKey` (RFC 8017).
    pub(super) fn rsa(kid: &str, der: &[u8]) -> Result<Self, KeyError> {
        let (n, e) = der::rsa_public(der).ok_or(KeyError::Malformed)?;
        check_rsa_size(n)?;
        ParsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA384, der).map_err(|_| KeyError::Malformed)?;
        Ok(Self::of_rsa(kid, URL_SAFE_NO_PAD.encode(n), URL_SAFE_NO_PAD.encode(e)))
    }

    /// From an uncompressed point: 4, then `x` and `y` of 48 bytes each, so that they are padded by construction.
    pub(super) fn p384(kid: &str, point: &[u8]) -> Result<Self, KeyError> {
        ParsedPublicKey::new(&ECDSA_P384_SHA384_FIXED, point).map_err(|_| KeyError::Malformed)?;
        let (x, y) = point
            .strip_prefix(&[4])
            .filter(|coordinates| coordinates.len() == 96)
            .and_then(|coordinates| coordinates.split_at_checked(48))
            .ok_or(KeyError::Malformed)?;
        Ok(Self::with(
            kid,
            KeyAlgorithm::ES384,
            AlgorithmParameters::EllipticCurve(EllipticCurveKeyParameters {
                key_type: EllipticCurveKeyType::EC,
                curve: EllipticCurve::P384,
                x: URL_SAFE_NO_PAD.encode(x),
                y: URL_SAFE_NO_PAD.encode(y),
            }),
        ))
    }

    /// From what a program gave as a public key.
    pub(super) fn read(kid: &str, key: &PublicKey, read: ReadFile<'_>) -> Result<Self, KeyError> {
        let text = match &key.0 {
            PublicSource::Jwk(json) => return Self::from_json(kid, json.expose_secret()),
            PublicSource::Spki(der) => return Self::spki(kid, der),
            PublicSource::Pem(source) => source.read(read)?,
        };
        match public_block(text.expose_secret())? {
            Block::RsaPublic(der) => Self::rsa(kid, &der),
            Block::Spki(der) => Self::spki(kid, &der),
            Block::Pkcs8(_) | Block::Pkcs1(_) | Block::Sec1 { .. } => Err(KeyError::PrivateKey),
        }
    }

    fn spki(kid: &str, der: &[u8]) -> Result<Self, KeyError> {
        let info = der::spki(der).ok_or(KeyError::Malformed)?;
        match (info.algorithm, info.curve) {
            (der::OID_RSA, _) => Self::rsa(kid, info.key),
            (der::OID_EC, Some(Curve::P384)) => Self::p384(kid, info.key),
            (der::OID_EC, Some(Curve::Other(name))) => Err(KeyError::Curve { name }),
            (der::OID_EC, _) => Err(KeyError::Curve {
                name: "of unknown name",
            }),
            (other, _) => Err(unsupported(other)),
        }
    }

    pub(super) fn from_json(kid: &str, json: &str) -> Result<Self, KeyError> {
        /// The members that matter; of the private ones (RFC 7518, sections 6.2.2 and 6.3.2) only whether they are there,
        /// so that no copy of them is made.
        #[derive(Deserialize)]
        struct Given {
            kid: Option<String>,
            kty: String,
            crv: Option<String>,
            d: Option<IgnoredAny>,
            p: Option<IgnoredAny>,
            q: Option<IgnoredAny>,
            dp: Option<IgnoredAny>,
            dq: Option<IgnoredAny>,
            qi: Option<IgnoredAny>,
            oth: Option<IgnoredAny>,
        }
        let given: Given = serde_json::from_str(json).map_err(|_| KeyError::Malformed)?;
        let private = [given.d, given.p, given.q, given.dp, given.dq, given.qi, given.oth];
        if private.iter().any(Option::is_some) {
            return Err(KeyError::PrivateKey);
        }
        if given.kid.is_some_and(|own| own != kid) {
            return Err(KeyError::OtherKid);
        }
        match (given.kty.as_str(), given.crv.as_deref()) {
            ("RSA", _) | ("EC", Some("P-384")) => {}
            ("EC", Some("P-256")) => return Err(KeyError::Curve { name: "P-256" }),
            ("EC", Some("P-521")) => return Err(KeyError::Curve { name: "P-521" }),
            ("EC", _) => {
                return Err(KeyError::Curve {
                    name: "of unknown name",
                });
            }
            _ => {
                return Err(KeyError::Unsupported {
                    what: "a JWK of another `kty` than RSA or EC",
                });
            }
        }
        let decode = |text: &str| URL_SAFE_NO_PAD.decode(text).map_err(|_| KeyError::Malformed);
        match serde_json::from_str(json).map_err(|_| KeyError::Malformed)? {
            AlgorithmParameters::EllipticCurve(EllipticCurveKeyParameters { x, y, .. }) => {
                Self::p384(kid, &[vec![4], decode(&x)?, decode(&y)?].concat())
            }
            AlgorithmParameters::RSA(RSAKeyParameters { n, e, .. }) => {
                let (modulus, exponent) = (decode(&n)?, decode(&e)?);
                check_rsa_size(&modulus)?;
                // The library checks the numbers from the components that a verifier will use.
                rsa_verifier(&modulus, &exponent)?;
                Ok(Self::of_rsa(kid, n, e))
            }
            _ => Err(KeyError::Malformed),
        }
    }

    fn of_rsa(kid: &str, n: String, e: String) -> Self {
        let key_type = RSAKeyType::RSA;
        Self::with(
            kid,
            KeyAlgorithm::RS384,
            AlgorithmParameters::RSA(RSAKeyParameters { key_type, n, e }),
        )
    }

    fn with(kid: &str, algorithm: KeyAlgorithm, numbers: AlgorithmParameters) -> Self {
        Self {
            kid: kid.to_owned(),
            key: Jwk {
                common: CommonParameters {
                    public_key_use: Some(PublicKeyUse::Signature),
                    key_operations: Some(vec![KeyOperations::Verify]),
                    key_algorithm: Some(algorithm),
                    ..CommonParameters::default()
                },
                algorithm: numbers,
            },
        }
    }

    /// The algorithm that the key is good for.
    pub(super) const fn algorithm(&self) -> SigningAlgorithm {
        match self.key.algorithm {
            AlgorithmParameters::EllipticCurve(_) => SigningAlgorithm::Es384,
            _ => SigningAlgorithm::Rs384,
        }
    }

    /// What verifies its signatures, and how long they are.
    pub(super) fn verifier(&self) -> Result<(ParsedPublicKey, usize), KeyError> {
        let decode = |text: &str| URL_SAFE_NO_PAD.decode(text).map_err(|_| KeyError::Malformed);
        match &self.key.algorithm {
            AlgorithmParameters::EllipticCurve(point) => {
                let point = [vec![4], decode(&point.x)?, decode(&point.y)?].concat();
                let key = ParsedPublicKey::new(&ECDSA_P384_SHA384_FIXED, point);
                Ok((key.map_err(|_| KeyError::Malformed)?, 96))
            }
            AlgorithmParameters::RSA(numbers) => {
                let (modulus, exponent) = (decode(&numbers.n)?, decode(&numbers.e)?);
                Ok((rsa_verifier(&modulus, &exponent)?, der::bits(&modulus).div_ceil(8)))
            }
            _ => Err(KeyError::Malformed),
        }
    }

    /// The key's id.
    pub(crate) fn kid(&self) -> &str {
        &self.kid
    }
}

fn rsa_verifier(modulus: &[u8], exponent: &[u8]) -> Result<ParsedPublicKey, KeyError> {
    let components = RsaPublicKeyComponents {
        n: modulus,
        e: exponent,
    };
    components
        .to_parsed_public_key(&RSA_PKCS1_2048_8192_SHA384)
        .map_err(|_| KeyError::Malformed)
}

pub(super) fn check_rsa_size(modulus: &[u8]) -> Result<(), KeyError> {
    let bits = der::bits(modulus);
    if (2048..=8192).contains(&bits) {
        Ok(())
    } else {
        Err(KeyError::RsaSize { bits })
    }
}

/// Names the algorithm of a key that is neither RSA nor EC.
pub(super) fn unsupported(algorithm: &[u8]) -> KeyError {
    KeyError::Unsupported {
        what: match algorithm {
            der::OID_RSA_PSS => "an RSA key for PSS signatures only",
            der::OID_DSA => "a DSA key",
            der::OID_ED25519 => "an Ed25519 key",
            der::OID_ED448 => "an Ed448 key",
            _ => "a key of an unknown algorithm",
        },
    }
}
