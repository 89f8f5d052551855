//! What somebody finds who reads the whole of Redis, in memory and on its disk, while launches open, refresh and end.

use std::collections::{BTreeMap, BTreeSet};

use actix_smart_auth::sandbox::Endpoint;
use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD},
};
use redis::{Commands as _, Connection, Value};

use crate::{
    app::Secrets,
    bleed_redis::fresh,
    browser::Ask,
    fleet::Fleet,
    judge::State,
    mix::{Ends, Mix},
    support::redis_server::RedisServer,
};

/// What kinds of secrets of a whole mix of requests stand in Redis. `keys`: those to seal with; none is plain text.
async fn found(keys: &[u8]) -> Option<BTreeSet<&'static str>> {
    let server = RedisServer::start(&[])?;
    let mut redis = fresh(&server.url());
    redis.keys = keys.to_vec();
    let fleet = Fleet::processes(2, |setup| setup.redis = Some(redis));
    let ends = Ends {
        logs_out: 2,
        runs_out: 1,
    };
    let mut mix = Mix::open(fleet, ends).await;
    // One that nobody finishes.
    let url = mix.fleet.ehr_launch_url("dario-sampleton", "visit-401");
    mix.browser.authorize(&url, 0).await;
    let (mut seen, mut secrets) = (Seen::default(), Kinds::default());
    mix.run(async |mix| {
        seen.look(&mut server.connection());
        secrets.of_tabs(mix).await;
    })
    .await;
    mix.assert_held();
    secrets.of_requests(&mix);
    seen.disk(&mut server.connection());
    println!("{} bytes in Redis and on its disk", seen.text.len());
    Some(secrets.in_clear(&seen.text))
}

#[actix_web::test]
async fn a_dump_of_redis_and_its_disk_during_all_of_that_shows_no_secret_and_no_patient() {
    let Some(found) = found(&[1]).await else { return };
    assert_eq!(found, BTreeSet::new());
}

/// What is not here never stands in Redis, sealed or not: a hash of it does, or nothing.
#[actix_web::test]
async fn the_same_search_finds_them_when_they_are_stored_in_plain_text() {
    let Some(found) = found(&[]).await else { return };
    let expected = [
        "access token",
        "refresh token",
        "id token",
        "nonce",
        "patient",
        "encounter",
        "user",
        "launch id",
        "launch cookie",
        // That of the browser, in the answer that is given again.
        "cookie of the whole site",
    ];
    assert_eq!(found, BTreeSet::from(expected));
}

/// Everything that was seen, a character for each byte.
#[derive(Default)]
struct Seen {
    text: String,
    known: BTreeSet<Vec<u8>>,
}

impl Seen {
    fn add(&mut self, bytes: Vec<u8>) {
        if !self.known.contains(&bytes) {
            self.text.extend(bytes.iter().map(|byte| char::from(*byte)));
            self.text.push('\n');
            self.known.insert(bytes);
        }
    }

    /// Every key with its value, as it is and as the server dumps it.
    fn look(&mut self, connection: &mut Connection) {
        let names: Vec<String> = connection.scan().unwrap().map(Result::unwrap).collect();
        assert!(!names.is_empty());
        for name in names {
            let (kind, dump): (String, Vec<u8>) = redis::pipe()
                .cmd("TYPE")
                .arg(&name)
                .cmd("DUMP")
                .arg(&name)
                .query(connection)
                .unwrap();
            let read = match kind.as_str() {
                "hash" => redis::cmd("HGETALL").arg(&name).to_owned(),
                "set" => redis::cmd("SMEMBERS").arg(&name).to_owned(),
                "list" => redis::cmd("LRANGE").arg(&name).arg(0).arg(-1).to_owned(),
                "zset" => redis::cmd("ZRANGE").arg(&name).arg(0).arg(-1).to_owned(),
                "string" => redis::cmd("GET").arg(&name).to_owned(),
                other => panic!("{name} is a {other}"),
            };
            self.add(name.into_bytes());
            self.add(dump);
            self.values(read.query(connection).unwrap());
        }
    }

    fn values(&mut self, value: Value) {
        match value {
            Value::BulkString(bytes) => self.add(bytes),
            Value::SimpleString(text) => self.add(text.into_bytes()),
            Value::Array(values) | Value::Set(values) => values.into_iter().for_each(|value| self.values(value)),
            Value::Map(pairs) => pairs.into_iter().for_each(|(key, value)| {
                self.values(key);
                self.values(value);
            }),
            other => panic!("{other:?}"),
        }
    }

    /// The append-only file: every write that there ever was.
    fn disk(&mut self, connection: &mut Connection) {
        let (_, directory): (String, String) = redis::cmd("CONFIG").arg("GET").arg("dir").query(connection).unwrap();
        let mut left = vec![std::path::PathBuf::from(directory)];
        let before = self.text.len();
        while let Some(directory) = left.pop() {
            for entry in std::fs::read_dir(directory).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    left.push(path);
                } else {
                    self.add(std::fs::read(path).unwrap());
                }
            }
        }
        assert!(self.text.len() > before + 10_000, "the disk was written to");
    }
}

/// Secrets by kind.
#[derive(Default)]
struct Kinds(BTreeMap<&'static str, BTreeSet<String>>);

impl Kinds {
    fn add(&mut self, kind: &'static str, secret: impl Into<String>) {
        let secret = secret.into();
        assert!(secret.len() >= 9, "{kind} {secret:?} could be found by chance");
        self.0.entry(kind).or_default().insert(secret);
    }

    async fn of_tabs(&mut self, mix: &Mix) {
        for tab in &mix.tabs {
            self.add("patient", tab.patient);
            self.add("encounter", tab.encounter);
            self.add("launch id", &tab.held.id);
            self.add("launch cookie", tab.held.secret());
            for token in &tab.tokens {
                self.add("access token", token);
            }
            if tab.state != State::Open {
                continue;
            }
            let answer = mix.browser.ask(&Ask::api(0, tab.held.path("/secrets"))).await;
            let secrets: Secrets = serde_json::from_str(&answer.body).unwrap();
            self.add("refresh token", secrets.refresh_token.unwrap());
            self.add("id token", secrets.id_token.unwrap());
            for value in secrets.session {
                self.add("browser id", value);
            }
        }
        self.add("user", "paula-pretend");
        // The session, and the authorization that nobody finished.
        let cookies = mix.browser.session_cookie();
        // The probe says nothing.
        for cookie in cookies
            .split("; ")
            .filter(|cookie| !cookie.starts_with("smart_launch_probe="))
        {
            self.add("cookie of the whole site", cookie.split_once('=').unwrap().1);
        }
    }

    /// What the sandbox received.
    fn of_requests(&mut self, mix: &Mix) {
        for request in mix.fleet.sandbox.received_requests() {
            let pairs = match request.endpoint {
                Endpoint::Authorize => request.query.clone(),
                Endpoint::Token => request.form(),
                _ => continue,
            };
            for (name, value) in pairs {
                match name.as_str() {
                    "state" => self.add("state", value),
                    "nonce" => self.add("nonce", value),
                    "launch" => self.add("launch value", value),
                    "code" => self.add("code", value),
                    "code_verifier" => self.add("verifier", value),
                    "refresh_token" => self.add("refresh token", value),
                    _ => {}
                }
            }
        }
        for kind in ["state", "nonce", "launch value", "code", "verifier", "browser id"] {
            assert!(self.0.contains_key(kind), "no {kind} to look for");
        }
        let count: usize = self.0.values().map(BTreeSet::len).sum();
        println!("{count} secrets of {} kinds", self.0.len());
    }

    /// The kinds of which at least one stands there, in whatever writing.
    fn in_clear(&self, text: &str) -> BTreeSet<&'static str> {
        let stands = |secret: &String| writings(secret).iter().any(|writing| text.contains(writing));
        let found = self.0.iter().filter(|(_, secrets)| secrets.iter().any(stands));
        found.map(|(kind, _)| *kind).collect()
    }
}

/// As it is, URL-encoded, in hexadecimal, in JSON, and as a part of something in base64.
fn writings(secret: &str) -> Vec<String> {
    let encoded: String = url::form_urlencoded::byte_serialize(secret.as_bytes()).collect();
    let hex: String = secret.bytes().map(|byte| format!("{byte:02x}")).collect();
    let json = serde_json::to_string(secret).unwrap().trim_matches('"').to_owned();
    let mut writings = vec![secret.to_owned(), encoded, hex.to_uppercase(), hex, json];
    for (before, cut) in [(0, 0), (1, 2), (2, 3)] {
        let bytes = [&b"  "[..before], secret.as_bytes()].concat();
        // The last character may depend on what follows.
        let whole = bytes.len() * 8 / 6;
        for engine in [STANDARD_NO_PAD, URL_SAFE_NO_PAD] {
            writings.push(engine.encode(&bytes)[cut..whole].to_owned());
        }
    }
    writings
}

#[test]
fn redis_dump_finds_a_secret_within_base64_wherever_it_begins() {
    for before in ["", "x", "xy", "xyz"] {
        let text = STANDARD_NO_PAD.encode(format!("{before}amber-testwood and more"));
        let secrets = Kinds([("patient", BTreeSet::from(["amber-testwood".to_owned()]))].into());
        assert_eq!(secrets.in_clear(&text), BTreeSet::from(["patient"]), "{text}");
        assert!(secrets.in_clear("nothing").is_empty());
    }
}
