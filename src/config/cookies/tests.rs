use super::*;

fn check(policy: CookiePolicy, secure: Secure) -> Vec<CookiePolicyError> {
    policy.check(secure).err().unwrap_or_default()
}

#[test]
fn the_default_is_lax_and_works_with_and_without_https() {
    for secure in [Secure::Yes, Secure::No] {
        let cookies = CookiePolicy::default().check(secure).unwrap();
        assert_eq!(cookies.same_site, SameSite::Lax);
        assert_eq!(cookies.partitioned, Partitioned::No);
        assert_eq!(cookies.launch, "smart_launch");
        assert_eq!(cookies.secure, secure);
    }
}

#[test]
fn no_two_public_paths_have_cookies_of_one_name() {
    let of = |path: &str| CookiePolicy::default().check(Secure::Yes).unwrap().of_public_path(path);
    let paths = [
        "", "/a", "/a/b", "/a-b", "/a_b", "/a.b", "/a~b", "/a^7e^b", "/a%20b", "/A",
    ];
    for (at, path) in paths.iter().enumerate() {
        let own = of(path);
        for name in [
            &own.browser,
            &own.probe,
            &own.ehr_sign_out,
            &own.ehr_visited,
            &own.sign_in,
        ] {
            assert!(name.starts_with("__Host-smart_launch_"), "{name}");
            let is_in_a_token = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
            assert!(name.bytes().all(is_in_a_token), "{name}");
        }
        for other in paths.iter().skip(at + 1).map(|path| of(path)) {
            assert_ne!(own.browser, other.browser);
            assert_ne!(own.probe, other.probe);
            assert_ne!(own.ehr_sign_out, other.ehr_sign_out);
            assert_ne!(own.ehr_visited, other.ehr_visited);
            assert_ne!(own.sign_in, other.sign_in);
        }
    }
}

#[test]
fn strict_is_refused_with_its_reason() {
    let strict = CookiePolicy::default().same_site(SameSite::Strict);
    assert_eq!(check(strict, Secure::Yes), [CookiePolicyError::Strict]);
}

#[test]
fn none_needs_https_and_partitioned_needs_none() {
    let none = CookiePolicy::default().same_site(SameSite::None);
    assert_eq!(check(none.clone(), Secure::Yes), []);
    assert_eq!(check(none.clone(), Secure::No), [CookiePolicyError::NoneNeedsHttps]);
    assert_eq!(check(none.partitioned(Partitioned::Yes), Secure::Yes), []);
    let lax = CookiePolicy::default().partitioned(Partitioned::Yes);
    assert_eq!(check(lax, Secure::Yes), [CookiePolicyError::PartitionedNeedsNone]);
}

#[test]
fn a_name_that_a_browser_would_not_keep_is_refused() {
    let named = |name: &str, secure| check(CookiePolicy::default().name_prefix(name), secure);
    for name in ["", "a b", "a;b", "a=b", "ä", &"x".repeat(65)] {
        assert_eq!(named(name, Secure::Yes), [CookiePolicyError::Name], "{name}");
    }
    assert_eq!(named(&"x".repeat(64), Secure::Yes), []);
    assert_eq!(named("__Host-x", Secure::Yes), [CookiePolicyError::NamePrefix]);
    assert_eq!(named("__Secure-x", Secure::Yes), []);
    assert_eq!(named("__Secure-x", Secure::No), [CookiePolicyError::NamePrefix]);
}
