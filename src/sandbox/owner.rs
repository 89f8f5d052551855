//! Whose a resource is: [`Owner`]. What patient scopes reach depends on it.

use serde_json::Value;

use super::{
    places,
    records::{is_id, text},
    reference, resource_types,
};

/// Whose a resource is. FHIR R4 (CompartmentDefinition *patient*) puts a record into the compartment of everybody whom it names. Here scopes of a
/// patient reach it only if it names that one alone: what a group appointment says of one is not for the application of the other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Owner {
    /// The id of the one patient whom it is about.
    Patient(String),
    /// The ids of patients, of whom it is found by a search. It names another one too, or may do so: no patient scope reaches it.
    Several(Vec<String>),
    /// Of a type that is about no patient, such as a practitioner: whoever may see the type may see it.
    Everybody,
    /// It ought to be about a patient, and names none of this server. No patient scope reaches it.
    Nobody,
}

/// The types that are about no patient. Any other type is, also one that nobody has thought of here.
const SHARED: [&str; 63] = [
    "ActivityDefinition",
    "CapabilityStatement",
    "CatalogEntry",
    "ChargeItemDefinition",
    "CodeSystem",
    "CompartmentDefinition",
    "ConceptMap",
    "DeviceDefinition",
    "EffectEvidenceSynthesis",
    "Endpoint",
    "EventDefinition",
    "Evidence",
    "EvidenceVariable",
    "ExampleScenario",
    "GraphDefinition",
    "HealthcareService",
    "ImplementationGuide",
    "InsurancePlan",
    "Library",
    "Location",
    "Measure",
    "Medication",
    "MedicationKnowledge",
    "MedicinalProduct",
    "MedicinalProductAuthorization",
    "MedicinalProductContraindication",
    "MedicinalProductIndication",
    "MedicinalProductIngredient",
    "MedicinalProductInteraction",
    "MedicinalProductManufactured",
    "MedicinalProductPackaged",
    "MedicinalProductPharmaceutical",
    "MedicinalProductUndesirableEffect",
    "MessageDefinition",
    "NamingSystem",
    "ObservationDefinition",
    "OperationDefinition",
    "Organization",
    "OrganizationAffiliation",
    "PlanDefinition",
    "Practitioner",
    "PractitionerRole",
    "Questionnaire",
    "ResearchDefinition",
    "ResearchElementDefinition",
    "ResearchStudy",
    "RiskEvidenceSynthesis",
    "SearchParameter",
    "Slot",
    "SpecimenDefinition",
    "StructureDefinition",
    "StructureMap",
    "Substance",
    "SubstanceNucleicAcid",
    "SubstancePolymer",
    "SubstanceProtein",
    "SubstanceReferenceInformation",
    "SubstanceSourceMaterial",
    "SubstanceSpecification",
    "TerminologyCapabilities",
    "TestReport",
    "TestScript",
    "ValueSet",
];

/// Where resources name the patient whom they are about. Who wrote, received or measured something is not looked at.
pub(super) const PLACES: [&str; 12] = [
    "subject",
    "patient",
    "beneficiary",
    "individual",
    "for",
    "candidate",
    "actor",
    "participant.actor",
    "target",
    "member.entity",
    "link.target",
    "entity.what",
];

/// Where else a type names a patient (FHIR R4, CompartmentDefinition *patient*). Looked at where `PLACES` name nobody.
const OTHERWISE: [(&str, &[&str]); 5] = [
    ("Binary", &["securityContext"]),
    ("Communication", &["recipient", "sender"]),
    ("Coverage", &["policyHolder", "subscriber"]),
    ("QuestionnaireResponse", &["source", "author"]),
    ("SupplyRequest", &["deliverTo"]),
];

/// Whether resources of this type are about a patient.
pub(super) fn is_about_a_patient(resource_type: &str) -> bool {
    !SHARED.contains(&resource_type)
}

impl Owner {
    /// `fhir_base`: the address of this server, as absolute references may name it.
    pub(super) fn of(resource: &Value, fhir_base: &str) -> Self {
        let resource_type = text(resource, "resourceType");
        if resource_type == "Patient" {
            return Self::Patient(text(resource, "id").to_owned());
        }
        if !is_about_a_patient(resource_type) {
            return Self::Everybody;
        }
        let mut named = Named::at(&PLACES, resource, fhir_base);
        if let Some((_, places)) = OTHERWISE.iter().find(|(name, _)| *name == resource_type)
            && named == Named::default()
        {
            named = Named::at(places, resource, fhir_base);
        }
        // That of a practitioner or a room.
        if resource_type == "Schedule" && named == Named::default() {
            return Self::Everybody;
        }
        match (named.patients.as_slice(), named.may_be_more) {
            ([], _) => Self::Nobody,
            ([one], false) => Self::Patient(one.clone()),
            _ => Self::Several(named.patients),
        }
    }

    /// Of something that all of these are about.
    pub(super) fn of_all<'a>(owners: impl Iterator<Item = &'a Self>) -> Self {
        let (mut patients, mut is_all) = (Vec::new(), true);
        for owner in owners {
            is_all &= matches!(owner, Self::Patient(_));
            patients.extend(owner.patients().iter().cloned());
        }
        patients.sort_unstable();
        patients.dedup();
        match patients.as_slice() {
            [] => Self::Nobody,
            [one] if is_all => Self::Patient(one.clone()),
            _ => Self::Several(patients),
        }
    }

    /// The patients whom it names, each once.
    pub(super) fn patients(&self) -> &[String] {
        match self {
            Self::Patient(id) => std::slice::from_ref(id),
            Self::Several(ids) => ids,
            Self::Everybody | Self::Nobody => &[],
        }
    }
}

/// The patients whom references name.
#[derive(Debug, Default, PartialEq, Eq)]
struct Named {
    /// Each once.
    patients: Vec<String>,
    /// Whether there is a reference that may stand for another one.
    may_be_more: bool,
}

impl Named {
    fn at(places: &[&str], resource: &Value, fhir_base: &str) -> Self {
        let mut named = Self::default();
        for value in places::values(resource, places) {
            match whom(value, resource, fhir_base) {
                Whom::Patient(id) if named.patients.iter().any(|known| known == id) => {}
                Whom::Patient(id) => named.patients.push(id.to_owned()),
                Whom::PerhapsAPatient => named.may_be_more = true,
                Whom::NoPatient => {}
            }
        }
        named
    }
}

/// Whom a reference names.
enum Whom<'a> {
    Patient(&'a str),
    /// A patient of another server, or something that leads nowhere and may be one.
    PerhapsAPatient,
    NoPatient,
}

/// Before a type, where it is said as an address (FHIR R4, References, `Reference.type`).
const DEFINITIONS: &str = "http://hl7.org/fhir/StructureDefinition/";

fn whom<'a>(value: &'a Value, resource: &Value, fhir_base: &str) -> Whom<'a> {
    let unless_typed = |resource_type: &str| match resource_type != "Patient" && is_type(resource_type) {
        true => Whom::NoPatient,
        false => Whom::PerhapsAPatient,
    };
    let (said, said_type) = (text(value, "reference"), text(value, "type"));
    let said_type = said_type.strip_prefix(DEFINITIONS).unwrap_or(said_type);
    if said.is_empty() {
        return match value.get("identifier") {
            // The number of a record, perhaps.
            Some(_) => unless_typed(said_type),
            None if said_type == "Patient" => Whom::PerhapsAPatient,
            None => Whom::NoPatient,
        };
    }
    if let Some(id) = said.strip_prefix('#') {
        let contained = resource.get("contained").and_then(Value::as_array);
        let mut contained = contained.into_iter().flatten();
        let found = contained.find(|one| text(one, "id") == id);
        return unless_typed(found.map_or("", |one| text(one, "resourceType")));
    }
    let Some(local) = reference::local(said, fhir_base) else {
        return Whom::PerhapsAPatient;
    };
    if let Some(id) = local.strip_prefix("Patient/").filter(|id| is_id(id)) {
        return Whom::Patient(id);
    }
    let first = local.split(['/', '?']).next().unwrap_or_default();
    if is_type(first) {
        return unless_typed(first);
    }
    // An address ends in `Type/id`. Of a name alone the reference may say the type.
    match local.contains("://") {
        true => unless_typed(local.rsplit('/').nth(1).unwrap_or_default()),
        false => unless_typed(said_type),
    }
}

fn is_type(name: &str) -> bool {
    resource_types::R4.contains(&name)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const BASE: &str = "http://127.0.0.1:9/fhir";

    fn of(resource: &Value) -> Owner {
        Owner::of(resource, BASE)
    }

    fn patient(id: &str) -> Owner {
        Owner::Patient(id.to_owned())
    }

    #[test]
    fn a_record_is_of_the_patient_whom_it_names_wherever_its_type_names_one() {
        let amber = json!({"reference": "Patient/amber"});
        for resource in [
            json!({"resourceType": "Observation", "subject": amber}),
            json!({"resourceType": "Immunization", "patient": amber}),
            json!({"resourceType": "Coverage", "beneficiary": amber}),
            json!({"resourceType": "ResearchSubject", "individual": amber}),
            json!({"resourceType": "Task", "for": amber}),
            json!({"resourceType": "EnrollmentRequest", "candidate": amber}),
            json!({"resourceType": "Appointment", "participant": [{"actor": {"reference": "Practitioner/p"}}, {"actor": amber}]}),
            json!({"resourceType": "Provenance", "target": [amber, {"reference": "Encounter/e"}]}),
            json!({"resourceType": "Person", "link": [{"target": amber}]}),
            json!({"resourceType": "AuditEvent", "entity": [{"what": amber}]}),
            json!({"resourceType": "Observation", "subject": {"reference": format!("{BASE}/Patient/amber/_history/2")}}),
            json!({"resourceType": "Patient", "id": "amber"}),
        ] {
            assert_eq!(of(&resource), patient("amber"), "{resource}");
        }
    }

    #[test]
    fn a_record_that_names_no_patient_of_this_server_is_of_nobody() {
        for resource in [
            json!({"resourceType": "Observation"}),
            json!({"resourceType": "Observation", "subject": {"reference": "Group/g"}}),
            json!({"resourceType": "Observation", "subject": {"reference": "http://elsewhere.example/fhir/Patient/amber"}}),
            json!({"resourceType": "Observation", "subject": {"reference": "urn:uuid:1"}}),
            json!({"resourceType": "Observation", "subject": {"reference": "Patient/amber/bruno"}}),
            json!({"resourceType": "Observation", "subject": {"reference": "Patient/amber/_history/2/bruno"}}),
            json!({"resourceType": "Observation", "subject": {"reference": "Patient?identifier=x|1"}}),
            json!({"resourceType": "Observation", "subject": {"display": "Amber"}}),
            json!({"resourceType": "SomethingNew"}),
        ] {
            assert_eq!(of(&resource), Owner::Nobody, "{resource}");
        }
    }

    #[test]
    fn a_record_that_names_another_patient_or_may_do_so_is_nobodys_alone() {
        let with = |other: Value| json!({"resourceType": "Group", "member": [{"entity": {"reference": "Patient/amber"}}, {"entity": other}]});
        let amber = || vec!["amber".to_owned()];
        for other in [
            json!({"reference": "urn:uuid:1"}),
            json!({"reference": "Patient?identifier=x|1"}),
            json!({"reference": "http://elsewhere.example/fhir/Patient/1"}),
            json!({"reference": "Patient/a/b"}),
            json!({"reference": "#nothing"}),
            json!({"type": "Patient", "display": "Bruno"}),
            json!({"type": "http://hl7.org/fhir/StructureDefinition/Patient", "display": "Bruno"}),
            json!({"identifier": {"system": "urn:mr", "value": "1"}, "display": "Bruno"}),
        ] {
            assert_eq!(of(&with(other.clone())), Owner::Several(amber()), "{other}");
        }
        for other in [
            json!({"reference": "Device/d"}),
            json!({"reference": "Practitioner?identifier=x|1"}),
            json!({"reference": "http://elsewhere.example/fhir/Practitioner/1"}),
            json!({"reference": "urn:uuid:1", "type": "Practitioner"}),
            json!({"display": "Dr. Ruiz"}),
            json!({"type": "Practitioner", "identifier": {"system": "urn:npi", "value": "1"}}),
            json!({"reference": "Patient/amber"}),
        ] {
            assert_eq!(of(&with(other.clone())), patient("amber"), "{other}");
        }
        let two = with(json!({"reference": format!("{BASE}/Patient/bruno")}));
        assert_eq!(of(&two), Owner::Several(vec!["amber".to_owned(), "bruno".to_owned()]));
    }

    #[test]
    fn where_nobody_is_the_subject_the_other_places_of_the_compartment_name_the_patient() {
        let amber = json!({"reference": "Patient/amber"});
        let bruno = json!({"reference": "Patient/bruno"});
        for (resource_type, place) in [
            ("QuestionnaireResponse", "source"),
            ("QuestionnaireResponse", "author"),
            ("Communication", "sender"),
            ("SupplyRequest", "deliverTo"),
            ("Coverage", "policyHolder"),
            ("Coverage", "subscriber"),
            ("Binary", "securityContext"),
        ] {
            let resource = json!({"resourceType": resource_type, place: amber});
            assert_eq!(of(&resource), patient("amber"), "{resource}");
        }
        let covered = json!({"resourceType": "Coverage", "beneficiary": amber, "policyHolder": bruno});
        assert_eq!(of(&covered), patient("amber"), "it is about the one who is covered");
        let sent = json!({"resourceType": "Communication", "recipient": [amber, bruno]});
        assert!(matches!(of(&sent), Owner::Several(_)));
        let measured = json!({"resourceType": "Observation", "performer": [amber]});
        assert_eq!(of(&measured), Owner::Nobody);
    }

    #[test]
    fn a_schedule_is_everybodys_unless_a_patient_may_be_its_actor() {
        let of_actor = |reference: &str| of(&json!({"resourceType": "Schedule", "actor": [{"reference": reference}]}));
        assert_eq!(of_actor("Practitioner/p"), Owner::Everybody);
        assert_eq!(of_actor("Patient/amber"), patient("amber"));
        assert_eq!(of_actor("urn:uuid:1"), Owner::Nobody);
    }

    #[test]
    fn what_is_about_no_patient_is_everybodys() {
        for resource_type in SHARED {
            assert_eq!(of(&json!({"resourceType": resource_type})), Owner::Everybody);
        }
    }
}
