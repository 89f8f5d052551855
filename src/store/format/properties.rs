//! What holds for all records: they come back as they went.

use std::{sync::Arc, time::Duration};

use proptest::{array::uniform32, collection::vec, option, prelude::*, sample::select};
use serde_json::Value;

use super::*;
use crate::{
    fuzz::generate::{any_json, any_url, config},
    protocol::{
        callback::IssParameter,
        client_auth::{SecretPlacement, SigningAlgorithm},
        findings::TokenResponseReport,
        id_token::IdTokenClaims,
        installation::Installation,
        launch_context::LaunchContext,
        launch_id::LaunchId,
        launch_request::SignInWish,
        scope::Scopes,
        secret::{AccessToken, BrowserId, CodeVerifier, LaunchSecret, Nonce, RawIdToken, RefreshToken},
        token::TokenSet,
        urls::{EndpointUrl, FhirBaseUrl},
    },
    store::{
        BrowserKey, CredentialKind, EndReason, EndpointsSource, FailedCallback, FailedCallbackKind, FormerPatient,
        LaunchKind, LaunchOrigin, PatientDigest, PinnedClient, PinnedEndpoints, Proof, RefreshFailure, RefreshSent,
        RefreshState, ReturnFor,
    },
    time::Timestamp,
};

/// Text with everything that JSON has to escape.
fn text() -> impl Strategy<Value = String> {
    prop_oneof!["[\\x00-\\x1f\"\\\\a-z\u{2028}\u{10ffff}é]{0,8}", any::<String>()]
}

fn moment() -> impl Strategy<Value = Timestamp> {
    any::<u64>().prop_map(Timestamp::from_millis)
}

fn endpoint() -> impl Strategy<Value = EndpointUrl> {
    any_url().prop_map(|url| {
        EndpointUrl::parse(&url).unwrap_or_else(|_| EndpointUrl::parse("https://ehr.example/é?x=\"1").unwrap())
    })
}

fn kind() -> impl Strategy<Value = LaunchKind> {
    select(vec![LaunchKind::Ehr, LaunchKind::Standalone])
}

fn scopes() -> impl Strategy<Value = Scopes> {
    text().prop_map(|text| Scopes::parse(&text))
}

fn endpoints() -> impl Strategy<Value = PinnedEndpoints> {
    let promise = select(vec![IssParameter::Promised, IssParameter::NotPromised]);
    let place = select(vec![SecretPlacement::Header, SecretPlacement::Body]);
    let one = || option::of(endpoint());
    let source = select(vec![
        EndpointsSource::Metadata,
        EndpointsSource::Registration,
        EndpointsSource::Fallback,
    ]);
    let algorithm = option::of(select(vec![SigningAlgorithm::Rs384, SigningAlgorithm::Es384]));
    let addresses = (endpoint(), one(), one(), option::of(text()), one());
    (addresses, promise, (place, algorithm), source).prop_map(
        |(
            (token, revocation, introspection, issuer, jwks_uri),
            iss_parameter,
            (client_secret, assertion_algorithm),
            source,
        )| {
            PinnedEndpoints {
                token,
                revocation,
                introspection,
                issuer,
                jwks_uri,
                iss_parameter,
                client_secret,
                assertion_algorithm,
                source,
            }
        },
    )
}

fn patient() -> impl Strategy<Value = PatientDigest> {
    uniform32(any::<u8>()).prop_map(PatientDigest)
}

fn client() -> impl Strategy<Value = PinnedClient> {
    let kind = select(vec![
        CredentialKind::Public,
        CredentialKind::Secret,
        CredentialKind::PrivateKey,
    ]);
    (text(), kind).prop_map(|(client_id, credentials)| PinnedClient { client_id, credentials })
}

fn return_for() -> impl Strategy<Value = ReturnFor> {
    prop_oneof![
        Just(ReturnFor::Anyone),
        Just(ReturnFor::NoPatient),
        patient().prop_map(ReturnFor::Patient)
    ]
}

fn former_patient() -> impl Strategy<Value = FormerPatient> {
    prop_oneof![
        Just(FormerPatient::Unknown),
        Just(FormerPatient::None),
        patient().prop_map(FormerPatient::Patient)
    ]
}

fn pending() -> impl Strategy<Value = PendingRecord> {
    let first = (text(), kind(), endpoints(), text(), text());
    let second = (text(), option::of(text()), scopes(), option::of(text()));
    let sign_in = (option::of(moment()), any::<bool>().prop_map(SignInWish::again_if));
    let third = (return_for(), moment(), sign_in, option::of(client()));
    (first, second, third).prop_map(
        |(
            (ehr, kind, endpoints, redirect_uri, aud),
            (code_verifier, nonce, requested, return_to),
            (return_for, started_at, (signed_in_since, sign_in), client),
        )| PendingRecord {
            ehr,
            kind,
            endpoints,
            redirect_uri,
            aud,
            code_verifier: CodeVerifier::new(code_verifier),
            nonce: nonce.map(Nonce::new),
            requested,
            return_to,
            return_for,
            started_at,
            signed_in_since,
            sign_in,
            client,
        },
    )
}

/// A context as a server can give one.
fn context() -> impl Strategy<Value = LaunchContext> {
    let id = || option::of("[A-Za-z0-9._~-]{1,16}");
    let item = prop_oneof![text().prop_map(Value::String), any_json()];
    let members = (
        id(),
        id(),
        option::of(vec(item, 0..3)),
        any_json(),
        option::of(text()),
        any_json(),
    );
    members.prop_map(|(patient, encounter, fhir_context, banner, intent, other)| {
        let members = serde_json::json!({
            "patient": patient.filter(|id| id != "." && id != ".."),
            "encounter": encounter.filter(|id| id != "." && id != ".."),
            "fhirContext": fhir_context,
            "need_patient_banner": banner,
            "intent": intent,
            "other": other,
        });
        let base = FhirBaseUrl::parse("https://ehr.example/fhir").unwrap();
        let members = members.as_object().unwrap().clone();
        LaunchContext::from_members(members, &base, &mut TokenResponseReport::default()).unwrap()
    })
}

fn tokens() -> impl Strategy<Value = TokenSet> {
    let own = (text(), text()).prop_map(|(client_id, kid)| Box::new(Installation { client_id, kid }));
    let secrets = (text(), option::of(text()), option::of(own), option::of(text()));
    (secrets, scopes(), moment(), any::<u32>(), context()).prop_map(
        |((access, refresh, installation, id), granted, requested_at, life, context)| TokenSet {
            access_token: AccessToken::new(access),
            refresh_token: refresh.map(RefreshToken::new),
            installation,
            id_token: id.map(RawIdToken::new),
            granted,
            requested_at,
            expires_at: requested_at.saturating_add(Duration::from_secs(life.into())),
            context,
        },
    )
}

fn refresh() -> impl Strategy<Value = RefreshState> {
    let failure = select(vec![
        RefreshFailure::EhrUnavailable,
        RefreshFailure::EhrTroubled,
        RefreshFailure::UnusableAnswer,
        RefreshFailure::Refused,
        RefreshFailure::ClientRefused,
        RefreshFailure::NotSigned,
        RefreshFailure::StoreUnavailable,
        RefreshFailure::Busy,
        RefreshFailure::Unanswered,
        RefreshFailure::NotOffered,
        RefreshFailure::RegistrationUnavailable,
        RefreshFailure::RegistrationFailed,
    ]);
    let sent = option::of((moment(), moment(), any::<u64>()));
    let sent = sent.prop_map(|sent| sent.map(|(at, until, attempt)| RefreshSent::new(at, until, attempt)));
    let moment = || option::of(moment());
    let failure = option::of(failure);
    (moment(), any::<u32>(), moment(), moment(), sent, failure, moment()).prop_map(
        |(last_success, failures, not_before, unanswered_since, sent, last_failure, refused_at)| RefreshState {
            last_success,
            failures,
            not_before,
            unanswered_since,
            sent,
            last_failure,
            refused_at,
        },
    )
}

/// Made from what is stored, as nothing else makes claims without a signature.
fn claims() -> impl Strategy<Value = IdTokenClaims> {
    let times = (any::<u32>(), any::<u32>(), option::of(any::<u32>()));
    (
        text(),
        text(),
        vec(text(), 0..3),
        option::of(text()),
        times,
        any::<bool>(),
    )
        .prop_map(|(iss, sub, aud, azp, (exp, iat, auth_time), checked)| {
            let stored = serde_json::json!({
                "iss": iss, "sub": sub, "aud": aud, "azp": azp, "exp_ms": exp, "iat_ms": iat, "auth_time_ms": auth_time,
                "nonce_was_checked": checked, "other": {"name": sub}
            });
            IdTokenClaims::from_stored(stored).unwrap()
        })
}

fn stored(claims: Option<&IdTokenClaims>) -> Value {
    serde_json::to_value(claims.map(IdTokenClaims::to_stored)).unwrap()
}

fn launch() -> impl Strategy<Value = LaunchRecord> {
    let first = (uniform32(any::<u8>()), uniform32(any::<u8>()), text(), text(), kind());
    let second = (
        endpoints(),
        scopes(),
        option::of(uniform32(any::<u8>())),
        option::of(claims()),
        option::of(patient()),
        option::of(client()),
    );
    (first, second, (option::of(moment()), moment()), tokens(), refresh()).prop_map(
        |(
            (browser, proof, ehr, aud, kind),
            (endpoints, requested, user, identity, patient, client),
            (began_at, opened_at),
            tokens,
            refresh,
        )| {
            LaunchRecord {
                browser: BrowserKey::from_bytes(browser),
                proof: Proof(proof),
                origin: Arc::new(LaunchOrigin {
                    ehr,
                    aud,
                    endpoints,
                    requested,
                    client,
                }),
                kind,
                user,
                identity,
                patient,
                patient_facts: None,
                began_at,
                opened_at,
                tokens,
                refresh,
            }
        },
    )
}

fn outcome() -> impl Strategy<Value = CallbackOutcome> {
    let landed = ("[A-Za-z0-9_-]{21}[AQgw]", text(), text(), option::of(text())).prop_map(
        |(launch, secret, location, new_browser)| CallbackOutcome::Landed {
            launch: LaunchId::parse(&launch).unwrap(),
            secret: LaunchSecret::new(secret),
            location,
            new_browser: new_browser.map(BrowserId::new),
        },
    );
    let what = select(vec![
        FailedCallbackKind::AccessDenied,
        FailedCallbackKind::EhrError,
        FailedCallbackKind::WrongIssuer,
        FailedCallbackKind::AnswerLost,
        FailedCallbackKind::ScopesNotGranted,
        FailedCallbackKind::IdentityRefused,
        FailedCallbackKind::SignInNotFresh,
        FailedCallbackKind::HookTimedOut,
        FailedCallbackKind::NotAudited,
        FailedCallbackKind::RegistrationChanged,
        FailedCallbackKind::Overtaken,
        FailedCallbackKind::Internal,
    ]);
    let text = || option::of(text());
    let failed = (what, kind(), text(), text(), text(), option::of(scopes())).prop_map(
        |(kind, began, ehr, error_code, description, missing_scopes)| {
            CallbackOutcome::Failed(FailedCallback {
                kind,
                began,
                ehr,
                error_code,
                description,
                missing_scopes,
            })
        },
    );
    prop_oneof![landed, failed]
}

fn same_tokens(read: &TokenSet, written: &TokenSet) {
    assert_eq!(read.access_token.expose_secret(), written.access_token.expose_secret());
    let texts = |tokens: &TokenSet| {
        [
            tokens
                .refresh_token
                .as_ref()
                .map(|token| token.expose_secret().to_owned()),
            tokens.id_token.as_ref().map(|token| token.expose_secret().to_owned()),
        ]
    };
    assert_eq!(texts(read), texts(written));
    assert_eq!(
        (&read.granted, read.requested_at, read.expires_at),
        (&written.granted, written.requested_at, written.expires_at)
    );
    assert!(read.context == written.context, "the context changed");
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn no_bytes_are_a_panic(bytes in vec(any::<u8>(), 0..64), text in "\\PC{0,64}", json in any_json()) {
        crate::fuzz::stored(&bytes);
        crate::fuzz::stored(text.as_bytes());
        crate::fuzz::stored(format!("{{\"v\":1,\"browser\":{json},\"landed\":{json}}}").as_bytes());
    }

    #[test]
    fn every_pending_authorization_is_read_as_it_was_written(record in pending()) {
        let read = PendingRecord::from_bytes(&record.to_bytes()).unwrap();
        prop_assert_eq!((&read.ehr, read.kind), (&record.ehr, record.kind));
        prop_assert_eq!((&read.endpoints, &read.redirect_uri), (&record.endpoints, &record.redirect_uri));
        prop_assert_eq!((&read.aud, &read.requested), (&record.aud, &record.requested));
        prop_assert_eq!(read.code_verifier.expose_secret(), record.code_verifier.expose_secret());
        prop_assert_eq!(
            read.nonce.as_ref().map(Nonce::expose_secret),
            record.nonce.as_ref().map(Nonce::expose_secret)
        );
        prop_assert_eq!((&read.return_to, read.return_for), (&record.return_to, record.return_for));
        prop_assert_eq!((read.started_at, read.signed_in_since), (record.started_at, record.signed_in_since));
        prop_assert_eq!(read.sign_in, record.sign_in);
        prop_assert_eq!(&read.client, &record.client);
        crate::fuzz::stored(&record.to_bytes());
    }

    #[test]
    fn every_launch_is_read_as_it_was_written(record in launch()) {
        let read = LaunchRecord::from_bytes(&record.to_bytes()).unwrap();
        prop_assert_eq!((read.browser, read.proof), (record.browser, record.proof));
        prop_assert_eq!(&read.origin, &record.origin);
        prop_assert_eq!((read.kind, read.user, read.patient), (record.kind, record.user, record.patient));
        prop_assert_eq!((read.began_at, read.opened_at, read.refresh), (record.began_at, record.opened_at, record.refresh));
        prop_assert_eq!(stored(read.identity.as_ref()), stored(record.identity.as_ref()));
        same_tokens(&read.tokens, &record.tokens);
        crate::fuzz::stored(&record.to_bytes());
    }

    #[test]
    fn every_outcome_of_a_callback_is_read_as_it_was_written(written in outcome()) {
        match (CallbackOutcome::from_bytes(&written.to_bytes()).unwrap(), &written) {
            (
                CallbackOutcome::Landed { launch, secret, location, new_browser },
                CallbackOutcome::Landed { launch: to, secret: with, location: at, new_browser: id },
            ) => {
                prop_assert_eq!((&launch, &location), (to, at));
                prop_assert_eq!(secret.expose_secret(), with.expose_secret());
                prop_assert_eq!(
                    new_browser.as_ref().map(BrowserId::expose_secret),
                    id.as_ref().map(BrowserId::expose_secret)
                );
            }
            (CallbackOutcome::Failed(read), CallbackOutcome::Failed(failed)) => prop_assert_eq!(&read, failed),
            (read, written) => prop_assert!(false, "{:?} for {:?}", read, written),
        }
    }

    #[test]
    fn every_ended_launch_is_read_as_it_was_written(
        hashes in (uniform32(any::<u8>()), uniform32(any::<u8>())), patient in former_patient(),
        kind in kind(), ehr in text(), at in moment(),
    ) {
        let ended = EndedLaunch {
            browser: BrowserKey::from_bytes(hashes.0),
            proof: Proof(hashes.1),
            kind,
            ehr,
            patient,
            reason: EndReason::PatientChanged,
            ended_at: at,
        };
        let read = EndedLaunch::from_bytes(&ended.to_bytes()).unwrap();
        prop_assert_eq!((read.browser, read.proof, read.kind), (ended.browser, ended.proof, ended.kind));
        prop_assert_eq!((&read.ehr, read.patient), (&ended.ehr, ended.patient));
        prop_assert_eq!((read.reason, read.ended_at), (ended.reason, ended.ended_at));
    }

    #[test]
    fn a_record_with_any_one_byte_changed_is_refused_or_writes_what_it_read(
        record in launch(), at in any::<prop::sample::Index>(), byte in any::<u8>(),
    ) {
        let mut bytes = record.to_bytes();
        let at = at.index(bytes.len());
        bytes[at] = byte;
        crate::fuzz::stored(&bytes);
    }
}
