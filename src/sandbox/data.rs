//! What the sandbox's EHR has on record when it starts ([`SandboxData`]).

mod batch;
mod error;
mod files;
mod folder;
mod references;

use std::{collections::HashMap, fmt, path::Path};

use serde_json::Value;

pub use self::error::SandboxDataError;
use self::{
    batch::{Batch, FoundAt},
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
/// * Ids stay. A resource without one gets the UUID of its `fullUrl`, or the last part of that address, or a new one. Two records of patients that would
///   have the same id in this way, and differ, are refused: two systems may have made up the same name, and two people would become one. So is one
///   that says this id itself.
/// * A reference to a `fullUrl` (`urn:uuid:…`) becomes `Type/id`: that of its own Bundle, else the one that the other files have under this
///   name. Where they have several, it leads nowhere. A name stays that of its resource when another one takes the resource's place.
/// * A conditional reference (`Practitioner?identifier=system|value`, or without the system) becomes `Type/id` when one resource fits.
/// * References that lead nowhere stay as they are, and the log says how many: also `Type/id` of what is not there, and addresses of other
///   servers.
/// * `meta.lastUpdated` stays; where there is none it is 2025-07-01. Versions begin at 1.
/// * Types of which the FHIR server knows no search parameters are read, exported, and searched for by `_id`, `_lastUpdated`, `_tag` and, if
///   they are about a patient, `patient`.
/// * Without a Practitioner nobody could sign in for the staff, so the made-up ones are there.
///
/// # Whose a record is
///
/// Scopes of a patient (`patient/…`, and `user/…` of a user who is a patient) reach what is one patient's, and what is everybody's. They change only the
/// former. Scopes that reach every record, such as those of a practitioner, do so whosever it is.
///
/// * A record is the patient's whom its subject names (`subject`, `patient`, or what its type has in that place). Where nothing stands there, these
///   say it: `author` and `source` of a QuestionnaireResponse, `recipient` and `sender` of a Communication, `policyHolder` and `subscriber` of a
///   Coverage, `deliverTo` of a SupplyRequest, `securityContext` of a Binary.
/// * It is that patient's only if it leads to nobody else. All references in it are looked at, whatever the element is called, also in contained
///   resources and extensions. It leads to somebody else if one of them names another patient, or a record that is here and about another one: by
///   `Type/id` (also with the address of another server before it), or by an identifier. A record that names no patient itself is about those whom
///   its own references lead to, and so on.
/// * Where that cannot be told, it is not the patient's: a subject that leads nowhere or to another server, a patient of another server wherever it is
///   named, a patient among its contained resources, a conditional reference that searches for more than one identifier (also at another server).
///   Other references that lead nowhere do not matter.
/// * What the application of a patient writes into that patient's `identifier` does not say of whom other records are. Another write of it is refused
///   (409) where it would change whose a record of somebody else is, or what its file is: that record names the id, under which nothing was, or an
///   identifier.
/// * A record that is not one patient's alone in this way is nobody's. A search for each patient of its subject finds it, for those whose scopes reach
///   every record. FHIR's compartments would show it to applications of these patients: a group appointment says something about the others.
/// * A record that names no patient, though its type does, is nobody's.
/// * A Patient is its own, whoever it is linked to.
/// * A record of a type that is about no patient (Practitioner, Organization, Location, Medication and so on) is everybody's, unless it leads to a
///   patient: then it is nobody's. What refers to it does not lead to that patient.
/// * A Binary without a `securityContext` is whose the records are that have it as their file: DocumentReferences, DiagnosticReports
///   (`presentedForm`) and Media (`content`). A record counts when it is in the data, or was written by an application that may read every
///   Binary: one of a patient would get at any by naming it.
///
/// Nothing of this is kept. It is found out at each request, so it holds after every change. What was deleted is still whose it was.
#[derive(Clone)]
#[must_use]
pub struct SandboxData {
    resources: Vec<Value>,
    /// Where a resource is in `resources`, by `Type/id`.
    places: HashMap<String, usize>,
    /// In which file or Bundle it was found, and by which call.
    found_at: HashMap<String, FoundAt>,
    calls: usize,
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
            found_at: HashMap::new(),
            calls: 0,
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
            data.found_at.insert(reference_of(&resource), FoundAt::made_up());
            data.add(resource);
        }
        data
    }

    /// Adds the resources of a Bundle of the type collection, batch, transaction or searchset, or one resource. One that was there before under
    /// this type and id gives way, if both say their id themselves.
    ///
    /// # Errors
    ///
    /// When something in it is no resource of FHIR R4, when two records of patients in it have the same type and id and are not the same, or when one
    /// without an id would have that of another one that differs, from this call or one before ([`SandboxDataError::SameName`]).
    pub fn bundle(self, bundle: &Value) -> Result<Self, SandboxDataError> {
        self.take(|batch| batch.document(bundle.clone(), "the Bundle"))
    }

    /// Adds what is in a file, or in the files of a folder and of the folders in it: those whose names end in `.json` (a Bundle, or one
    /// resource), `.ndjson` or `.jsonl` (one of these a line). They are read in the order of their paths. Folders whose names begin with a dot
    /// are not looked at, and links to folders are not followed; the log names those links and the other files. One that was there before under
    /// its type and id gives way, if both say their id themselves.
    ///
    /// Two files may have the same organization, practitioner or other resource that is about no patient, and not agree: the last one stays, and
    /// the log says how many did so.
    ///
    /// # Errors
    ///
    /// When a file cannot be read or is not in UTF-8, when something in it is no resource of FHIR R4, or when two records of patients have the
    /// same type and id and are not the same, or would have the same one by a `fullUrl` ([`SandboxDataError::SameName`]).
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
