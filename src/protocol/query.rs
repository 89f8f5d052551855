//! Query strings that come from outside, read with suspicion.

/// What a `+` in a value stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Plus {
    /// A space, as in `application/x-www-form-urlencoded`.
    Space,
    /// Itself.
    Itself,
}

/// The values of these parameters as they stand in the query, not decoded; `None` for a missing or an empty one.
/// All other parameters are ignored.
///
/// # Errors
///
/// The name of a parameter that stands there twice: which of the two another reader would take is anybody's guess.
pub(crate) fn pick<'q, const N: usize>(
    query: &'q str,
    names: [&'static str; N],
) -> Result<[Option<&'q str>; N], &'static str> {
    let mut values: [Option<&str>; N] = [None; N];
    for pair in query.split('&') {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        let name = decode(name, Plus::Space);
        for (known, slot) in names.iter().zip(values.iter_mut()) {
            if name == known.as_bytes() && slot.replace(value).is_some() {
                return Err(known);
            }
        }
    }
    Ok(values.map(|value| value.filter(|text| !text.is_empty())))
}

/// Percent-decodes once. A `%` that no two hexadecimal digits follow stays as it is, as in every URL parser.
pub(crate) fn decode(text: &str, plus: Plus) -> Vec<u8> {
    let mut decoded = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&byte, tail)) = rest.split_first() {
        rest = tail;
        if byte == b'%'
            && let [high, low, after @ ..] = tail
            && let (Some(high), Some(low)) = (hex_digit(*high), hex_digit(*low))
        {
            decoded.push(high * 16 + low);
            rest = after;
        } else if byte == b'+' && plus == Plus::Space {
            decoded.push(b' ');
        } else {
            decoded.push(byte);
        }
    }
    decoded
}

/// [`decode`] to text; `None` when that is not UTF-8.
pub(crate) fn decode_text(text: &str, plus: Plus) -> Option<String> {
    String::from_utf8(decode(text, plus)).ok()
}

fn hex_digit(byte: u8) -> Option<u8> {
    char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok())
}

#[cfg(test)]
mod tests;
