//! Just enough DER to say what a key is before a cryptographic library says only "no".

/// `rsaEncryption`, 1.2.840.113549.1.1.1
pub(super) const OID_RSA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01];
/// `id-RSASSA-PSS`, 1.2.840.113549.1.1.10
pub(super) const OID_RSA_PSS: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x0a];
/// `id-ecPublicKey`, 1.2.840.10045.2.1
pub(super) const OID_EC: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01];
/// `id-dsa`, 1.2.840.10040.4.1
pub(super) const OID_DSA: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x38, 0x04, 0x01];
/// `id-Ed25519`, 1.3.101.112
pub(super) const OID_ED25519: &[u8] = &[0x2b, 0x65, 0x70];
/// `id-Ed448`, 1.3.101.113
pub(super) const OID_ED448: &[u8] = &[0x2b, 0x65, 0x71];

const OID_P384: &[u8] = &[0x2b, 0x81, 0x04, 0x00, 0x22];
const OID_P256: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07];
const OID_P521: &[u8] = &[0x2b, 0x81, 0x04, 0x00, 0x23];
const OID_SECP256K1: &[u8] = &[0x2b, 0x81, 0x04, 0x00, 0x0a];

const INTEGER: u8 = 0x02;
const BIT_STRING: u8 = 0x03;
const OCTET_STRING: u8 = 0x04;
const OID: u8 = 0x06;
const SEQUENCE: u8 = 0x30;
/// `[0]`, constructed.
const CONTEXT_0: u8 = 0xa0;

/// Reads elements one after the other.
struct Der<'a>(&'a [u8]);

impl<'a> Der<'a> {
    fn any(&mut self) -> Option<(u8, &'a [u8])> {
        let (&tag, rest) = self.0.split_first()?;
        let (&first, mut rest) = rest.split_first()?;
        let length = if first < 0x80 {
            usize::from(first)
        } else {
            // Four bytes of length are more than any key needs.
            let count = usize::from(first & 0x7f);
            if !(1..=4).contains(&count) {
                return None;
            }
            let (digits, after) = rest.split_at_checked(count)?;
            rest = after;
            digits.iter().fold(0, |sum, &digit| sum * 256 + usize::from(digit))
        };
        let (content, rest) = rest.split_at_checked(length)?;
        self.0 = rest;
        Some((tag, content))
    }

    fn expect(&mut self, wanted: u8) -> Option<&'a [u8]> {
        self.any().and_then(|(tag, content)| (tag == wanted).then_some(content))
    }

    fn sequence(&mut self) -> Option<Self> {
        self.expect(SEQUENCE).map(Self)
    }
}

/// A curve as a key names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Curve {
    P384,
    Other(&'static str),
    /// Written out by its parameters instead of its name.
    Explicit,
}

fn curve_of(tag: u8, content: &[u8]) -> Curve {
    match (tag, content) {
        (OID, OID_P384) => Curve::P384,
        (OID, OID_P256) => Curve::Other("P-256"),
        (OID, OID_P521) => Curve::Other("P-521"),
        (OID, OID_SECP256K1) => Curve::Other("secp256k1"),
        (OID, _) => Curve::Other("of an unknown identifier"),
        _ => Curve::Explicit,
    }
}

/// What a PKCS#8 `PrivateKeyInfo` (RFC 5208) or a `SubjectPublicKeyInfo` (RFC 5280) wraps.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Wrapped<'a> {
    pub(super) algorithm: &'a [u8],
    pub(super) curve: Option<Curve>,
    pub(super) key: &'a [u8],
}

fn algorithm<'a>(der: &mut Der<'a>) -> Option<(&'a [u8], Option<Curve>)> {
    let mut identifier = der.sequence()?;
    let algorithm = identifier.expect(OID)?;
    let curve = identifier.any().map(|(tag, content)| curve_of(tag, content));
    Some((algorithm, curve))
}

pub(super) fn pkcs8(der: &[u8]) -> Option<Wrapped<'_>> {
    let mut info = Der(der).sequence()?;
    info.expect(INTEGER)?;
    let (algorithm, curve) = algorithm(&mut info)?;
    let key = info.expect(OCTET_STRING)?;
    Some(Wrapped { algorithm, curve, key })
}

pub(super) fn spki(der: &[u8]) -> Option<Wrapped<'_>> {
    let mut info = Der(der).sequence()?;
    let (algorithm, curve) = algorithm(&mut info)?;
    // The first byte counts unused bits; a key is whole bytes.
    let key = info.expect(BIT_STRING)?.strip_prefix(&[0])?;
    Some(Wrapped { algorithm, curve, key })
}

/// What an `EC PRIVATE KEY` (RFC 5915) says about itself: its curve, if it names one, and how many bytes the scalar has.
pub(super) fn sec1(der: &[u8]) -> Option<(Option<Curve>, usize)> {
    let mut key = Der(der).sequence()?;
    key.expect(INTEGER)?;
    let scalar = key.expect(OCTET_STRING)?;
    let curve = match key.any() {
        Some((CONTEXT_0, content)) => Der(content).any().map(|(tag, content)| curve_of(tag, content)),
        _ => None,
    };
    Some((curve, scalar.len()))
}

/// The content of an `EC PARAMETERS` block.
pub(super) fn ec_parameters(der: &[u8]) -> Option<Curve> {
    Der(der).any().map(|(tag, content)| curve_of(tag, content))
}

/// Modulus and exponent of an `RSAPublicKey` (RFC 8017), without leading zeros.
pub(super) fn rsa_public(der: &[u8]) -> Option<(&[u8], &[u8])> {
    let mut key = Der(der).sequence()?;
    Some((unsigned(key.expect(INTEGER)?), unsigned(key.expect(INTEGER)?)))
}

/// The modulus of an `RSAPrivateKey` (RFC 8017), without leading zeros.
pub(super) fn rsa_private_modulus(der: &[u8]) -> Option<&[u8]> {
    let mut key = Der(der).sequence()?;
    key.expect(INTEGER)?;
    key.expect(INTEGER).map(unsigned)
}

/// `r` and `s` of an `Ecdsa-Sig-Value` (RFC 3279) on P-384, each of 48 bytes, one after the other.
pub(super) fn ecdsa_signature(der: &[u8]) -> Option<Vec<u8>> {
    let mut all = Der(der);
    let mut numbers = all.sequence()?;
    let (r, s) = (unsigned(numbers.expect(INTEGER)?), unsigned(numbers.expect(INTEGER)?));
    if !all.0.is_empty() || !numbers.0.is_empty() {
        return None;
    }
    let mut fixed = Vec::with_capacity(96);
    for number in [r, s] {
        fixed.resize(fixed.len() + 48_usize.checked_sub(number.len())?, 0);
        fixed.extend_from_slice(number);
    }
    Some(fixed)
}

fn unsigned(mut integer: &[u8]) -> &[u8] {
    while let Some(rest) = integer.strip_prefix(&[0]) {
        integer = rest;
    }
    integer
}

/// How many bits an unsigned number without leading zeros has.
pub(super) fn bits(number: &[u8]) -> usize {
    number.first().map_or(0, |first| {
        number
            .len()
            .saturating_mul(8)
            .saturating_sub(usize::try_from(first.leading_zeros()).unwrap_or(0))
    })
}

#[cfg(test)]
mod tests;
