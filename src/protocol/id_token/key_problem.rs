//! Why a published key cannot be used: [`KeyProblem`].

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
