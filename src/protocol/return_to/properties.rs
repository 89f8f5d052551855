//! What holds for every text that somebody wants to be sent back to.

use proptest::prelude::*;

use super::*;
use crate::fuzz::generate::{any_path, any_url, config};

proptest! {
    #![proptest_config(config())]

    #[test]
    fn no_text_is_a_panic_or_leads_elsewhere(text in "\\PC{0,64}", path in any_path(), url in any_url()) {
        for text in [text.clone(), format!("/{text}"), path.clone(), format!("/{path}"), url] {
            crate::fuzz::return_to(text.as_bytes());
        }
    }

    #[test]
    fn no_query_of_a_launch_url_is_a_panic_or_leads_elsewhere(path in any_path(), encoded in any::<bool>()) {
        let path = if encoded {
            url::form_urlencoded::byte_serialize(path.as_bytes()).collect()
        } else {
            path
        };
        crate::fuzz::return_to(format!("iss=https://ehr.example&launch=x&return_to={path}").as_bytes());
    }

    #[test]
    fn a_plain_path_is_kept_with_its_query(path in "(/[a-zA-Z0-9_~-][a-zA-Z0-9._~@:;-]{0,8}){1,4}/?", query in "(\\?[a-z0-9=&/?.:-]{0,12})?") {
        let text = format!("{path}{query}");
        let kept = ReturnTo::parse(&text).map(String::from);
        prop_assert_eq!(kept, Ok(text));
    }

    #[test]
    fn a_path_is_the_same_before_and_after_it_was_under_a_launch(path in any_path()) {
        let path = format!("/{path}");
        if let Ok(path) = ReturnTo::parse(&path)
            && path.clone().without_launch_segment() == path
        {
            let under = ReturnTo::parse(&format!("/~AAAAAAAAAAAAAAAAAAAAAA{}", path.as_str())).unwrap();
            prop_assert_eq!(under.without_launch_segment(), path);
        }
    }

    #[test]
    fn a_dot_segment_is_refused_wherever_it_stands_and_however_it_is_written(
        before in "(/[a-z]{1,4}){0,2}", after in "(/[a-z]{1,4}){0,2}",
        dots in prop::collection::vec(prop::sample::select(vec![".", "%2e", "%2E"]), 1..=2),
        slash in prop::sample::select(vec!["/", "%2f", "%2F"]),
    ) {
        let text = format!("/x{before}{slash}{}{after}", dots.concat());
        prop_assert_eq!(ReturnTo::parse(&text), Err(ReturnToError::DotSegment));
    }
}
