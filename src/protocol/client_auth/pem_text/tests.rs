use proptest::prelude::*;
use secrecy::zeroize::ZeroizeOnDrop;

use super::*;
use crate::{fuzz::generate::config, protocol::client_auth::tests::fixture};

/// Compiles only for what is wiped.
fn is_wiped<T: ZeroizeOnDrop>(_: &T) {}

#[test]
fn what_is_read_of_a_key_is_wiped_when_it_is_dropped() {
    for text in [
        fixture!("p384-pkcs8"),
        fixture!("rsa2048-pkcs1"),
        fixture!("p384-sec1-with-parameters"),
    ] {
        match private_block(text).unwrap_or_else(|error| panic!("{error}")) {
            Block::Pkcs8(der) | Block::Pkcs1(der) | Block::Spki(der) | Block::RsaPublic(der) => is_wiped(&der),
            Block::Sec1 { key, parameters } => {
                is_wiped(&key);
                is_wiped(&parameters);
            }
        }
    }
    is_wiped(&with_line_ends(""));
}

#[test]
fn blocks_are_read_as_a_library_reads_them() {
    for text in [
        fixture!("p384-pkcs8"),
        fixture!("rsa2048-pkcs8"),
        fixture!("rsa2048-pkcs1"),
        fixture!("rsa2048-pkcs1-encrypted"),
        fixture!("p384-sec1-with-parameters"),
        fixture!("certificate"),
        fixture!("p384-public"),
    ] {
        for text in [text.to_owned(), text.replace('\n', "\r\n"), format!("{text}{text}")] {
            let expected: Vec<_> = pem::parse_many(&text)
                .unwrap()
                .into_iter()
                .map(pem::Pem::into_contents)
                .collect();
            let read = blocks(&text).unwrap_or_else(|error| panic!("{error}"));
            let read: Vec<_> = read.into_iter().map(|(_, der)| der.to_vec()).collect();
            assert_eq!(read, expected);
        }
    }
}

#[test]
fn a_header_says_that_a_key_is_encrypted_and_text_before_it_does_not() {
    let encrypted = fixture!("rsa2048-pkcs1-encrypted");
    for text in [
        encrypted.to_owned(),
        encrypted.replace('\n', "\\n"),
        encrypted.replace('\n', "\\r\\n"),
    ] {
        assert_eq!(private_block(&text).err(), Some(KeyError::Encrypted), "{text}");
    }
    let text = format!("Proc-Type: 4,ENCRYPTED\n\n{}", fixture!("rsa2048-pkcs1"));
    assert!(matches!(private_block(&text), Ok(Block::Pkcs1(_))));
    let text = fixture!("rsa2048-pkcs1").replace("KEY-----\nMII", "KEY-----\nX-Note: ours\n\nMII");
    assert!(matches!(private_block(&text), Ok(Block::Pkcs1(_))));
}

#[test]
fn line_ends_are_read_however_they_are_written() {
    for (text, expected) in [
        ("a\r\nb\nc", "a\nb\nc"),
        (r"a\nb\r\nc", "a\nb\nc"),
        (r"a\b\", r"a\b\"),
        ("", ""),
    ] {
        assert_eq!(with_line_ends(text).as_str(), expected, "{text:?}");
    }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn no_text_makes_a_buffer_grow_or_a_panic(
        text in "(\\PC|\r|\n|\\\\[rn]|-----BEGIN |-----END |-----|PRIVATE KEY|[A-Za-z0-9+/=]{4}|:){0,40}",
    ) {
        let plain = with_line_ends(&text);
        prop_assert_eq!(plain.capacity(), with_room_for(text.len()).capacity());
        prop_assert!(!plain.contains('\r'));
        if let Ok(der) = decoded(&text) {
            prop_assert!(der.len() <= text.len().div_ceil(4) * 3);
        }
        let _ = (private_block(&text), public_block(&text));
    }
}

fn block(label: &str, content: &str) -> String {
    format!("-----BEGIN {label}-----\n{content}\n-----END {label}-----\n")
}

#[test]
fn a_private_key_of_another_form_is_refused_as_what_it_is() {
    for (label, what) in [
        ("DSA PRIVATE KEY", "a DSA key"),
        (
            "OPENSSH PRIVATE KEY",
            "a key in OpenSSH's own form (convert it with `ssh-keygen -p -m PEM`)",
        ),
        ("SM2 PRIVATE KEY", "a private key of an unknown form"),
    ] {
        let error = private_block(&block(label, "AAAA")).err();
        assert_eq!(error, Some(KeyError::Unsupported { what }), "{label}");
        assert_eq!(
            public_block(&block(label, "AAAA")).err(),
            Some(KeyError::PrivateKey),
            "{label}"
        );
    }
    for (label, private, public) in [
        ("X509 CERTIFICATE", KeyError::Certificate, KeyError::Certificate),
        ("EC PARAMETERS", KeyError::NoPem, KeyError::NoPem),
        ("DH PARAMETERS", KeyError::NoPem, KeyError::NoPem),
    ] {
        let text = block(label, "AAAA");
        assert_eq!(private_block(&text).err(), Some(private), "{label}");
        assert_eq!(public_block(&text).err(), Some(public), "{label}");
    }
}

#[test]
fn the_parameters_of_a_curve_are_found_beside_its_key_and_nothing_else_is_taken_for_them() {
    let key = block("EC PRIVATE KEY", "AQID");
    let parameters = block("EC PARAMETERS", "BAUG");
    let others = format!("{}{}", block("DH PARAMETERS", "BwgJ"), block("CERTIFICATE", "BwgJ"));
    for (text, expected) in [
        (format!("{others}{parameters}{key}"), Some(vec![4, 5, 6])),
        (format!("{key}{parameters}"), Some(vec![4, 5, 6])),
        (format!("{others}{key}"), None),
    ] {
        let Ok(Block::Sec1 { key, parameters }) = private_block(&text) else {
            panic!("{text}")
        };
        assert_eq!(
            (key.to_vec(), parameters.map(|der| der.to_vec())),
            (vec![1, 2, 3], expected)
        );
    }
}

#[test]
fn only_lines_with_a_name_are_headers_and_only_one_of_them_says_that_a_key_is_encrypted() {
    for (content, expected) in [
        ("AQID\n\nBAUG", Some(vec![1, 2, 3, 4, 5, 6])),
        ("X-Note: ours\n\nAQID", Some(vec![1, 2, 3])),
        ("Proc-Type: 4,MIC-ONLY\n\nAQID", Some(vec![1, 2, 3])),
        ("X-Note: NOT ENCRYPTED\n\nAQID", Some(vec![1, 2, 3])),
        ("X-Note: ours\nProc-Type: 4,ENCRYPTED\n\nAQID", None),
    ] {
        match private_block(&block("RSA PRIVATE KEY", content)) {
            Ok(Block::Pkcs1(der)) => assert_eq!(Some(der.to_vec()), expected, "{content}"),
            Ok(_) => panic!("{content}"),
            Err(error) => assert_eq!((error, None), (KeyError::Encrypted, expected), "{content}"),
        }
    }
}
