//! Which entries of a bundle were left out, and why: [`LeftOut`].

use std::fmt;

use url::Url;

use crate::protocol::{network_guard::AddressError, visible::in_log};

/// How many are remembered. The others are counted.
const MOST: usize = 100;

/// The entries of one bundle that were left out.
#[derive(Debug, Clone, Default)]
pub(super) struct LeftOut {
    count: usize,
    first: Vec<Entry>,
}

#[derive(Debug, Clone)]
struct Entry {
    /// Type and id.
    resource: String,
    /// Of the address of an endpoint.
    host: String,
    why: Why,
}

/// Why an entry was left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Why {
    NoResource,
    OtherType,
    NoName,
    NotActive,
    NotFhir,
    BadAddress,
    LongAddress,
    Refused(AddressError),
    LeadsNowhere,
    LooksLikeAnother,
    TooMany,
}

impl LeftOut {
    pub(super) const fn count(&self) -> usize {
        self.count
    }

    pub(super) fn add(&mut self, resource: &str, address: &str, why: Why) {
        self.count = self.count.saturating_add(1);
        if self.first.len() < MOST {
            // The host alone: in the rest of an address there may be a key.
            let url = Url::parse(address.trim()).ok();
            let host = url.as_ref().and_then(Url::host_str).unwrap_or_default();
            self.first.push(Entry {
                resource: in_log(resource),
                host: in_log(host),
                why,
            });
        }
    }

    /// Writes it to the log.
    pub(super) fn tell(&self, bundle: &str) {
        for Entry { resource, host, why } in &self.first {
            tracing::debug!(bundle, resource, host, %why, "an entry of a brand bundle was left out");
        }
        let more = self.count.saturating_sub(self.first.len());
        if more > 0 {
            tracing::debug!(bundle, more, "more entries of the brand bundle were left out");
        }
    }
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NoResource => "it has no resource with a type",
            Self::OtherType => "it is neither an Organization nor an Endpoint",
            Self::NoName => "it has no name",
            Self::NotActive => "it is not active",
            Self::NotFhir => "its connection type is not hl7-fhir-rest",
            Self::BadAddress => "its address is no https address that can be a FHIR base URL",
            Self::LongAddress => "its address is too long",
            Self::Refused(error) => return error.fmt(f),
            Self::LeadsNowhere => "neither it nor what it is a part of has an endpoint in the bundle that can be used",
            Self::LooksLikeAnother => "another one has the same name, place and endpoint",
            Self::TooMany => "there are more entries than are kept",
        })
    }
}
