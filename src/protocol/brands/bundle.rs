//! The resources of a bundle, one entry at a time: a bundle of tens of megabytes is never in memory as a tree.

use std::fmt;

use serde::{
    Deserializer as _,
    de::{DeserializeSeed, IgnoredAny, MapAccess, SeqAccess, Visitor},
};
use serde_json::Value;

use super::{
    left_out::{LeftOut, Why},
    logos::BrandLogos,
};
use crate::protocol::{urls::FhirBaseUrl, visible::visible};

/// How many characters of a text are kept.
const LONGEST: usize = 200;
const LONGEST_ADDRESS: usize = 800;
/// How many entries are read.
const MOST_ENTRIES: usize = 1_000_000;
/// How many things of a kind one resource may have: aliases, identifiers, portals, endpoints.
const MOST: usize = 20;

/// Why something is no brand bundle.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum MalformedBrands {
    /// It is no JSON, is cut off, or is nested too deeply.
    #[error(
        "the brand bundle is no JSON, is cut off, or is nested too deeply; check that the address is the one of the bundle"
    )]
    Json,
    /// It is JSON, and no FHIR bundle.
    #[error("this is no FHIR Bundle; check that the address is the one of the brand bundle")]
    NotABundle,
    /// There is no brand in it with an endpoint that can be used.
    #[error("the brand bundle has no brand with an endpoint that can be used; report it to whoever publishes it")]
    Empty,
}

/// What there is in a bundle, as far as it can be used.
#[derive(Debug, Default)]
pub(super) struct Resources {
    pub(super) organizations: Vec<Organization>,
    pub(super) endpoints: Vec<Endpoint>,
    pub(super) left_out: LeftOut,
}

#[derive(Debug, Default)]
pub(super) struct Organization {
    pub(super) keys: Keys,
    pub(super) name: String,
    pub(super) aliases: Vec<String>,
    /// System and value.
    pub(super) identifiers: Vec<(String, String)>,
    pub(super) city: String,
    pub(super) state: String,
    pub(super) postal_code: String,
    /// The bytes of the picture; empty: there is none that can be shown.
    pub(super) logo: Vec<u8>,
    pub(super) part_of: Option<String>,
    pub(super) portals: Vec<Portal>,
    /// Beside those of portals.
    pub(super) endpoints: Vec<String>,
}

#[derive(Debug, Default)]
pub(super) struct Portal {
    pub(super) name: String,
    /// As of the organization.
    pub(super) logo: Vec<u8>,
    pub(super) endpoints: Vec<String>,
}

#[derive(Debug)]
pub(super) struct Endpoint {
    pub(super) keys: Keys,
    pub(super) address: FhirBaseUrl,
    pub(super) fhir_version: String,
}

/// How references name a resource.
#[derive(Debug, Default)]
pub(super) struct Keys {
    pub(super) full_url: String,
    /// Type and id.
    pub(super) relative: String,
}

/// Reads a bundle.
pub(super) fn read(json: &[u8], logos: BrandLogos) -> Result<Resources, MalformedBrands> {
    let mut from = serde_json::Deserializer::from_slice(json);
    let mut found = Found {
        logos,
        ..Found::default()
    };
    let outcome = from.deserialize_any(Bundle(&mut found));
    match (outcome.and_then(|()| from.end()), found.is_bundle) {
        (Ok(()), true) => Ok(found.resources),
        (Err(error), _) if !error.is_data() => Err(MalformedBrands::Json),
        _ => Err(MalformedBrands::NotABundle),
    }
}

#[derive(Default)]
struct Found {
    logos: BrandLogos,
    is_bundle: bool,
    entries: usize,
    resources: Resources,
}

struct Bundle<'a>(&'a mut Found);

impl<'de> Visitor<'de> for Bundle<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a FHIR Bundle")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(name) = map.next_key::<String>()? {
            match name.as_str() {
                "resourceType" => self.0.is_bundle = map.next_value::<Value>()? == "Bundle",
                "entry" => map.next_value_seed(Entries(self.0))?,
                _ => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(())
    }
}

struct Entries<'a>(&'a mut Found);

impl<'de> DeserializeSeed<'de> for Entries<'_> {
    type Value = ();

    fn deserialize<D: serde::Deserializer<'de>>(self, from: D) -> Result<(), D::Error> {
        from.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for Entries<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of entries")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut entries: A) -> Result<(), A::Error> {
        while let Some(entry) = entries.next_element::<Value>()? {
            self.0.entries = self.0.entries.saturating_add(1);
            let resources = &mut self.0.resources;
            let taken = match self.0.entries <= MOST_ENTRIES {
                true => take(&entry, self.0.logos, resources),
                false => Err(Why::TooMany),
            };
            if let Err(why) = taken {
                let resource = entry.get("resource").unwrap_or(&Value::Null);
                let name = format!("{}/{}", raw(resource, "resourceType"), raw(resource, "id"));
                resources.left_out.add(&name, &raw(resource, "address"), why);
            }
        }
        Ok(())
    }
}

/// Adds the resource of an entry, unless it cannot be used, or is not meant to be.
fn take(entry: &Value, logos: BrandLogos, resources: &mut Resources) -> Result<(), Why> {
    let resource = entry.get("resource").ok_or(Why::NoResource)?;
    let kind = resource.get("resourceType").and_then(Value::as_str);
    let kind = kind.ok_or(Why::NoResource)?;
    let id = resource.get("id").and_then(Value::as_str).unwrap_or_default();
    let keys = Keys {
        full_url: raw(entry, "fullUrl"),
        relative: format!("{kind}/{id}"),
    };
    match kind {
        "Organization" => resources.organizations.push(organization(resource, keys, logos)?),
        "Endpoint" => resources.endpoints.push(endpoint(resource, keys)?),
        _ => return Err(Why::OtherType),
    }
    Ok(())
}

fn organization(resource: &Value, keys: Keys, logos: BrandLogos) -> Result<Organization, Why> {
    let name = text(resource, "name");
    if name.is_empty() {
        return Err(Why::NoName);
    }
    if resource.get("active") == Some(&Value::Bool(false)) {
        return Err(Why::NotActive);
    }
    let address = list(resource, "address").next();
    let of_address = |name| address.map(|address| text(address, name)).unwrap_or_default();
    let aliases = list(resource, "alias").filter_map(|alias| Some(shown(alias.as_str()?)));
    Ok(Organization {
        keys,
        name,
        aliases: aliases.filter(|alias| !alias.is_empty()).collect(),
        identifiers: list(resource, "identifier")
            .map(|identifier| (text(identifier, "system"), text(identifier, "value")))
            .filter(|(_, value)| !value.is_empty())
            .collect(),
        city: of_address("city"),
        state: of_address("state"),
        postal_code: of_address("postalCode"),
        logo: list(resource, "extension")
            .filter(|extension| is_called(extension, "organization-brand"))
            .flat_map(|extension| list(extension, "extension"))
            .find(|part| is_called(part, "brandLogo"))
            .map(|part| logos.read(part))
            .unwrap_or_default(),
        part_of: resource.get("partOf").and_then(reference),
        portals: list(resource, "extension")
            .filter(|extension| is_called(extension, "organization-portal"))
            .map(|extension| portal(extension, logos))
            .collect(),
        endpoints: list(resource, "endpoint").filter_map(reference).collect(),
    })
}

fn portal(extension: &Value, logos: BrandLogos) -> Portal {
    let mut portal = Portal::default();
    for part in list(extension, "extension") {
        if is_called(part, "portalName") {
            portal.name = text(part, "valueString");
        } else if is_called(part, "portalLogo") {
            portal.logo = logos.read(part);
        } else if is_called(part, "portalEndpoint") {
            portal.endpoints.extend(part.get("valueReference").and_then(reference));
        }
    }
    portal
}

fn endpoint(resource: &Value, keys: Keys) -> Result<Endpoint, Why> {
    if raw(resource, "status") != "active" {
        return Err(Why::NotActive);
    }
    // R4 has one coding, R5 a list of concepts; what does not say is taken to be FHIR.
    let kind = resource.get("connectionType");
    let codes = [kind, kind.and_then(|kind| kind.pointer("/0/coding/0"))];
    let mut codes = codes
        .into_iter()
        .flatten()
        .filter_map(|coding| coding.get("code")?.as_str());
    if codes.next().is_some_and(|code| code != "hl7-fhir-rest") {
        return Err(Why::NotFhir);
    }
    let address = resource.get("address").and_then(Value::as_str).unwrap_or_default();
    let address = FhirBaseUrl::parse(address.trim()).map_err(|_| Why::BadAddress)?;
    if address.as_str().len() > LONGEST_ADDRESS {
        return Err(Why::LongAddress);
    }
    let version = list(resource, "extension").find(|extension| is_called(extension, "endpoint-fhir-version"));
    Ok(Endpoint {
        keys,
        address,
        fhir_version: version
            .map(|version| raw(version, "valueCode").chars().take(LONGEST).collect())
            .unwrap_or_default(),
    })
}

/// Whether an extension has this name. Publishers differ in what stands before it.
fn is_called(extension: &Value, name: &str) -> bool {
    let url = extension.get("url").and_then(Value::as_str).unwrap_or_default();
    url.rsplit('/').next() == Some(name)
}

fn reference(value: &Value) -> Option<String> {
    value.get("reference")?.as_str().map(str::to_owned)
}

fn list<'a>(value: &'a Value, name: &str) -> impl Iterator<Item = &'a Value> {
    let items = value.get(name).and_then(Value::as_array).map(Vec::as_slice);
    items.unwrap_or_default().iter().take(MOST)
}

fn raw(value: &Value, name: &str) -> String {
    let text = value.get(name).and_then(Value::as_str);
    text.unwrap_or_default().to_owned()
}

fn text(value: &Value, name: &str) -> String {
    shown(value.get(name).and_then(Value::as_str).unwrap_or_default())
}

/// A text as people see it: without what nobody sees, and with single blanks.
fn shown(text: &str) -> String {
    let visible: String = visible(text).take(LONGEST).collect();
    let words: Vec<&str> = visible.split_whitespace().collect();
    words.join(" ")
}
