//! [`ResourceWords`]: what people call the commonest types of FHIR R4 resources.

macro_rules! resource_words {
    ($($field:ident $type:literal)*) => {
        /// A word for each type, in the plural, within a sentence.
        #[cfg_attr(test, derive(serde::Serialize))]
        pub(crate) struct ResourceWords {
            $(pub(crate) $field: &'static str,)*
        }

        impl ResourceWords {
            /// The word for a type, where there is one.
            pub(crate) fn of(&self, resource_type: &str) -> Option<&'static str> {
                match resource_type {
                    $($type => Some(self.$field),)*
                    _ => None,
                }
            }
        }
    };
}

resource_words! {
    account "Account"
    adverse_event "AdverseEvent"
    allergy_intolerance "AllergyIntolerance"
    appointment "Appointment"
    binary "Binary"
    care_plan "CarePlan"
    care_team "CareTeam"
    claim "Claim"
    communication "Communication"
    composition "Composition"
    condition "Condition"
    consent "Consent"
    coverage "Coverage"
    device "Device"
    diagnostic_report "DiagnosticReport"
    document_reference "DocumentReference"
    encounter "Encounter"
    episode_of_care "EpisodeOfCare"
    explanation_of_benefit "ExplanationOfBenefit"
    family_member_history "FamilyMemberHistory"
    flag "Flag"
    goal "Goal"
    imaging_study "ImagingStudy"
    immunization "Immunization"
    list "List"
    location "Location"
    media "Media"
    medication "Medication"
    medication_administration "MedicationAdministration"
    medication_dispense "MedicationDispense"
    medication_request "MedicationRequest"
    medication_statement "MedicationStatement"
    nutrition_order "NutritionOrder"
    observation "Observation"
    organization "Organization"
    patient "Patient"
    practitioner "Practitioner"
    practitioner_role "PractitionerRole"
    procedure "Procedure"
    provenance "Provenance"
    questionnaire "Questionnaire"
    questionnaire_response "QuestionnaireResponse"
    related_person "RelatedPerson"
    schedule "Schedule"
    service_request "ServiceRequest"
    slot "Slot"
    specimen "Specimen"
    task "Task"
}
