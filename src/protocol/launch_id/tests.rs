use super::*;

#[test]
fn a_launch_id_is_22_characters_of_base64url_and_nothing_else() {
    let id = LaunchId::from_bytes([7; 16]);
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
