//! Every metric, with what it says. The guide has the same list; a test holds it.

use super::metric::{Counter, Gauge, Metric, Seconds};

macro_rules! metrics {
    ($($const:ident: $kind:ident = $name:literal, $help:literal;)+) => {
        $(
            #[doc = $help]
            pub(crate) static $const: $kind = $kind(Metric { name: $name, help: $help });
        )+

        /// All of them, each with its kind.
        #[cfg(feature = "metrics")]
        pub(crate) const ALL: &[(&str, Metric)] = &[
            $((stringify!($kind), Metric { name: $name, help: $help }),)+
        ];
    };
}

metrics! {
    LAUNCHES_OPENED: Counter = "smart_launches_opened_total",
        "Launches that were opened, by EHR and by where they began";
    LAUNCHES_ENDED: Counter = "smart_launches_ended_total",
        "Launches that ended, by EHR and reason; one that was left alone counts when it is next asked for";
    LAUNCHES_OPEN: Gauge = "smart_launches_open",
        "Launches in the memory of this process; those that ran out and were not cleared away yet are among them";
    SIGN_INS_REFUSED: Counter = "smart_sign_ins_refused_total",
        "Callbacks that opened no launch, by EHR and reason";
    TOKEN_REQUESTS: Counter = "smart_token_requests_total",
        "Codes and refresh tokens that were sent, by EHR, grant and outcome";
    TOKEN_REQUEST_SECONDS: Seconds = "smart_token_request_duration_seconds",
        "How long token requests took, by EHR and grant";
    REFRESHES: Counter = "smart_refreshes_total",
        "Refresh tokens of launches that were sent, by EHR and result";
    REFRESH_SECONDS: Seconds = "smart_refresh_duration_seconds",
        "How long refreshes took in all: waiting for a place, the store and the EHR";
    REFRESH_ASKED: Counter = "smart_refresh_asked_total",
        "Requests that wanted a refresh, by role: leader began it, waiter joined it; other_process: of the leaders, those that found it under way elsewhere";
    REFRESH_WAITING: Gauge = "smart_refresh_waiting",
        "Requests that wait for a refresh now";
    REFRESH_WAIT_SECONDS: Seconds = "smart_refresh_wait_duration_seconds",
        "How long requests waited for a refresh";
    SHED: Counter = "smart_requests_shed_total",
        "Work that was turned away as too much of its kind was under way, by EHR and kind";
    QUEUED: Gauge = "smart_requests_queued",
        "Work that waits for a place now, by kind";
    ENGINE_RUNNING: Gauge = "smart_engine_running",
        "Operations that run on the thread of the crate now";
    STORE_SECONDS: Seconds = "smart_store_duration_seconds",
        "How long operations of the token store took, by operation";
    STORE_ERRORS: Counter = "smart_store_errors_total",
        "Operations of the token store that failed, by operation";
    DISCOVERY_FETCHED: Gauge = "smart_discovery_fetched_timestamp_seconds",
        "When a document of an EHR was fetched last, in seconds since 1970, by document and address";
    DISCOVERY_FAILURES: Counter = "smart_discovery_failures_total",
        "Documents of EHRs that could not be fetched, by document and address";
    AUDIT_EVENTS: Counter = "smart_audit_events_total",
        "Audit events that were given to the queue, by event";
    AUDIT_LOST: Counter = "smart_audit_events_lost_total",
        "Audit events that were lost";
    AUDIT_QUEUED: Gauge = "smart_audit_queued",
        "Audit events that wait to be written";
}
