use super::*;

#[test]
fn broken_der_is_none_and_never_a_panic() {
    for der in [
        &[][..],
        &[0x30],
        &[0x30, 0x80],
        &[0x30, 0x85, 1, 1, 1, 1, 1],
        &[0x30, 0x84, 0xff, 0xff, 0xff, 0xff],
        &[0x30, 0x02, 0x02],
        &[0x30, 0x03, 0x02, 0x05, 0x00],
    ] {
        assert_eq!(pkcs8(der), None, "{der:?}");
        assert_eq!(spki(der), None, "{der:?}");
        assert_eq!(sec1(der), None, "{der:?}");
        assert_eq!(rsa_public(der), None, "{der:?}");
        assert_eq!(rsa_private_modulus(der), None, "{der:?}");
    }
}

#[test]
fn bits_are_counted_from_the_highest_one() {
    assert_eq!(bits(&[]), 0);
    assert_eq!(bits(&[1]), 1);
    assert_eq!(bits(&[0x80]), 8);
    assert_eq!(bits(&[0x01, 0x00]), 9);
    assert_eq!(bits(&[0x7f; 256]), 2047);
    assert_eq!(bits(&[0x80; 256]), 2048);
}
