//! Records as bytes, for stores that hold bytes.
//!
//! JSON with a version, `{"v":1,…}`. The forms in `v1` are apart from the records, so that a record can change
//! without the bytes of older versions becoming unreadable, and they are the one place where the crate serialises
//! secrets: the bytes are as confidential as what is in them. Seal them before they leave the process.
//!
//! Unknown members are ignored, so a later version may add some without a new number while processes of both versions
//! share a store; anything else gets a new number. A kind or a reason that this version does not know is malformed.

mod error;
mod names;
#[cfg(test)]
mod properties;
#[cfg(test)]
mod tests;
mod v1;

use serde::{Deserialize, Serialize, de::DeserializeOwned};

pub use self::error::FormatError;
pub(super) use self::names::StoredName;
use crate::store::{CallbackOutcome, EndedLaunch, LaunchRecord, PendingRecord};

/// The version that is written.
const VERSION: u64 = 1;

#[derive(Serialize)]
struct Written<T> {
    v: u64,
    #[serde(flatten)]
    record: T,
}

#[derive(Deserialize)]
struct VersionOnly {
    v: u64,
}

fn write<T: Serialize>(record: T) -> Vec<u8> {
    // Fails only for maps whose keys are not text and for failing `Serialize` implementations; the forms have neither.
    // An empty value, which no reader accepts, is then better than a panic.
    serde_json::to_vec(&Written { v: VERSION, record }).unwrap_or_default()
}

fn read<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, FormatError> {
    let VersionOnly { v } = serde_json::from_slice(bytes).map_err(|_| FormatError::Malformed)?;
    if v != VERSION {
        return Err(FormatError::Version(v));
    }
    serde_json::from_slice(bytes).map_err(|_| FormatError::Malformed)
}

macro_rules! as_bytes {
    ($($record:ident as $form:ident;)+) => {$(
        impl $record {
            /// The record as bytes, for a backend that holds bytes. They contain secrets in clear: seal them.
            #[must_use]
            pub fn to_bytes(&self) -> Vec<u8> {
                write(v1::$form::from(self))
            }

            /// Reads what [`to_bytes`](Self::to_bytes) of this or an earlier version of the crate wrote.
            ///
            /// # Errors
            ///
            /// [`FormatError::Version`] for bytes of a later format, [`FormatError::Malformed`] for anything that is
            /// not such a record.
            pub fn from_bytes(bytes: &[u8]) -> Result<Self, FormatError> {
                read::<v1::$form<'_>>(bytes)?.try_into()
            }
        }
    )+};
}

as_bytes! {
    PendingRecord as Pending;
    CallbackOutcome as Outcome;
    LaunchRecord as Launch;
    EndedLaunch as Ended;
}
