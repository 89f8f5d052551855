//! How refreshing went, in the stored form.

use super::*;

/// The names are newer than the first records: versions that do not know them read what they know.
#[test]
fn a_newer_reason_of_a_failed_refresh_is_kept_and_older_versions_read_an_older_one() {
    for (failure, name) in [
        (RefreshFailure::EhrTroubled, "ehr_troubled"),
        (RefreshFailure::UnusableAnswer, "unusable_answer"),
        (RefreshFailure::Refused, "refused"),
    ] {
        let mut record = full_launch();
        record.refresh.last_failure = Some(failure);
        record.refresh.refused_at = Some(Timestamp::from_millis(5));
        let mut stored = value(&record.to_bytes());
        assert_eq!(stored["refresh"]["last_failure"], "ehr_unavailable");
        assert_eq!(
            (&stored["refresh"]["answered"], &stored["refresh"]["refused_at"]),
            (&json!(name), &json!(5))
        );
        let read = |stored: &Value| LaunchRecord::from_bytes(stored.to_string().as_bytes()).unwrap().refresh;
        assert_eq!(read(&stored), record.refresh);
        // Not of the failure that is noted, or unknown here.
        stored["refresh"]["last_failure"] = json!("busy");
        assert_eq!(read(&stored).last_failure, Some(RefreshFailure::Busy));
        stored["refresh"]["last_failure"] = json!("ehr_unavailable");
        stored["refresh"]["answered"] = json!("something_newer");
        assert_eq!(read(&stored).last_failure, Some(RefreshFailure::EhrUnavailable));
    }
    let before = value(&full_launch().to_bytes());
    assert_eq!(
        (before["refresh"].get("answered"), before["refresh"].get("refused_at")),
        (None, None)
    );
}
