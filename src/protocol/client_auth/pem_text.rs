//! Finds the key in a PEM text.

use super::KeyError;

/// The one key of a PEM text, as DER.
pub(super) enum Block {
    /// `PRIVATE KEY`
    Pkcs8(Vec<u8>),
    /// `RSA PRIVATE KEY`
    Pkcs1(Vec<u8>),
    /// `EC PRIVATE KEY`, with the `EC PARAMETERS` beside it.
    Sec1 { key: Vec<u8>, parameters: Option<Vec<u8>> },
    /// `PUBLIC KEY`
    Spki(Vec<u8>),
    /// `RSA PUBLIC KEY`
    RsaPublic(Vec<u8>),
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Pkcs8,
    Pkcs1,
    Sec1,
    Spki,
    RsaPublic,
    Certificate,
    Encrypted,
    Parameters,
    Unsupported(&'static str),
    /// Nothing that says anything about the key.
    Other,
}

impl Kind {
    fn of(block: &pem::Pem) -> Self {
        let encrypted = block
            .headers()
            .get("Proc-Type")
            .is_some_and(|value| value.contains("ENCRYPTED"));
        match block.tag() {
            "ENCRYPTED PRIVATE KEY" => Self::Encrypted,
            _ if encrypted => Self::Encrypted,
            "PRIVATE KEY" => Self::Pkcs8,
            "RSA PRIVATE KEY" => Self::Pkcs1,
            "EC PRIVATE KEY" => Self::Sec1,
            "EC PARAMETERS" => Self::Parameters,
            "PUBLIC KEY" => Self::Spki,
            "RSA PUBLIC KEY" => Self::RsaPublic,
            "CERTIFICATE" | "X509 CERTIFICATE" | "TRUSTED CERTIFICATE" => Self::Certificate,
            "DSA PRIVATE KEY" => Self::Unsupported("a DSA key"),
            "OPENSSH PRIVATE KEY" => {
                Self::Unsupported("a key in OpenSSH's own form (convert it with `ssh-keygen -p -m PEM`)")
            }
            tag if tag.ends_with("PRIVATE KEY") => Self::Unsupported("a private key of an unknown form"),
            _ => Self::Other,
        }
    }

    const fn is_private(self) -> bool {
        matches!(
            self,
            Self::Pkcs8 | Self::Pkcs1 | Self::Sec1 | Self::Encrypted | Self::Unsupported(_)
        )
    }
}

/// The private key of the text. Certificates and public keys beside it are passed over.
pub(super) fn private_block(text: &str) -> Result<Block, KeyError> {
    let blocks = blocks(text)?;
    let mut private = blocks.iter().filter(|(kind, _)| kind.is_private());
    let Some((kind, der)) = private.next() else {
        let has = |wanted: &[Kind]| blocks.iter().any(|(kind, _)| wanted.contains(kind));
        return Err(if has(&[Kind::Certificate]) {
            KeyError::Certificate
        } else if has(&[Kind::Spki, Kind::RsaPublic]) {
            KeyError::PublicKey
        } else {
            KeyError::NoPem
        });
    };
    if private.next().is_some() {
        return Err(KeyError::SeveralKeys);
    }
    match *kind {
        Kind::Pkcs8 => Ok(Block::Pkcs8(der.clone())),
        Kind::Pkcs1 => Ok(Block::Pkcs1(der.clone())),
        Kind::Sec1 => Ok(Block::Sec1 {
            key: der.clone(),
            parameters: blocks
                .iter()
                .find(|(kind, _)| *kind == Kind::Parameters)
                .map(|(_, der)| der.clone()),
        }),
        Kind::Encrypted => Err(KeyError::Encrypted),
        Kind::Unsupported(what) => Err(KeyError::Unsupported { what }),
        _ => Err(KeyError::Malformed),
    }
}

/// The public key of the text. A private key beside it is refused, since it does not belong where public keys are.
pub(super) fn public_block(text: &str) -> Result<Block, KeyError> {
    let blocks = blocks(text)?;
    if blocks.iter().any(|(kind, _)| kind.is_private()) {
        return Err(KeyError::PrivateKey);
    }
    let mut public = blocks
        .iter()
        .filter(|(kind, _)| matches!(kind, Kind::Spki | Kind::RsaPublic));
    match (public.next(), public.next()) {
        (Some((Kind::Spki, der)), None) => Ok(Block::Spki(der.clone())),
        (Some((_, der)), None) => Ok(Block::RsaPublic(der.clone())),
        (Some(_), Some(_)) => Err(KeyError::SeveralKeys),
        (None, _) if blocks.iter().any(|(kind, _)| *kind == Kind::Certificate) => Err(KeyError::Certificate),
        (None, _) => Err(KeyError::NoPem),
    }
}

fn blocks(text: &str) -> Result<Vec<(Kind, Vec<u8>)>, KeyError> {
    if !text.contains("-----BEGIN ") {
        return Err(KeyError::NoPem);
    }
    // Environment variables and .env files often carry line ends as the two characters `\n`, and PEM has no backslash.
    let text = text.replace("\\r", "").replace("\\n", "\n");
    let blocks = pem::parse_many(text).map_err(|_| KeyError::Malformed)?;
    if blocks.is_empty() {
        // It begins and does not end.
        return Err(KeyError::Malformed);
    }
    Ok(blocks
        .into_iter()
        .map(|block| (Kind::of(&block), block.into_contents()))
        .collect())
}
