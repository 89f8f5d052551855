//! What the program refuses, and how it says it.

use super::*;

#[test]
fn every_mistake_of_a_file_is_told_at_once_in_a_line_that_names_the_key_and_the_choices() {
    let Some(program) = program() else { return };
    let folder = Folder::new();
    let file = folder.with(
        "wrong.toml",
        r#"
        adress = "127.0.0.1"
        log = "xml"
        [[ehr]]
        name = "a"
        settings = { mode = "fast", token-lifetime = -1, strict-checks = ["nonse"] }
        [[ehr.client]]
        client-id = "b"
        [[ehr]]
        port = 70000
        [[ehr.fault]]
        on = "tokens"
        fault = "reset"
        "#,
    );
    let told = mistakes(&run(program, &["--file", &file]));
    for (place, says) in [
        ("adress", "`danger-address`"),
        ("log", "`json` or `text`"),
        ("ehr[0].settings.mode", "`automatic` or `interactive`"),
        ("ehr[0].settings.token-lifetime", "-1 is no time"),
        ("ehr[0].settings.strict-checks[0]", "`nonce`"),
        ("ehr[0].client[0]", "redirect-uris is empty"),
        ("ehr[1].port", "70000"),
        ("ehr[1].fault[0].on", "`exchange`"),
    ] {
        let start = format!("{file}: {place}: ");
        assert!(
            told.iter().any(|line| line.starts_with(&start) && line.contains(says)),
            "{place}: {told:#?}"
        );
    }
    assert_eq!(told.len(), 8, "{told:#?}");
}

#[test]
fn files_that_cannot_be_used_are_told_together_and_so_are_names_that_two_have() {
    let Some(program) = program() else { return };
    let folder = Folder::new();
    let file = folder.with(
        "files.toml",
        r#"
        [[ehr]]
        data = ["nobody.json"]
        tls = { files = { certificate = "no.pem", key = "no.key" } }
        [[ehr]]
        "#,
    );
    let told = mistakes(&run(program, &["--file", &file, "--check"])).join("\n");
    for says in [
        "ehr[0].data[0]: ",
        "nobody.json",
        "no.pem",
        "no.key",
        "ehr[1].name: another EHR is named ehr",
    ] {
        assert!(told.contains(says), "{says}: {told}");
    }
    let syntax = folder.with("syntax.toml", "[[ehr]]\nname = \n");
    let told = mistakes(&run(program, &["--file", &syntax]));
    assert!(
        told.len() == 1 && told[0].starts_with(&format!("{syntax}:2: ")),
        "{told:?}"
    );
    let none = folder.with("none.toml", "ehr = []");
    assert!(mistakes(&run(program, &["--file", &none]))[0].contains("there is no EHR"));
    let absent = folder.path("absent.toml");
    assert!(mistakes(&run(program, &["--file", &absent]))[0].contains("--init writes a file"));
    let odd = mistakes(&run(program, &["--set", "mode"]));
    assert!(odd[0].contains("give a key and a value"), "{odd:?}");
    let origin = mistakes(&run(program, &["--port", "0", "--origin", "ehr.test"]));
    assert!(origin[0].contains("scheme, host and port alone"), "{origin:?}");
    let two = folder.with("two.toml", "[[ehr]]\nname = \"a\"\n[[ehr]]\nname = \"b\"");
    let told = mistakes(&run(program, &["--file", &two, "--port", "0"]));
    assert!(told[0].contains("the file has several"), "{told:?}");
}

#[test]
fn a_port_that_is_taken_is_no_mistake_of_the_file() {
    let Some(program) = program() else { return };
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let output = run(program, &["--port", &port]);
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    let text = String::from_utf8(output.stderr).unwrap();
    assert!(text.contains(&port) && text.contains("choose another port"), "{text}");
    assert_eq!(text.lines().count(), 1);
}

#[test]
fn an_address_that_opens_no_application_is_a_mistake_of_the_flags() {
    let Some(program) = program() else { return };
    let flags = [
        "--client-id",
        "a",
        "--redirect-uri",
        "javascript:alert(1)",
        "--port",
        "0",
    ];
    let output = run(program, &flags);
    assert_eq!(output.status.code(), Some(2));
    let told = mistakes(&output).join(" ");
    assert!(
        told.contains("opens no application; give an address with http"),
        "{told}"
    );
}

#[test]
fn keys_that_do_nothing_and_people_and_ports_that_cannot_be_are_told_before_anything_is_written() {
    let Some(program) = program() else { return };
    let folder = Folder::new();
    let client = "{ client-id = \"b\", redirect-uris = [\"http://127.0.0.1:1/back\"] }";
    for (text, says) in [
        (
            "log-file = \"l\"\n[[ehr]]".to_owned(),
            "log-file: nothing is written there without log",
        ),
        (
            "trusted-certificate-file = \"t\"\n[[ehr]]".to_owned(),
            "trusted-certificate-file: no certificate is made",
        ),
        (
            format!("[[ehr]]\nclient = [{client}, {client}]"),
            "ehr[0].client[1].client-id: another client has the id b",
        ),
        (
            "[[ehr]]\nclient = [{ client-id = \"r\", introspects = \"all-tokens\" }]".to_owned(),
            "ehr[0].client[0]: a resource server that is not launched needs secret",
        ),
        (
            "[[ehr]]\norigin = \"ehr.test\"".to_owned(),
            "ehr[0].origin: the origin \"ehr.test\" is none",
        ),
        (
            "[[ehr]]\norigin = \"https://ehr.test:443\"".to_owned(),
            "alone, as in https://ehr.test",
        ),
        (
            "[[ehr]]\nsettings = { automatic-patient = \"nobody\" }".to_owned(),
            "ehr[0].settings.automatic-patient: ",
        ),
        (
            "[[ehr]]\nsettings = { automatic-user = \"Practitioner/nobody\" }".to_owned(),
            "ehr[0].settings.automatic-user: ",
        ),
        (
            "[[ehr]]\nportal-users = [\"Patient/nobody\"]".to_owned(),
            "ehr[0].portal-users: ",
        ),
        (
            "[[ehr]]\nname = \"a\"\nport = 4\n[[ehr]]\nname = \"b\"\nport = 4".to_owned(),
            "ehr[1].port: 4 is taken by another EHR",
        ),
        (
            "[control]\nport = 4\n[[ehr]]\nport = 4".to_owned(),
            "ehr[0].port: 4 is taken by another EHR or by [control]",
        ),
        (
            "[[ehr]]\nfault = [{ on = \"fhir\", fault = { status = 42 } }]".to_owned(),
            "42 is no HTTP status; give one from 100 to 599",
        ),
    ] {
        let file = folder.with("one.toml", &text);
        let told = mistakes(&run(program, &["--file", &file, "--check"]));
        assert_eq!(told.len(), 1, "{text}: {told:#?}");
        assert!(told[0].contains(says), "{told:?}");
    }
    let log = folder.path("requests.log");
    let checked = run(program, &["--log", "json", "--log-file", &log, "--check"]);
    assert!(checked.status.success() && !Path::new(&log).exists());
}

#[test]
fn a_mistake_at_the_beginning_of_a_line_is_told_with_the_number_of_that_line() {
    let Some(program) = program() else { return };
    let folder = Folder::new();
    let file = folder.with("syntax.toml", "[[ehr]]\nname = \"a\"\n= 3\n");
    let told = mistakes(&run(program, &["--file", &file]));
    assert!(told[0].starts_with(&format!("{file}:3: ")), "{told:?}");
}

#[test]
fn a_taken_port_of_the_control_interface_is_told_as_such() {
    let Some(program) = program() else { return };
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let output = run(program, &["--port", "0", "--control", &port]);
    let text = String::from_utf8(output.stderr).unwrap();
    assert!(
        text.contains("the control interface: ") && text.contains("choose another port"),
        "{text}"
    );
}

#[actix_web::test]
async fn a_setting_of_the_flags_is_a_word_or_json_and_what_it_cannot_be_is_refused_with_its_flag() {
    let Some(program) = program() else { return };
    for (flags, says) in [
        (
            vec!["--set", "mode=fast"],
            "--set mode: unknown variant `fast`, expected `automatic` or `interactive`",
        ),
        (
            vec!["--set", "mod=automatic"],
            "--set mod: unknown field `mod`, expected one of `vendor`, ",
        ),
        (
            vec!["--set", "peculiarities=[form-post]"],
            "--set peculiarities: this is no JSON (expected ident at line 1 column 3); write quotes for the shell around all of it, \
             as in --set 'peculiarities=[\"form-post\"]'",
        ),
        (
            vec!["--set", "mode=null"],
            "--set mode: null says nothing; give a value, or leave it out",
        ),
        (
            vec!["--set", "mode"],
            "--set mode: give a key and a value, as in --set expires-in=text",
        ),
        (
            vec!["--mode", "fast"],
            "--mode: unknown variant `fast`, expected `automatic` or `interactive`",
        ),
        (
            vec!["--token-lifetime=-1"],
            "--token-lifetime: -1 is no time; give seconds, 0 or more",
        ),
    ] {
        let told = mistakes(&run(program, &[&["--check"][..], &flags].concat()));
        assert_eq!(told.len(), 1, "{told:?}");
        assert!(told[0].starts_with(says), "{told:?}");
    }
    let two = mistakes(&run(
        program,
        &["--check", "--set", "mode=fast", "--set", "vendor=cern"],
    ));
    assert_eq!(two.len(), 2, "{two:?}");

    // An id that looks like a number, with and without the quotes of JSON.
    let folder = Folder::new();
    let people = folder.with("people.json", r#"{"resourceType": "Patient", "id": "42"}"#);
    for written in ["automatic-patient=42", "automatic-patient=\"42\""] {
        let flags = [
            "--port",
            "0",
            "--control",
            "0",
            "--data",
            &people,
            "--set",
            written,
            "--set",
            "mode=interactive",
        ];
        let running = Running::start(program, &flags);
        let settings = get(&running.control("/ehrs/ehr/settings")).await.json();
        assert_eq!(
            (&settings["automatic-patient"], &settings["mode"]),
            (&json!("42"), &json!("interactive"))
        );
    }
}

#[test]
fn mistakes_of_flags_are_told_with_those_of_the_file_and_of_the_files_that_it_names() {
    let Some(program) = program() else { return };
    let folder = Folder::new();
    let flags = [
        "--port",
        "70000",
        "--control",
        "x",
        "--danger-address",
        "here",
        "--token-lifetime",
        "soon",
        "--log",
        "xml",
        "--log-file",
        "l",
        "--mode",
        "fast",
        "--set",
        "vendor=cern",
        "--client-id",
        "a",
        "--redirect-uri",
        "javascript:alert(1)",
    ];
    let of_flags = [
        "--port: 70000 is no port; give a number from 0 to 65535",
        "--control: x is no port",
        "--danger-address: here is no IP address",
        "--token-lifetime: soon is no time; give seconds, 0 or more",
        "--log: unknown variant `xml`, expected `json` or `text`",
        "--mode: unknown variant `fast`",
        "--set vendor: unknown variant `cern`",
        "the client of the flags: ",
    ];
    let keys = folder.with("keys.toml", "adress = 1\n[[ehr]]\nport = 70000");
    let syntax = folder.with("syntax.toml", "[[ehr]]\nname = \n");
    let files = folder.with(
        "files.toml",
        "[[ehr]]\ndata = [\"nobody.json\"]\ntls = { files = { certificate = \"no.pem\", key = \"no.key\" } }",
    );
    let at = |file: &str, rest: &str| format!("{file}{rest}");
    for (file, of_file) in [
        (&keys, vec![at(&keys, ": adress: "), at(&keys, ": ehr[0].port: ")]),
        (&syntax, vec![at(&syntax, ":2: ")]),
        (
            &files,
            ["data[0]: ", "tls.files.certificate: ", "tls.files.key: "]
                .map(|key| format!("ehr[0].{key}"))
                .into(),
        ),
    ] {
        for start in [&[][..], &["--check"]] {
            let told = mistakes(&run(program, &[&["--file", file][..], &flags, start].concat()));
            let expected = of_flags.iter().copied().chain(of_file.iter().map(String::as_str));
            for says in expected {
                assert!(told.iter().any(|line| line.starts_with(says)), "{says}: {told:#?}");
            }
            assert_eq!(told.len(), of_flags.len() + of_file.len(), "{told:#?}");
        }
    }
}

#[actix_web::test]
async fn a_client_of_the_flags_takes_the_place_of_the_one_of_the_file_with_its_id() {
    let Some(program) = program() else { return };
    let folder = Folder::new();
    let client =
        |id: &str| format!("[[ehr.client]]\nclient-id = \"{id}\"\nredirect-uris = [\"http://127.0.0.1:1/back\"]\n");
    let file = folder.with(
        "clients.toml",
        &format!("[control]\n[[ehr]]\n{}{}", client("my app+1"), client("b")),
    );
    let running = Running::start(program, &[&["--file", &file][..], &CLIENT].concat());
    let clients = get(&running.control("/ehrs/ehr/clients")).await.json();
    let clients = clients["clients"].as_array().unwrap();
    let redirects = |id: &str| {
        let client = clients.iter().find(|client| client["client-id"] == id).unwrap();
        client["redirect-uris"].clone()
    };
    assert_eq!((clients.len(), redirects("my app+1")), (2, json!([CALLBACK])));
    assert_eq!(redirects("b"), json!(["http://127.0.0.1:1/back"]));
}
