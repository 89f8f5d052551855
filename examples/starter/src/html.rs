//! What pages look like. Everything that comes from outside is escaped.

use serde_json::Value;

const STYLE: &str = "body{font:1rem/1.5 system-ui,sans-serif;max-width:40rem;margin:2rem auto;padding:0 1rem}\
                     table{border-collapse:collapse}td,th{padding:.3rem 1rem .3rem 0;text-align:left}";

pub(crate) fn home() -> String {
    document(
        crate::NAME,
        "<p>Open this application from a patient’s chart, or sign in and choose a patient.</p>\
         <p><a href=\"/auth/launch\">Sign in</a></p>",
    )
}

pub(crate) fn patient(person: &Value, measurements: &[Value], sign_out: &str) -> String {
    let name = name(person);
    let born = text(person, "/birthDate");
    let rows: String = measurements.iter().filter(|it| is_meant(it)).map(row).collect();
    let table = if rows.is_empty() {
        "<p>No vital signs are recorded.</p>".to_owned()
    } else {
        format!("<table><tr><th>When</th><th>What</th><th>Value</th></tr>{rows}</table>")
    };
    let body = format!(
        "<p>Born {}</p>{table}<form method=\"post\" action=\"{}\"><button>Sign out</button></form>",
        escape(born),
        escape(sign_out)
    );
    document(&name, &body)
}

fn document(title: &str, body: &str) -> String {
    let title = escape(title);
    format!(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\
         <title>{title}</title><style>{STYLE}</style></head><body><main><h1>{title}</h1>{body}</main></body></html>"
    )
}

fn name(person: &Value) -> String {
    let family = text(person, "/name/0/family");
    let given = text(person, "/name/0/given/0");
    match format!("{given} {family}").trim() {
        "" => "A patient without a name".to_owned(),
        name => name.to_owned(),
    }
}

/// What was entered in error stays on the server, and is no measurement of this patient.
fn is_meant(observation: &Value) -> bool {
    text(observation, "/status") != "entered-in-error"
}

fn row(observation: &Value) -> String {
    let day: String = text(observation, "/effectiveDateTime").chars().take(10).collect();
    format!(
        "<tr><td>{}</td><td>{}</td><td>{}</td></tr>",
        escape(&day),
        escape(concept(observation)),
        escape(&value(observation))
    )
}

/// What was measured, also where it has parts: "120/80 mmHg" for a blood pressure.
fn value(observation: &Value) -> String {
    if let Some(quantity) = quantity(observation) {
        return quantity;
    }
    let parts = observation["component"]
        .as_array()
        .map(Vec::as_slice)
        .unwrap_or_default();
    if let Some(blood_pressure) = blood_pressure(parts) {
        return blood_pressure;
    }
    let parts: Vec<_> = parts
        .iter()
        .filter_map(|part| Some(format!("{} {}", concept(part), quantity(part)?)))
        .collect();
    if parts.is_empty() {
        "–".to_owned()
    } else {
        parts.join(", ")
    }
}

/// With the comparator: less than 5 is not 5.
fn quantity(of: &Value) -> Option<String> {
    let value = of.pointer("/valueQuantity/value")?.as_f64()?;
    let comparator = text(of, "/valueQuantity/comparator");
    let text = format!("{comparator} {value} {}", text(of, "/valueQuantity/unit"));
    Some(text.trim().to_owned())
}

/// Systolic before diastolic, in whatever order the server has them. `None`: it is not two numbers of one unit.
fn blood_pressure(parts: &[Value]) -> Option<String> {
    let part = |code: &str| {
        let quantity = &parts.iter().find(|part| has_code(part, code))?["valueQuantity"];
        let is_exact = quantity["comparator"].is_null();
        is_exact.then_some((quantity["value"].as_f64()?, text(quantity, "/unit")))
    };
    let ((systolic, unit), (diastolic, other_unit)) = (part("8480-6")?, part("8462-4")?);
    (unit == other_unit).then(|| format!("{systolic}/{diastolic} {unit}"))
}

fn has_code(of: &Value, loinc: &str) -> bool {
    let codings = of
        .pointer("/code/coding")
        .and_then(Value::as_array)
        .into_iter()
        .flatten();
    codings
        .filter(|coding| coding["system"] == "http://loinc.org")
        .any(|coding| coding["code"] == loinc)
}

/// What a code says to people.
fn concept(of: &Value) -> &str {
    match text(of, "/code/text") {
        "" => text(of, "/code/coding/0/display"),
        text => text,
    }
}

fn text<'a>(of: &'a Value, pointer: &str) -> &'a str {
    of.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
        .replace('\'', "&#39;")
}
