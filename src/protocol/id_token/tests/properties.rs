//! What holds for every input.

use std::sync::LazyLock;

use proptest::prelude::*;
use serde_json::json;

use super::support::*;
use crate::protocol::{
    id_token::{FhirUserReference, KeySet, unverified_issuer, unverified_user},
    secret::RawIdToken,
};

static GOOD: LazyLock<String> = LazyLock::new(|| rs256().sign(&header(), &claims()));
static KEYS: LazyLock<KeySet> = LazyLock::new(keys);

#[test]
fn no_flip_of_one_bit_leaves_a_token_good() {
    let good = GOOD.as_bytes();
    for at in 0..good.len() {
        for bit in 0..7 {
            let mut changed = good.to_vec();
            changed[at] ^= 1 << bit;
            let changed = String::from_utf8(changed).unwrap();
            assert!(verified(&changed, &KEYS, &expected()).is_err(), "byte {at}, bit {bit}");
        }
    }
}

fn any_json() -> impl Strategy<Value = serde_json::Value> {
    let leaf = prop_oneof![
        Just(json!(null)),
        any::<bool>().prop_map(|b| json!(b)),
        any::<i64>().prop_map(|n| json!(n)),
        any::<f64>().prop_map(|n| json!(n)),
        ".{0,12}".prop_map(|s| json!(s)),
    ];
    leaf.prop_recursive(3, 16, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(|items| json!(items)),
            prop::collection::btree_map("[a-z]{1,4}", inner, 0..4).prop_map(|members| json!(members)),
        ]
    })
}

proptest! {
    #[test]
    fn no_change_of_one_character_leaves_a_token_good(at in 0_usize..4_096, character in any::<char>()) {
        let good = GOOD.as_str();
        let at = at % good.len();
        prop_assume!(good.as_bytes()[at] as char != character);
        let (before, after) = good.split_at(at);
        let changed = format!("{before}{character}{}", after.chars().skip(1).collect::<String>());
        prop_assert!(verified(&changed, &KEYS, &expected()).is_err());
    }

    #[test]
    fn no_cut_or_longer_token_is_good(at in 0_usize..4_096, more in ".{1,8}") {
        let good = GOOD.as_str();
        prop_assert!(verified(good.split_at(at % good.len()).0, &KEYS, &expected()).is_err());
        let longer = format!("{good}{more}");
        prop_assert!(verified(&longer, &KEYS, &expected()).is_err());
    }

    #[test]
    fn no_text_is_a_panic(text in ".{0,300}", header in ".{0,80}", claims in ".{0,80}") {
        for token in [text.clone(), format!("{}.{}.{}", encode(&header), encode(&claims), encode(&text))] {
            prop_assert!(verified(&token, &KEYS, &expected()).is_err());
            let token = RawIdToken::new(token);
            let _ = (unverified_issuer(&token), unverified_user(&token));
        }
        let _ = FhirUserReference::parse(&text, BASE);
        let _ = KeySet::parse(text.as_bytes());
    }

    #[test]
    fn no_value_of_a_member_is_a_panic(
        value in any_json(),
        claim in prop::sample::select(vec!["iss", "aud", "azp", "exp", "iat", "nbf", "nonce", "sub", "auth_time", "fhirUser"]),
        member in prop::sample::select(vec!["alg", "kid", "typ", "cty", "crit"]),
        of_key in prop::sample::select(vec!["kty", "kid", "use", "key_ops", "alg", "n", "e", "d"]),
    ) {
        let _ = verified(&rs256().sign(&header(), &with(claims(), claim, value.clone())), &KEYS, &expected());
        let _ = verified(&rs256().sign(&with(header(), member, value.clone()), &claims()), &KEYS, &expected());
        let keys = json!({ "keys": [with(rs256().jwk("k1"), of_key, value)] }).to_string();
        if let Ok(keys) = KeySet::parse(keys.as_bytes()) {
            let _ = verified(&GOOD, &keys, &expected());
        }
    }

    #[test]
    fn a_user_that_is_read_is_printed_as_it_is_read(
        kind in prop::sample::select(vec!["Patient", "Practitioner", "PractitionerRole", "RelatedPerson", "Person"]),
        id in "[A-Za-z0-9][A-Za-z0-9.-]{0,63}",
        path in "(/[a-zA-Z0-9_-]{1,8}){0,3}",
    ) {
        let base = format!("https://ehr.example{path}");
        let relative = FhirUserReference::parse(&format!("{kind}/{id}"), &base).unwrap();
        prop_assert_eq!(relative.reference(), format!("{}/{}", kind, id));
        prop_assert_eq!(relative.url(), format!("{}/{}/{}", base, kind, id));
        let absolute = FhirUserReference::parse(&relative.url(), "https://another.example").unwrap();
        prop_assert!(absolute.is_on(&base) && !absolute.is_on("https://another.example"));
        prop_assert_eq!(absolute, relative);
    }

    #[test]
    fn what_reads_as_a_user_reads_the_same_from_its_own_url(text in "[A-Za-z0-9:/._~%@-]{0,40}") {
        for text in [text.clone(), format!("https://{text}/Patient/1"), format!("Patient/{text}")] {
            if let Ok(user) = FhirUserReference::parse(&text, BASE) {
                prop_assert_eq!(FhirUserReference::parse(&user.url(), ""), Ok(user));
            }
        }
    }
}
