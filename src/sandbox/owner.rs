//! Whose a resource is: [`Owner`]. What patient scopes reach depends on it.

mod said;
mod shared_types;
mod whom;

pub(super) use self::said::{Lead, Said, Sought};
use self::shared_types::SHARED;

/// Whose a resource is. FHIR R4 (CompartmentDefinition *patient*) puts a record into the compartment of everybody whom it names. Here scopes of a
/// patient reach it only if it names that one alone, and leads to no record about another one: what a group appointment says of one is not for the
/// application of the other. [`Records::owner`](super::records::Records::owner) finds it out each time anew.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Owner {
    /// The id of the one patient whom it is about.
    Patient(String),
    /// The ids of patients, of whom it is found by a search. It names another one too, or may do so: no patient scope reaches it.
    Several(Vec<String>),
    /// Of a type that is about no patient, such as a practitioner: whoever may see the type may see it.
    Everybody,
    /// It ought to be about a patient, and names none of this server; or it ought to be about none, and leads to one. No patient scope reaches it.
    Nobody,
}

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
    /// Of something that all of these are about.
    pub(super) fn of_all(owners: impl IntoIterator<Item = Self>) -> Self {
        let (mut patients, mut is_all) = (Vec::new(), true);
        for owner in owners {
            is_all &= matches!(owner, Self::Patient(_));
            patients.extend(owner.into_patients());
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
    pub(super) fn into_patients(self) -> Vec<String> {
        match self {
            Self::Patient(id) => vec![id],
            Self::Several(ids) => ids,
            Self::Everybody | Self::Nobody => Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::sandbox::records::Records;

    const BASE: &str = "http://127.0.0.1:9/fhir";

    /// Where nothing else is.
    fn of(resource: &Value) -> Owner {
        Records::new(BASE.to_owned()).owner_of(resource)
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
        assert_eq!(
            of(&covered),
            Owner::Several(vec!["amber".to_owned()]),
            "it is about the one who is covered, and names another"
        );
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
