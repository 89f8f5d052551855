//! What is kept with one browser, in one piece of memory: [`BrowserLists`].

use crate::{store::Memo, time::Timestamp};

/// The short lists of one browser. Values stand one behind the other, each behind which list it is of, until when that is kept, and
/// its length: most browsers have two lists of one value, and a vector for each would take more room than they do.
#[derive(Default)]
pub(super) struct BrowserLists(Box<[u8]>);

/// One value of a list, the oldest of its list first.
#[derive(Clone, Copy)]
pub(super) struct Value<'a> {
    pub(super) memo: Memo,
    /// Until when its list is kept.
    pub(super) until: Timestamp,
    pub(super) value: &'a [u8],
}

/// In front of a value: its list, a moment, and its length.
const HEAD: usize = 1 + size_of::<u64>() + size_of::<u32>();

impl BrowserLists {
    /// The values of all lists, in the order in which they were given.
    pub(super) fn iter(&self) -> impl Iterator<Item = Value<'_>> {
        let mut rest = &*self.0;
        std::iter::from_fn(move || {
            let (&[memo, m0, m1, m2, m3, m4, m5, m6, m7, l0, l1, l2, l3], behind) = rest.split_first_chunk::<HEAD>()?;
            let until = Timestamp::from_millis(u64::from_le_bytes([m0, m1, m2, m3, m4, m5, m6, m7]));
            let length = usize::try_from(u32::from_le_bytes([l0, l1, l2, l3])).ok()?;
            let memo = MEMOS.get(usize::from(memo)).copied()?;
            let (value, next) = behind.split_at_checked(length)?;
            rest = next;
            Some(Value { memo, until, value })
        })
    }

    /// Until when the last of its lists is kept. `None` without one.
    pub(super) fn until(&self) -> Option<Timestamp> {
        self.iter().map(|value| value.until).max()
    }
}

impl<'a> FromIterator<Value<'a>> for BrowserLists {
    fn from_iter<I: IntoIterator<Item = Value<'a>>>(values: I) -> Self {
        let mut packed = Vec::new();
        for Value { memo, until, value } in values {
            // One of four gigabytes is none of a list; it is left out.
            if let Ok(length) = u32::try_from(value.len()) {
                packed.push(number(memo));
                packed.extend(until.as_millis().to_le_bytes());
                packed.extend(length.to_le_bytes());
                packed.extend(value);
            }
        }
        Self(packed.into_boxed_slice())
    }
}

/// Each at its [`number`].
const MEMOS: [Memo; 3] = [Memo::SameBrowser, Memo::LaunchCookies, Memo::SignedOut];

const fn number(memo: Memo) -> u8 {
    match memo {
        Memo::SameBrowser => 0,
        Memo::LaunchCookies => 1,
        Memo::SignedOut => 2,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_come_back_in_order_the_empty_ones_included() {
        let of = |memo, until, value| Value {
            memo,
            until: Timestamp::from_millis(until),
            value,
        };
        let all = [
            of(Memo::SignedOut, 1, &b""[..]),
            of(Memo::SameBrowser, u64::MAX, b"long enough"),
            of(Memo::LaunchCookies, 0, b"a"),
            of(Memo::SameBrowser, 2, b""),
        ];
        for count in 0..=all.len() {
            let lists: BrowserLists = all.iter().take(count).copied().collect();
            let read: Vec<_> = lists.iter().map(|it| (it.memo, it.until, it.value)).collect();
            let given: Vec<_> = all.iter().take(count).map(|it| (it.memo, it.until, it.value)).collect();
            assert_eq!(read, given);
            assert_eq!(lists.until(), given.iter().map(|(_, until, _)| *until).max());
        }
    }
}
