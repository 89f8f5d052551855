//! The description of the control interface has every key and every word.

use super::*;

/// The words that an enum takes, as its refusal of another one lists them.
fn words<T: DeserializeOwned>() -> BTreeSet<String> {
    let refused = serde_json::from_value::<T>(json!("?")).err().unwrap().to_string();
    let (_, listed) = refused.split_once("expected ").unwrap();
    listed.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}

/// The words of a schema, and the names of the objects that it takes instead.
fn in_schema(schema: &Value) -> BTreeSet<String> {
    let texts = |schema: &Value| -> Vec<String> {
        let words = schema["enum"].as_array().into_iter().flatten();
        let objects = schema["properties"]
            .as_object()
            .into_iter()
            .flat_map(|it| it.keys().cloned());
        words
            .map(|word| word.as_str().unwrap().to_owned())
            .chain(objects)
            .collect()
    };
    match schema["anyOf"].as_array() {
        Some(several) => several.iter().flat_map(texts).collect(),
        None => texts(schema).into_iter().collect(),
    }
}

#[test]
fn the_description_of_the_interface_has_every_key_and_every_word() {
    let schemas: Value = serde_json::from_str(include_str!("../../control/schemas.json")).unwrap();
    let unknown = serde_json::from_value::<SandboxSettings>(json!({"?": 1}))
        .unwrap_err()
        .to_string();
    let keys: BTreeSet<String> = unknown.split('`').skip(3).step_by(2).map(str::to_owned).collect();
    let described = schemas["Settings"]["properties"].as_object().unwrap();
    assert_eq!(described.keys().cloned().collect::<BTreeSet<_>>(), keys);
    let setting = |name: &str| in_schema(&described[name]);
    for (of_schema, of_enum) in [
        (in_schema(&schemas["Vendor"]), words::<Vendor>()),
        (in_schema(&schemas["Peculiarity"]), words::<Peculiarity>()),
        (in_schema(&schemas["StrictCheck"]), words::<StrictCheck>()),
        (in_schema(&schemas["FaultPoint"]), words::<FaultPoint>()),
        (in_schema(&schemas["FaultKind"]), words::<Fault>()),
        (
            in_schema(&schemas["Endpoint"]),
            words::<super::super::super::Endpoint>(),
        ),
        (
            in_schema(&schemas["KeyRotation"]["properties"]["rotation"]),
            words::<KeyRotation>(),
        ),
        (setting("mode"), words::<Mode>()),
        (setting("automatic-answer"), words::<AutomaticAnswer>()),
        (setting("refresh-tokens"), words::<RefreshTokens>()),
        (setting("expires-in"), words::<ExpiresIn>()),
        (setting("refresh-context"), words::<RefreshContext>()),
        (setting("id-tokens"), words::<IdTokens>()),
        (setting("id-token-issuer"), words::<IdTokenIssuer>()),
        (setting("key-ids"), words::<KeyIds>()),
        (setting("strictness"), words::<Strictness>()),
        (setting("state-parameter"), words::<StateParameter>()),
        (setting("iss-parameter"), words::<IssParameter>()),
        (setting("self-registration"), words::<SelfRegistration>()),
        (
            in_schema(&schemas["Export"]["properties"]["files-at"]),
            words::<ExportFilesAt>(),
        ),
        (
            in_schema(&schemas["Launch"]["properties"]["opened-in"]),
            words::<super::super::super::LaunchedIn>(),
        ),
        (
            in_schema(&schemas["Launch"]["properties"]["style"]),
            words::<super::super::super::EhrStyle>(),
        ),
        (in_schema(&schemas["Fault"]["properties"]["when"]), words::<When>()),
    ] {
        assert_eq!(of_schema, of_enum);
    }
}

/// `name` of a check is what a refusal says, so it has to be what a file says.
#[test]
fn a_strict_check_is_written_as_it_is_named() {
    for check in StrictCheck::ALL {
        assert_eq!(json!(check), json!(check.name()));
    }
}
