//! The files that the program reads and writes.

use super::*;

#[actix_web::test]
async fn people_of_a_file_are_the_people_of_the_ehr() {
    let Some(program) = program() else { return };
    let folder = Folder::new();
    folder.with(
        "people.json",
        r#"{"resourceType": "Patient", "id": "own-1", "name": [{"family": "Ownway", "given": ["Olga"]}]}"#,
    );
    let file = folder.with("own.toml", "[control]\n[[ehr]]\ndata = [\"people.json\"]");
    let running = Running::start(program, &["--file", &file]);
    let people = get(&running.control("/ehrs/ehr/people")).await.json();
    assert_eq!(
        people["patients"],
        json!([{"id": "own-1", "name": "Olga Ownway", "birth-date": null}])
    );
}

/// Whatever is named in a file begins at the file.
#[test]
fn a_relative_path_of_a_file_begins_at_the_file() {
    let Some(program) = program() else { return };
    let folder = Folder::new();
    folder.with("people.json", r#"{"resourceType": "Patient", "id": "own-1"}"#);
    let file = folder.with("own.toml", "[[ehr]]\ndata = [\"people.json\"]");
    let checked = Command::new(program)
        .args(["--file", &file, "--check"])
        .current_dir(Path::new("/"))
        .output()
        .unwrap();
    assert!(checked.status.success(), "{checked:?}");
}

#[cfg(unix)]
#[test]
fn no_link_with_a_name_that_can_be_guessed_is_followed() {
    use std::os::unix::fs::symlink;

    let Some(program) = program() else { return };
    let folder = Folder::new();
    let other = folder.with("other", "kept");
    symlink(&other, folder.path("ready.json.new")).unwrap();
    let ready = folder.path("ready.json");
    let running = Running::start(program, &["--port", "0", "--ready-file", &ready]);
    assert!(fs::read_to_string(&ready).unwrap().contains("fhir-base-url"));
    assert_eq!(fs::read_to_string(&other).unwrap(), "kept");
    drop(running);
}

/// What is no regular file, by its words: a link, a pipe, a folder and a device.
#[cfg(unix)]
fn odd_files(folder: &Folder) -> Vec<(&'static str, String)> {
    let (link, pipe, inner) = (
        folder.path("link.json"),
        folder.path("pipe.json"),
        folder.path("folder.json"),
    );
    std::os::unix::fs::symlink(folder.with("target.json", "before"), &link).unwrap();
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    fs::create_dir(&inner).unwrap();
    vec![
        ("a symbolic link", link),
        ("a pipe", pipe),
        ("a folder", inner),
        ("a device", "/dev/null".to_owned()),
    ]
}

#[cfg(unix)]
#[test]
fn a_file_that_is_made_anew_takes_the_place_of_no_link_pipe_folder_or_device() {
    let Some(program) = program() else { return };
    let folder = Folder::new();
    for (what, path) in odd_files(&folder) {
        for key in ["ready-file", "trusted-certificate-file"] {
            let flag = format!("--{key}");
            for check in [&[][..], &["--check"]] {
                let arguments = [&["--port", "0", "--tls", &flag, &path][..], check].concat();
                let told = mistakes(&run_for_a_while(program, &arguments));
                assert_eq!(
                    told,
                    [format!(
                        "{key}: {path} is {what}: name a regular file, or one that is not there yet. It is made anew, and taken away at the end"
                    )]
                );
            }
        }
    }
    assert_eq!(fs::read_to_string(folder.path("target.json")).unwrap(), "before");
}

#[cfg(unix)]
#[test]
fn what_is_read_is_a_regular_file_or_a_link_to_one() {
    use std::os::unix::fs::symlink;

    let Some(program) = program() else { return };
    let folder = Folder::new();
    let fixture = |name: &str| format!("{}/tests/fixtures/tls/{name}", env!("CARGO_MANIFEST_DIR"));
    let (certificate, key) = (fixture("server.pem"), fixture("server.key"));
    for (what, path) in odd_files(&folder) {
        if what == "a symbolic link" {
            continue;
        }
        let told = |arguments: &[&str]| mistakes(&run_for_a_while(program, &[&["--check"][..], arguments].concat()));
        let wrong = format!("{path} is {what}: name a regular file");
        assert_eq!(
            told(&["--file", &path]),
            [format!("{wrong}; --init writes a file to begin with")]
        );
        assert_eq!(
            told(&["--certificate", &path, "--key", &key]),
            [format!("ehr[0].tls.files.certificate: {wrong}")]
        );
        assert_eq!(
            told(&["--certificate", &certificate, "--key", &path]),
            [format!("ehr[0].tls.files.key: {wrong}")]
        );
        if what == "a pipe" {
            assert_eq!(
                told(&["--data", &path]),
                [format!("ehr[0].data[0]: {wrong}, or a folder with files")]
            );
        }
    }
    // As secrets are mounted.
    let links = [("c.pem", &certificate), ("k.pem", &key)].map(|(name, target)| {
        let link = folder.path(name);
        symlink(target, &link).unwrap();
        link
    });
    folder.with("people.txt", r#"{"resourceType": "Patient", "id": "own-1"}"#);
    symlink(folder.path("people.txt"), folder.path("people.json")).unwrap();
    let (file, linked) = (folder.with("own.toml", "[[ehr]]"), folder.path("linked.toml"));
    symlink(file, &linked).unwrap();
    let people = folder.path("people.json");
    let checked = run(
        program,
        &[
            "--check",
            "--file",
            &linked,
            "--data",
            &people,
            "--certificate",
            &links[0],
            "--key",
            &links[1],
        ],
    );
    assert!(checked.status.success(), "{checked:?}");
}

#[test]
fn a_file_that_is_read_or_made_is_not_written_over_by_another_one() {
    let Some(program) = program() else { return };
    let folder = Folder::new();
    let people = folder.with("people.json", r#"{"resourceType": "Patient", "id": "own-1"}"#);
    let file = folder.with("own.toml", "[[ehr]]\ndata = [\"people.json\"]");
    let other = folder.path("other");
    let again = format!("{}/./own.toml", folder.path(""));
    for (arguments, key, of) in [
        (vec!["--ready-file", &file], "ready-file", "--file"),
        (vec!["--ready-file", &again], "ready-file", "--file"),
        (vec!["--ready-file", &people], "ready-file", "ehr[0].data[0]"),
        (vec!["--log", "json", "--log-file", &file], "log-file", "--file"),
        (
            vec!["--log", "json", "--log-file", &other, "--ready-file", &other],
            "log-file",
            "ready-file",
        ),
        (
            vec!["--tls", "--trusted-certificate-file", &other, "--ready-file", &other],
            "trusted-certificate-file",
            "ready-file",
        ),
    ] {
        let told = mistakes(&run(program, &[&["--check", "--file", &file][..], &arguments].concat()));
        assert_eq!(told.len(), 1, "{told:?}");
        let says = format!(" is the file of {of} too, which would be written over; name another one");
        assert!(
            told[0].starts_with(&format!("{key}: ")) && told[0].ends_with(&says),
            "{told:?}"
        );
    }
    assert!(fs::read_to_string(&file).unwrap().starts_with("[[ehr]]"));
}

#[test]
fn nothing_is_written_into_a_folder_whose_files_are_read() {
    let Some(program) = program() else { return };
    let folder = Folder::new();
    fs::create_dir_all(folder.path("people/inner")).unwrap();
    fs::create_dir_all(folder.path("people-2")).unwrap();
    let person = folder.with("people/own.json", r#"{"resourceType": "Patient", "id": "own-1"}"#);
    let people = folder.path("people");
    let told = |path: &str, arguments: &[&str]| {
        let check = ["--check", "--tls", "--log", "json", "--data", &people];
        let output = run(program, &[&check[..], arguments, &[path]].concat());
        match output.status.success() {
            true => Vec::new(),
            false => mistakes(&output),
        }
    };
    for key in ["ready-file", "trusted-certificate-file", "log-file"] {
        let flag = format!("--{key}");
        for inside in [
            &person,
            &folder.path("people/new.json"),
            &folder.path("people/inner/new.json"),
        ] {
            let shown = fs::canonicalize(Path::new(inside).parent().unwrap()).unwrap();
            let shown = shown.join(Path::new(inside).file_name().unwrap());
            assert_eq!(
                told(inside, &[&flag]),
                [format!(
                    "{key}: {} is in the folder of ehr[0].data[0], whose files are read; name one elsewhere",
                    shown.display()
                )]
            );
        }
        for outside in ["people-2/new.json", "new.json"] {
            assert!(told(&folder.path(outside), &[&flag]).is_empty(), "{outside}");
        }
    }
    assert!(fs::read_to_string(&person).unwrap().contains("own-1"));
}

#[cfg(unix)]
#[test]
fn a_file_to_which_a_link_in_a_folder_leads_is_not_written_over_nor_is_one_made_there_by_a_link() {
    use std::os::unix::fs::symlink;

    let Some(program) = program() else { return };
    let folder = Folder::new();
    fs::create_dir_all(folder.path("people/inner")).unwrap();
    let person = folder.with("own.json", r#"{"resourceType": "Patient", "id": "own-1"}"#);
    let people = folder.path("people");
    symlink("../../own.json", folder.path("people/inner/linked.json")).unwrap();
    let requests = folder.with("requests.log", "");
    symlink(&requests, folder.path("people/latest.log")).unwrap();
    symlink(folder.path("people/new.json"), folder.path("made.log")).unwrap();
    let check = |more: &[&str]| {
        run(
            program,
            &[&["--check", "--tls", "--log", "json", "--data", &people], more].concat(),
        )
    };
    let shown = fs::canonicalize(&person).unwrap();
    for key in ["ready-file", "trusted-certificate-file", "log-file"] {
        let told = mistakes(&check(&[&format!("--{key}"), &person]));
        let says = format!(
            "{key}: {} is the file of ehr[0].data[0] too, which would be written over; name another one",
            shown.display()
        );
        assert_eq!(told, [says]);
    }
    let told = mistakes(&check(&["--log-file", &folder.path("made.log")]));
    assert!(
        told.len() == 1 && told[0].contains("is in the folder of ehr[0].data[0]"),
        "{told:?}"
    );
    // It is not read.
    let checked = check(&["--log-file", &requests]);
    assert!(checked.status.success(), "{checked:?}");
}

#[test]
fn a_file_for_which_there_is_no_folder_is_found_before_anything_runs() {
    let Some(program) = program() else { return };
    let folder = Folder::new();
    let file = folder.with("file", "");
    for key in ["ready-file", "trusted-certificate-file", "log-file"] {
        for parent in [folder.path("none"), file.clone()] {
            let path = format!("{parent}/new");
            let flag = format!("--{key}");
            let told = mistakes(&run(program, &["--check", "--tls", "--log", "json", &flag, &path]));
            assert_eq!(
                told,
                [format!(
                    "{key}: {parent} is no folder: make the folder, or name another file"
                )]
            );
        }
        // In the folder in which it runs.
        let checked = Command::new(program)
            .args(["--check", "--tls", "--log", "json", &format!("--{key}"), "new"])
            .current_dir(&folder.0)
            .output()
            .unwrap();
        assert!(checked.status.success(), "{checked:?}");
    }
}

#[actix_web::test]
async fn people_are_read_from_the_folders_in_a_folder_too_and_from_no_hidden_one() {
    let Some(program) = program() else { return };
    let folder = Folder::new();
    for (inner, id) in [("b/c", "deep"), ("a", "first"), (".git", "hidden")] {
        fs::create_dir_all(folder.path(inner)).unwrap();
        let patient = json!({"resourceType": "Patient", "id": id});
        folder.with(&format!("{inner}/people.json"), &patient.to_string());
    }
    // It leads back to the folder.
    #[cfg(unix)]
    std::os::unix::fs::symlink(&folder.0, folder.path("a/again")).unwrap();
    let running = Running::start(program, &["--port", "0", "--control", "0", "--data", &folder.path("")]);
    let people = get(&running.control("/ehrs/ehr/people")).await.json();
    let ids: Vec<&str> = people["patients"]
        .as_array()
        .unwrap()
        .iter()
        .map(|patient| patient["id"].as_str().unwrap())
        .collect();
    assert_eq!(ids, ["first", "deep"]);
}

#[actix_web::test]
async fn files_that_say_what_runs_are_made_anew_and_gone_when_it_has_ended() {
    let Some(program) = program() else { return };
    let folder = Folder::new();
    let (ready, trusted) = (folder.with("ready.json", "old"), folder.with("trusted.pem", "old"));
    let files = ["--tls", "--ready-file", &ready, "--trusted-certificate-file", &trusted];
    let running = Running::start(program, &[&files[..], &["--port", "0"]].concat());
    assert!(fs::read_to_string(&ready).unwrap().contains("fhir-base-url"));
    assert!(fs::read_to_string(&trusted).unwrap().contains("CERTIFICATE"));
    actix_web::rt::task::spawn_blocking(move || running.end("-TERM"))
        .await
        .unwrap();
    assert!(!Path::new(&ready).exists() && !Path::new(&trusted).exists());
}

#[test]
fn a_start_that_finds_a_port_taken_leaves_the_files_of_the_run_that_has_it() {
    let Some(program) = program() else { return };
    let folder = Folder::new();
    let (ready, trusted) = (folder.path("ready.json"), folder.path("trusted.pem"));
    let files = ["--tls", "--ready-file", &ready, "--trusted-certificate-file", &trusted];
    let running = Running::start(program, &[&files[..], &["--port", "0", "--control", "0"]].concat());
    let port = |url: &str| url::Url::parse(url).unwrap().port().unwrap().to_string();
    let said = [&ready, &trusted].map(|path| fs::read_to_string(path).unwrap());
    let (ehr, control) = (port(&running.ehr(0, "fhir-base-url")), port(&running.control("")));
    for taken in [
        ["--port", ehr.as_str(), "--control", "0"],
        ["--port", "0", "--control", control.as_str()],
    ] {
        let failed = run(program, &[&files[..], &taken].concat());
        assert_eq!(failed.status.code(), Some(1), "{failed:?}");
        assert_eq!(
            [&ready, &trusted].map(|path| fs::read_to_string(path).unwrap()),
            said,
            "{taken:?}"
        );
    }
}
