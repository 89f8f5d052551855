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
