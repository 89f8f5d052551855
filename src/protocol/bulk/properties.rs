//! What holds for every input.

use proptest::prelude::*;
use url::Url;

use super::{lines::Lines, manifest::ManifestPage, place::TokenPlaces, place::place, progress::ExportProgress};
use crate::protocol::visible::is_invisible;

proptest! {
    #[test]
    fn nothing_is_asked_but_by_https_or_beside_a_server_of_this_machine_and_no_token_leaves_its_origin(
        text in r"(https?:)?(//)?([a-z@:./\\%0-9\[\]-]{0,40}|ehr\.example|127\.0\.0\.1)(:[0-9]{1,5})?(/[^ ]{0,20})?",
        is_here: bool,
    ) {
        let base = if is_here { "http://127.0.0.1:8080/fhir" } else { "https://ehr.example/fhir" };
        let base: Url = base.parse().unwrap();
        if let Ok(address) = place(&base, &base, &text) {
            prop_assert!(address.has_host() && address.username().is_empty() && address.password().is_none());
            prop_assert!(address.scheme() == "https" || is_here, "{address}");
            let goes = TokenPlaces::default().have(&base, &address);
            prop_assert_eq!(goes, address.origin() == base.origin(), "{}", address);
        }
    }

    #[test]
    fn a_manifest_names_types_and_files_or_is_refused(text in r#"(\{"transactionTime":"2026-01-31T08:15:00Z","output":\[)?.{0,200}"#) {
        if let Ok(page) = ManifestPage::read(text.as_bytes()) {
            for file in page.files {
                prop_assert!(file.resource_type.bytes().all(|byte| byte.is_ascii_alphanumeric()));
            }
        }
    }

    #[test]
    fn progress_is_a_percentage_and_a_short_text_that_can_be_seen(text in ".{0,200}") {
        let progress = ExportProgress::read(Some(&text));
        prop_assert!(progress.percent.is_none_or(|percent| percent <= 100));
        let text = progress.text.unwrap_or_default();
        prop_assert!(text.chars().count() <= 100 && !text.chars().any(|c| c.is_control() || is_invisible(c)));
    }

    #[test]
    fn lines_and_what_comes_behind_them_are_all_that_came(text in "[a\n\r]{0,100}", size in 1_usize..20) {
        let mut lines = Lines::new(1_000);
        let mut came = Vec::new();
        for piece in text.as_bytes().chunks(size) {
            lines.push(piece);
            while let Some(line) = lines.next().unwrap() {
                came.push(line.to_vec());
            }
        }
        let mut expected: Vec<&str> = text.split('\n').collect();
        let rest = expected.pop().unwrap_or_default();
        let expected: Vec<_> = expected.iter().map(|line| line.strip_suffix('\r').unwrap_or(line).as_bytes().to_vec()).collect();
        prop_assert_eq!(came, expected);
        prop_assert_eq!(lines.rest(), rest.as_bytes());
    }
}
