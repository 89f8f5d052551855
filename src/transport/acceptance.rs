//! What every transport must do, as a suite that a third party can run on its own.
//!
//! [`run`] runs all of it and says which claims failed; each claim is also a function of its own, to be run alone
//! ([`cases`]). The servers are made by the suite, on loopback ports. What needs a certificate that the transport trusts is
//! not among the claims.
//!
//! # Examples
//!
//! ```no_run
//! use actix_smart_auth::transport::{HttpTransport, acceptance};
//!
//! # #[derive(Debug)]
//! # struct MyTransport;
//! # impl MyTransport {
//! #     fn new(_: std::time::Duration, _: usize, _: &str) -> Self { Self }
//! # }
//! # impl HttpTransport for MyTransport {
//! #     fn send(&self, _: actix_smart_auth::transport::HttpRequest) -> actix_smart_auth::transport::TransportFuture<'_> {
//! #         Box::pin(std::future::ready(Err(actix_smart_auth::error::TransportError::Dns)))
//! #     }
//! # }
//! // In a test: `#[tokio::test(flavor = "multi_thread")]`.
//! # async fn test() {
//! acceptance::run(|wanted| MyTransport::new(wanted.connect_timeout, wanted.body_limit, wanted.user_agent)).await;
//! # }
//! ```
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test suite: it reports by panicking"
)]

pub mod addresses;
pub mod answers;
#[cfg(any(feature = "actix", feature = "reqwest"))]
pub mod certificates;
pub mod connections;
pub mod requests;
pub mod streams;
pub mod times;

use std::{
    fmt,
    future::Future,
    pin::Pin,
    sync::Arc,
    time::{Duration, Instant},
};

use url::Url;

use super::{HttpRequest, HttpResponse, HttpTransport};
use crate::protocol::transport_error::TransportError;

/// What a transport under test has to be set to.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct Wanted {
    /// How long connecting may take.
    pub connect_timeout: Duration,
    /// The largest body to be read, in bytes.
    pub body_limit: usize,
    /// The `User-Agent` header.
    pub user_agent: &'static str,
}

const WANTED: Wanted = Wanted {
    connect_timeout: Duration::from_secs(2),
    body_limit: 1000,
    user_agent: "acceptance/1.0 (test)",
};

/// The transport under test.
#[derive(Debug, Clone)]
pub struct Subject(Arc<dyn HttpTransport>);

/// One claim about a transport.
#[derive(Clone, Copy)]
pub struct Case {
    /// The claim.
    pub name: &'static str,
    /// The proof. Panics when the claim does not hold.
    pub run: fn(Subject) -> Pin<Box<dyn Future<Output = ()> + Send>>,
}

impl fmt::Debug for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Case").field(&self.name).finish()
    }
}

macro_rules! cases {
    ($($(#[$cfg:meta])? $module:ident { $($name:ident)+ })+) => {
        /// All claims.
        #[must_use]
        pub fn cases() -> Vec<Case> {
            let mut cases = Vec::new();
            $(
                $(#[$cfg])?
                cases.extend([$(Case {
                    name: concat!(stringify!($module), "::", stringify!($name)),
                    run: |subject| Box::pin($module::$name(subject)),
                }),+]);
            )+
            cases
        }
    };
}

cases! {
    requests {
        a_get_carries_its_query_and_its_headers
        a_post_carries_its_form_byte_for_byte
        an_empty_form_is_still_a_post
        a_fragment_is_not_sent
        what_cannot_be_a_header_is_an_error_and_nothing_is_sent
        the_user_agent_is_the_one_that_was_set
        no_coding_of_the_body_is_asked_for
        cookies_are_not_kept
    }
    answers {
        every_status_is_an_answer
        redirects_are_handed_back
        the_final_answer_is_handed_out_whatever_interim_answers_come_before_it
        a_compressed_body_is_handed_over_as_it_came_or_decoded_and_said_to_be
        a_body_at_the_limit_is_read_and_one_byte_more_is_not
        an_endless_body_is_given_up_at_the_limit
        a_truncated_body_is_handed_over_short_or_is_an_error_but_never_whole
        an_answer_that_is_not_http_leaves_it_unclear
    }
    connections {
        every_fresh_request_opens_a_connection
        a_connection_that_carried_a_fresh_request_is_not_used_again
        a_connection_that_the_server_closed_between_two_requests_is_replaced
        no_request_waits_for_others_to_the_same_server
        a_refused_connection_was_not_sent
        a_name_that_does_not_resolve_was_not_sent
        a_server_that_hangs_up_after_the_request_leaves_it_unclear_and_gets_it_once
        a_reset_after_the_request_leaves_it_unclear_and_gets_it_once
    }
    times {
        the_time_limit_covers_the_head_and_the_body
        a_body_that_drips_is_given_up_at_the_time_limit
        a_connection_that_does_not_come_to_stand_is_told_from_a_slow_answer
        the_limit_of_the_request_holds_for_connecting_too_where_it_is_the_shorter
        a_request_that_must_not_be_sent_any_more_is_given_up_while_it_connects
        what_is_too_late_from_the_start_is_not_sent
    }
    addresses {
        a_guarded_name_of_this_machine_gets_no_connection
        a_host_that_is_allowed_by_name_is_asked
        a_connection_of_another_request_is_never_used_for_a_guarded_one
    }
    streams {
        a_streamed_body_comes_whole_whatever_the_status
        a_streamed_redirect_is_handed_back
        a_streamed_body_that_is_shorter_than_announced_is_an_error
        a_stream_that_stops_is_given_up_at_the_time_limit
        a_guarded_stream_to_a_name_of_this_machine_gets_no_connection
    }
    #[cfg(any(feature = "actix", feature = "reqwest"))]
    certificates {
        a_certificate_that_nobody_trusts_is_refused_and_nothing_is_sent
        plain_text_where_tls_is_expected_is_refused
    }
}

/// Runs all claims on transports from `make`, and panics with the names of those that do not hold. Those about
/// [`HttpRequest::addresses`] hold as well where the transport says that it does not look at addresses: nobody asks it then.
///
/// Needs a Tokio runtime. It takes some seconds, in which nothing but time passes.
///
/// # Panics
///
/// When a claim does not hold.
pub async fn run<T: HttpTransport>(make: impl Fn(&Wanted) -> T) {
    let running: Vec<_> = cases()
        .into_iter()
        .map(|case| (case.name, tokio::spawn((case.run)(Subject(Arc::new(make(&WANTED)))))))
        .collect();
    let mut failed = Vec::new();
    for (name, case) in running {
        if case.await.is_err() {
            failed.push(name);
        }
    }
    assert!(failed.is_empty(), "the transport breaks these promises: {failed:#?}");
}

impl Subject {
    /// One transport for one case.
    #[must_use]
    pub fn new<T: HttpTransport>(make: impl Fn(&Wanted) -> T) -> Self {
        Self(Arc::new(make(&WANTED)))
    }

    async fn send(&self, request: HttpRequest) -> Result<HttpResponse, TransportError> {
        self.0.send(request).await
    }

    async fn get(&self, url: Url) -> Result<HttpResponse, TransportError> {
        self.send(get(url)).await
    }

    async fn post(&self, url: Url) -> Result<HttpResponse, TransportError> {
        self.send(post(url)).await
    }
}

/// Longer than anything here takes.
const LONG: Duration = Duration::from_secs(20);

fn get(url: Url) -> HttpRequest {
    HttpRequest::get(url, LONG)
}

fn post(url: Url) -> HttpRequest {
    HttpRequest::post_form(url, "grant_type=refresh_token".to_owned(), LONG)
}

/// Panics when more than that has passed: the limits of these cases are far shorter.
fn assert_soon(since: Instant) {
    let passed = since.elapsed();
    assert!(passed < Duration::from_secs(8), "it took {passed:?}");
}
