use super::*;

const NOW: Timestamp = Timestamp::from_millis(1_800_000_000_000);

fn url(path: &str) -> Url {
    Url::parse(&format!("http://127.0.0.1:8080{path}")).unwrap()
}

fn jar(set_at: &str, cookies: &[&str]) -> Jar {
    let mut jar = Jar::default();
    for cookie in cookies {
        jar.keep(&url(set_at), cookie, NOW);
    }
    jar
}

fn sent(jar: &Jar, path: &str) -> String {
    jar.header(&url(path), Cause::SameSite).unwrap_or_default()
}

#[test]
fn a_cookie_is_sent_below_its_path_and_nowhere_else() {
    let jar = jar("/auth/callback", &["launch=1; Path=/~a/"]);
    for (path, expected) in [
        ("/~a/", "launch=1"),
        ("/~a/labs", "launch=1"),
        ("/~a", ""),
        ("/~ab/", ""),
        ("/", ""),
    ] {
        assert_eq!(sent(&jar, path), expected, "{path}");
    }
}

#[test]
fn a_cookie_without_a_path_is_sent_where_it_was_set() {
    let jar = jar("/auth/callback", &["a=1", "b=2; Path=relative"]);
    assert_eq!(sent(&jar, "/auth/else"), "a=1; b=2");
    assert_eq!(sent(&jar, "/"), "");
    assert_eq!(sent(&self::jar("/top", &["a=1"]), "/"), "a=1");
}

#[test]
fn the_longer_path_comes_first_then_the_older_cookie() {
    let jar = jar("/", &["b=1; Path=/", "a=2; Path=/", "c=3; Path=/x", "b=4; Path=/"]);
    assert_eq!(sent(&jar, "/x"), "c=3; b=4; a=2");
}

#[test]
fn a_cookie_that_is_over_is_gone() {
    for removal in [
        "a=; Path=/; Max-Age=0",
        "a=; Path=/; Max-Age=-1",
        "a=; Path=/; Expires=Thu, 01 Jan 1970 00:00:00 GMT",
        "a=; Path=/; Expires=Wed, 01 Jan 1969 00:00:00 GMT",
    ] {
        assert_eq!(sent(&jar("/", &["a=1; Path=/", removal]), "/"), "", "{removal}");
    }
    for staying in [
        "a=2; Path=/; Max-Age=1",
        "a=2; Path=/; Expires=Thu, 01 Jan 2099 00:00:00 GMT",
    ] {
        assert_eq!(sent(&jar("/", &["a=1; Path=/", staying]), "/"), "a=2", "{staying}");
    }
}

#[test]
fn another_port_is_another_site() {
    let jar = jar("/", &["a=1; Path=/"]);
    let other = Url::parse("http://127.0.0.1:8081/").unwrap();
    assert_eq!(jar.header(&other, Cause::SameSite), None);
}

#[test]
fn a_cookie_for_another_domain_is_not_kept() {
    assert_eq!(sent(&jar("/", &["a=1; Path=/; Domain=ehr.example"]), "/"), "");
    assert_eq!(sent(&jar("/", &["a=1; Path=/; Domain=127.0.0.1"]), "/"), "a=1");
}

#[test]
fn another_site_brings_along_what_same_site_lets_it() {
    let jar = jar(
        "/",
        &[
            "strict=1; Path=/; SameSite=Strict",
            "lax=2; Path=/; SameSite=Lax",
            "unsaid=3; Path=/",
            "none=4; Path=/; SameSite=None; Secure",
        ],
    );
    for (cause, expected) in [
        (Cause::SameSite, "strict=1; lax=2; unsaid=3; none=4"),
        (Cause::CrossSiteNavigation, "lax=2; unsaid=3; none=4"),
        (Cause::CrossSite, "none=4"),
    ] {
        assert_eq!(jar.header(&url("/"), cause).as_deref(), Some(expected), "{cause:?}");
    }
}
