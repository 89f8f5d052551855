//! The description of the interface, in OpenAPI 3.1: the routes as they are, and `schemas.json`.

use serde_json::{Map, Value, json};

use super::{
    ROOT,
    received::PARAMETERS,
    routes::{Action, ROUTES, Route},
};

const SCHEMAS: &str = include_str!("schemas.json");

pub(super) fn document() -> Value {
    let mut paths = Map::new();
    for route in ROUTES {
        let path = paths
            .entry(format!("{ROOT}{}", route.path))
            .or_insert_with(|| json!({ "parameters": path_parameters(route.path) }));
        if let Some(methods) = path.as_object_mut() {
            methods.insert(route.method.to_lowercase(), operation(route));
        }
    }
    let schemas: Value = serde_json::from_str(SCHEMAS).unwrap_or_default();
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "The control interface of a sandbox EHR",
            "description": "Drives sandboxes that run: clients, launches, faults, settings, and what was received. Names are written with \
                hyphens, times are in seconds. It is for tests alone: it has no password.",
            "version": env!("CARGO_PKG_VERSION"),
            "license": { "name": "Apache 2.0", "identifier": "Apache-2.0" },
        },
        "servers": [{ "url": "/" }],
        "paths": paths,
        "components": { "schemas": schemas },
    })
}

/// One for each segment that stands for something.
fn path_parameters(path: &str) -> Vec<Value> {
    path.split('/')
        .filter_map(|segment| {
            let name = segment.strip_prefix('{')?.strip_suffix('}')?;
            Some(json!({ "name": name, "in": "path", "required": true, "schema": { "type": "string" } }))
        })
        .collect()
}

fn operation(route: &Route) -> Value {
    let mut operation = json!({
        "operationId": format!("{:?}", route.action),
        "summary": route.summary,
        "responses": responses(route),
        "security": [],
    });
    let Some(members) = operation.as_object_mut() else {
        return operation;
    };
    if let Some(schema) = route.takes {
        let content = json!({ "required": true, "content": { "application/json": { "schema": reference(schema) } } });
        members.insert("requestBody".to_owned(), content);
    }
    if route.action == Action::Requests {
        members.insert("parameters".to_owned(), json!(query_parameters()));
    }
    operation
}

fn query_parameters() -> Vec<Value> {
    let parameters = PARAMETERS.iter();
    parameters
        .map(|(name, description)| {
            let schema = match *name {
                "endpoint" => reference("Endpoint"),
                "until" => json!({ "enum": ["arrived", "answered"] }),
                "since" | "at-least" => json!({ "type": "integer", "minimum": 0 }),
                "timeout" => json!({ "type": "number", "minimum": 0, "maximum": 300 }),
                _ => json!({ "type": "string" }),
            };
            json!({ "name": name, "in": "query", "description": description, "schema": schema })
        })
        .collect()
}

fn responses(route: &Route) -> Value {
    let (status, schema) = route.gives;
    let mut success = json!({ "description": "Done." });
    if let (Some(schema), Some(members)) = (schema, success.as_object_mut()) {
        members.insert("content".to_owned(), content(schema));
    }
    let refused = json!({
        "description": "Not done. The message says what to do.",
        "content": content("Refusal"),
    });
    let mut responses = Map::from_iter([(status.to_string(), success), ("4XX".to_owned(), refused)]);
    if route.action == Action::Health {
        let stopped = json!({
            "description": "An EHR has stopped.",
            "content": content("Refusal"),
        });
        responses.insert("503".to_owned(), stopped);
    }
    if route.action == Action::Requests {
        let not_yet = json!({
            "description": "Not so many came in time. The answer has those that did.",
            "content": content("NotYet"),
        });
        responses.insert("408".to_owned(), not_yet);
    }
    Value::Object(responses)
}

fn content(schema: &str) -> Value {
    json!({ "application/json": { "schema": reference(schema) } })
}

fn reference(schema: &str) -> Value {
    json!({ "$ref": format!("#/components/schemas/{schema}") })
}
