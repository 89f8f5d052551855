//! Letters and notes about the made-up patients.

use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::{Value, json};

/// A text that somebody wrote; the codes are LOINC's.
struct Document {
    id: &'static str,
    patient: &'static str,
    kind: (&'static str, &'static str),
    visit: &'static str,
    date: &'static str,
    text: &'static str,
}

const DOCUMENTS: [Document; 4] = [
    Document {
        id: "document-101",
        patient: "amber-testwood",
        kind: ("11506-3", "Progress note"),
        visit: "visit-101",
        date: "2025-05-12T10:05:00Z",
        text: "HbA1c is falling. Metformin goes on. Next visit in three months.",
    },
    Document {
        id: "document-201",
        patient: "bruno-fixture",
        kind: ("34117-2", "History and physical note"),
        visit: "visit-201",
        date: "2025-06-03T15:20:00Z",
        text: "Short of breath on stairs for two weeks. Ankles swollen. Weight up by 3 kg.",
    },
    Document {
        id: "document-501",
        patient: "edda-mockingham",
        kind: ("18842-5", "Discharge summary"),
        visit: "visit-501",
        date: "2025-04-19T09:00:00Z",
        text: "Fall at home without a fracture. Goes home with a walking frame.",
    },
    Document {
        id: "document-601",
        patient: "felix-demostein",
        kind: ("11506-3", "Progress note"),
        visit: "visit-601",
        date: "2025-06-10T08:30:00Z",
        text: "Knee pain after running. No swelling. Rest for two weeks.",
    },
];

pub(super) fn resources() -> impl Iterator<Item = Value> {
    DOCUMENTS.iter().map(Document::resource)
}

impl Document {
    fn resource(&self) -> Value {
        let (code, display) = self.kind;
        json!({
            "resourceType": "DocumentReference",
            "id": self.id,
            "status": "current",
            "docStatus": "final",
            "type": {"coding": [{"system": "http://loinc.org", "code": code, "display": display}], "text": display},
            "category": [{"coding": [{
                "system": "http://hl7.org/fhir/us/core/CodeSystem/us-core-documentreference-category",
                "code": "clinical-note",
            }]}],
            "subject": {"reference": format!("Patient/{}", self.patient)},
            "date": self.date,
            "content": [{"attachment": {
                "contentType": "text/plain; charset=utf-8",
                "data": STANDARD.encode(self.text),
                "title": display,
            }}],
            "context": {"encounter": [{"reference": format!("Encounter/{}", self.visit)}]},
        })
    }
}
