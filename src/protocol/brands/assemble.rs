//! What a person can choose from: organizations with the FHIR servers of their portals, and those below them.

use std::collections::{HashMap, HashSet};

use super::{
    brands::{Brands, NewEntry},
    bundle::{Keys, Organization, Portal, Resources},
    left_out::Why,
};

/// How far up an organization's owner is looked for.
const DEEPEST: usize = 8;

/// How much of a bundle is looked at.
#[derive(Debug, Clone, Copy)]
pub(super) struct Most {
    /// Choices that are kept.
    pub(super) choices: usize,
    /// Ways from an organization to an endpoint that are followed. Most bundles have one for each organization.
    pub(super) ways: usize,
}

impl Default for Most {
    fn default() -> Self {
        Self {
            choices: 500_000,
            ways: 2_000_000,
        }
    }
}

pub(super) fn assemble(resources: Resources, most: Most) -> Brands {
    let Resources {
        organizations,
        endpoints,
        mut left_out,
    } = resources;
    let mut brands = Brands::default();
    let mut endpoint_of = HashMap::new();
    for endpoint in &endpoints {
        // Two resources with one address are one server; what the first one says counts.
        let index = brands.endpoint(&endpoint.address, &endpoint.fhir_version);
        name(&mut endpoint_of, &endpoint.keys, index);
    }
    let mut organization_of = HashMap::new();
    for organization in &organizations {
        // Looked at once: thousands may be parts of one.
        let leads = ways(organization).any(|way| find(&endpoint_of, way.reference).is_some());
        name(&mut organization_of, &organization.keys, Known { organization, leads });
    }
    let mut seen = HashSet::new();
    let mut followed = 0_usize;
    for organization in &organizations {
        let (before, mut why) = (brands.len(), Why::LeadsNowhere);
        if let Some(owner) = owner_of(organization, &organization_of, &endpoint_of) {
            for Way { portal, reference } in ways(owner) {
                if brands.len() >= most.choices || followed >= most.ways {
                    why = Why::TooMany;
                    break;
                }
                followed = followed.saturating_add(1);
                let Some(endpoint) = find(&endpoint_of, reference) else {
                    continue;
                };
                let entry = NewEntry {
                    organization,
                    // One portal needs no name: people know the organization's.
                    portal: portal
                        .filter(|_| owner.portals.len() > 1)
                        .map_or("", |portal| &portal.name),
                    logo: logo(organization, portal, owner),
                    endpoint: *endpoint,
                    is_own: std::ptr::eq(owner, organization),
                };
                match seen.insert(entry.look()) {
                    true => brands.add(entry),
                    false => why = Why::LooksLikeAnother,
                }
            }
        }
        if brands.len() == before {
            left_out.add(&organization.keys.relative, "", why);
        }
    }
    brands.done(left_out);
    brands
}

/// An organization that others may be a part of.
#[derive(Clone, Copy)]
struct Known<'a> {
    organization: &'a Organization,
    /// Whether it has an endpoint in the bundle.
    leads: bool,
}

/// How one gets from an organization to an endpoint.
struct Way<'a> {
    /// `None`: it is the organization's own.
    portal: Option<&'a Portal>,
    reference: &'a str,
}

/// Those of the portals; or those of the organization, where no portal has any.
fn ways(owner: &Organization) -> impl Iterator<Item = Way<'_>> {
    let has_portals = owner.portals.iter().any(|portal| !portal.endpoints.is_empty());
    let portals = owner.portals.iter().flat_map(|portal| {
        let endpoints = portal.endpoints.iter();
        endpoints.map(move |reference| Way {
            portal: Some(portal),
            reference,
        })
    });
    let own = owner.endpoints.iter().map(|reference| Way {
        portal: None,
        reference,
    });
    portals.chain(own.filter(move |_| !has_portals))
}

/// The picture that people know best: of the organization that they choose, if it has one; else where it leads.
fn logo<'a>(organization: &'a Organization, portal: Option<&'a Portal>, owner: &'a Organization) -> &'a [u8] {
    let of_portal = portal.map(|portal| portal.logo.as_slice()).unwrap_or_default();
    let several = owner.portals.len() > 1;
    let order = match several {
        true => [of_portal, &organization.logo, &owner.logo],
        false => [organization.logo.as_slice(), of_portal, &owner.logo],
    };
    order.into_iter().find(|logo| !logo.is_empty()).unwrap_or_default()
}

/// The organization itself, or the nearest one that it is a part of, that has an endpoint in the bundle.
fn owner_of<'a>(
    organization: &'a Organization,
    organizations: &HashMap<&str, Known<'a>>,
    endpoints: &HashMap<&str, u32>,
) -> Option<&'a Organization> {
    let leads = ways(organization).any(|way| find(endpoints, way.reference).is_some());
    let mut at = Known { organization, leads };
    // Counted: they may be parts of each other.
    for _ in 0..DEEPEST {
        if at.leads {
            return Some(at.organization);
        }
        at = *find(organizations, at.organization.part_of.as_deref()?)?;
    }
    None
}

/// Makes a resource findable. Where two have one name, the first one keeps it.
fn name<'a, T: Copy>(all: &mut HashMap<&'a str, T>, keys: &'a Keys, resource: T) {
    for key in [keys.full_url.as_str(), keys.relative.as_str()] {
        if !key.is_empty() && !key.ends_with('/') {
            all.entry(key).or_insert(resource);
        }
    }
}

/// By its full address, or by type and id at its end.
fn find<'a, T>(all: &'a HashMap<&str, T>, reference: &str) -> Option<&'a T> {
    all.get(reference).or_else(|| {
        let (before, id) = reference.rsplit_once('/')?;
        let kind = before.rsplit('/').next()?;
        all.get(format!("{kind}/{id}").as_str())
    })
}
