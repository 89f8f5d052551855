use super::*;

#[test]
fn an_outage_of_the_store_is_not_told_as_a_token_that_has_run_out() {
    let of = |cause| LaunchError::no_token(cause, Duration::from_secs(5)).to_string();
    assert_eq!(
        of(RefreshFailure::StoreUnavailable),
        "the token store is unavailable; try again in 5 s"
    );
    assert_eq!(
        of(RefreshFailure::EhrUnavailable),
        "no usable access token at the moment; try again in 5 s"
    );
}
