//! Vital signs and laboratory values of the made-up patients.

use serde_json::{Value, json};

/// What was measured; the codes are LOINC's.
#[derive(Debug, Clone, Copy)]
enum Kind {
    BloodPressure,
    HeartRate,
    Temperature,
    Weight,
    Glucose,
    HbA1c,
    Creatinine,
}

/// One measurement.
#[derive(Debug, Clone, Copy)]
pub(super) struct Row {
    patient: &'static str,
    date: &'static str,
    kind: Kind,
    value: f64,
    /// The diastolic value of a blood pressure.
    second: f64,
}

const fn one(patient: &'static str, date: &'static str, kind: Kind, value: f64) -> Row {
    Row {
        patient,
        date,
        kind,
        value,
        second: 0.0,
    }
}

const fn pressure(patient: &'static str, date: &'static str, systolic: f64, diastolic: f64) -> Row {
    Row {
        patient,
        date,
        kind: Kind::BloodPressure,
        value: systolic,
        second: diastolic,
    }
}

/// Latest first.
pub(super) const OBSERVATIONS: [Row; 46] = [
    one("felix-demostein", "2025-06-10T08:00:00Z", Kind::HeartRate, 58.0),
    pressure("felix-demostein", "2025-06-10T08:00:00Z", 118.0, 74.0),
    one("felix-demostein", "2025-06-10T08:00:00Z", Kind::Weight, 82.6),
    one("felix-demostein", "2025-06-10T08:10:00Z", Kind::Creatinine, 0.92),
    pressure("bruno-fixture", "2025-06-03T14:30:00Z", 158.0, 92.0),
    one("bruno-fixture", "2025-06-03T14:30:00Z", Kind::HeartRate, 96.0),
    one("bruno-fixture", "2025-06-03T14:30:00Z", Kind::Weight, 94.1),
    one("bruno-fixture", "2025-06-03T15:00:00Z", Kind::Creatinine, 1.41),
    one("bruno-fixture", "2025-06-03T15:00:00Z", Kind::Glucose, 112.0),
    pressure("clara-placebo", "2025-05-28T11:10:00Z", 108.0, 66.0),
    one("clara-placebo", "2025-05-28T11:10:00Z", Kind::Weight, 71.3),
    one("clara-placebo", "2025-05-28T11:10:00Z", Kind::HeartRate, 84.0),
    one("clara-placebo", "2025-05-28T11:20:00Z", Kind::Glucose, 87.0),
    pressure("amber-testwood", "2025-05-12T09:40:00Z", 134.0, 82.0),
    one("amber-testwood", "2025-05-12T09:40:00Z", Kind::HeartRate, 72.0),
    one("amber-testwood", "2025-05-12T09:40:00Z", Kind::Weight, 68.4),
    one("amber-testwood", "2025-05-12T10:00:00Z", Kind::HbA1c, 7.2),
    one("amber-testwood", "2025-05-12T10:00:00Z", Kind::Glucose, 141.0),
    pressure("edda-mockingham", "2025-04-17T22:20:00Z", 146.0, 71.0),
    one("edda-mockingham", "2025-04-17T22:20:00Z", Kind::HeartRate, 66.0),
    one("edda-mockingham", "2025-04-17T22:20:00Z", Kind::Temperature, 36.4),
    one("edda-mockingham", "2025-04-17T22:45:00Z", Kind::Creatinine, 1.18),
    one("edda-mockingham", "2025-03-02T13:40:00Z", Kind::Weight, 54.9),
    one("dario-sampleton", "2025-02-11T16:30:00Z", Kind::Temperature, 38.9),
    one("dario-sampleton", "2025-02-11T16:30:00Z", Kind::HeartRate, 118.0),
    one("dario-sampleton", "2025-02-11T16:30:00Z", Kind::Weight, 31.2),
    pressure("bruno-fixture", "2025-01-20T08:50:00Z", 164.0, 96.0),
    pressure("greta-o-placeholder", "2024-12-01T10:00:00Z", 112.0, 70.0),
    one("greta-o-placeholder", "2024-12-01T10:00:00Z", Kind::HeartRate, 63.0),
    one("greta-o-placeholder", "2024-12-01T10:00:00Z", Kind::Weight, 59.7),
    one("amber-testwood", "2024-11-04T10:15:00Z", Kind::HbA1c, 7.9),
    pressure("amber-testwood", "2024-11-04T10:10:00Z", 142.0, 88.0),
    one("amber-testwood", "2024-11-04T10:10:00Z", Kind::Weight, 70.2),
    pressure("bruno-fixture", "2024-09-16T09:00:00Z", 152.0, 90.0),
    one("bruno-fixture", "2024-09-16T09:00:00Z", Kind::Weight, 92.8),
    one("amber-testwood", "2024-05-06T09:15:00Z", Kind::HbA1c, 8.4),
    pressure("amber-testwood", "2024-05-06T09:10:00Z", 148.0, 91.0),
    one("amber-testwood", "2024-05-06T09:10:00Z", Kind::Weight, 71.9),
    pressure("bruno-fixture", "2024-03-11T09:00:00Z", 146.0, 88.0),
    one("bruno-fixture", "2024-03-11T09:00:00Z", Kind::Weight, 91.5),
    one("amber-testwood", "2023-11-06T09:30:00Z", Kind::HbA1c, 8.1),
    pressure("amber-testwood", "2023-11-06T09:20:00Z", 139.0, 86.0),
    one("amber-testwood", "2023-11-06T09:20:00Z", Kind::Weight, 71.1),
    one("amber-testwood", "2023-05-08T09:30:00Z", Kind::HbA1c, 7.6),
    pressure("amber-testwood", "2023-05-08T09:20:00Z", 136.0, 84.0),
    one("amber-testwood", "2023-05-08T09:20:00Z", Kind::Weight, 69.7),
];

impl Kind {
    /// (LOINC code, display, unit, UCUM code, category)
    const fn codes(self) -> (&'static str, &'static str, &'static str, &'static str, &'static str) {
        match self {
            Self::BloodPressure => ("85354-9", "Blood pressure", "mmHg", "mm[Hg]", "vital-signs"),
            Self::HeartRate => ("8867-4", "Heart rate", "beats/minute", "/min", "vital-signs"),
            Self::Temperature => ("8310-5", "Body temperature", "°C", "Cel", "vital-signs"),
            Self::Weight => ("29463-7", "Body weight", "kg", "kg", "vital-signs"),
            Self::Glucose => ("2339-0", "Glucose in blood", "mg/dL", "mg/dL", "laboratory"),
            Self::HbA1c => ("4548-4", "Hemoglobin A1c in blood", "%", "%", "laboratory"),
            Self::Creatinine => ("2160-0", "Creatinine in serum", "mg/dL", "mg/dL", "laboratory"),
        }
    }
}

fn concept(code: &str, display: &str) -> Value {
    json!({"coding": [{"system": "http://loinc.org", "code": code, "display": display}], "text": display})
}

fn quantity(value: f64, unit: &str, code: &str) -> Value {
    json!({"value": number(value), "unit": unit, "system": "http://unitsofmeasure.org", "code": code})
}

/// `72`, not `72.0`: in FHIR the digits say how precise a value is.
fn number(value: f64) -> Value {
    let text = value.to_string();
    text.parse::<i64>().map_or_else(|_| json!(value), Value::from)
}

impl Row {
    /// Patient, day and code make an id that stays the same in every run.
    fn id(&self) -> String {
        let (code, ..) = self.kind.codes();
        let day: String = self.date.chars().take(10).filter(|c| *c != '-').collect();
        format!("{}-{code}-{day}", self.patient)
    }

    pub(super) fn resource(&self) -> Value {
        let (code, display, unit, ucum, category) = self.kind.codes();
        let mut resource = json!({
            "resourceType": "Observation",
            "id": self.id(),
            "status": "final",
            "category": [{"coding": [{
                "system": "http://terminology.hl7.org/CodeSystem/observation-category",
                "code": category,
            }]}],
            "code": concept(code, display),
            "subject": {"reference": format!("Patient/{}", self.patient)},
            "effectiveDateTime": self.date,
        });
        if let Some(object) = resource.as_object_mut() {
            if matches!(self.kind, Kind::BloodPressure) {
                let part = |code, display, value| json!({"code": concept(code, display), "valueQuantity": quantity(value, unit, ucum)});
                let parts = json!([
                    part("8480-6", "Systolic blood pressure", self.value),
                    part("8462-4", "Diastolic blood pressure", self.second),
                ]);
                object.insert("component".to_owned(), parts);
            } else {
                object.insert("valueQuantity".to_owned(), quantity(self.value, unit, ucum));
            }
        }
        resource
    }
}
