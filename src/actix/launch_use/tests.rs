use actix_web::test::TestRequest;

use super::*;

#[test]
fn the_header_has_one_name() {
    assert!(LAUNCH_USE_HEADER.eq_ignore_ascii_case(LAUNCH_USE.as_str()));
}

#[test]
fn a_request_counts_unless_its_header_or_the_application_says_otherwise() {
    assert_eq!(said(&TestRequest::get().to_http_request()), LaunchUse::Counts);
    for value in ["none", "None", "NONE", " none "] {
        let request = TestRequest::get().insert_header(("smart-launch-use", value));
        assert_eq!(said(&request.to_http_request()), LaunchUse::DoesNotCount, "{value:?}");
    }
    for value in ["", "no", "nonee", "none, none", "\"none\"", "counts"] {
        let request = TestRequest::get().insert_header(("smart-launch-use", value));
        assert_eq!(said(&request.to_http_request()), LaunchUse::Counts, "{value:?}");
    }
    let request = TestRequest::get().app_data(LaunchUse::DoesNotCount);
    assert_eq!(said(&request.to_http_request()), LaunchUse::DoesNotCount);
}

#[test]
fn a_header_can_only_make_a_request_not_count() {
    let quiet = |value| {
        TestRequest::get()
            .app_data(LaunchUse::DoesNotCount)
            .insert_header(("smart-launch-use", value))
            .to_http_request()
    };
    assert_eq!(said(&quiet("counts")), LaunchUse::DoesNotCount);
    let request = TestRequest::get()
        .app_data(LaunchUse::Counts)
        .insert_header(("smart-launch-use", "none"))
        .to_http_request();
    assert_eq!(said(&request), LaunchUse::DoesNotCount);
    let twice = TestRequest::get()
        .append_header(("smart-launch-use", "counts"))
        .append_header(("smart-launch-use", "none"))
        .to_http_request();
    assert_eq!(said(&twice), LaunchUse::DoesNotCount);
}
