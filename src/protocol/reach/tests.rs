use super::*;

#[test]
fn what_answered_is_in_trouble_or_unusable() {
    for (status, reach) in [
        (200, Reach::Unusable),
        (307, Reach::Unusable),
        (403, Reach::Unusable),
        (404, Reach::Unusable),
        (407, Reach::Unusable),
        (408, Reach::Troubled),
        (425, Reach::Troubled),
        (429, Reach::Troubled),
        (499, Reach::Unusable),
        (500, Reach::Troubled),
        (599, Reach::Troubled),
        (600, Reach::Unusable),
    ] {
        assert_eq!(Reach::of_status(status), reach, "{status}");
    }
    for unusable in [
        TransportError::BodyTooLarge,
        TransportError::NoLength,
        TransportError::ContentCoding,
    ] {
        assert_eq!(Reach::of_transport(unusable), Reach::Unusable);
    }
    assert_eq!(Reach::of_transport(TransportError::DamagedBody), Reach::Troubled);
    assert_eq!(Reach::of_transport(TransportError::Timeout), Reach::Silent);
}
