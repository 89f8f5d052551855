use aws_lc_rs::aead::RandomizedNonceKey;

use super::{value::Parts, *};

const RECORD: [u8; 32] = [7; 32];
const KINDS: [SealedKind; 11] = [
    SealedKind::Pending,
    SealedKind::Outcome,
    SealedKind::Launch,
    SealedKind::Ended,
    SealedKind::UsedSignIn,
    SealedKind::LaunchCookie,
    SealedKind::PendingAuthorization,
    SealedKind::Authorized,
    SealedKind::EhrSignOut,
    SealedKind::Value,
    SealedKind::ClientRegistration,
];

fn key(number: u8) -> [u8; 32] {
    let mut key = [number; 32];
    key[0] = 0xff;
    key
}

fn keys(numbers: &[u8]) -> SealingKeys {
    SealingKeys::from_bytes(numbers.iter().copied().map(key)).unwrap()
}

fn sealed(keys: &SealingKeys) -> Vec<u8> {
    keys.seal(SealedKind::Launch, &RECORD, b"a value".to_vec()).unwrap()
}

fn open(keys: &SealingKeys, sealed: &[u8]) -> Result<Vec<u8>, SealError> {
    keys.open(SealedKind::Launch, &RECORD, sealed)
        .map(|value| value.to_vec())
}

#[test]
fn what_was_sealed_opens_and_shows_nothing_of_the_value() {
    let keys = keys(&[1]);
    let sealed = sealed(&keys);
    assert!(!sealed.windows(5).any(|window| window == b"value"));
    assert_eq!(open(&keys, &sealed).as_deref(), Ok(&b"a value"[..]));
}

#[test]
fn sealing_twice_gives_two_different_texts() {
    let keys = keys(&[1]);
    assert_ne!(sealed(&keys), sealed(&keys));
}

#[test]
fn a_sealed_value_that_is_cut_anywhere_or_longer_does_not_open() {
    let keys = keys(&[1]);
    let mut sealed = sealed(&keys);
    for length in 0..sealed.len() {
        assert_eq!(
            open(&keys, &sealed[..length]),
            Err(SealError::Corrupt),
            "{length} bytes"
        );
    }
    sealed.push(0);
    assert_eq!(open(&keys, &sealed), Err(SealError::Corrupt));
}

#[test]
fn a_sealed_value_with_one_changed_bit_does_not_open() {
    let keys = keys(&[1]);
    let sealed = sealed(&keys);
    for at in 0..sealed.len() {
        let mut changed = sealed.clone();
        changed[at] ^= 1;
        let expected = if (1..9).contains(&at) {
            SealError::UnknownKey
        } else {
            SealError::Corrupt
        };
        assert_eq!(open(&keys, &changed), Err(expected), "byte {at}");
    }
}

#[test]
fn a_value_of_another_record_or_kind_does_not_open() {
    let keys = keys(&[1]);
    let sealed = sealed(&keys);
    let mut neighbour = RECORD;
    neighbour[31] ^= 1;
    assert_eq!(
        keys.open(SealedKind::Launch, &neighbour, &sealed),
        Err(SealError::Corrupt)
    );
    for kind in KINDS.into_iter().filter(|kind| *kind != SealedKind::Launch) {
        assert_eq!(keys.open(kind, &RECORD, &sealed), Err(SealError::Corrupt), "{kind:?}");
    }
}

#[test]
fn a_value_in_clear_is_not_taken_for_a_sealed_one() {
    let clear = br#"{"v":1,"browser":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"}"#;
    assert_eq!(open(&keys(&[1]), clear), Err(SealError::Corrupt));
}

#[test]
fn through_a_rotation_every_step_reads_what_the_step_before_wrote() {
    let steps = [keys(&[1]), keys(&[1, 2]), keys(&[2, 1]), keys(&[2])];
    for pair in steps.windows(2).take(2) {
        assert!(open(&pair[1], &sealed(&pair[0])).is_ok());
        assert!(open(&pair[0], &sealed(&pair[1])).is_ok() || pair[0].others.is_empty());
    }
    assert!(
        open(&steps[1], &sealed(&steps[2])).is_ok(),
        "a process that is a step behind"
    );
    assert!(open(&steps[3], &sealed(&steps[2])).is_ok());
}

#[test]
fn a_removed_key_is_named_as_the_cause_with_what_to_do() {
    let error = open(&keys(&[2]), &sealed(&keys(&[1]))).unwrap_err();
    assert_eq!(error, SealError::UnknownKey);
    assert!(error.to_string().contains("put the removed key back"), "{error}");
}

#[test]
fn keys_are_read_in_every_usual_spelling() {
    use base64::{
        Engine as _,
        engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD},
    };
    let bytes = key(0xfb);
    let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    let sealed = sealed(&keys(&[0xfb]));
    for text in [
        STANDARD.encode(bytes),
        STANDARD_NO_PAD.encode(bytes),
        URL_SAFE.encode(bytes),
        URL_SAFE_NO_PAD.encode(bytes),
        hex.to_uppercase(),
        hex,
    ] {
        let keys = SealingKeys::parse(&format!(" {text},\n")).unwrap();
        assert!(open(&keys, &sealed).is_ok(), "{text}");
    }
}

#[test]
fn unusable_keys_are_refused_with_their_position() {
    let good = "bmV3IGtleSBuZXcga2V5IG5ldyBrZXkgbmV3IGtleSE=";
    let refused = |text: &str| SealingKeys::parse(text).map(drop).unwrap_err();
    assert_eq!(refused(" , \n"), SealingKeyError::NoKey);
    assert_eq!(
        refused(&format!("{good} s3cret!")),
        SealingKeyError::NotText { position: 2 }
    );
    assert_eq!(
        refused("c2hvcnQ="),
        SealingKeyError::WrongLength { position: 1, bytes: 5 }
    );
    assert_eq!(
        refused(&format!("{good} {}", "00".repeat(32))),
        SealingKeyError::Placeholder { position: 2 }
    );
    assert_eq!(
        refused(&format!("{good},{good}")),
        SealingKeyError::Repeated { position: 2 }
    );
}

#[test]
fn debug_output_shows_ids_and_no_key() {
    let shown = format!("{:?}", keys(&[1, 2]));
    assert!(shown.starts_with("SealingKeys { seals: SealingKey("), "{shown}");
    assert!(!shown.contains("0101") && !shown.contains("0202"), "{shown}");
}

/// Written by the first version. If this fails, the change makes all stored launches unreadable.
#[test]
fn a_value_that_the_first_version_sealed_still_opens() {
    let sealed = include_bytes!("frozen-v1.bin");
    assert_eq!(open(&keys(&[1]), sealed).as_deref(), Ok(&b"a value"[..]));
}

#[test]
fn blinded_values_are_equal_for_equal_values_under_one_key_in_one_context_only() {
    let one = keys(&[1, 2]).blind(&RECORD, &[1; 32]);
    assert_eq!(one, keys(&[1, 2]).blind(&RECORD, &[1; 32]));
    assert_eq!(one[1], keys(&[2]).blind(&RECORD, &[1; 32])[0]);
    assert_ne!(one[0], one[1]);
    assert_ne!(one, keys(&[1, 2]).blind(&RECORD, &[2; 32]));
    assert_ne!(one, keys(&[1, 2]).blind(&[8; 32], &[1; 32]));
}

fn sealed_apart(keys: &SealingKeys) -> Vec<u8> {
    keys.seal_apart(SealedKind::Pending, &RECORD, b"a value".to_vec())
        .unwrap()
}

fn open_apart(keys: &SealingKeys, sealed: &[u8]) -> Result<Vec<u8>, SealError> {
    keys.open_apart(SealedKind::Pending, &RECORD, sealed)
        .map(|value| value.to_vec())
}

#[test]
fn what_was_sealed_apart_opens_for_the_same_kind_and_record_only() {
    let keys = keys(&[1]);
    let sealed = sealed_apart(&keys);
    assert!(!sealed.windows(5).any(|window| window == b"value"));
    assert_ne!(sealed, sealed_apart(&keys));
    assert_eq!(open_apart(&keys, &sealed).as_deref(), Ok(&b"a value"[..]));
    for kind in KINDS.into_iter().filter(|kind| *kind != SealedKind::Pending) {
        let opened = keys.open_apart(kind, &RECORD, &sealed);
        assert_eq!(opened, Err(SealError::Corrupt), "{kind:?}");
    }
    for at in 0..32 {
        let mut neighbour = RECORD;
        neighbour[at] ^= 1;
        let opened = keys.open_apart(SealedKind::Pending, &neighbour, &sealed);
        assert_eq!(opened, Err(SealError::Corrupt), "byte {at}");
    }
}

/// The additional data alone would refuse it too; here it is made to be the same.
#[test]
fn the_key_of_another_record_does_not_open_what_was_sealed_apart() {
    let keys = keys(&[1]);
    let mut neighbour = RECORD;
    neighbour[31] ^= 1;
    let key_of = |record| keys.first.aead_of(record).unwrap();
    let sealed = sealed_apart(&keys);
    let open_with = |aead: &RandomizedNonceKey| {
        let parts = Parts::of(&sealed).unwrap();
        parts
            .open_with(aead, SealedKind::Pending, &RECORD)
            .map(|value| value.to_vec())
    };
    assert_eq!(open_with(&key_of(&RECORD)).as_deref(), Ok(&b"a value"[..]));
    assert_eq!(open_with(&key_of(&neighbour)), Err(SealError::Corrupt));
    assert_eq!(open_with(keys.first.aead()), Err(SealError::Corrupt));
}

#[test]
fn what_was_sealed_apart_and_what_was_not_do_not_open_as_each_other() {
    let keys = keys(&[1]);
    let together = keys.seal(SealedKind::Pending, &RECORD, b"a value".to_vec()).unwrap();
    assert_eq!(open_apart(&keys, &together), Err(SealError::Corrupt));
    let apart = sealed_apart(&keys);
    assert_eq!(keys.open(SealedKind::Pending, &RECORD, &apart), Err(SealError::Corrupt));
}

#[test]
fn what_was_sealed_apart_does_not_open_when_it_is_cut_longer_or_changed() {
    let keys = keys(&[1]);
    let mut sealed = sealed_apart(&keys);
    for length in 0..sealed.len() {
        let opened = open_apart(&keys, &sealed[..length]);
        assert_eq!(opened, Err(SealError::Corrupt), "{length} bytes");
    }
    for at in 0..sealed.len() {
        let mut changed = sealed.clone();
        changed[at] ^= 1;
        let expected = if (1..9).contains(&at) {
            SealError::UnknownKey
        } else {
            SealError::Corrupt
        };
        assert_eq!(open_apart(&keys, &changed), Err(expected), "byte {at}");
    }
    sealed.push(0);
    assert_eq!(open_apart(&keys, &sealed), Err(SealError::Corrupt));
}

#[test]
fn what_was_sealed_apart_goes_through_a_rotation() {
    let steps = [keys(&[1]), keys(&[1, 2]), keys(&[2, 1]), keys(&[2])];
    assert!(open_apart(&steps[1], &sealed_apart(&steps[0])).is_ok());
    assert!(open_apart(&steps[0], &sealed_apart(&steps[1])).is_ok());
    assert!(open_apart(&steps[2], &sealed_apart(&steps[1])).is_ok());
    assert!(open_apart(&steps[1], &sealed_apart(&steps[2])).is_ok());
    assert!(open_apart(&steps[3], &sealed_apart(&steps[2])).is_ok());
    let too_early = open_apart(&steps[3], &sealed_apart(&steps[1]));
    assert_eq!(too_early, Err(SealError::UnknownKey));
}

/// Browsers bring such values back to whichever version of an application runs by then. Never change it.
#[test]
fn a_value_that_the_first_version_sealed_apart_still_opens() {
    let sealed = include_bytes!("frozen-apart-v1.bin");
    assert_eq!(open_apart(&keys(&[1]), sealed).as_deref(), Ok(&b"a value"[..]));
}

#[test]
fn a_patient_is_recognised_under_the_same_keys_at_the_same_ehr_only() {
    let (ehr, patient) = ("https://ehr.example/fhir", "p1");
    let digests = keys(&[1, 2]).patient_digests(ehr, patient);
    assert_eq!(digests, keys(&[1, 2]).patient_digests(ehr, patient));
    assert_eq!(digests.len(), 2);
    assert_ne!(digests[0], digests[1]);
    // The sealing key's comes first; after a rotation the former one is still among them.
    assert_eq!(digests[..1], keys(&[1]).patient_digests(ehr, patient));
    let rotated = keys(&[2, 1]).patient_digests(ehr, patient);
    assert_eq!(rotated, [digests[1], digests[0]]);
    assert!(
        !keys(&[3])
            .patient_digests(ehr, patient)
            .iter()
            .any(|one| digests.contains(one))
    );
    for (other_ehr, other_patient) in [
        (ehr, "p2"),
        (ehr, ""),
        ("https://other.example/fhir", patient),
        ("https://ehr.example/fhi", "rp1"),
        (patient, ehr),
    ] {
        let others = keys(&[1, 2]).patient_digests(other_ehr, other_patient);
        assert!(
            !others.iter().any(|one| digests.contains(one)),
            "{other_ehr} {other_patient}"
        );
    }
}

#[test]
fn two_random_keys_are_two_keys() {
    let (one, other) = (SealingKeys::random(), SealingKeys::random());
    assert!(open(&one, &sealed(&one)).is_ok());
    assert_eq!(open(&other, &sealed(&one)), Err(SealError::UnknownKey));
}
