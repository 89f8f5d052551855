use std::time::{Duration, SystemTime};

use super::*;

#[test]
fn clocks_are_spoken_of_when_they_differ_by_more_than_five_seconds() {
    let date = SystemTime::UNIX_EPOCH + Duration::from_secs(1_700_000_000);
    let headers = vec![("Date".to_owned(), httpdate::fmt_http_date(date))];
    let answer = HttpResponse::new(401, headers, Vec::new());
    let found = |now: u64| Clocks::compare(&answer, Timestamp::from_millis(now * 1_000));
    for agreed in [1_700_000_005, 1_699_999_995] {
        assert_eq!(found(agreed), Clocks::Agree);
        assert_eq!(found(agreed).difference(), None);
    }
    assert_eq!(
        found(1_700_000_006).difference().as_deref(),
        Some("the EHR's clock is 6 s behind this machine's")
    );
    assert_eq!(
        found(1_699_999_994).difference().as_deref(),
        Some("the EHR's clock is 6 s ahead of this machine's")
    );
    for date in [Vec::new(), vec![("date".to_owned(), "yesterday".to_owned())]] {
        let unsaid = Clocks::compare(&HttpResponse::new(401, date, Vec::new()), Timestamp::from_millis(0));
        assert_eq!(unsaid, Clocks::Unknown);
        assert_eq!(unsaid.difference(), None);
    }
}
