//! Searching: the parameters in any order, within what the scopes let through.

use std::cmp::Reverse;

use serde_json::{Value, json};

use super::{
    access::{Access, forbidden},
    criterion::{Criterion, NoCriterion},
    date_range::DateRange,
    may, no_such_type,
    parameters::{self, Kind, Parameter},
};
use crate::sandbox::{
    http::{Incoming, Pairs, Reply},
    records::{Records, Stored},
    scopes::Interaction,
    state::Shared,
};

/// How many resources a page has unless `_count` says otherwise.
const PAGE: usize = 50;
const LARGEST_PAGE: usize = 1000;
/// What changes nothing about which resources are found, and is not looked at here.
const WITHOUT_EFFECT: [&str; 5] = ["_format", "_pretty", "_total", "_elements", "_contained"];

/// A search whose parameters have been read.
#[derive(Debug, Default)]
struct Search {
    criteria: Vec<Criterion>,
    sort: Vec<(&'static Parameter, bool)>,
    count: Option<usize>,
    offset: usize,
    only_the_total: bool,
    /// Those that were understood, for the links.
    understood: Pairs,
}

pub(super) fn search(
    shared: &Shared,
    access: &Access,
    resource_type: &str,
    incoming: &Incoming,
    parameters: Pairs,
) -> Result<Reply, Reply> {
    let records = shared.records();
    if !records.has_type(resource_type) {
        return Err(no_such_type());
    }
    if !access.covers(resource_type, Interaction::Search) {
        return Err(forbidden(
            "No granted scope allows searching for resources of this type.",
        ));
    }
    let base = shared.fhir_base();
    let search = Search::read(resource_type, parameters, &base, is_strict(incoming))?;
    search.stays_in_reach(access, resource_type)?;
    let mut found: Vec<&Stored> = search
        .candidates(&records, access, resource_type)
        .into_iter()
        .filter(|stored| {
            search
                .criteria
                .iter()
                .all(|criterion| criterion.is_met_by(&stored.resource))
        })
        .filter(|stored| may(&records, access, Interaction::Search, stored))
        .collect();
    if !search.sort.is_empty() {
        // One that is stable: what is equal stays in its order.
        found.sort_by_cached_key(|stored| search.rank(&stored.resource));
    }
    Ok(Reply::fhir(
        200,
        &search.bundle(&format!("{base}/{resource_type}"), &base, &found),
    ))
}

/// Whether what is not understood is an error (FHIR R4, Search, 3.1.1.3.2). Else it is left out, and the self link says what was done.
fn is_strict(incoming: &Incoming) -> bool {
    let prefer = incoming.header("prefer").unwrap_or_default();
    prefer
        .split([',', ';'])
        .any(|part| part.trim().eq_ignore_ascii_case("handling=strict"))
}

impl Search {
    fn read(resource_type: &str, parameters: Pairs, base: &str, is_strict: bool) -> Result<Self, Reply> {
        let mut search = Self::default();
        for (name, value) in parameters {
            let is_understood = search.take(resource_type, &name, &value, base)?;
            if is_understood {
                search.understood.push((name, value));
            } else if is_strict {
                let diagnostics = format!("The search parameter {name} is not supported for {resource_type}.");
                return Err(Reply::operation_outcome(400, "not-supported", &diagnostics));
            }
        }
        Ok(search)
    }

    /// Returns whether the parameter is understood.
    fn take(&mut self, resource_type: &str, name: &str, value: &str, base: &str) -> Result<bool, Reply> {
        let invalid = |diagnostics: &str| Reply::operation_outcome(400, "invalid", diagnostics);
        match name {
            "_count" => {
                let count = value.parse().map_err(|_| invalid("_count has to be a number."))?;
                self.count = Some(count);
            }
            "_offset" => self.offset = value.parse().map_err(|_| invalid("_offset has to be a number."))?,
            "_summary" if value == "count" => self.only_the_total = true,
            "_sort" => return Ok(self.take_sort(resource_type, value)),
            name if WITHOUT_EFFECT.contains(&name) => {}
            name => match Criterion::parse(resource_type, name, value, base) {
                Ok(criterion) => self.criteria.push(criterion),
                Err(NoCriterion::Unknown) => return Ok(false),
                Err(NoCriterion::Invalid(why)) => return Err(invalid(&why)),
            },
        }
        Ok(true)
    }

    fn take_sort(&mut self, resource_type: &str, value: &str) -> bool {
        let keys = value.split(',').map(|key| {
            let (name, is_descending) = key.strip_prefix('-').map_or((key, false), |name| (name, true));
            Some((parameters::find(resource_type, name)?, is_descending))
        });
        // All or none: the links to other pages have the whole parameter, or not at all.
        match keys.collect::<Option<Vec<_>>>() {
            Some(keys) => {
                self.sort = keys;
                true
            }
            None => false,
        }
    }

    /// A question about somebody who is out of reach is refused rather than answered with *nothing*.
    fn stays_in_reach(&self, access: &Access, resource_type: &str) -> Result<(), Reply> {
        for patients in self.criteria.iter().filter_map(Criterion::patients) {
            let is_in_reach = |id: &&str| access.reaches_patient(resource_type, Interaction::Search, id);
            if !patients.iter().any(is_in_reach) {
                return Err(forbidden("No granted scope reaches this patient's data."));
            }
        }
        Ok(())
    }

    /// What can be found: what is known of the patients that are named, or of those in reach, or everything.
    fn candidates<'a>(&self, records: &'a Records, access: &Access, resource_type: &str) -> Vec<&'a Stored> {
        let named = self.criteria.iter().find_map(Criterion::compartments);
        let in_reach = access.only_patients(resource_type, Interaction::Search);
        match (named, in_reach) {
            (Some(patients), _) => records.of_patients(resource_type, &patients),
            (None, Some(patients)) => records.of_patients_and_everybody(resource_type, &patients),
            (None, None) => records.of_type(resource_type).collect(),
        }
    }

    fn rank(&self, resource: &Value) -> Vec<Rank> {
        let keys = self.sort.iter().map(|(parameter, is_descending)| {
            match (sort_key(parameter, resource, *is_descending), is_descending) {
                (Some(key), false) => Rank::Up(key),
                (Some(key), true) => Rank::Down(Reverse(key)),
                (None, _) => Rank::Without,
            }
        });
        keys.collect()
    }

    fn bundle(&self, address: &str, base: &str, found: &[&Stored]) -> Value {
        let count = match self.only_the_total {
            true => 0,
            false => self.count.unwrap_or(PAGE).min(LARGEST_PAGE),
        };
        let mut links = vec![json!({"relation": "self", "url": self.page(address, self.offset)})];
        let next = self.offset.saturating_add(count);
        if count > 0 && next < found.len() {
            links.push(json!({"relation": "next", "url": self.page(address, next)}));
        }
        if count > 0 && self.offset > 0 {
            let previous = self.offset.saturating_sub(count);
            links.push(json!({"relation": "previous", "url": self.page(address, previous)}));
        }
        let entries: Vec<Value> = found
            .iter()
            .skip(self.offset)
            .take(count)
            .map(|stored| {
                let resource_type = stored
                    .resource
                    .get("resourceType")
                    .and_then(Value::as_str)
                    .unwrap_or_default();
                json!({
                    "fullUrl": format!("{base}/{resource_type}/{}", stored.id()),
                    "resource": *stored.resource,
                    "search": {"mode": "match"},
                })
            })
            .collect();
        let mut bundle = json!({"resourceType": "Bundle", "type": "searchset", "total": found.len(), "link": links});
        // FHIR has no empty arrays.
        if let (Some(object), false) = (bundle.as_object_mut(), entries.is_empty()) {
            object.insert("entry".to_owned(), json!(entries));
        }
        bundle
    }

    fn page(&self, address: &str, offset: usize) -> String {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        query.extend_pairs(self.understood.iter().filter(|(name, _)| name != "_offset"));
        if offset > 0 {
            query.append_pair("_offset", &offset.to_string());
        }
        match query.finish().as_str() {
            "" => address.to_owned(),
            query => format!("{address}?{query}"),
        }
    }
}

/// Where a resource comes by one parameter. All of one parameter go up, or all go down.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Rank {
    Up(SortKey),
    Down(Reverse<SortKey>),
    /// What has no value comes last, whichever way round.
    Without,
}

/// What resources are sorted by.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum SortKey {
    Moment(i64),
    Text(String),
}

/// Of several values the one that comes first in the order (FHIR R4, Search, 3.1.1.5.1).
fn sort_key(parameter: &Parameter, resource: &Value, is_descending: bool) -> Option<SortKey> {
    let values = parameter.values(resource);
    let keys = values.into_iter().filter_map(|value| match parameter.kind {
        Kind::Date => DateRange::of_value(value).map(|range| SortKey::Moment(range.from)),
        Kind::Reference => value.get("reference").and_then(Value::as_str).map(text_key),
        Kind::Token | Kind::Text => match value {
            Value::String(text) => Some(text_key(text)),
            other => other
                .pointer("/coding/0/code")
                .or_else(|| other.get("code"))
                .or_else(|| other.get("value"))
                .and_then(Value::as_str)
                .map(text_key),
        },
    });
    match is_descending {
        true => keys.max(),
        false => keys.min(),
    }
}

fn text_key(text: &str) -> SortKey {
    SortKey::Text(text.to_lowercase())
}
