use super::*;

#[test]
fn it_is_asked_once_more_where_that_helps_and_no_client_was_made_for_sure() {
    let wait = Duration::from_secs(7);
    let refused = |status, retry_after| NotMade::Refused {
        error: EndpointError::UnexpectedStatus {
            status,
            body: crate::protocol::body_kind::BodyKind::Empty,
            retry_after,
        },
        retry_after,
    };
    for (error, passes_in) in [
        (NotMade::Transport(TransportError::Refused), Some(Duration::ZERO)),
        (NotMade::Transport(TransportError::Timeout), None),
        (NotMade::Busy { retry_after: wait }, Some(wait)),
        (refused(429, Some(wait)), Some(wait)),
        (refused(503, None), Some(Duration::ZERO)),
        (refused(500, Some(wait)), None),
        (refused(400, None), None),
        (NotMade::Late, None),
        (NotMade::NoEndpoint, None),
        (NotMade::NoKey, None),
        (NotMade::Unusable, None),
    ] {
        assert_eq!(error.passes_in(), passes_in, "{error:?}");
    }
}
