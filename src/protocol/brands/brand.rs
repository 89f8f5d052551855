//! One of the brands of a bundle: [`Brand`].

use std::fmt;

use super::brands::{Brands, Endpoint, Entry, Span};

/// One choice of a brand bundle: an organization, or a part of one, at one FHIR server.
///
/// It is what a publisher says. That a server is in a bundle means neither that it is trustworthy nor that the application is
/// registered there.
#[derive(Clone, Copy)]
pub struct Brand<'a> {
    pub(super) brands: &'a Brands,
    pub(super) entry: &'a Entry,
    pub(super) endpoint: &'a Endpoint,
}

impl<'a> Brand<'a> {
    /// What people know it by.
    #[must_use]
    pub fn name(&self) -> &'a str {
        self.brands.get(self.entry.name)
    }

    /// The name of the portal, where an organization has several.
    #[must_use]
    pub fn portal_name(&self) -> Option<&'a str> {
        self.said(self.entry.portal)
    }

    /// The address of its FHIR server.
    #[must_use]
    pub fn fhir_base_url(&self) -> &'a str {
        self.brands.get(self.endpoint.address)
    }

    /// The FHIR version that the server is said to have, such as `4.0.1`.
    #[must_use]
    pub fn fhir_version(&self) -> Option<&'a str> {
        self.said(self.endpoint.fhir_version)
    }

    /// Its city.
    #[must_use]
    pub fn city(&self) -> Option<&'a str> {
        self.said(self.entry.city)
    }

    /// Its state, as the publisher writes it; in the United States two letters.
    #[must_use]
    pub fn state(&self) -> Option<&'a str> {
        self.said(self.entry.state)
    }

    /// Its postal code.
    #[must_use]
    pub fn postal_code(&self) -> Option<&'a str> {
        self.said(self.entry.postal_code)
    }

    /// System and value of each identifier, such as a national provider number.
    pub fn identifiers(&self) -> impl Iterator<Item = (&'a str, &'a str)> {
        let mut lines = self.brands.get(self.entry.identifiers).lines();
        std::iter::from_fn(move || Some((lines.next()?, lines.next()?)))
    }

    /// The bytes of its picture, which are a stranger's.
    pub(crate) fn logo(&self) -> Option<&'a [u8]> {
        let logo = self.brands.logos.get(self.entry.logo? as usize)?;
        Some(logo)
    }

    /// What a person reads to choose it.
    pub(crate) fn label(&self) -> String {
        match self.portal_name() {
            Some(portal) => format!("{} – {portal}", self.name()),
            None => self.name().to_owned(),
        }
    }

    /// City and state, with the postal code, as far as there are.
    pub(crate) fn place(&self) -> Option<String> {
        let region = [self.state(), self.postal_code()]
            .into_iter()
            .flatten()
            .collect::<Vec<_>>()
            .join(" ");
        let parts: Vec<&str> = [self.city().unwrap_or_default(), &region]
            .into_iter()
            .filter(|part| !part.is_empty())
            .collect();
        (!parts.is_empty()).then(|| parts.join(", "))
    }

    fn said(&self, span: Span) -> Option<&'a str> {
        Some(self.brands.get(span)).filter(|text| !text.is_empty())
    }
}

impl fmt::Debug for Brand<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Brand")
            .field("name", &self.name())
            .field("fhir_base_url", &self.fhir_base_url())
            .finish_non_exhaustive()
    }
}
