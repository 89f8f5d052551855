//! After a configuration was built, no copy of a private key is left in the memory of the process, and none of a client
//! secret after the configuration has gone. The memory itself is searched, as the operating system shows it.
#![cfg(target_os = "linux")]
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "helpers of a test may fail the test"
)]

use std::{
    env,
    fs::{self, File},
    io::{Read as _, Seek as _, SeekFrom},
    process::Command,
    sync::{Mutex, MutexGuard, PoisonError},
};

use actix_smart_auth::{Ehr, EhrBuilder, PrivateKey, PrivateKeyJwt, SmartConfig, options::PublicKey};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use secrecy::zeroize::Zeroizing;

/// Added to each byte of what is looked for. Not the other way round by the same means: what is masked twice is not plain.
const MASK: u8 = 0x5b;

/// A piece of a text, masked, so that what is looked for is not in memory because it is looked for.
const fn masked<const N: usize>(text: &[u8], from: usize) -> [u8; N] {
    let mut piece = [0; N];
    let mut at = 0;
    while at < N {
        piece[at] = text[from + at].wrapping_add(MASK);
        at += 1;
    }
    piece
}

/// The same of what the base64 text decodes to: 24 bytes for 32 characters.
const fn masked_decoded(text: &[u8], from: usize) -> [u8; 24] {
    let mut piece = [0; 24];
    let mut at = 0;
    while at < 8 {
        let mut bits = 0_u32;
        let mut digit = 0;
        while digit < 4 {
            bits = bits << 6 | digit_of(text[from + 4 * at + digit]);
            digit += 1;
        }
        piece[3 * at] = ((bits >> 16) as u8).wrapping_add(MASK);
        piece[3 * at + 1] = ((bits >> 8) as u8).wrapping_add(MASK);
        piece[3 * at + 2] = (bits as u8).wrapping_add(MASK);
        at += 1;
    }
    piece
}

const fn digit_of(character: u8) -> u32 {
    (match character {
        b'A'..=b'Z' => character - b'A',
        b'a'..=b'z' => character - b'a' + 26,
        b'0'..=b'9' => character - b'0' + 52,
        b'+' => 62,
        b'/' => 63,
        _ => panic!("not base64"),
    }) as u32
}

/// A key file of the fixtures, a piece of it and what that says. The file is never in this program's memory
/// but where the crate puts it.
struct Key {
    path: &'static str,
    text: [u8; 32],
    der: [u8; 24],
}

macro_rules! path {
    ($name:literal) => {
        concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/keys/", $name, ".pem")
    };
}

macro_rules! key {
    ($name:literal, $line:literal) => {
        Key {
            path: path!($name),
            text: const { masked(include_bytes!(path!($name)), place(include_bytes!(path!($name)), $line)) },
            der: const { masked_decoded(include_bytes!(path!($name)), place(include_bytes!(path!($name)), $line)) },
        }
    };
}

/// Where a piece of the key is: some characters into this line of the base64 text.
const fn place(key: &[u8], line: usize) -> usize {
    first_line(key) + 65 * line + 8
}

/// How long the first line is, with its end.
const fn first_line(key: &[u8]) -> usize {
    let mut length = 0;
    while key[length] != b'\n' {
        length += 1;
    }
    length + 1
}

/// How often the memory that this process can write has the masked bytes, but for the beginning of the stack, where the
/// environment is.
fn copies(masked: &[u8]) -> usize {
    let mut memory = File::open("/proc/self/mem").unwrap();
    // Apart from the memory that is looked at, which reading it must not change.
    static BUFFER: Mutex<[u8; 1 << 20]> = Mutex::new([0; 1 << 20]);
    let mut bytes = BUFFER.lock().unwrap();
    let mut mappings = String::with_capacity(1 << 20);
    File::open("/proc/self/maps")
        .unwrap()
        .read_to_string(&mut mappings)
        .unwrap();
    let mut found = 0;
    for line in mappings.lines() {
        let mut fields = line.split_whitespace();
        let (range, rights) = (fields.next().unwrap(), fields.next().unwrap());
        if !rights.starts_with("rw") || line.ends_with("[stack]") {
            continue;
        }
        let (start, end) = range.split_once('-').unwrap();
        let address = |text| u64::from_str_radix(text, 16).unwrap();
        let (mut at, end) = (address(start), address(end));
        // What was read last may end with the beginning of a copy.
        let mut kept = 0;
        while at < end {
            let length = usize::try_from(end - at).unwrap().min(bytes.len() - kept);
            let read =
                memory.seek(SeekFrom::Start(at)).is_ok() && memory.read_exact(&mut bytes[kept..kept + length]).is_ok();
            if !read {
                // A mapping may have gone meanwhile.
                break;
            }
            // At once, or what is found would be found again here.
            mask(&mut bytes[kept..kept + length]);
            let all = kept + length;
            found += occurrences(&bytes[..all], masked);
            kept = all.min(masked.len() - 1);
            bytes.copy_within(all - kept..all, 0);
            at += length as u64;
        }
    }
    found
}

// Loops, as iterators take minutes where nothing is optimized.

fn mask(bytes: &mut [u8]) {
    let mut at = 0;
    while at < bytes.len() {
        bytes[at] = bytes[at].wrapping_add(MASK);
        at += 1;
    }
}

fn occurrences(bytes: &[u8], wanted: &[u8]) -> usize {
    let (mut found, mut at, first) = (0, 0, wanted[0]);
    while at < bytes.len() {
        if bytes[at] == first && bytes[at..].starts_with(wanted) {
            found += 1;
        }
        at += 1;
    }
    found
}

fn ehr() -> EhrBuilder {
    Ehr::builder("https://ehr.example/fhir")
        .client_id("my-app")
        .redirect_uri("https://app.example/auth/callback")
        .scopes("launch patient/*.rs")
}

fn assert_no_copy(key: &Key, what: &str) {
    assert_eq!(copies(&key.text), 0, "{what}: the text of {}", key.path);
    assert_eq!(copies(&key.der), 0, "{what}: the content of {}", key.path);
}

/// One test at a time: what another one is working on would be found. `None` where memory is not to be seen.
fn alone() -> Option<MutexGuard<'static, ()>> {
    static ALONE: Mutex<()> = Mutex::new(());
    if let Err(error) = File::open("/proc/self/mem") {
        eprintln!("skipped what looks into the memory of the process: {error}");
        return None;
    }
    Some(ALONE.lock().unwrap_or_else(PoisonError::into_inner))
}

const GOOD: [Key; 4] = [
    key!("p384-pkcs8", 1),
    key!("p384-sec1-without-public", 0),
    key!("rsa2048-pkcs1", 10),
    key!("rsa2048-pkcs8", 10),
];
const REFUSED: [Key; 3] = [key!("rsa1024-pkcs8", 5), key!("p256-pkcs8", 1), key!("p521-pkcs8", 1)];
const IN_THE_ENVIRONMENT: Key = key!("p384-x-starts-with-zero", 0);

/// What the tests below do not find would be found.
#[test]
fn a_copy_in_memory_is_found() {
    let Some(_alone) = alone() else { return };
    // Other tests of this process give keys to processes of their own, and leave copies of them here.
    if env::var_os(IN_A_PROCESS_OF_ITS_OWN).is_none() {
        run_alone("a_copy_in_memory_is_found", &[]);
        return;
    }
    for key in GOOD.into_iter().chain(REFUSED).chain([IN_THE_ENVIRONMENT]) {
        assert_no_copy(&key, "before");
        let text = Zeroizing::new(fs::read(key.path).unwrap());
        assert!(copies(&key.text) > 0, "{}", key.path);
        assert_eq!(copies(&key.der), 0, "{}", key.path);
        let mut dense = Zeroizing::new(Vec::with_capacity(text.len()));
        for line in text.split(|c| *c == b'\n').filter(|line| !line.starts_with(b"-")) {
            dense.extend_from_slice(line);
        }
        let der = Zeroizing::new(STANDARD.decode(dense.as_slice()).unwrap());
        assert!(copies(&key.der) > 0, "{} {}", key.path, der.len());
    }
}

#[test]
fn of_a_key_file_no_copy_is_left_once_the_configuration_is_built() {
    let Some(_alone) = alone() else { return };
    for key in GOOD {
        let auth = PrivateKeyJwt::new("k", PrivateKey::file(key.path)).also_publish("k", PrivateKey::file(key.path));
        let config = SmartConfig::builder().ehr(ehr().client_auth(auth)).build().unwrap();
        assert_no_copy(&key, "built");
        drop(config);
    }
}

#[test]
fn of_a_key_that_is_refused_no_copy_is_left() {
    let Some(_alone) = alone() else { return };
    for key in [key!("rsa1024-pkcs8", 5), key!("p256-pkcs8", 1), key!("p521-pkcs8", 1)] {
        let private = PrivateKeyJwt::new("k", PrivateKey::file(key.path));
        let good = PrivateKey::file(path!("p384-pkcs8"));
        let public = PrivateKeyJwt::new("k", good).also_publish("k2", PublicKey::file(key.path));
        for auth in [private, public] {
            let error = SmartConfig::builder().ehr(ehr().client_auth(auth)).build().unwrap_err();
            assert_no_copy(&key, &error.to_string());
        }
    }
}

#[test]
fn of_a_key_that_is_given_as_text_or_as_a_path_no_copy_is_left() {
    let Some(_alone) = alone() else { return };
    let [.., key] = REFUSED;
    for given in [PrivateKey::pem, PrivateKey::file] {
        // With room to spare, as a text that was put together has.
        let mut text = String::with_capacity(100_000);
        File::open(key.path).unwrap().read_to_string(&mut text).unwrap();
        let auth = PrivateKeyJwt::new("k", given(text));
        let error = SmartConfig::builder().ehr(ehr().client_auth(auth)).build().unwrap_err();
        assert_no_copy(&key, &error.to_string());
    }
}

/// Set in a process that runs one test.
const IN_A_PROCESS_OF_ITS_OWN: &str = "IN_A_PROCESS_OF_ITS_OWN";

/// Runs one test of this file in a process of its own, which has its environment from its start on.
fn run_alone(test: &str, variables: &[(&str, &str)]) {
    let output = Command::new(env::current_exe().unwrap())
        .args(["--exact", test])
        .env("FHIR_BASE_URL", "https://ehr.example/fhir")
        .env("SMART_CLIENT_ID", "my-app")
        .env("SMART_REDIRECT_URI", "https://app.example/auth/callback")
        .env("SMART_SCOPES", "launch patient/*.rs")
        .envs(variables.iter().copied())
        .env(IN_A_PROCESS_OF_ITS_OWN, "yes")
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && said.contains("1 passed"), "{said}");
}

#[test]
fn of_a_key_in_the_environment_no_copy_is_left() {
    let Some(_alone) = alone() else { return };
    let key = IN_THE_ENVIRONMENT;
    let test = "of_a_key_in_the_environment_no_copy_is_left";
    if env::var_os(IN_A_PROCESS_OF_ITS_OWN).is_some() {
        let config = SmartConfig::from_env().unwrap();
        assert_no_copy(&key, "read from the environment");
        drop(config);
        return;
    }
    let text = fs::read_to_string(key.path).unwrap();
    for text in [text.clone(), text.replace('\n', "\\n")] {
        run_alone(test, &[("SMART_PRIVATE_KEY_PATH", &text), ("SMART_KEY_ID", "k")]);
    }
}

/// Letters that do not repeat. Many, as the memory of a short text is soon used for something else.
const LONG_SECRET: [u8; 1_000] = {
    let (mut secret, mut at, mut state) = ([0; 1_000], 0, 1_u32);
    while at < secret.len() {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        secret[at] = b'a' + (state >> 24) as u8 % 26;
        at += 1;
    }
    secret
};

#[test]
fn of_a_client_secret_in_the_environment_no_copy_is_left_when_the_configuration_has_gone() {
    const MASKED: [u8; 16] = masked(&LONG_SECRET, 700);
    let Some(_alone) = alone() else { return };
    let test = "of_a_client_secret_in_the_environment_no_copy_is_left_when_the_configuration_has_gone";
    if env::var_os(IN_A_PROCESS_OF_ITS_OWN).is_some() {
        let ehr = EhrBuilder::from_env();
        assert_eq!(copies(&MASKED), 1, "the one that is used");
        let config = SmartConfig::builder().ehr(ehr).build().unwrap();
        assert_eq!(copies(&MASKED), 1, "the one that is used");
        drop(config);
        assert_eq!(copies(&MASKED), 0);
        return;
    }
    // With spaces in front, so that the memory of what is trimmed is not used again for what is left.
    let value = format!("{:>9000}", str::from_utf8(&LONG_SECRET).unwrap());
    run_alone(test, &[("SMART_CLIENT_SECRET", &value)]);
}
