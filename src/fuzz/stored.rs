//! What a store holds.

use std::sync::LazyLock;

use crate::store::{CallbackOutcome, EndedLaunch, LaunchRecord, PendingRecord, SealError, SealedKind, SealingKeys};

/// The place in a store of everything that is sealed here.
const RECORD: [u8; 32] = [7; 32];
const KINDS: [SealedKind; 6] = [
    SealedKind::Pending,
    SealedKind::Outcome,
    SealedKind::Launch,
    SealedKind::Ended,
    SealedKind::UsedSignIn,
    SealedKind::LaunchCookie,
];

static KEYS: LazyLock<SealingKeys> = LazyLock::new(|| {
    let key = std::array::from_fn(|at| if at == 0 { 0xff } else { 1 });
    SealingKeys::from_bytes([key]).expect("a key")
});

/// A record of any type, a sealed value, or the text of sealing keys.
pub fn stored(data: &[u8]) {
    macro_rules! reads_the_same_again {
        ($($record:ident)+) => {$(
            if let Ok(record) = $record::from_bytes(data) {
                let written = record.to_bytes();
                let again = $record::from_bytes(&written).expect("what was written is read");
                assert_eq!(
                    String::from_utf8_lossy(&again.to_bytes()),
                    String::from_utf8_lossy(&written)
                );
            }
        )+};
    }
    reads_the_same_again!(PendingRecord CallbackOutcome LaunchRecord EndedLaunch);
    only_what_was_sealed_opens(data);
    if let Ok(keys) = std::str::from_utf8(data)
        .map_err(drop)
        .and_then(|text| SealingKeys::parse(text).map_err(drop))
    {
        let sealed = keys
            .seal(SealedKind::Launch, &RECORD, data.to_vec())
            .expect("randomness");
        assert_eq!(
            keys.open(SealedKind::Launch, &RECORD, &sealed).as_deref(),
            Ok(&data.to_vec())
        );
    }
}

fn only_what_was_sealed_opens(data: &[u8]) {
    for kind in KINDS {
        if let Ok(opened) = KEYS.open(kind, &RECORD, data) {
            // The one sealed value that is among the seeds.
            assert!(opened.as_slice() == b"a value" && kind == SealedKind::Launch);
        }
        assert!(KEYS.open_apart(kind, &RECORD, data).is_err());
    }
    let sealed = KEYS
        .seal(SealedKind::Launch, &RECORD, data.to_vec())
        .expect("randomness");
    let open = |kind, sealed: &[u8]| KEYS.open(kind, &RECORD, sealed).map(|value| value.to_vec());
    assert_eq!(open(SealedKind::Launch, &sealed).as_deref(), Ok(data));
    assert_eq!(open(SealedKind::Ended, &sealed), Err(SealError::Corrupt));
    let mut changed = sealed;
    if let Some(byte) = data.first().and_then(|at| changed.get_mut(usize::from(*at))) {
        *byte ^= 1;
        assert!(open(SealedKind::Launch, &changed).is_err());
    }
    what_was_sealed_apart_opens_apart_only(data);
}

fn what_was_sealed_apart_opens_apart_only(data: &[u8]) {
    let kind = SealedKind::UsedSignIn;
    let mut sealed = KEYS.seal_apart(kind, &RECORD, data.to_vec()).expect("randomness");
    let open = |sealed: &[u8]| KEYS.open_apart(kind, &RECORD, sealed).map(|value| value.to_vec());
    assert_eq!(open(&sealed).as_deref(), Ok(data));
    assert_eq!(KEYS.open(kind, &RECORD, &sealed), Err(SealError::Corrupt));
    if let Some(byte) = data.first().and_then(|at| sealed.get_mut(usize::from(*at))) {
        *byte ^= 1;
        assert!(open(&sealed).is_err());
    }
}
