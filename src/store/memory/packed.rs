//! Short values in one piece of memory: [`Packed`].

/// Values one behind the other, each behind its length: most lists have one or two, and a vector of vectors takes more room
/// than they do.
#[derive(Default)]
pub(super) struct Packed(Box<[u8]>);

/// The length in front of a value, in bytes.
const LENGTH: usize = size_of::<u32>();

impl Packed {
    /// The values, in the order in which they were given.
    pub(super) fn iter(&self) -> impl Iterator<Item = &[u8]> {
        let mut rest = &*self.0;
        std::iter::from_fn(move || {
            let (length, behind) = rest.split_first_chunk::<LENGTH>()?;
            let length = usize::try_from(u32::from_le_bytes(*length)).ok()?;
            let (value, next) = behind.split_at_checked(length)?;
            rest = next;
            Some(value)
        })
    }
}

impl<'a> FromIterator<&'a [u8]> for Packed {
    fn from_iter<I: IntoIterator<Item = &'a [u8]>>(values: I) -> Self {
        let mut packed = Vec::new();
        for value in values {
            // One of four gigabytes is none of a list; it is left out.
            if let Ok(length) = u32::try_from(value.len()) {
                packed.extend(length.to_le_bytes());
                packed.extend(value);
            }
        }
        Self(packed.into_boxed_slice())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_come_back_in_order_the_empty_ones_included() {
        for values in [vec![], vec![&b""[..]], vec![b"a", b"", b"long enough", b"a"]] {
            let packed = values.iter().copied().collect::<Packed>();
            assert_eq!(packed.iter().collect::<Vec<_>>(), values);
        }
    }
}
