//! Which part of a file an answer has: [`ContentRange`] (RFC 9110, section 14.4).

/// What `Content-Range` says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ContentRange {
    /// The bytes from `first` to the one before `end`, of a file with `total`, where the server knows that.
    Part { first: u64, end: u64, total: Option<u64> },
    /// None: the file has `total`, and what was asked for is not in it.
    NothingOf { total: u64 },
}

impl ContentRange {
    pub(super) fn read(header: &str) -> Option<Self> {
        let (range, total) = header.trim().strip_prefix("bytes ")?.split_once('/')?;
        if range == "*" {
            let total = total.parse().ok()?;
            return Some(Self::NothingOf { total });
        }
        let (first, last) = range.split_once('-')?;
        let (first, last) = (first.parse().ok()?, last.parse::<u64>().ok()?);
        let total = match total {
            "*" => None,
            total => Some(total.parse().ok()?),
        };
        let end = last.checked_add(1)?;
        let is_one = first < end && total.is_none_or(|total| end <= total);
        is_one.then_some(Self::Part { first, end, total })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_is_read_with_its_end_and_what_it_is_of() {
        let part = |first, end, total| Some(ContentRange::Part { first, end, total });
        assert_eq!(ContentRange::read("bytes 5-9/20"), part(5, 10, Some(20)));
        assert_eq!(ContentRange::read(" bytes 5-19/20 "), part(5, 20, Some(20)));
        assert_eq!(ContentRange::read("bytes 5-5/*"), part(5, 6, None));
        let nothing = Some(ContentRange::NothingOf { total: 20 });
        assert_eq!(ContentRange::read("bytes */20"), nothing);
    }

    #[test]
    fn what_is_no_part_of_anything_is_none() {
        for text in [
            "",
            "bytes",
            "bytes 5-4/20",
            "bytes 5-20/20",
            "bytes 5-/20",
            "bytes -5/20",
            "bytes 5-9",
            "bytes */*",
            "lines 5-9/20",
            "bytes 5-18446744073709551615/*",
        ] {
            assert_eq!(ContentRange::read(text), None, "{text}");
        }
    }
}
