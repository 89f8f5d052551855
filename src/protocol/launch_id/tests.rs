use super::*;

#[test]
fn a_launch_id_is_22_characters_of_base64url_and_nothing_else() {
    let id = LaunchId::from_bytes([7; 16], false);
    assert_eq!(id.as_str().len(), 22);
    assert_eq!(LaunchId::parse(id.as_str()), Some(id));
    for bad in [
        "",
        "AAAAAAAAAAAAAAAAAAAAA",
        "AAAAAAAAAAAAAAAAAAAAAAA",
        "AAAAAAAAAAAAAAAAAAAAA=",
        "AAAAAAAAAAAAAAAAAAAAA/",
    ] {
        assert_eq!(LaunchId::parse(bad), None, "{bad}");
    }
}

#[test]
fn it_says_whether_its_launch_began_in_the_ehr_whatever_was_drawn() {
    let mut looks_marked = [7; 16];
    looks_marked[14..].copy_from_slice(&[0x04, 0x1c]);
    assert!(URL_SAFE_NO_PAD.encode(looks_marked).ends_with(FROM_EHR));
    for drawn in [[7; 16], [0; 16], [255; 16], looks_marked] {
        for is_from_ehr in [true, false] {
            let id = LaunchId::from_bytes(drawn, is_from_ehr);
            assert_eq!(id.is_from_ehr(), is_from_ehr, "{id:?}");
            assert_eq!(LaunchId::parse(id.as_str()), Some(id), "as it comes back");
        }
    }
}

#[test]
fn what_says_so_stands_in_addresses_and_never_changes() {
    assert!(LaunchId::parse("AAAAAAAAAAAAAAAAAAAEHA").unwrap().is_from_ehr());
    for other in [
        "AAAAAAAAAAAAAAAAAAAAAA",
        "AAAAAAAAAAAAAAAAAAAEHQ",
        "AAAAAAAAAAAAAAAAAAAAHA",
        "EHAAAAAAAAAAAAAAAAAAAA",
    ] {
        assert!(!LaunchId::parse(other).unwrap().is_from_ehr(), "{other}");
    }
}
