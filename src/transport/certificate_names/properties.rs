//! What holds for all bytes that a server calls a certificate.

use proptest::{collection::vec, prelude::*};
use rcgen::{CertificateParams, DnType, KeyPair};

use super::names_of;
use crate::fuzz::{certificate_names, generate::config};

fn certificate(name: &str) -> Vec<u8> {
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.distinguished_name.push(DnType::CommonName, name);
    let key = KeyPair::generate().unwrap();
    params.self_signed(&key).unwrap().der().to_vec()
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn no_bytes_are_a_panic(bytes in vec(any::<u8>(), 0..64)) {
        certificate_names(&bytes);
    }

    #[test]
    fn no_certificate_with_a_changed_byte_breaks_a_promise(
        name in "\\PC{1,20}",
        at in any::<prop::sample::Index>(),
        byte in any::<u8>(),
    ) {
        let mut bytes = certificate(&name);
        let index = at.index(bytes.len());
        bytes[index] = byte;
        certificate_names(&bytes);
    }

    #[test]
    fn a_certificate_that_is_cut_off_anywhere_has_no_names(at in any::<prop::sample::Index>()) {
        let bytes = certificate("ehr.example");
        let cut = bytes.split_at(at.index(bytes.len())).0;
        prop_assert_eq!(names_of(&cut, &[]).subject, None);
    }
}
