//! How values are written in files and in JSON, where `serde` would write them otherwise.

/// Seconds as a number, with fractions where there are some.
pub(super) mod seconds {
    use std::time::Duration;

    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub(in crate::sandbox) fn serialize<S: Serializer>(time: &Duration, to: S) -> Result<S::Ok, S::Error> {
        match time.subsec_nanos() {
            0 => to.serialize_u64(time.as_secs()),
            _ => to.serialize_f64(time.as_secs_f64()),
        }
    }

    pub(in crate::sandbox) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Duration, D::Error> {
        let seconds = f64::deserialize(from)?;
        Duration::try_from_secs_f64(seconds)
            .map_err(|_| D::Error::custom(format!("{seconds} is no time; give seconds, 0 or more")))
    }
}

/// An HTTP status.
pub(super) mod status {
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes it so")]
    pub(in crate::sandbox) fn serialize<S: Serializer>(status: &u16, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_u16(*status)
    }

    pub(in crate::sandbox) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<u16, D::Error> {
        let status = i64::deserialize(from)?;
        let of_http = u16::try_from(status).ok().filter(|status| (100..=599).contains(status));
        of_http.ok_or_else(|| D::Error::custom(format!("{status} is no HTTP status; give one from 100 to 599")))
    }
}

/// The size of a body that is kept in memory, in bytes.
pub(super) mod size {
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    /// 64 MiB.
    pub(in crate::sandbox) const LARGEST: usize = 64 << 20;

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes it so")]
    pub(in crate::sandbox) fn serialize<S: Serializer>(size: &usize, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_u64(*size as u64)
    }

    pub(in crate::sandbox) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<usize, D::Error> {
        let size = u64::deserialize(from)?;
        let small = usize::try_from(size).ok().filter(|size| *size <= LARGEST);
        small.ok_or_else(|| D::Error::custom(format!("{size} bytes are too many; give at most {LARGEST}")))
    }
}

/// Bytes as a text; those that are none as `{"base64": "…"}`.
pub(super) mod bytes {
    use base64::{Engine, engine::general_purpose::STANDARD};
    use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};

    #[derive(Serialize, Deserialize)]
    #[serde(
        untagged,
        rename_all_fields = "kebab-case",
        expecting = "give the body as a text, or as {\"base64\": \"…\"}"
    )]
    enum Written {
        Text(String),
        Encoded { base64: String },
    }

    pub(in crate::sandbox) fn serialize<S: Serializer>(bytes: &[u8], to: S) -> Result<S::Ok, S::Error> {
        match std::str::from_utf8(bytes) {
            Ok(text) => to.serialize_str(text),
            Err(_) => Written::Encoded {
                base64: STANDARD.encode(bytes),
            }
            .serialize(to),
        }
    }

    pub(in crate::sandbox) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<u8>, D::Error> {
        match Written::deserialize(from)? {
            Written::Text(text) => Ok(text.into_bytes()),
            Written::Encoded { base64 } => STANDARD
                .decode(base64)
                .map_err(|error| D::Error::custom(format!("base64: {error}"))),
        }
    }
}

/// Names and values as one object, in the order of the names.
pub(super) mod pairs {
    use std::collections::BTreeMap;

    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    pub(in crate::sandbox) fn serialize<S: Serializer, V: Serialize>(
        pairs: &[(String, V)],
        to: S,
    ) -> Result<S::Ok, S::Error> {
        // What was said last holds, as it does where the pairs are read.
        let members: BTreeMap<&str, &V> = pairs.iter().map(|(name, value)| (name.as_str(), value)).collect();
        members.serialize(to)
    }

    pub(in crate::sandbox) fn deserialize<'de, D: Deserializer<'de>, V: Deserialize<'de>>(
        from: D,
    ) -> Result<Vec<(String, V)>, D::Error> {
        Ok(BTreeMap::deserialize(from)?.into_iter().collect())
    }
}
