//! The brands of a bundle in few bytes: [`Brands`].

use std::{
    collections::{HashMap, HashSet},
    fmt,
};

use super::{
    brand::Brand,
    bundle::Organization,
    fold::searched,
    left_out::{LeftOut, Why},
    states::state_name,
};
use crate::protocol::{network_guard::AddressGuard, urls::FhirBaseUrl};

/// All brands of a bundle: all texts behind each other, and where each is.
#[derive(Clone, Default)]
pub(crate) struct Brands {
    text: String,
    entries: Vec<Entry>,
    endpoints: Vec<Endpoint>,
    /// By the normalized address.
    by_address: HashMap<Box<str>, u32>,
    /// Texts that are there already: many are in one city.
    shared: HashMap<String, Span>,
    /// Each once.
    pub(super) logos: Vec<Box<[u8]>>,
    /// Where they are, while there may come more.
    shared_logos: HashMap<Box<[u8]>, u32>,
    logo_bytes: usize,
    left_out: LeftOut,
    /// FHIR servers that are not among the choices.
    refused: LeftOut,
    refused_choices: usize,
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
    /// Entries of bundles that were left out: they are not active, cannot be read, lead to no endpoint, or are one to whose address
    /// nothing may be sent.
    pub left_out: usize,
}

/// How many FHIR servers of an earlier bundle are in a later one as well.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct StillThere {
    /// How many the earlier one has.
    pub(crate) before: usize,
    /// How many of these the later one has.
    pub(crate) now: usize,
}

/// A piece of the text.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Span {
    start: u32,
    len: u32,
}

#[derive(Clone)]
pub(super) struct Entry {
    pub(super) name: Span,
    pub(super) portal: Span,
    pub(super) city: Span,
    pub(super) state: Span,
    pub(super) postal_code: Span,
    /// Lines of system and value, in turn.
    pub(super) identifiers: Span,
    /// What is searched: the name, a line end, all else.
    folded: Span,
    pub(super) logo: Option<u32>,
    pub(super) endpoint: u32,
}

#[derive(Clone)]
pub(super) struct Endpoint {
    pub(super) address: Span,
    pub(super) fhir_version: Span,
    /// Whose it is: the first organization that names it, else the first below one.
    entry: Option<u32>,
    is_own: bool,
    /// Nothing may be sent there.
    is_refused: bool,
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
            is_refused: false,
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

    /// Takes those FHIR servers out of the choices to whose addresses nothing may be sent, as far as the addresses say so themselves, and
    /// no others. Whoever names one all the same is still told why it cannot be.
    pub(crate) fn leave_out_refused(&mut self, guard: &AddressGuard) {
        self.refused = LeftOut::default();
        for endpoint in &mut self.endpoints {
            let address = piece(&self.text, endpoint.address);
            let base = FhirBaseUrl::parse(address).ok();
            let refusal = base.and_then(|base| guard.allows_host(base.url()).err());
            endpoint.is_refused = refusal.is_some();
            if let Some(error) = refusal {
                self.refused.add("Endpoint", address, Why::Refused(error));
            }
        }
        let endpoints = &self.endpoints;
        let refused = self.entries.iter().filter(|entry| is_refused(endpoints, entry));
        self.refused_choices = refused.count();
    }

    /// Writes to the log which entries of the bundle are not here, and why.
    pub(crate) fn tell_left_out(&self, bundle: &str) {
        self.left_out.tell(bundle);
        self.tell_refused(bundle);
    }

    /// Writes to the log which FHIR servers are not among the choices.
    pub(crate) fn tell_refused(&self, bundle: &str) {
        self.refused.tell(bundle);
    }

    /// Whether nothing leads anywhere.
    pub(crate) const fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// How many of the FHIR servers of the bundle `before` are here as well.
    pub(crate) fn still_there(&self, before: &Self) -> StillThere {
        let servers: HashSet<_> = self.servers().collect();
        before
            .servers()
            .fold(StillThere::default(), |count, server| StillThere {
                before: count.before.saturating_add(1),
                now: count.now.saturating_add(usize::from(servers.contains(server))),
            })
    }

    /// The normalized addresses that brands lead to.
    fn servers(&self) -> impl Iterator<Item = &str> {
        let of_brands = self.by_address.iter().filter(|(_, index)| {
            let endpoint = self.endpoints.get(**index as usize);
            endpoint.is_some_and(|endpoint| endpoint.entry.is_some())
        });
        of_brands.map(|(address, _)| &**address)
    }

    /// How many there are.
    pub(crate) fn report(&self) -> BrandsReport {
        BrandsReport {
            choices: self.entries.len().saturating_sub(self.refused_choices),
            endpoints: self
                .endpoints
                .iter()
                .filter(|endpoint| endpoint.entry.is_some() && !endpoint.is_refused)
                .count(),
            left_out: self.left_out.count().saturating_add(self.refused.count()),
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

    /// What is searched, in the order of the bundle, as far as it is among the choices: the place of the brand, that of its endpoint, and
    /// the text (the name, a line end, all else).
    pub(super) fn folded(&self) -> impl Iterator<Item = (u32, u32, &str)> {
        let entries = (0_u32..).zip(&self.entries);
        let listed = entries.filter(|(_, entry)| self.refused_choices == 0 || !is_refused(&self.endpoints, entry));
        listed.map(|(index, entry)| (index, entry.endpoint, self.get(entry.folded)))
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

    pub(super) fn get(&self, span: Span) -> &str {
        piece(&self.text, span)
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

fn piece(text: &str, span: Span) -> &str {
    let start = span.start as usize;
    text.get(start..start.saturating_add(span.len as usize))
        .unwrap_or_default()
}

/// Whether it leads to a FHIR server to which nothing may be sent.
fn is_refused(endpoints: &[Endpoint], entry: &Entry) -> bool {
    let endpoint = endpoints.get(entry.endpoint as usize);
    endpoint.is_some_and(|endpoint| endpoint.is_refused)
}

fn number(index: usize) -> u32 {
    u32::try_from(index).unwrap_or(u32::MAX)
}

impl fmt::Debug for Brands {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.report().fmt(f)
    }
}
