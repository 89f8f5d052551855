//! Whether an answer says that the token is not valid: [`refuses_token`].

/// 401, unless it names another reason than the token (RFC 6750, section 3.1).
pub(crate) fn refuses_token(status: u16, headers: &[(String, String)]) -> bool {
    let challenges = || {
        let all = headers.iter();
        all.filter(|(name, _)| name.eq_ignore_ascii_case("www-authenticate"))
            .map(|(_, value)| value.to_ascii_lowercase())
    };
    status == 401
        && (challenges().any(|challenge| challenge.contains("invalid_token"))
            || !challenges().any(|challenge| challenge.contains("error=")))
}

#[cfg(test)]
mod tests;
