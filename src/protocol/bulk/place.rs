//! Where the requests of an export may go, and with a token: [`place`], [`TokenPlaces`].

use url::{Origin, Url};

use crate::protocol::urls::is_loopback;

/// Why nothing is fetched from an address that a server named. Nothing was sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BulkAddressError {
    /// It is no address.
    #[error("it is no address, or has white space, a backslash or control characters")]
    Malformed,
    /// It is not https, while the FHIR server is; or it is http to another machine.
    #[error("it is not https")]
    NotHttps,
    /// It names a user.
    #[error("it has a user name or a password in it")]
    UserInfo,
}

/// The address that `text` names, seen from another one, for a request without a token.
///
/// `base` is the FHIR base URL: http on this machine is allowed only where the FHIR server is there as well, or a server could have
/// the application ask its own neighbours.
pub(crate) fn place(base: &Url, seen_from: &Url, text: &str) -> Result<Url, BulkAddressError> {
    if text.is_empty() || text.chars().any(|c| c.is_control() || c.is_whitespace() || c == '\\') {
        return Err(BulkAddressError::Malformed);
    }
    let mut address = seen_from.join(text).map_err(|_| BulkAddressError::Malformed)?;
    address.set_fragment(None);
    if address.host().is_none() {
        return Err(BulkAddressError::Malformed);
    }
    let may_be_plain = base.scheme() == "http" && is_loopback(base) && is_loopback(&address);
    match address.scheme() {
        "https" => {}
        "http" if may_be_plain => {}
        _ => return Err(BulkAddressError::NotHttps),
    }
    if !address.username().is_empty() || address.password().is_some() {
        return Err(BulkAddressError::UserInfo);
    }
    Ok(address)
}

/// Where a token may go: the origin of the FHIR server, and those that the application names.
#[derive(Debug, Clone, Default)]
pub(crate) struct TokenPlaces(Vec<Origin>);

impl TokenPlaces {
    pub(crate) fn add(&mut self, address: &Url) {
        self.0.push(address.origin());
    }

    /// `address` has to come from [`place`].
    pub(crate) fn have(&self, base: &Url, address: &Url) -> bool {
        let origin = address.origin();
        origin.is_tuple() && (origin == base.origin() || self.0.contains(&origin))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(text: &str) -> Url {
        text.parse().unwrap()
    }

    fn at(base: &str, text: &str) -> Result<String, BulkAddressError> {
        place(&url(base), &url(base), text).map(String::from)
    }

    const EHR: &str = "https://ehr.example/fhir/r4";

    #[test]
    fn files_come_by_https_from_anywhere_and_in_plain_only_where_all_of_it_is_on_this_machine() {
        assert_eq!(at(EHR, "https://files.example/1#x").unwrap(), "https://files.example/1");
        assert_eq!(at(EHR, "/status/1").unwrap(), "https://ehr.example/status/1");
        for text in [
            "http://ehr.example/1",
            "http://127.0.0.1:80/1",
            "ftp://ehr.example/1",
            "file:///etc/passwd",
        ] {
            assert!(
                matches!(
                    at(EHR, text),
                    Err(BulkAddressError::NotHttps | BulkAddressError::Malformed)
                ),
                "{text}"
            );
        }
        // A server of its own here says nothing about one that is reached by https, and one elsewhere nothing about here.
        for (base, text) in [
            ("https://localhost:8443/fhir", "http://localhost:9000/1"),
            ("http://ehr.example/fhir", "http://localhost:9000/1"),
            ("http://ehr.example/fhir", "http://ehr.example/1"),
        ] {
            assert_eq!(at(base, text), Err(BulkAddressError::NotHttps), "{base} {text}");
        }
        let here = "http://127.0.0.1:8080/fhir";
        assert!(at(here, "http://localhost:9000/1").is_ok());
        assert_eq!(at(here, "http://ehr.example/1"), Err(BulkAddressError::NotHttps));
        assert!(at(here, "https://ehr.example/1").is_ok());
    }

    #[test]
    fn an_address_with_a_user_or_with_what_has_no_place_in_one_is_refused() {
        assert_eq!(at(EHR, "https://a@ehr.example/1"), Err(BulkAddressError::UserInfo));
        assert_eq!(at(EHR, "https://:b@ehr.example/1"), Err(BulkAddressError::UserInfo));
        for text in [
            "",
            "https://ehr.example/a b",
            "https:\\\\ehr.example",
            "https://",
            "\u{7f}",
        ] {
            assert_eq!(at(EHR, text), Err(BulkAddressError::Malformed), "{text:?}");
        }
    }

    #[test]
    fn a_token_goes_to_the_origin_of_the_server_and_to_those_that_were_named() {
        let mut places = TokenPlaces::default();
        places.add(&url("https://files.example/any/path"));
        let base = url(EHR);
        for (address, goes) in [
            ("https://ehr.example/anywhere", true),
            ("https://EHR.example:443/x", true),
            ("https://files.example/x", true),
            ("https://ehr.example:8443/x", false),
            ("http://ehr.example/x", false),
            ("https://sub.ehr.example/x", false),
            ("https://ehr.example.evil/x", false),
            ("https://files.example:1/x", false),
        ] {
            assert_eq!(places.have(&base, &url(address)), goes, "{address}");
        }
    }
}
