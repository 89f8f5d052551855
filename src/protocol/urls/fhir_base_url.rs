//! The FHIR base URL that names an EHR: [`FhirBaseUrl`].

use std::fmt;

use url::Url;

use super::{
    error::UrlError,
    https::{has_no_place, parse_https},
};

/// A registered FHIR base URL, as text and parsed.
///
/// It is what is fetched, and what keys every record and cache.
#[derive(Clone, PartialEq, Eq)]
pub struct FhirBaseUrl {
    text: String,
    url: Url,
    normalized: String,
}

impl FhirBaseUrl {
    /// Parses a FHIR base URL, for example `https://ehr.example/fhir/r4`.
    ///
    /// # Errors
    ///
    /// [`UrlError`] when it is not absolute, not https (loopback excepted), or has credentials, a query or a fragment.
    pub fn parse(text: &str) -> Result<Self, UrlError> {
        let url = parse_https(text)?;
        if url.query().is_some() {
            return Err(UrlError::Query);
        }
        let normalized = iss_key(text).ok_or(UrlError::NotAbsolute)?;
        Ok(Self {
            text: text.to_owned(),
            url,
            normalized,
        })
    }

    /// The text exactly as it was given.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// What all spellings that [`matches`](Self::matches) forgives have in common: scheme and host in lower case, no
    /// default port, no slash at the end. To look a registration up by.
    #[must_use]
    pub fn normalized(&self) -> &str {
        &self.normalized
    }

    /// The parsed form, for fetching and resolving.
    #[must_use]
    pub const fn url(&self) -> &Url {
        &self.url
    }

    /// Where the server metadata is: `.well-known/smart-configuration` *appended* to the base, path included
    /// (SMART App Launch 2.2, Conformance; unlike RFC 8615, which would put it at the root of the host).
    #[must_use]
    pub fn metadata_url(&self) -> Url {
        let mut url = self.url.clone();
        let path = format!("{}/.well-known/smart-configuration", url.path().trim_end_matches('/'));
        url.set_path(&path);
        url
    }

    /// Whether a received `iss` names this server: equal but for the case of scheme and host, the default port and
    /// one trailing slash. Nothing else is forgiven.
    #[must_use]
    pub fn matches(&self, iss: &str) -> bool {
        Self::key_of(iss).is_some_and(|key| key == self.normalized)
    }

    /// What [`normalized`](Self::normalized) of the servers is that [`match`](Self::matches) a received `iss`. To look one of many up by.
    pub(crate) fn key_of(iss: &str) -> Option<String> {
        iss_key(iss)
    }
}

impl fmt::Debug for FhirBaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "FhirBaseUrl({})", self.text)
    }
}

/// What two spellings of one FHIR base URL share: scheme and host in lower case, no default port, no trailing slash.
///
/// Works on the text, because a URL parser would also resolve dot segments and decode hosts, and so take two
/// different strings for the same server.
fn iss_key(text: &str) -> Option<String> {
    if text
        .chars()
        .any(|c| has_no_place(c) || matches!(c, '\\' | '?' | '#' | '@'))
    {
        return None;
    }
    let (scheme, rest) = text.split_once("://")?;
    let (authority, path) = rest.find('/').map_or((rest, ""), |at| rest.split_at(at));
    let scheme = scheme.to_ascii_lowercase();
    let default_port = match scheme.as_str() {
        "https" => ":443",
        "http" => ":80",
        _ => return None,
    };
    let authority = authority.to_ascii_lowercase();
    let authority = authority.strip_suffix(default_port).unwrap_or(&authority);
    if authority.is_empty() {
        return None;
    }
    let path = path.strip_suffix('/').unwrap_or(path);
    Some(format!("{scheme}://{authority}{path}"))
}
