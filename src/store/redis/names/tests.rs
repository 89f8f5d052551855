use super::*;

#[test]
fn everything_of_one_browser_stands_under_its_hash_tag() {
    let names = Names::new("smart:".to_owned());
    let mut key = [0_u8; 32];
    key[0] = 0xab;
    key[1] = 0x01;
    let zeros = "A".repeat(40);
    assert_eq!(
        names.launch(LaunchKey(key)),
        format!("smart:{{ab01}}:launch:qwE{zeros}")
    );
    assert_eq!(
        names.launches_of(BrowserKey(key)),
        format!("smart:{{ab01}}:launches:qwE{zeros}")
    );
    assert_eq!(
        names.memo(BrowserKey(key), Memo::SameBrowser),
        format!("smart:{{ab01}}:same_browser:qwE{zeros}")
    );
    assert_eq!(
        names.memo(BrowserKey(key), Memo::LaunchCookies),
        format!("smart:{{ab01}}:launch_cookies:qwE{zeros}")
    );
}

#[test]
fn a_claim_stands_under_a_hash_tag_of_its_own() {
    let names = Names::new("smart:".to_owned());
    let mut key = [0_u8; 32];
    key[1] = 0x0f;
    let zeros = "A".repeat(40);
    assert_eq!(names.claim(PendingKey(key)), format!("smart:{{000f}}:claim:AA8{zeros}"));
}

#[test]
fn the_name_of_a_launch_leads_back_to_its_key() {
    let key = LaunchKey([0xab; 32]);
    // Whatever the prefix is.
    for prefix in ["", "smart:", "a:launch:b:"] {
        let names = Names::new(prefix.to_owned());
        assert_eq!(launch_key(&names.launch(key)), Some(key));
        assert_eq!(launch_key(&names.claim(PendingKey([0xab; 32]))), None);
        assert_eq!(launch_key(&names.launches_of(BrowserKey([0xab; 32]))), None);
        assert_eq!(
            launch_key(&names.memo(BrowserKey([0xab; 32]), Memo::LaunchCookies)),
            None
        );
    }
    assert_eq!(launch_key("smart:{ab01}:launch:qwE"), None);
    assert_eq!(launch_key("smart:{ab01}:launch:!"), None);
}
