//! Problems, prescriptions and allergies of the made-up patients.

use serde_json::{Value, json};

/// A problem of a patient; the codes are ICD-10's.
#[derive(Debug, Clone, Copy)]
struct Problem {
    id: &'static str,
    patient: &'static str,
    code: &'static str,
    text: &'static str,
    since: &'static str,
    status: &'static str,
}

/// What a patient takes, or took.
#[derive(Debug, Clone, Copy)]
struct Prescription {
    id: &'static str,
    patient: &'static str,
    medication: &'static str,
    dosage: &'static str,
    authored: &'static str,
    status: &'static str,
}

/// What a patient must not get.
#[derive(Debug, Clone, Copy)]
struct Allergy {
    id: &'static str,
    patient: &'static str,
    substance: &'static str,
    reaction: &'static str,
    criticality: &'static str,
}

const fn problem(
    id: &'static str,
    patient: &'static str,
    (code, text): (&'static str, &'static str),
    since: &'static str,
    status: &'static str,
) -> Problem {
    Problem {
        id,
        patient,
        code,
        text,
        since,
        status,
    }
}

const fn prescription(
    id: &'static str,
    patient: &'static str,
    (medication, dosage): (&'static str, &'static str),
    authored: &'static str,
    status: &'static str,
) -> Prescription {
    Prescription {
        id,
        patient,
        medication,
        dosage,
        authored,
        status,
    }
}

const fn allergy(
    id: &'static str,
    patient: &'static str,
    substance: &'static str,
    reaction: &'static str,
    criticality: &'static str,
) -> Allergy {
    Allergy {
        id,
        patient,
        substance,
        reaction,
        criticality,
    }
}

/// Latest first.
const PROBLEMS: [Problem; 9] = [
    problem(
        "problem-501",
        "edda-mockingham",
        ("S52.5", "Fracture of the wrist"),
        "2025-04-17",
        "active",
    ),
    problem(
        "problem-301",
        "clara-placebo",
        ("Z34.9", "Pregnancy"),
        "2025-01-14",
        "active",
    ),
    problem(
        "problem-401",
        "dario-sampleton",
        ("J06.9", "Infection of the upper airways"),
        "2025-02-11",
        "resolved",
    ),
    problem(
        "problem-601",
        "felix-demostein",
        ("M23.9", "Internal damage of the knee"),
        "2024-08-20",
        "active",
    ),
    problem(
        "problem-201",
        "bruno-fixture",
        ("I50.9", "Heart failure"),
        "2023-10-02",
        "active",
    ),
    problem(
        "problem-101",
        "amber-testwood",
        ("E11.9", "Type 2 diabetes"),
        "2019-03-11",
        "active",
    ),
    problem(
        "problem-202",
        "bruno-fixture",
        ("N18.3", "Chronic kidney disease, stage 3"),
        "2018-06-25",
        "active",
    ),
    problem(
        "problem-102",
        "amber-testwood",
        ("I10", "High blood pressure"),
        "2016-09-05",
        "active",
    ),
    problem(
        "problem-103",
        "amber-testwood",
        ("J18.9", "Pneumonia"),
        "2014-01-20",
        "resolved",
    ),
];

/// Latest first.
const PRESCRIPTIONS: [Prescription; 9] = [
    prescription(
        "prescription-201",
        "bruno-fixture",
        ("Furosemide 40 mg tablet", "1 tablet in the morning"),
        "2025-06-03",
        "active",
    ),
    prescription(
        "prescription-601",
        "felix-demostein",
        ("Ibuprofen 400 mg tablet", "1 tablet if needed, at most 3 a day"),
        "2025-06-10",
        "active",
    ),
    prescription(
        "prescription-301",
        "clara-placebo",
        ("Folic acid 0.4 mg tablet", "1 tablet a day"),
        "2025-01-14",
        "active",
    ),
    prescription(
        "prescription-101",
        "amber-testwood",
        ("Metformin 1000 mg tablet", "1 tablet in the morning and in the evening"),
        "2024-11-04",
        "active",
    ),
    prescription(
        "prescription-102",
        "amber-testwood",
        ("Ramipril 5 mg tablet", "1 tablet in the morning"),
        "2024-05-06",
        "active",
    ),
    prescription(
        "prescription-103",
        "amber-testwood",
        ("Metformin 500 mg tablet", "1 tablet in the morning and in the evening"),
        "2023-05-08",
        "stopped",
    ),
    prescription(
        "prescription-202",
        "bruno-fixture",
        ("Bisoprolol 2.5 mg tablet", "1 tablet in the morning"),
        "2023-10-02",
        "active",
    ),
    prescription(
        "prescription-501",
        "edda-mockingham",
        ("Vitamin D 1000 IU capsule", "1 capsule a day"),
        "2023-03-15",
        "active",
    ),
    prescription(
        "prescription-502",
        "edda-mockingham",
        ("Alendronic acid 70 mg tablet", "1 tablet a week, on an empty stomach"),
        "2022-10-01",
        "active",
    ),
];

const ALLERGIES: [Allergy; 3] = [
    allergy("allergy-101", "amber-testwood", "Penicillin", "Rash", "high"),
    allergy(
        "allergy-401",
        "dario-sampleton",
        "Peanut",
        "Swelling of the face",
        "high",
    ),
    allergy("allergy-501", "edda-mockingham", "Latex", "Itching", "low"),
];

pub(super) fn resources() -> impl Iterator<Item = Value> {
    let problems = PROBLEMS.iter().map(Problem::resource);
    let prescriptions = PRESCRIPTIONS.iter().map(Prescription::resource);
    problems
        .chain(prescriptions)
        .chain(ALLERGIES.iter().map(Allergy::resource))
}

fn concept(system: &str, code: &str) -> Value {
    json!({"coding": [{"system": format!("http://terminology.hl7.org/CodeSystem/{system}"), "code": code}]})
}

fn reference(patient: &str) -> Value {
    json!({"reference": format!("Patient/{patient}")})
}

impl Problem {
    fn resource(&self) -> Value {
        json!({
            "resourceType": "Condition",
            "id": self.id,
            "clinicalStatus": concept("condition-clinical", self.status),
            "verificationStatus": concept("condition-ver-status", "confirmed"),
            "category": [concept("condition-category", "problem-list-item")],
            "code": {
                "coding": [{"system": "http://hl7.org/fhir/sid/icd-10", "code": self.code, "display": self.text}],
                "text": self.text,
            },
            "subject": reference(self.patient),
            "onsetDateTime": self.since,
        })
    }
}

impl Prescription {
    fn resource(&self) -> Value {
        json!({
            "resourceType": "MedicationRequest",
            "id": self.id,
            "status": self.status,
            "intent": "order",
            "medicationCodeableConcept": {"text": self.medication},
            "subject": reference(self.patient),
            "authoredOn": self.authored,
            "dosageInstruction": [{"text": self.dosage}],
        })
    }
}

impl Allergy {
    fn resource(&self) -> Value {
        json!({
            "resourceType": "AllergyIntolerance",
            "id": self.id,
            "clinicalStatus": concept("allergyintolerance-clinical", "active"),
            "verificationStatus": concept("allergyintolerance-verification", "confirmed"),
            "criticality": self.criticality,
            "code": {"text": self.substance},
            "patient": reference(self.patient),
            "reaction": [{"manifestation": [{"text": self.reaction}]}],
        })
    }
}
