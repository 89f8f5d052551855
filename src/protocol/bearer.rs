//! The access token of a request that this application is sent (RFC 6750, section 2.1): [`bearer_token`].

use crate::protocol::secret::AccessToken;

/// How long a token may be. The tokens of EHRs have some kilobytes at most, and each is sent on.
const LONGEST: usize = 8 * 1024;

/// Why a request has no token that can be asked about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NoBearer {
    /// There is no `Authorization` header, or it is of another scheme.
    Absent,
    /// There are several headers.
    Several,
    /// What is there has not the form of a token, or is too long.
    Malformed,
}

/// The token in the `Authorization` headers of a request. It is looked for nowhere else: addresses are logged and cookies come by
/// themselves.
pub(crate) fn bearer_token<'a>(headers: impl IntoIterator<Item = &'a [u8]>) -> Result<AccessToken, NoBearer> {
    let mut headers = headers.into_iter();
    let header = headers.next().ok_or(NoBearer::Absent)?;
    if headers.next().is_some() {
        return Err(NoBearer::Several);
    }
    let at = header.iter().position(|byte| *byte == b' ').unwrap_or(header.len());
    let (scheme, rest) = header.split_at_checked(at).ok_or(NoBearer::Malformed)?;
    if !scheme.eq_ignore_ascii_case(b"bearer") {
        return Err(NoBearer::Absent);
    }
    let token = std::str::from_utf8(rest.trim_ascii()).map_err(|_| NoBearer::Malformed)?;
    if !is_token(token) {
        return Err(NoBearer::Malformed);
    }
    Ok(AccessToken::new(token))
}

/// `b64token`, of a length that is worth being sent on.
pub(crate) fn is_token(text: &str) -> bool {
    let body = text.trim_end_matches('=');
    let is_of_it = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~+/".contains(&byte);
    !body.is_empty() && text.len() <= LONGEST && body.bytes().all(is_of_it)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(headers: &[&str]) -> Result<String, NoBearer> {
        let token = bearer_token(headers.iter().map(|header| header.as_bytes()))?;
        Ok(token.expose_secret().to_owned())
    }

    #[test]
    fn the_scheme_is_read_in_any_case_and_with_several_blanks() {
        for header in ["Bearer a.B-9_~+/==", "bearer a.B-9_~+/==", "BEARER   a.B-9_~+/== "] {
            assert_eq!(read(&[header]).as_deref(), Ok("a.B-9_~+/=="), "{header}");
        }
    }

    #[test]
    fn no_header_and_one_of_another_scheme_bring_no_token() {
        assert_eq!(read(&[]), Err(NoBearer::Absent));
        for header in ["Basic YTpi", "Bearerx abc", "DPoP abc", "", "abc", "Bearer\tabc"] {
            assert_eq!(read(&[header]), Err(NoBearer::Absent), "{header}");
        }
    }

    #[test]
    fn two_headers_are_too_many_also_when_they_say_the_same() {
        assert_eq!(read(&["Bearer a", "Bearer a"]), Err(NoBearer::Several));
        assert_eq!(read(&["Basic YTpi", "Bearer a"]), Err(NoBearer::Several));
    }

    #[test]
    fn what_has_not_the_form_of_a_token_is_refused() {
        for header in [
            "Bearer",
            "Bearer ",
            "Bearer =",
            "Bearer a b",
            "Bearer a, Bearer b",
            "Bearer a=b",
            "Bearer é",
            "Bearer \"a\"",
            "Bearer a\u{0}",
            "Bearer a&token=b",
            "Bearer a%20",
        ] {
            assert_eq!(read(&[header]), Err(NoBearer::Malformed), "{header:?}");
        }
        assert_eq!(
            bearer_token([&b"Bearer \xff"[..]]).map(|_| ()),
            Err(NoBearer::Malformed)
        );
    }

    #[test]
    fn a_token_has_eight_kilobytes_at_most() {
        assert!(read(&[&format!("Bearer {}", "a".repeat(LONGEST))]).is_ok());
        let longer = format!("Bearer {}", "a".repeat(LONGEST + 1));
        assert_eq!(read(&[&longer]), Err(NoBearer::Malformed));
    }
}
