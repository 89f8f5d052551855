//! A sign-in between the redirect to the EHR and the callback, as its browser keeps it: sealed, in a cookie of its own.
//!
//! The store learns of a sign-in when somebody comes back with it. So no flood of sign-ins that are only begun pushes
//! anything out.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use lz4_flex::block::{compress_prepend_size_with_dict, decompress_size_prepended_with_dict};
use secrecy::zeroize::Zeroizing;
use serde::{Deserialize, Serialize};

use crate::{
    protocol::launch_request::SignInWish,
    store::{LaunchKind, PendingKey, PendingRecord, SealError, SealedKind, SealingKeys, digest},
    time::Timestamp,
};

/// What records have in common, so that they take less room: a browser may have several of these cookies, and proxies take
/// a few kB of them. A record that was compressed with another text does not open, so a sign-in does not outlive a change
/// here.
///
/// Compressing tells nobody anything: the secrets in a record are new in each, and its length is the browser's to know.
const COMMON: &[u8] = br#"","nonce":"","return_to":"/","return_patient":"","return_without_patient":true,"session":"{"v":1,"ehr":"https://fhir.","kind":"standalone","endpoints":{"token":"https://","revocation":"https://","introspection":"https://","issuer":"https://","jwks_uri":"https://.well-known/jwks.json","iss_promised":true},"redirect_uri":"https://app./auth/callback","aud":"https://","code_verifier":"","requested":"online_access user/Practitioner.read patient/MedicationRequest.rs patient/Observation.rs patient/Patient.rs user/*.rs patient/*.rs patient/*.read launch/encounter profile openid fhirUser launch launch/patient offline_access","started_at":17"#;

/// What the cookie of a sign-in holds.
#[derive(Debug, Clone)]
pub(crate) enum SignIn {
    /// It was begun, and nothing is known here of a callback.
    Begun(Box<PendingRecord>),
    /// A callback of it was answered.
    Used(UsedSignIn),
}

/// What is left of a sign-in whose callback was answered: enough to say how to begin again, nothing to exchange with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct UsedSignIn {
    pub(crate) kind: LaunchKind,
    /// The key of the EHR registration.
    pub(crate) ehr: String,
    pub(crate) started_at: Timestamp,
    /// Whether it demanded a new sign-in at the EHR. Who begins again is asked for no less.
    pub(crate) sign_in: SignInWish,
}

#[derive(Serialize, Deserialize)]
struct UsedForm {
    from_ehr: bool,
    ehr: String,
    started_at: Timestamp,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    again: bool,
}

impl UsedSignIn {
    pub(crate) fn of(record: &PendingRecord) -> Self {
        Self {
            kind: record.kind,
            ehr: record.ehr.clone(),
            started_at: record.started_at,
            sign_in: if record.signed_in_since == Some(record.started_at) {
                SignInWish::Again
            } else {
                SignInWish::None
            },
        }
    }

    /// As text that only a holder of the keys can read, and that says so for this sign-in only.
    ///
    /// # Errors
    ///
    /// [`SealError::NoRandomness`]. [`SealError::Corrupt`] does not occur.
    pub(crate) fn seal(&self, keys: &SealingKeys, tag: SignInTag) -> Result<String, SealError> {
        let form = UsedForm {
            from_ehr: self.kind == LaunchKind::Ehr,
            ehr: self.ehr.clone(),
            started_at: self.started_at,
            again: self.sign_in == SignInWish::Again,
        };
        let bytes = serde_json::to_vec(&form).map_err(|_| SealError::Corrupt)?;
        let sealed = keys.seal_apart(SealedKind::UsedSignIn, &tag.digest(), bytes)?;
        Ok(URL_SAFE_NO_PAD.encode(sealed))
    }

    /// Reads what [`seal`](Self::seal) gave for the same sign-in. `None` for anything else.
    pub(crate) fn open(keys: &SealingKeys, tag: SignInTag, text: &str) -> Option<Self> {
        let sealed = URL_SAFE_NO_PAD.decode(text).ok()?;
        let bytes = keys.open_apart(SealedKind::UsedSignIn, &tag.digest(), &sealed).ok()?;
        let form: UsedForm = serde_json::from_slice(&bytes).ok()?;
        Some(Self {
            kind: if form.from_ehr {
                LaunchKind::Ehr
            } else {
                LaunchKind::Standalone
            },
            ehr: form.ehr,
            started_at: form.started_at,
            sign_in: if form.again {
                SignInWish::Again
            } else {
                SignInWish::None
            },
        })
    }
}

/// What tells the sign-ins of a browser apart, without their `state`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct SignInTag([u8; 9]);

impl SignInTag {
    pub(crate) fn of(key: PendingKey) -> Self {
        let mut tag = [0; 9];
        for (to, from) in tag.iter_mut().zip(key.as_bytes()) {
            *to = *from;
        }
        Self(tag)
    }

    /// As it stands in the name of a cookie.
    pub(crate) fn text(self) -> String {
        URL_SAFE_NO_PAD.encode(self.0)
    }

    pub(crate) fn parse(text: &str) -> Option<Self> {
        URL_SAFE_NO_PAD.decode(text).ok()?.try_into().ok().map(Self)
    }

    fn digest(self) -> [u8; 32] {
        digest("sign-in", &self.text())
    }
}

impl SignIn {
    /// A sign-in that begins, as text that only a holder of the keys and of the `state` can read.
    ///
    /// # Errors
    ///
    /// [`SealError::NoRandomness`] only.
    pub(crate) fn seal(record: &PendingRecord, keys: &SealingKeys, key: PendingKey) -> Result<String, SealError> {
        let bytes = Zeroizing::new(record.to_bytes());
        let bytes = compress_prepend_size_with_dict(&bytes, COMMON);
        let sealed = keys.seal_apart(SealedKind::Pending, key.as_bytes(), bytes)?;
        Ok(URL_SAFE_NO_PAD.encode(sealed))
    }

    /// Reads what the cookie of the sign-in with this `state` says. `None` for anything else.
    pub(crate) fn open(keys: &SealingKeys, key: PendingKey, text: &str) -> Option<Self> {
        let sealed = URL_SAFE_NO_PAD.decode(text).ok()?;
        match keys.open_apart(SealedKind::Pending, key.as_bytes(), &sealed) {
            Ok(bytes) => {
                let bytes = Zeroizing::new(decompress_size_prepended_with_dict(&bytes, COMMON).ok()?);
                Some(Self::Begun(Box::new(PendingRecord::from_bytes(&bytes).ok()?)))
            }
            Err(_) => UsedSignIn::open(keys, SignInTag::of(key), text).map(Self::Used),
        }
    }

    /// When it began.
    pub(crate) const fn started_at(&self) -> Timestamp {
        match self {
            Self::Begun(record) => record.started_at,
            Self::Used(used) => used.started_at,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        protocol::{
            scope::Scopes,
            secret::{CodeVerifier, Nonce, State},
            urls::EndpointUrl,
        },
        store::{CredentialKind, PinnedClient, PinnedEndpoints, ReturnFor, acceptance::sample},
    };

    fn endpoint(url: &str) -> EndpointUrl {
        EndpointUrl::parse(url).unwrap()
    }

    /// As a launch from Epic's sandbox has it.
    fn record() -> PendingRecord {
        let mut rng = rand::rng();
        let base = "https://fhir.epic.com/interconnect-fhir-oauth";
        let mut record = sample::pending(Timestamp::from_millis(1_795_890_014_051));
        record.ehr = format!("{base}/api/FHIR/R4");
        record.endpoints = PinnedEndpoints::new(endpoint(&format!("{base}/oauth2/token")));
        record.endpoints.introspection = Some(endpoint(&format!("{base}/oauth2/introspect")));
        record.endpoints.issuer = Some(format!("{base}/oauth2"));
        record.endpoints.jwks_uri = Some(endpoint(&format!(
            "{base}/api/epic/2019/Security/Open/PublicKeys/530006/OIDC"
        )));
        record.redirect_uri = "https://app.example.org/auth/callback".to_owned();
        record.aud = format!("{base}/api/FHIR/R4");
        record.code_verifier = CodeVerifier::random(&mut rng);
        record.nonce = Some(Nonce::random(&mut rng));
        record.requested = Scopes::parse(
            "openid fhirUser launch patient/Patient.rs patient/Observation.rs patient/MedicationRequest.rs \
             offline_access",
        );
        record.return_to = Some("/labs?page=2".to_owned());
        record.return_for = ReturnFor::Anyone;
        record.client = Some(PinnedClient {
            client_id: "3f1c2b6e-5a0d-4c47-9a55-0d6a1f0e7b21".to_owned(),
            credentials: CredentialKind::PrivateKey,
        });
        record
    }

    fn key(state: &str) -> PendingKey {
        PendingKey::of(&State::new(state))
    }

    #[test]
    fn a_sign_in_comes_back_whole_to_a_holder_of_keys_and_state_only() {
        let (keys, record) = (SealingKeys::random(), record());
        let sealed = SignIn::seal(&record, &keys, key("one")).unwrap();
        let Some(SignIn::Begun(opened)) = SignIn::open(&keys, key("one"), &sealed) else {
            panic!("it does not open");
        };
        assert_eq!(opened.to_bytes(), record.to_bytes());
        assert!(SignIn::open(&keys, key("another"), &sealed).is_none());
        assert!(SignIn::open(&SealingKeys::random(), key("one"), &sealed).is_none());
        let (before, after) = sealed.split_at(60);
        let other = if after.starts_with('_') { "-" } else { "_" };
        let changed = format!("{before}{other}{}", after.get(1..).unwrap());
        assert!(SignIn::open(&keys, key("one"), &changed).is_none());
        for not_sealed in ["", "%", "AAAA", &"A".repeat(200)] {
            assert!(SignIn::open(&keys, key("one"), not_sealed).is_none(), "{not_sealed}");
        }
    }

    #[test]
    fn what_is_left_of_a_used_one_says_how_to_begin_again_and_is_no_sign_in() {
        let keys = SealingKeys::random();
        let used = UsedSignIn::of(&record());
        let tag = SignInTag::of(key("one"));
        assert_eq!(SignInTag::parse(&tag.text()), Some(tag));
        let sealed = used.seal(&keys, tag).unwrap();
        match SignIn::open(&keys, key("one"), &sealed) {
            Some(SignIn::Used(opened)) => assert_eq!(opened, used),
            other => panic!("opened as {other:?}"),
        }
        assert!(SignIn::open(&keys, key("another"), &sealed).is_none());
    }

    #[test]
    fn what_is_left_of_one_that_demanded_a_new_sign_in_says_so() {
        let began = record().started_at;
        for (since, sign_in) in [
            (None, SignInWish::None),
            (Some(began), SignInWish::Again),
            (Some(Timestamp::from_millis(began.as_millis() - 1)), SignInWish::None),
        ] {
            let used = UsedSignIn::of(&PendingRecord {
                signed_in_since: since,
                ..record()
            });
            assert_eq!(used.sign_in, sign_in, "{since:?}");
            let (keys, tag) = (SealingKeys::random(), SignInTag::of(key("one")));
            let sealed = used.seal(&keys, tag).unwrap();
            assert_eq!(UsedSignIn::open(&keys, tag, &sealed), Some(used));
        }
    }

    /// A change of [`COMMON`] loses every sign-in that is under way while processes are replaced. The sample must go on
    /// opening; never change it.
    #[test]
    fn what_was_compressed_before_is_read() {
        let keys = SealingKeys::from_bytes([*b"0123456789abcdef0123456789abcdef"]).unwrap();
        let Some(SignIn::Begun(record)) = SignIn::open(&keys, key("one"), include_str!("sign_in/frozen-v1.txt").trim())
        else {
            panic!("it does not open");
        };
        assert_eq!(record.ehr, "https://fhir.epic.com/interconnect-fhir-oauth/api/FHIR/R4");
        assert_eq!(record.return_to.as_deref(), Some("/labs?page=2"));
        assert_eq!(record.started_at, Timestamp::from_millis(1_795_890_014_051));
    }

    #[test]
    fn six_of_a_usual_size_fit_into_4_096_bytes() {
        let sealed = SignIn::seal(&record(), &SealingKeys::random(), key("one")).unwrap();
        // With a name, `=` and the moment in front.
        let length = sealed.len()
            + "__Host-smart_launch_signin_hSKjrLfUxINE".len()
            + "=b1795890014051.ABCDEFGHIJKLMNOP.; ".len();
        assert!(6 * length <= 4_096, "{length}");
    }
}
