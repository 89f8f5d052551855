//! How the redirect URI, a proxy and the paths given divide the addresses.

use crate::{
    config::paths::{GivenPaths, LaunchNaming, PathError},
    protocol::launch_id::LaunchId,
};

fn launch() -> LaunchId {
    LaunchId::parse("AAAAAAAAAAAAAAAAAAAAAA").unwrap()
}

fn given() -> GivenPaths {
    GivenPaths::default()
}

fn problems(given: &GivenPaths, redirect: &str) -> Vec<(&'static str, PathError)> {
    given.check(Some(redirect)).err().unwrap_or_default()
}

#[test]
fn the_redirect_uri_alone_decides_what_a_proxy_takes_away() {
    for (redirect, public, callback) in [
        ("/auth/callback", "", "/auth/callback"),
        ("/app/auth/callback", "/app", "/auth/callback"),
        ("/a/b/auth/callback", "/a/b", "/auth/callback"),
        ("/smart/return", "", "/smart/return"),
        ("/auth/callback/", "", "/auth/callback/"),
        ("/", "", "/"),
    ] {
        let paths = given().check(Some(redirect)).unwrap();
        assert_eq!(
            (paths.external(""), paths.callback()),
            (public.to_owned(), callback),
            "{redirect}"
        );
    }
}

#[test]
fn public_and_callback_path_divide_the_redirect_uri_when_they_fit() {
    for (public, callback, redirect, expected) in [
        (Some("/app"), None, "/app/back", Ok(("/app", "/back"))),
        (Some("/app/"), None, "/app/back", Ok(("/app", "/back"))),
        (Some(""), None, "/app/auth/callback", Ok(("", "/app/auth/callback"))),
        (None, Some("/back"), "/app/back", Ok(("/app", "/back"))),
        (Some("/app"), Some("/back"), "/app/back", Ok(("/app", "/back"))),
        (
            Some("/ap"),
            None,
            "/app/back",
            Err(("public_path", PathError::NotBeforeCallback)),
        ),
        (
            Some("/app/back"),
            None,
            "/app/back",
            Err(("public_path", PathError::NotBeforeCallback)),
        ),
        (
            None,
            Some("/other"),
            "/app/back",
            Err(("callback_path", PathError::NotOfRedirectUri)),
        ),
        (
            Some("/app"),
            Some("/x/back"),
            "/app/back",
            Err(("callback_path", PathError::NotOfRedirectUri)),
        ),
    ] {
        let given = GivenPaths {
            public: public.map(str::to_owned),
            callback: callback.map(str::to_owned),
            ..given()
        };
        match (given.check(Some(redirect)), expected) {
            (Ok(paths), Ok((public, callback))) => {
                assert_eq!(
                    (paths.external("").as_str(), paths.callback()),
                    (public, callback),
                    "{redirect}"
                );
            }
            (Err(problems), Err(problem)) => assert_eq!(problems, [problem], "{redirect}"),
            (found, _) => panic!("{public:?} {callback:?} {redirect}: {found:?}"),
        }
    }
}

#[test]
fn everything_that_the_browser_sees_has_the_public_path_in_front() {
    let given = GivenPaths {
        landing: Some("/~{smart_launch}/home?tab=1#top".to_owned()),
        after_logout: Some("/bye".to_owned()),
        ..given()
    };
    let paths = given.check(Some("/app/auth/callback")).unwrap();
    let launch = launch();
    assert_eq!(paths.external(paths.launch()), "/app/auth/launch");
    assert_eq!(
        paths.external_landing(&launch),
        "/app/~AAAAAAAAAAAAAAAAAAAAAA/home?tab=1#top"
    );
    assert_eq!(
        paths.external_in_launch(&launch, paths.logout()),
        "/app/~AAAAAAAAAAAAAAAAAAAAAA/auth/logout"
    );
    assert_eq!(paths.cookie_path(&launch), "/app/~AAAAAAAAAAAAAAAAAAAAAA");
    assert_eq!(paths.external_after_logout().as_deref(), Some("/app/bye"));
}

#[test]
fn one_launch_per_browser_has_its_cookie_on_the_whole_application() {
    let given = GivenPaths {
        naming: LaunchNaming::DangerOnePerBrowser,
        ..given()
    };
    let launch = launch();
    let paths = given.check(Some("/auth/callback")).unwrap();
    assert_eq!(
        (paths.external_landing(&launch), paths.cookie_path(&launch)),
        ("/".to_owned(), "/".to_owned())
    );
    let paths = given.check(Some("/app/auth/callback")).unwrap();
    assert_eq!(
        (paths.external_landing(&launch), paths.cookie_path(&launch)),
        ("/app/".to_owned(), "/app".to_owned())
    );
}

#[test]
fn a_landing_page_names_the_launch_in_its_first_segment_or_there_is_one_launch_only() {
    let landing = |text: &str, naming| {
        let given = GivenPaths {
            landing: Some(text.to_owned()),
            naming,
            ..given()
        };
        given
            .check(Some("/auth/callback"))
            .map(|paths| paths.external_landing(&launch()))
            .map_err(|problems| problems[0])
    };
    let id = "/~AAAAAAAAAAAAAAAAAAAAAA";
    for (text, expected) in [
        ("/~{smart_launch}/", Ok(format!("{id}/"))),
        ("/~{smart_launch}", Ok(format!("{id}/"))),
        ("/~{smart_launch}/a/b", Ok(format!("{id}/a/b"))),
        ("/~{smart_launch}x", Err(PathError::NoLaunchSegment)),
        ("/{smart_launch}/", Err(PathError::NoLaunchSegment)),
        ("/home/~{smart_launch}/", Err(PathError::NoLaunchSegment)),
        ("/home", Err(PathError::NoLaunchSegment)),
        ("~{smart_launch}/", Err(PathError::NoLaunchSegment)),
        ("/~{smart_launch}/{other}", Err(PathError::Characters)),
        ("/~{smart_launch}//x", Err(PathError::NotAbsolute)),
    ] {
        let expected = expected.map_err(|error| ("landing", error));
        assert_eq!(landing(text, LaunchNaming::ByPath), expected, "{text}");
    }
    let one = LaunchNaming::DangerOnePerBrowser;
    assert_eq!(landing("/home", one), Ok("/home".to_owned()));
    assert_eq!(
        landing("/~{smart_launch}/", one),
        Err(("landing", PathError::LaunchSegment))
    );
    assert_eq!(landing("//evil.example", one), Err(("landing", PathError::NotAbsolute)));
    assert_eq!(
        landing("https://evil.example", one),
        Err(("landing", PathError::NotAbsolute))
    );
}

#[test]
fn a_path_that_would_not_be_matched_as_written_is_refused() {
    for (path, error) in [
        ("auth/launch", PathError::NotAbsolute),
        ("", PathError::NotAbsolute),
        ("//auth/launch", PathError::NotAbsolute),
        ("/auth//launch", PathError::Segments),
        ("/auth/../launch", PathError::Segments),
        ("/./launch", PathError::Segments),
        ("/auth/%6Caunch", PathError::Characters),
        ("/auth/launch?x", PathError::Characters),
        ("/auth/launch#x", PathError::Characters),
        ("/auth/{x}", PathError::Characters),
        ("/auth launch", PathError::Characters),
        ("/auth\\launch", PathError::Characters),
        ("/äuth", PathError::Characters),
    ] {
        let given = GivenPaths {
            launch: path.to_owned(),
            ..given()
        };
        assert_eq!(problems(&given, "/auth/callback"), [("launch_path", error)], "{path}");
    }
    assert_eq!(
        problems(&given(), "/auth/%20"),
        [("redirect_uri", PathError::Characters)]
    );
}

#[test]
fn two_routes_of_one_path_are_refused_and_everything_is_reported_at_once() {
    let both = GivenPaths {
        logout: "/auth/launch".to_owned(),
        after_logout: Some("//evil.example".to_owned()),
        jwks: "jwks".to_owned(),
        ..given()
    };
    assert_eq!(
        problems(&both, "/auth/callback"),
        [
            ("jwks_path", PathError::NotAbsolute),
            ("after_logout", PathError::NotAbsolute),
            ("logout_path", PathError::SameAs { other: "launch_path" }),
        ]
    );
    assert_eq!(
        problems(&given(), "/auth/launch"),
        [("redirect_uri", PathError::CallbackSameAs { other: "launch_path" })]
    );
    assert_eq!(
        PathError::CallbackSameAs { other: "launch_path" }.to_string(),
        "has the same path as `launch_path`; the callback needs a path of its own, such as /auth/callback"
    );
    let callback = GivenPaths {
        callback: Some("/auth/launch".to_owned()),
        ..given()
    };
    assert_eq!(
        problems(&callback, "/auth/launch"),
        [("callback_path", PathError::SameAs { other: "launch_path" })]
    );
    let one_launch = GivenPaths {
        naming: LaunchNaming::DangerOnePerBrowser,
        ..given()
    };
    assert_eq!(
        problems(&one_launch, "/"),
        [("landing", PathError::SameAs { other: "redirect_uri" })]
    );
}
