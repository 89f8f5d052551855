//! Scopes that name a resource type which looks like a misspelled one.
//!
//! No problem of the configuration: each version of FHIR has types of its own, and so may an EHR.

use std::{fmt, sync::Arc};

use crate::{
    config::ehr::Ehr,
    protocol::scope::{ResourceScope, Scope, ScopeKind, Scopes},
};

/// What applications ask for, and the types whose names are hardly different from those.
const COMMON: [&str; 56] = [
    "Account",
    "AdverseEvent",
    "AllergyIntolerance",
    "Appointment",
    "AppointmentResponse",
    "Basic",
    "Binary",
    "BodyStructure",
    "Bundle",
    "CarePlan",
    "CareTeam",
    "ChargeItem",
    "Claim",
    "ClinicalImpression",
    "Communication",
    "CommunicationRequest",
    "Composition",
    "Condition",
    "Consent",
    "Coverage",
    "DetectedIssue",
    "Device",
    "DeviceRequest",
    "DiagnosticReport",
    "DocumentReference",
    "Encounter",
    "EpisodeOfCare",
    "ExplanationOfBenefit",
    "FamilyMemberHistory",
    "Flag",
    "Goal",
    "Group",
    "HealthcareService",
    "ImagingStudy",
    "Immunization",
    "List",
    "Location",
    "Media",
    "Medication",
    "MedicationAdministration",
    "MedicationDispense",
    "MedicationRequest",
    "MedicationStatement",
    "NutritionOrder",
    "Observation",
    "Organization",
    "Patient",
    "Practitioner",
    "PractitionerRole",
    "Procedure",
    "Provenance",
    "Questionnaire",
    "QuestionnaireResponse",
    "RelatedPerson",
    "ServiceRequest",
    "Specimen",
];

/// A scope whose resource type is probably a typing error. Its `Display` goes on from "the".
#[derive(Debug)]
pub(crate) struct MisspelledType<'a> {
    scope: &'a str,
    written: &'a str,
    /// The type that is probably meant.
    pub(crate) meant: &'static str,
}

impl fmt::Display for MisspelledType<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { scope, written, meant } = self;
        write!(
            f,
            "scope `{scope}`: `{written}` is no resource type of FHIR that is known here; did you mean `{meant}`?"
        )
    }
}

/// Those scopes whose resource type is probably a typing error.
pub(crate) fn misspelled_types(scopes: &Scopes) -> impl Iterator<Item = MisspelledType<'_>> {
    scopes.iter().filter_map(|scope| {
        let ScopeKind::Resource(resource) = Scope::parse(scope).kind() else {
            return None;
        };
        let meant = probably_meant(resource)?;
        Some(MisspelledType {
            scope,
            written: resource.resource_type(),
            meant,
        })
    })
}

/// Names in the log the scopes whose resource type is probably a typing error.
pub(super) fn warn_about_misspelled_types(ehrs: &[Arc<Ehr>]) {
    for ehr in ehrs {
        for misspelled in misspelled_types(ehr.scopes()) {
            tracing::warn!(ehr = ehr.key(), "the {misspelled}");
        }
    }
}

/// The common type that is nearest, where it is near enough to be meant and not the one that is written.
fn probably_meant(scope: ResourceScope<'_>) -> Option<&'static str> {
    let written = scope.resource_type();
    let within = |edits: u8| {
        COMMON
            .into_iter()
            .find(|common| is_within(written.as_bytes(), common.as_bytes(), edits))
    };
    (0..=2).find_map(within).filter(|meant| *meant != written)
}

/// Whether so many edits make one text the other: a letter more, less or another, or two neighbours that change places.
fn is_within(one: &[u8], other: &[u8], edits: u8) -> bool {
    match (one, other) {
        ([], rest) | (rest, []) => rest.len() <= usize::from(edits),
        ([a, one @ ..], [b, other @ ..]) if a == b => is_within(one, other, edits),
        ([a, b, one @ ..], [c, d, other @ ..])
            if a == d && b == c && edits > 0 && is_within(one, other, edits.saturating_sub(1)) =>
        {
            true
        }
        ([_, rest_of_one @ ..], [_, rest_of_other @ ..]) => edits.checked_sub(1).is_some_and(|left| {
            is_within(rest_of_one, rest_of_other, left)
                || is_within(rest_of_one, other, left)
                || is_within(one, rest_of_other, left)
        }),
    }
}
