//! What the sandbox's EHR has on record when it starts ([`SandboxData`]).

mod batch;
mod error;
mod files;
mod references;

use std::{collections::HashMap, fmt, path::Path};

use serde_json::Value;

pub use self::error::SandboxDataError;
use self::{
    batch::Batch,
    references::{FullUrls, Lost, Standing},
};
use super::{
    made_up,
    records::{Records, text},
};

/// The records of the FHIR server, and so the people of the EHR. Default: [`made_up`](Self::made_up).
///
/// ```
/// use actix_smart_auth::sandbox::{SandboxData, SandboxServer};
/// use serde_json::json;
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let data = SandboxData::empty().bundle(&json!({
///     "resourceType": "Bundle",
///     "type": "collection",
///     "entry": [
///         {"resource": {"resourceType": "Patient", "id": "nora", "name": [{"given": ["Nora"], "family": "Nobody"}]}},
///         {"resource": {"resourceType": "Encounter", "id": "v1", "status": "finished", "subject": {"reference": "Patient/nora"}}},
///     ],
/// }))?;
/// let sandbox = SandboxServer::builder().data(data).start()?;
/// assert_eq!(sandbox.patients()[0].name(), "Nora Nobody");
/// # Ok(())
/// # }
/// ```
///
/// # What becomes of it
///
/// * Ids stay. A resource without one gets the UUID of its `fullUrl`, or the last part of that address, or a new one.
/// * A reference to a `fullUrl` (`urn:uuid:…`) becomes `Type/id`: that of its own Bundle, else the one that the other files have under this
///   name. Where they have several, it leads nowhere. A name stays that of its resource when another one takes the resource's place.
/// * A conditional reference (`Practitioner?identifier=system|value`, or without the system) becomes `Type/id` when one resource fits.
/// * References that lead nowhere stay as they are, and the log says how many: also `Type/id` of what is not there, and addresses of other
///   servers.
/// * `meta.lastUpdated` stays; where there is none it is 2025-07-01. Versions begin at 1.
/// * Types of which the FHIR server knows no search parameters are read, exported, and searched for by `_id`, `_lastUpdated`, `_tag` and, if
///   they are about a patient, `patient`.
/// * A record that names no patient, though its type does, is in nobody's compartment: scopes of a patient do not reach it.
/// * A record that names several patients, or beside one a reference that may be another (one that leads nowhere, or to another server), is found
///   by a search for each patient of this server, and written and read with scopes that reach everybody. Scopes of a patient do not reach it,
///   though FHIR's compartments would let them: a group appointment says something about the others.
/// * Where `subject` (or what a type has in its place) names nobody, these say whose it is: `author` and `source` of a QuestionnaireResponse,
///   `recipient` and `sender` of a Communication, `policyHolder` and `subscriber` of a Coverage, `deliverTo` of a SupplyRequest.
/// * A Binary is of whom its `securityContext` names, or is about; without one, of the patient whose DocumentReference of the data has it.
/// * Without a Practitioner nobody could sign in for the staff, so the made-up ones are there.
#[derive(Clone)]
#[must_use]
pub struct SandboxData {
    resources: Vec<Value>,
    /// Where a resource is in `resources`, by `Type/id`.
    places: HashMap<String, usize>,
    /// What resources were ever called, also those that gave way.
    full_urls: FullUrls,
    portal: Vec<String>,
    left_out: usize,
    made: usize,
}

impl SandboxData {
    /// Nobody. The two made-up practitioners can sign in, unless there are others.
    pub fn empty() -> Self {
        Self {
            resources: Vec::new(),
            places: HashMap::new(),
            full_urls: FullUrls::default(),
            portal: Vec::new(),
            left_out: 0,
            made: 0,
        }
    }

    /// Seven made-up patients with what is known of them, and two practitioners.
    pub fn made_up() -> Self {
        let mut data = Self::empty();
        for resource in made_up::resources() {
            data.add(resource);
        }
        data
    }

    /// Adds the resources of a Bundle of the type collection, batch, transaction or searchset, or one resource. One that was there before under
    /// this type and id gives way.
    ///
    /// # Errors
    ///
    /// When something in it is no resource of FHIR R4, or when two of it have the same type and id and are not the same.
    pub fn bundle(self, bundle: &Value) -> Result<Self, SandboxDataError> {
        self.take(|batch| batch.document(bundle.clone(), "the Bundle"))
    }

    /// Adds what is in a file, or in the files of a folder: those whose names end in `.json` (a Bundle, or one resource), `.ndjson` or `.jsonl`
    /// (one of these a line). Folders in it are not looked at; the log names the other files. One that was there before under its type and id
    /// gives way.
    ///
    /// Two files may have the same organization, practitioner or other resource that is about no patient, and not agree: the last one stays, and
    /// the log says how many did so.
    ///
    /// # Errors
    ///
    /// When a file cannot be read or is not in UTF-8, when something in it is no resource of FHIR R4, or when two records of patients have the
    /// same type and id and are not the same.
    pub fn read(self, path: impl AsRef<Path>) -> Result<Self, SandboxDataError> {
        self.take(|batch| files::read(path.as_ref(), batch))
    }

    /// Lets this patient sign in, as at a portal: the id, or `Patient/{id}`. Can be repeated. Default: the first patient.
    ///
    /// A patient sees the own record alone. Practitioners can always sign in.
    pub fn portal_user(mut self, patient: impl Into<String>) -> Self {
        let patient = patient.into();
        self.portal.push(match patient.contains('/') {
            true => patient,
            false => format!("Patient/{patient}"),
        });
        self
    }

    fn take(
        mut self,
        add: impl FnOnce(&mut Batch<'_>) -> Result<(), SandboxDataError>,
    ) -> Result<Self, SandboxDataError> {
        let mut batch = Batch::into(&mut self);
        add(&mut batch)?;
        batch.say();
        Ok(self)
    }

    fn add(&mut self, resource: Value) {
        let reference = reference_of(&resource);
        match self
            .places
            .get(&reference)
            .and_then(|place| self.resources.get_mut(*place))
        {
            Some(before) => *before = resource,
            None => {
                self.places.insert(reference, self.resources.len());
                self.resources.push(resource);
            }
        }
    }

    /// Has references lead to what they stand for across files, once all of them are there.
    fn join(&mut self, fhir_base: &str) -> Lost {
        let mut lost = Lost::default();
        let standing = Standing::of(&self.resources, &self.places, &self.full_urls, fhir_base);
        for resource in &mut self.resources {
            standing.put_into(resource, &mut lost);
        }
        lost
    }

    /// The records of a server with this address.
    pub(super) fn into_records(mut self, fhir_base: String) -> Records {
        let has_practitioner = self
            .places
            .keys()
            .any(|reference| reference.starts_with("Practitioner/"));
        if !has_practitioner {
            made_up::practitioners().for_each(|resource| self.add(resource));
        }
        self.join(&fhir_base).say();
        if self.left_out > 0 {
            let count = self.left_out;
            tracing::warn!(
                "sandbox: {count} entries of the data were left out: they have no resource, or one that is no record."
            );
        }
        let mut records = Records::new(fhir_base);
        records.portal = self.portal;
        for resource in self.resources {
            records.load(resource);
        }
        records.give_binaries_to_their_patients();
        records
    }
}

impl Default for SandboxData {
    fn default() -> Self {
        Self::made_up()
    }
}

impl fmt::Debug for SandboxData {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SandboxData")
            .field("resources", &self.resources.len())
            .field("portal", &self.portal)
            .finish_non_exhaustive()
    }
}

/// `Type/id`.
fn reference_of(resource: &Value) -> String {
    format!("{}/{}", text(resource, "resourceType"), text(resource, "id"))
}

#[cfg(test)]
mod tests;
