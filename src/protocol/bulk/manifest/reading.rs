//! A manifest read while it is gone through: of a large one there is no tree of values beside it.
//!
//! What cannot be read is never taken for nothing: an export without its files, its deletions or its next page looks like a good one.

use std::fmt;

use serde::{
    Deserialize, Deserializer,
    de::{DeserializeSeed, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor},
};
use serde_json::{Map, Value, error::Category};

use super::{FileKind, MOST_FILES, ManifestFile, ManifestPage, ManifestProblem};
use crate::protocol::{bulk::instant::FhirInstant, fhir::address::check_type, json_object::without_byte_order_mark};

const MEMBERS: [&str; 8] = [
    "transactionTime",
    "request",
    "requiresAccessToken",
    "output",
    "deleted",
    "error",
    "outcome",
    "link",
];

pub(super) fn read(body: &[u8]) -> Result<ManifestPage, ManifestProblem> {
    let mut reading = Reading::default();
    let mut json = serde_json::Deserializer::from_slice(without_byte_order_mark(body));
    let read = reading.deserialize(&mut json).and_then(|()| json.end());
    match read {
        Ok(()) => reading.page(),
        Err(error) => Err(reading.problem(&error)),
    }
}

/// What is known of the manifest so far.
#[derive(Default)]
struct Reading {
    seen: Vec<&'static str>,
    /// The member that is being read.
    at: Option<&'static str>,
    problem: Option<ManifestProblem>,
    transaction_time: Option<FhirInstant>,
    request: Option<String>,
    requires_access_token: bool,
    files: Vec<ManifestFile>,
    next: Option<String>,
}

impl Reading {
    fn page(mut self) -> Result<ManifestPage, ManifestProblem> {
        self.files.sort_by_key(|file| file.kind);
        let missing = ManifestProblem::Member;
        if !self.seen.contains(&"output") {
            return Err(missing("output"));
        }
        Ok(ManifestPage {
            transaction_time: self.transaction_time.ok_or(missing("transactionTime"))?,
            request: self.request,
            // Where it is not said, the files are asked for without: a token that was not asked for is sent nowhere.
            requires_access_token: self.requires_access_token,
            files: self.files,
            next: self.next,
        })
    }

    fn problem(&self, error: &serde_json::Error) -> ManifestProblem {
        match (self.problem, self.at) {
            (Some(problem), _) => problem,
            (None, Some(member)) if error.classify() == Category::Data => ManifestProblem::Member(member),
            _ => ManifestProblem::NotJson,
        }
    }

    fn member<'de, A: MapAccess<'de>>(&mut self, member: &'static str, map: &mut A) -> Result<(), A::Error> {
        self.at = Some(member);
        if self.seen.contains(&member) {
            return Err(A::Error::custom("it is there twice"));
        }
        self.seen.push(member);
        match member {
            "transactionTime" => self.transaction_time = Some(map.next_value()?),
            "requiresAccessToken" => self.requires_access_token = map.next_value()?,
            // For people: nothing depends on it.
            "request" => self.request = map.next_value::<Value>()?.as_str().map(str::to_owned),
            "output" => map.next_value_seed(self.files(member, FileKind::Output))?,
            "deleted" => map.next_value_seed(OrNull(self.files(member, FileKind::Deleted)))?,
            "link" => {
                self.next = map
                    .next_value::<Option<Vec<Link>>>()?
                    .and_then(next)
                    .transpose()
                    .map_err(A::Error::custom)?
            }
            _ => map.next_value_seed(OrNull(self.files(member, FileKind::Error)))?,
        }
        self.at = None;
        Ok(())
    }

    const fn files(&mut self, member: &'static str, kind: FileKind) -> Files<'_> {
        Files {
            files: &mut self.files,
            problem: &mut self.problem,
            member,
            kind,
        }
    }
}

impl<'de> DeserializeSeed<'de> for &mut Reading {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for &mut Reading {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a manifest")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(name) = map.next_key::<String>()? {
            match MEMBERS.iter().find(|member| **member == name) {
                Some(member) => self.member(member, &mut map)?,
                None => drop(map.next_value::<IgnoredAny>()?),
            }
        }
        Ok(())
    }
}

/// A list of files.
struct Files<'a> {
    files: &'a mut Vec<ManifestFile>,
    problem: &'a mut Option<ManifestProblem>,
    member: &'static str,
    kind: FileKind,
}

impl<'de> DeserializeSeed<'de> for Files<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for Files<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of files")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        let mut number = 0_usize;
        while let Some(listed) = list.next_element()? {
            number = number.saturating_add(1);
            let file = match self.files.len() >= MOST_FILES {
                true => Err(ManifestProblem::TooMany),
                false => file(listed, self.member, number, self.kind),
            };
            match file {
                Ok(file) => self.files.push(file),
                Err(problem) => {
                    *self.problem = Some(problem);
                    return Err(A::Error::custom(problem));
                }
            }
        }
        Ok(())
    }
}

/// A list that may be `null`: some servers write so what is not there.
struct OrNull<'a>(Files<'a>);

impl<'de> DeserializeSeed<'de> for OrNull<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_option(self)
    }
}

impl<'de> Visitor<'de> for OrNull<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.expecting(f)
    }

    fn visit_none<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        self.0.deserialize(deserializer)
    }
}

fn file(
    mut listed: Map<String, Value>,
    member: &'static str,
    number: usize,
    kind: FileKind,
) -> Result<ManifestFile, ManifestProblem> {
    let resource_type = match listed.remove("type") {
        // Files that are organized by something else than types.
        None => "Resource".to_owned(),
        Some(Value::String(name)) if name.len() <= 64 && check_type(&name).is_ok() => name,
        Some(_) => return Err(ManifestProblem::FileType { member, number }),
    };
    let Some(Value::String(url)) = listed.remove("url") else {
        return Err(ManifestProblem::Member(member));
    };
    Ok(ManifestFile {
        kind,
        resource_type,
        url,
        count: listed.get("count").and_then(count),
    })
}

/// A number, also one that is written as text. A server that writes something else has not told it, and the report of a folder says that.
fn count(count: &Value) -> Option<u64> {
    match count {
        Value::String(text) => text.parse().ok(),
        number => number.as_u64(),
    }
}

#[derive(Deserialize)]
struct Link {
    relation: String,
    url: Option<Value>,
}

/// The address of the next page, if there is one.
fn next(links: Vec<Link>) -> Option<Result<String, &'static str>> {
    let next = links.into_iter().find(|link| link.relation == "next")?;
    Some(match next.url {
        Some(Value::String(url)) => Ok(url),
        _ => Err("the next page has no address"),
    })
}
