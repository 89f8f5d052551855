//! An endpoint of the EHR: [`EndpointUrl`].

use std::fmt;

use serde::{Deserialize, Serialize};
use url::{ParseError, Url};

use super::{
    error::UrlError,
    fhir_base_url::FhirBaseUrl,
    https::{check_https, parse_https},
};

/// An endpoint of the EHR, as the text that servers compare (a JWT assertion's `aud`) and parsed.
#[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct EndpointUrl {
    text: String,
    url: Url,
}

impl EndpointUrl {
    /// Parses an absolute endpoint URL. A query is allowed and kept.
    ///
    /// # Errors
    ///
    /// [`UrlError`] when it is not absolute, not https (loopback excepted), or has credentials or a fragment.
    pub fn parse(text: &str) -> Result<Self, UrlError> {
        let url = parse_https(text)?;
        Ok(Self {
            text: text.to_owned(),
            url,
        })
    }

    /// Parses an endpoint that may be relative to the FHIR base URL (older servers; SMART App Launch 2.2,
    /// Conformance, resolves it as RFC 1808 does, literally).
    ///
    /// # Errors
    ///
    /// [`UrlError`] as for [`parse`](Self::parse), after resolving.
    pub fn resolve(text: &str, base: &FhirBaseUrl) -> Result<Self, UrlError> {
        match Self::parse(text) {
            // Not what has a scheme and no host: one reader resolves that, the next one takes its path for the host.
            Err(UrlError::NotAbsolute) if Url::parse(text) == Err(ParseError::RelativeUrlWithoutBase) => {
                let url = base.url().join(text).map_err(|_| UrlError::NotAbsolute)?;
                check_https(&url)?;
                Ok(Self {
                    text: url.as_str().to_owned(),
                    url,
                })
            }
            other => other,
        }
    }

    /// The text exactly as it was given (resolved, when it was relative).
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The parsed form, for sending to.
    #[must_use]
    pub const fn url(&self) -> &Url {
        &self.url
    }
}

impl fmt::Debug for EndpointUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "EndpointUrl({})", self.text)
    }
}

impl TryFrom<String> for EndpointUrl {
    type Error = UrlError;

    fn try_from(text: String) -> Result<Self, UrlError> {
        Self::parse(&text)
    }
}

impl From<EndpointUrl> for String {
    fn from(endpoint: EndpointUrl) -> Self {
        endpoint.text
    }
}
