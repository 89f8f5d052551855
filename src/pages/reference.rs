//! [`Reference`]: what a person reads to the support team, and the support team looks for in the log.

use std::{fmt, str::FromStr};

use rand::CryptoRng;

/// The digits of Crockford's base 32: no `I`, `L`, `O` or `U`, which look or sound like others.
const DIGITS: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const LENGTH: usize = 8;

/// A short random name of one answer, for example `7K3M-9QXT`.
///
/// Every answer of this crate that says what went wrong has one: on its page, as `reference` in its problem+json, and as
/// `reference=` in the lines of the log that tell the cause. It names the answer and nothing else: no person, no launch. It
/// has 40 random bits, so it is no secret and proves nothing.
///
/// It is written in Crockford's base 32, in two groups. [`FromStr`] reads it as people write it down: in any case, with or
/// without the hyphen, `O` for `0`, and `I` or `L` for `1`.
///
/// # Examples
///
/// ```
/// use actix_smart_auth::pages::Reference;
///
/// let reference: Reference = "7k3m 9qxt".parse()?;
/// assert_eq!(reference.to_string(), "7K3M-9QXT");
/// # Ok::<(), actix_smart_auth::error::InvalidReference>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Reference([u8; LENGTH]);

impl Reference {
    /// A new one.
    pub(crate) fn random(rng: &mut dyn CryptoRng) -> Self {
        let mut bytes = [0_u8; LENGTH];
        rng.fill_bytes(&mut bytes);
        Self(bytes.map(|byte| DIGITS.get(usize::from(byte % 32)).copied().unwrap_or(b'0')))
    }
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (first, second) = self.0.split_at(LENGTH / 2);
        for group in [first, b"-", second] {
            for digit in group {
                fmt::Write::write_char(f, char::from(*digit))?;
            }
        }
        Ok(())
    }
}

impl fmt::Debug for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Reference({self})")
    }
}

impl FromStr for Reference {
    type Err = InvalidReference;

    /// # Errors
    ///
    /// [`InvalidReference`], if there are not exactly eight digits of Crockford's base 32.
    fn from_str(text: &str) -> Result<Self, InvalidReference> {
        let mut digits = [0_u8; LENGTH];
        let mut given = text.bytes().filter(|byte| !matches!(byte, b'-' | b' '));
        for digit in &mut digits {
            *digit = given.next().and_then(digit_of).ok_or(InvalidReference)?;
        }
        match given.next() {
            None => Ok(Self(digits)),
            Some(_) => Err(InvalidReference),
        }
    }
}

fn digit_of(byte: u8) -> Option<u8> {
    let upper = match byte.to_ascii_uppercase() {
        b'O' => b'0',
        b'I' | b'L' => b'1',
        other => other,
    };
    DIGITS.contains(&upper).then_some(upper)
}

/// The text is no [`Reference`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
#[error("this is no reference: a reference has eight letters and digits, as in 7K3M-9QXT")]
pub struct InvalidReference;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reference_has_eight_digits_that_cannot_be_confused_and_no_two_are_the_same() {
        let (one, two) = (Reference::random(&mut rand::rng()), Reference::random(&mut rand::rng()));
        assert_ne!(one, two);
        let text = one.to_string();
        assert_eq!((text.len(), text.as_bytes().get(4)), (9, Some(&b'-')));
        assert!(
            text.replace('-', "").bytes().all(|byte| DIGITS.contains(&byte)),
            "{text}"
        );
        assert!(!DIGITS.iter().any(|digit| b"ILOU".contains(digit)));
        assert_eq!(text.parse(), Ok(one));
    }

    #[test]
    fn a_reference_is_read_as_people_write_it_down() {
        for written in ["0113-9QXT", "o1l39qxt", " oi l3 9-Q-x t "] {
            let read: Reference = written.parse().unwrap();
            assert_eq!(read.to_string(), "0113-9QXT", "{written}");
        }
    }

    #[test]
    fn what_is_too_short_or_too_long_or_has_other_letters_is_no_reference() {
        for written in ["", "7K3M-9QX", "7K3M-9QXTT", "7K3M-9QXU", "7K3M-9QXé", "7K3M_9QXT"] {
            assert_eq!(written.parse::<Reference>(), Err(InvalidReference), "{written}");
        }
    }
}
