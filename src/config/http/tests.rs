use super::*;

const CERTIFICATE: &str = include_str!("../../../tests/fixtures/keys/certificate.pem");
const KEY: &str = include_str!("../../../tests/fixtures/keys/p384-pkcs8.pem");

#[test]
fn every_certificate_of_a_text_is_taken() {
    assert_eq!(
        root_certificates(&format!("# our roots\n{CERTIFICATE}\n{CERTIFICATE}"))
            .unwrap()
            .len(),
        2
    );
}

#[test]
fn a_text_without_usable_certificates_says_why() {
    let refused = |text: &str| root_certificates(text).unwrap_err();
    assert_eq!(refused(""), CertificateError::NoCertificate);
    assert_eq!(refused(&format!("{CERTIFICATE}{KEY}")), CertificateError::PrivateKey);
    assert_eq!(
        refused(CERTIFICATE.split("-----END").next().unwrap()),
        CertificateError::Malformed
    );
    let public = include_str!("../../../tests/fixtures/keys/p384-public.pem");
    assert_eq!(refused(public), CertificateError::NoCertificate);
}

#[cfg(any(feature = "actix", feature = "reqwest"))]
#[test]
fn something_else_in_a_certificate_block_is_named_by_its_place() {
    let other = KEY.replace("PRIVATE KEY", "CERTIFICATE");
    let refused = root_certificates(&format!("{CERTIFICATE}{other}")).unwrap_err();
    assert_eq!(refused, CertificateError::NotARoot { number: 2 });
}
