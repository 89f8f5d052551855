use super::*;

const ID: &str = "AAAAAAAAAAAAAAAAAAAAAA";

fn parse(text: &str) -> Result<String, ReturnToError> {
    ReturnTo::parse(text).map(String::from)
}

fn stripped(text: &str) -> String {
    ReturnTo::parse(text).unwrap().without_launch_segment().into()
}

#[test]
fn paths_of_the_application_are_kept_as_they_are() {
    for path in [
        "/",
        "/labs",
        "/labs/",
        "/labs?page=2&sort=-date",
        "/labs?",
        "/a/b.c/..d/e..?x=../..",
        "/caf%C3%A9/%20x",
        "/search?q=a%2Fb%26c+d&u=https://other.example//x",
        "/a%2Fb",
        "/user@host:80/x;y=z",
        "/javascript:alert(1)",
        "/~AAAAAAAAAAAAAAAAAAAAAA/labs",
        "/O'Brien?n=O'Brien",
        "/a?b?c",
    ] {
        assert_eq!(parse(path).as_deref(), Ok(path));
    }
}

#[test]
fn hostile_texts_are_refused() {
    use ReturnToError::{Characters, DotSegment, EmptySegment, Fragment, NotAPath};
    for (text, reason) in [
        ("", NotAPath),
        ("labs", NotAPath),
        ("?x", NotAPath),
        ("~x", NotAPath),
        ("https://evil.example", NotAPath),
        ("https:/evil.example", NotAPath),
        ("javascript:alert(1)", NotAPath),
        ("data:text/html,x", NotAPath),
        (" /labs", NotAPath),
        ("\t//evil.example", NotAPath),
        ("\\\\evil.example", NotAPath),
        ("%2Flabs", NotAPath),
        ("@evil.example", NotAPath),
        ("//evil.example", EmptySegment),
        ("///evil.example", EmptySegment),
        ("//", EmptySegment),
        ("//user@evil.example:80/", EmptySegment),
        ("/%2Fevil.example", EmptySegment),
        ("/%2fevil.example", EmptySegment),
        ("/a//evil.example", EmptySegment),
        ("/a/%2F/evil.example", EmptySegment),
        ("/\\evil.example", Characters),
        ("/a\\b", Characters),
        ("/%5Cevil.example", Characters),
        ("/%5cevil.example", Characters),
        ("/a?b=%5C", Characters),
        ("/\t/evil.example", Characters),
        ("/\n/evil.example", Characters),
        ("/a b", Characters),
        ("/a\u{a0}b", Characters),
        ("/\u{2044}evil.example", Characters),
        ("/\u{ff0f}evil.example", Characters),
        ("/café", Characters),
        ("/a\0", Characters),
        ("/a\u{7f}", Characters),
        ("/a%00", Characters),
        ("/a%0d%0aSet-Cookie:x=1", Characters),
        ("/a?x=%0D%0ALocation:%20//evil.example", Characters),
        ("/a\r\nSet-Cookie: x=1", Characters),
        ("/<script>", Characters),
        ("/\"onload=", Characters),
        ("/..", DotSegment),
        ("/.", DotSegment),
        ("/a/../b", DotSegment),
        ("/a/./b", DotSegment),
        ("/a/..?x", DotSegment),
        ("/..//evil.example", EmptySegment),
        ("/%2e%2e/x", DotSegment),
        ("/a/%2E./b", DotSegment),
        ("/a/.%2e", DotSegment),
        ("/a/..%2Fb", DotSegment),
        ("/a%2F..%2Fb", DotSegment),
        ("/a#b", Fragment),
        ("/#//evil.example", Fragment),
        ("/a?b#c", Fragment),
    ] {
        assert_eq!(parse(text), Err(reason), "{text:?}");
    }
}

#[test]
fn the_limit_is_2048_bytes() {
    let longest = format!("/{}", "a".repeat(2_047));
    assert_eq!(parse(&longest).as_deref(), Ok(longest.as_str()));
    assert_eq!(parse(&format!("{longest}a")), Err(ReturnToError::TooLong));
}

#[test]
fn whatever_is_accepted_stays_on_its_host_with_and_without_its_launch_segment() {
    let pieces = [
        "/",
        "\\",
        ".",
        "..",
        "a",
        "%2f",
        "%5C",
        "%2e",
        "?",
        "#",
        "@",
        ":",
        "\t",
        "%09",
        "~",
        "/~AAAAAAAAAAAAAAAAAAAAAA",
        "https:",
        "evil.example",
        " ",
        "%25",
        "%",
        ";",
    ];
    let base = Url::parse("https://a.example/dir/page").unwrap();
    let mut accepted = 0;
    for one in pieces {
        for two in pieces {
            for three in pieces {
                for four in pieces {
                    let text = format!("/{one}{two}{three}{four}");
                    let Ok(path) = ReturnTo::parse(&text) else { continue };
                    accepted += 1;
                    let shorter = path.clone().without_launch_segment();
                    assert!(ReturnTo::parse(shorter.as_str()).is_ok(), "{text:?} became {shorter:?}");
                    for path in [path, shorter] {
                        let resolved = base.join(path.as_str()).unwrap();
                        assert_eq!(resolved.origin(), base.origin(), "{text:?}");
                        let under_a_launch = base.join(&format!("/~{ID}{}", path.as_str())).unwrap();
                        assert!(under_a_launch.path().starts_with(&format!("/~{ID}/")), "{text:?}");
                    }
                }
            }
        }
    }
    assert!(accepted > 1_000, "{accepted}");
}

#[test]
fn the_launch_segment_is_taken_off() {
    for (with, without) in [
        ("/~AAAAAAAAAAAAAAAAAAAAAA/labs?page=2", "/labs?page=2"),
        ("/~AAAAAAAAAAAAAAAAAAAAAA/", "/"),
        ("/~AAAAAAAAAAAAAAAAAAAAAA", "/"),
        ("/~AAAAAAAAAAAAAAAAAAAAAA?x=/~1", "/?x=/~1"),
        ("/%7EAAAAAAAAAAAAAAAAAAAAAA/labs", "/labs"),
        ("/%7eAAAAAAAAAAAAAAAAAAAAAA/labs", "/labs"),
        ("/~AAAAAAAAAAAAAAAAAAAAA/labs", "/~AAAAAAAAAAAAAAAAAAAAA/labs"),
        ("/~AAAAAAAAAAAAAAAAAAAAAAA/labs", "/~AAAAAAAAAAAAAAAAAAAAAAA/labs"),
        ("/~tilde/labs", "/~tilde/labs"),
        ("/x/~AAAAAAAAAAAAAAAAAAAAAA/labs", "/x/~AAAAAAAAAAAAAAAAAAAAAA/labs"),
        ("/labs", "/labs"),
    ] {
        assert_eq!(stripped(with), without);
    }
}

#[test]
fn debug_output_leaves_the_query_out() {
    let path = ReturnTo::parse("/labs?name=MARKER").unwrap();
    assert_eq!(format!("{path:?}"), "ReturnTo(/labs)");
}
