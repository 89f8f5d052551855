//! What pages look like. Everything that comes from outside is escaped.

use serde_json::Value;

const STYLE: &str = "body{font:1rem/1.5 system-ui,sans-serif;max-width:40rem;margin:2rem auto;padding:0 1rem}\
                     table{border-collapse:collapse}td,th{padding:.3rem 1rem .3rem 0;text-align:left}";

pub(crate) fn home() -> String {
    document(
        "Vital signs",
        "<p>Open this application from a patient’s chart, or sign in and choose a patient.</p>\
         <p><a href=\"/auth/launch\">Sign in</a></p>",
    )
}

pub(crate) fn patient(person: &Value, measurements: &[Value], sign_out: &str) -> String {
    let name = name(person);
    let born = text(person, "/birthDate");
    let rows: String = measurements.iter().map(row).collect();
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

fn row(observation: &Value) -> String {
    let day: String = text(observation, "/effectiveDateTime").chars().take(10).collect();
    let what = match text(observation, "/code/text") {
        "" => text(observation, "/code/coding/0/display"),
        text => text,
    };
    let value = match observation.pointer("/valueQuantity/value") {
        Some(number) => format!("{number} {}", text(observation, "/valueQuantity/unit")),
        None => "–".to_owned(),
    };
    format!(
        "<tr><td>{}</td><td>{}</td><td>{}</td></tr>",
        escape(&day),
        escape(what),
        escape(&value)
    )
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
