use url::Url;

use super::*;
use crate::{
    protocol::{metadata::ServerMetadata, urls::FhirBaseUrl},
    runtime::sign_ins::Sign,
};

fn base(number: usize) -> FhirBaseUrl {
    FhirBaseUrl::parse(&format!("https://ehr.example/{number}")).unwrap()
}

fn request(number: usize) -> DocumentRequest<ServerMetadata> {
    DocumentRequest::metadata_of(&base(number))
}

fn issuer(name: &str) -> String {
    format!("https://sign-in.example/{name}")
}

/// Metadata with this issuer.
fn good(name: &str) -> Good<ServerMetadata> {
    let document = serde_json::json!({
        "issuer": issuer(name),
        "token_endpoint": "https://sign-in.example/token",
    });
    let document = ServerMetadata::parse(document.to_string().as_bytes(), &base(0)).unwrap();
    Good {
        document: Arc::new(document),
        fetched_at: Timestamp::from_millis(0),
        fresh_until: Timestamp::from_millis(1),
    }
}

/// How many of them a server meets that has this issuer, and codes of its own.
fn met(entries: &Entries<ServerMetadata>, name: &str) -> usize {
    let thief = SignIn {
        signs: vec![Sign::Issuer(issuer(name))],
        codes_go_to: Url::parse("https://thief.example").unwrap().origin(),
    };
    entries.with_codes_elsewhere(&thief).len()
}

#[test]
fn nothing_is_left_of_the_sign_in_of_a_document_that_was_replaced_forgotten_or_pushed_out() {
    let mut entries = Entries::default();
    entries.keep(&request(0), good("one"));
    assert_eq!((met(&entries, "one"), met(&entries, "other")), (1, 0));
    entries.keep(&request(0), good("other"));
    assert_eq!((met(&entries, "one"), met(&entries, "other")), (0, 1));
    entries.forget(&request(0));
    assert!(entries.sign_ins.is_empty());
    for number in 0..=MOST_DOCUMENTS {
        entries.keep(&request(number), good("one"));
    }
    assert_eq!((entries.len(), met(&entries, "one")), (MOST_DOCUMENTS, MOST_DOCUMENTS));
}
