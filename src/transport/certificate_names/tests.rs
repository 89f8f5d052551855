use rcgen::{CertificateParams, DistinguishedName, DnType, DnValue, KeyPair};

use super::*;

fn certificate(names: Vec<(DnType, DnValue)>) -> Vec<u8> {
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.distinguished_name = DistinguishedName::new();
    for (kind, value) in names {
        params.distinguished_name.push(kind, value);
    }
    let key = KeyPair::generate().unwrap();
    params.self_signed(&key).unwrap().der().to_vec()
}

fn subject(names: Vec<(DnType, DnValue)>) -> Option<String> {
    names_of(&certificate(names), &[]).subject
}

#[test]
fn names_are_read_in_every_form_that_authorities_write_them_in() {
    let forms = [
        DnValue::Utf8String("Klinik Süd".to_owned()),
        DnValue::BmpString("Klinik Süd".try_into().unwrap()),
        // As old authorities do it: Latin 1.
        DnValue::PrintableString("Klinik Sud".try_into().unwrap()),
    ];
    for form in forms {
        let name = subject(vec![(DnType::CommonName, form)]).unwrap();
        assert_eq!(name.replace('ü', "u"), "Klinik Sud");
    }
    assert_eq!(shown(LATIN_1, b"S\xfcd").as_deref(), Some("Süd"));
    let both = vec![
        (DnType::OrganizationName, DnValue::Utf8String("Hospital".to_owned())),
        (DnType::CommonName, DnValue::Utf8String("ehr.example".to_owned())),
    ];
    assert_eq!(subject(both).as_deref(), Some("ehr.example (Hospital)"));
}

#[test]
fn a_name_of_which_nothing_can_be_seen_is_none() {
    for blank in ["", " ", "\u{200b}", "\u{202e}\n"] {
        let name = vec![(DnType::CommonName, DnValue::Utf8String(blank.to_owned()))];
        assert_eq!(subject(name), None, "{blank:?}");
    }
    let organization = vec![
        (DnType::CommonName, DnValue::Utf8String(" ".to_owned())),
        (DnType::OrganizationName, DnValue::Utf8String("Hospital".to_owned())),
    ];
    assert_eq!(subject(organization).as_deref(), Some("Hospital"));
}
