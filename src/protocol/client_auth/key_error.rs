//! Why a key is refused: [`KeyError`].

use std::{io, path::PathBuf};

use super::signing_algorithm::SigningAlgorithm;

/// Why a key cannot be used. Nothing of the key is in it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KeyError {
    /// The file cannot be read.
    #[error("cannot read {}: {kind}; check the path and who may read the file", path.display())]
    Unreadable {
        /// The path as configured.
        path: PathBuf,
        /// What the operating system said.
        kind: io::ErrorKind,
    },
    /// What was given as a path is a key. It is not shown.
    #[error("is not a path; give the text of a key with `PrivateKey::pem`")]
    NotAPath,
    /// There is no PEM block at all.
    #[error("has no PEM block (`-----BEGIN PRIVATE KEY-----`); convert a DER file with `openssl pkey -inform DER`")]
    NoPem,
    /// The key is encrypted.
    #[error("is encrypted; decrypt it with `openssl pkey -in key.pem`, and protect the result by file permissions")]
    Encrypted,
    /// It is a public key where a private one is needed.
    #[error("is a public key; give the private key, whose public half is published by itself")]
    PublicKey,
    /// It is a private key where a public one is needed.
    #[error("is a private key; give it as `PrivateKey`, so that it is handled as one")]
    PrivateKey,
    /// It is a certificate.
    #[error("is a certificate; give the private key that belongs to it")]
    Certificate,
    /// There are several keys.
    #[error("contains more than one key; leave the one to be used")]
    SeveralKeys,
    /// An RSA key of a size that is not accepted.
    #[error("is an RSA key of {bits} bits; use 2048 to 8192 (`openssl genrsa 4096`)")]
    RsaSize {
        /// The size of the modulus.
        bits: usize,
    },
    /// An elliptic curve other than P-384.
    #[error("is on the curve {name}; ES384 needs P-384 (`openssl ecparam -name secp384r1 -genkey -noout`)")]
    Curve {
        /// The curve's name, as far as it is known.
        name: &'static str,
    },
    /// A kind of key for which SMART App Launch has no algorithm.
    #[error("is {what}; use an RSA or a P-384 key")]
    Unsupported {
        /// What it is.
        what: &'static str,
    },
    /// A JWK whose own `kid` is not the one that it is to be published under.
    #[error("is a JWK with another `kid` than the one given beside it; make them the same")]
    OtherKid,
    /// It is the key of a [`Signer`](crate::signer::Signer), where one is needed that can be read.
    #[error("is held by a signer; a key that can be read is needed here")]
    Elsewhere,
    /// The public key of a [`Signer`](crate::signer::Signer) is not for the algorithm that it names.
    #[error("has a public key that is not for {}, which its signer names", algorithm.name())]
    #[non_exhaustive]
    OtherAlgorithm {
        /// What the signer names.
        algorithm: SigningAlgorithm,
    },
    /// It looks like a key and cannot be parsed, or does not sign.
    #[error("is damaged; check that the whole text was copied (`openssl pkey -in key.pem -check`)")]
    Malformed,
}
