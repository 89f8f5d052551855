//! The brands of a bundle in few bytes: [`Brands`], and one of them, [`Brand`].

use std::{collections::HashMap, fmt};

use super::{bundle::Organization, fold::searched, left_out::LeftOut, states::state_name};
use crate::protocol::urls::FhirBaseUrl;

/// All brands of a bundle: all texts behind each other, and where each is.
#[derive(Default)]
pub(crate) struct Brands {
    text: String,
    entries: Vec<Entry>,
    endpoints: Vec<Endpoint>,
    /// By the normalized address.
    by_address: HashMap<Box<str>, u32>,
    /// Texts that are there already: many are in one city.
    shared: HashMap<String, Span>,
    /// Each once.
    logos: Vec<Box<[u8]>>,
    /// Where they are, while there may come more.
    shared_logos: HashMap<Box<[u8]>, u32>,
    logo_bytes: usize,
    left_out: LeftOut,
}

/// How many bytes of logos are kept, of all brands of a bundle. What comes later has none.
const MOST_LOGO_BYTES: usize = 16 << 20;

/// How many brands a bundle has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct BrandsReport {
    /// What a person can choose from: organizations and their parts, once for each portal.
    pub choices: usize,
    /// The FHIR servers.
    pub endpoints: usize,
    /// Entries of bundles that were left out: they are not active, cannot be read, or lead to no endpoint.
    pub left_out: usize,
}

/// A piece of the text.
#[derive(Debug, Clone, Copy, Default)]
struct Span {
    start: u32,
    len: u32,
}

struct Entry {
    name: Span,
    portal: Span,
    city: Span,
    state: Span,
    postal_code: Span,
    /// Lines of system and value, in turn.
    identifiers: Span,
    /// What is searched: the name, a line end, all else.
    folded: Span,
    logo: Option<u32>,
    endpoint: u32,
}

struct Endpoint {
    address: Span,
    fhir_version: Span,
    /// Whose it is: the first organization that names it, else the first below one.
    entry: Option<u32>,
    is_own: bool,
}

/// What comes in.
pub(super) struct NewEntry<'a> {
    pub(super) organization: &'a Organization,
    pub(super) portal: &'a str,
    /// Empty: there is none.
    pub(super) logo: &'a [u8],
    pub(super) endpoint: u32,
    /// Whether the endpoint is the organization's own, and not of one that it is a part of.
    pub(super) is_own: bool,
}

impl NewEntry<'_> {
    /// What a person sees of it, and where it leads.
    pub(super) fn look(&self) -> (u32, [String; 5]) {
        let of = self.organization;
        let texts = [of.name.as_str(), self.portal, &of.city, &of.state, &of.postal_code];
        (self.endpoint, texts.map(str::to_owned))
    }
}

impl Brands {
    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    /// The endpoint with this address; the first one that had it.
    pub(super) fn endpoint(&mut self, address: &FhirBaseUrl, fhir_version: &str) -> u32 {
        if let Some(there) = self.by_address.get(address.normalized()) {
            return *there;
        }
        let index = number(self.endpoints.len());
        let endpoint = Endpoint {
            address: self.put(address.as_str()),
            fhir_version: self.share(fhir_version),
            entry: None,
            is_own: false,
        };
        self.endpoints.push(endpoint);
        self.by_address.insert(address.normalized().into(), index);
        index
    }

    pub(super) fn add(&mut self, new: NewEntry<'_>) {
        let of = new.organization;
        let index = number(self.entries.len());
        let mut identifiers = String::new();
        for (system, value) in &of.identifiers {
            identifiers.push_str(&format!("{system}\n{value}\n"));
        }
        let mut rest = vec![new.portal];
        rest.extend(of.aliases.iter().map(String::as_str));
        rest.extend([of.city.as_str(), &of.state, state_name(&of.state), &of.postal_code]);
        let folded = format!("{}\n{}", searched(&of.name), searched(&rest.join(" ")));
        let entry = Entry {
            name: self.share(&of.name),
            portal: self.share(new.portal),
            city: self.share(&of.city),
            state: self.share(&of.state),
            postal_code: self.share(&of.postal_code),
            identifiers: self.share(&identifiers),
            folded: self.put(&folded),
            logo: self.put_logo(new.logo),
            endpoint: new.endpoint,
        };
        self.entries.push(entry);
        if let Some(endpoint) = self.endpoints.get_mut(new.endpoint as usize)
            && (endpoint.entry.is_none() || new.is_own && !endpoint.is_own)
        {
            (endpoint.entry, endpoint.is_own) = (Some(index), new.is_own);
        }
    }

    /// Nothing comes any more.
    pub(super) fn done(&mut self, left_out: LeftOut) {
        self.left_out = left_out;
        self.shared = HashMap::new();
        self.shared_logos = HashMap::new();
        self.text.shrink_to_fit();
        self.entries.shrink_to_fit();
        self.endpoints.shrink_to_fit();
        self.by_address.shrink_to_fit();
    }

    /// Writes to the log which entries of the bundle are not here, and why.
    pub(crate) fn tell_left_out(&self, bundle: &str) {
        self.left_out.tell(bundle);
    }

    /// How many there are.
    pub(crate) fn report(&self) -> BrandsReport {
        BrandsReport {
            choices: self.entries.len(),
            endpoints: self
                .endpoints
                .iter()
                .filter(|endpoint| endpoint.entry.is_some())
                .count(),
            left_out: self.left_out.count(),
        }
    }

    /// Whose FHIR server is at this address.
    pub(crate) fn at(&self, address: &FhirBaseUrl) -> Option<Brand<'_>> {
        let endpoint = self
            .endpoints
            .get(*self.by_address.get(address.normalized())? as usize)?;
        self.brand(endpoint.entry?)
    }

    pub(super) fn brand(&self, index: u32) -> Option<Brand<'_>> {
        let entry = self.entries.get(index as usize)?;
        let endpoint = self.endpoints.get(entry.endpoint as usize)?;
        Some(Brand {
            brands: self,
            entry,
            endpoint,
        })
    }

    /// The brands of this bundle alone, as [`search`] finds them.
    #[cfg(test)]
    pub(crate) fn search(&self, text: &str) -> impl Iterator<Item = Brand<'_>> {
        super::search([self], text)
    }

    /// What is searched, in the order of the bundle: the place of the brand, that of its endpoint, and the text: the name, a line end, all
    /// else.
    pub(super) fn folded(&self) -> impl Iterator<Item = (u32, u32, &str)> {
        let entries = (0_u32..).zip(&self.entries);
        entries.map(|(index, entry)| (index, entry.endpoint, self.get(entry.folded)))
    }

    /// How many endpoints there are, used or not.
    pub(super) fn endpoints(&self) -> usize {
        self.endpoints.len()
    }

    #[cfg(test)]
    pub(super) fn bytes(&self) -> usize {
        let addresses = self.by_address.keys().map(|key| key.len() + 40);
        self.text.len()
            + self.entries.len() * size_of::<Entry>()
            + self.endpoints.len() * size_of::<Endpoint>()
            + addresses.sum::<usize>()
    }

    fn get(&self, span: Span) -> &str {
        let start = span.start as usize;
        self.text
            .get(start..start.saturating_add(span.len as usize))
            .unwrap_or_default()
    }

    fn put(&mut self, text: &str) -> Span {
        let (start, len) = (u32::try_from(self.text.len()), u32::try_from(text.len()));
        match (start, len) {
            (Ok(start), Ok(len)) => {
                self.text.push_str(text);
                Span { start, len }
            }
            // Four gigabytes of names: nobody misses this one.
            _ => Span::default(),
        }
    }

    fn put_logo(&mut self, logo: &[u8]) -> Option<u32> {
        if logo.is_empty() {
            return None;
        }
        if let Some(there) = self.shared_logos.get(logo) {
            return Some(*there);
        }
        let bytes = self.logo_bytes.saturating_add(logo.len());
        if bytes > MOST_LOGO_BYTES {
            return None;
        }
        let index = number(self.logos.len());
        self.logo_bytes = bytes;
        self.logos.push(logo.into());
        self.shared_logos.insert(logo.into(), index);
        Some(index)
    }

    fn share(&mut self, text: &str) -> Span {
        if text.is_empty() {
            return Span::default();
        }
        if let Some(there) = self.shared.get(text) {
            return *there;
        }
        let span = self.put(text);
        self.shared.insert(text.to_owned(), span);
        span
    }
}

fn number(index: usize) -> u32 {
    u32::try_from(index).unwrap_or(u32::MAX)
}

impl fmt::Debug for Brands {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.report().fmt(f)
    }
}

/// One choice of a brand bundle: an organization, or a part of one, at one FHIR server.
///
/// It is what a publisher says. That a server is in a bundle means neither that it is trustworthy nor that the application is
/// registered there.
#[derive(Clone, Copy)]
pub struct Brand<'a> {
    brands: &'a Brands,
    entry: &'a Entry,
    endpoint: &'a Endpoint,
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
