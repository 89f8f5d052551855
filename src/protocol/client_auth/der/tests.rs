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

/// The indefinite length of BER, which DER does not have. As a number it would be the length of what follows.
#[test]
fn a_length_of_0x80_is_none() {
    let numbers = [&[0x02, 62][..], &[1; 62], &[0x02, 62], &[1; 62]].concat();
    assert_eq!(numbers.len(), 0x80);
    assert_eq!(rsa_public(&[&[0x30, 0x80], numbers.as_slice()].concat()), None);
    assert!(rsa_public(&[&[0x30, 0x81, 0x80], numbers.as_slice()].concat()).is_some());
}

#[test]
fn a_curve_without_a_name_that_is_known_here_is_another_one_and_not_one_written_out() {
    for (der, curve) in [
        (&[0x06, 0x05, 0x2b, 0x81, 0x04, 0x00, 0x22][..], Curve::P384),
        (
            &[0x06, 0x05, 0x2b, 0x81, 0x04, 0x00, 0x21],
            Curve::Other("of an unknown identifier"),
        ),
        (&[0x30, 0x00], Curve::Explicit),
    ] {
        assert_eq!(ec_parameters(der), Some(curve), "{der:x?}");
    }
}
