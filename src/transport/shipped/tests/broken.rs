//! The suite notices what it is for: each of these transports breaks one promise.

use super::*;
use crate::{
    protocol::{http::Connection, network_guard::Addresses},
    transport::{AddressEnforcement, TransportFuture, acceptance},
};

#[derive(Debug, Clone, Copy)]
enum Breaks {
    Nothing,
    FreshConnections,
    NotAfter,
    Once,
    Limit,
    UserAgent,
    Addresses,
    Redirects,
    Codings,
    Headers,
}

#[derive(Debug)]
struct Broken {
    inner: OnEngine,
    breaks: Breaks,
}

impl HttpTransport for Broken {
    fn send(&self, mut request: HttpRequest) -> TransportFuture<'_> {
        match self.breaks {
            Breaks::FreshConnections => request.connection = Connection::Any,
            Breaks::NotAfter => request.not_after = None,
            Breaks::Addresses => request.addresses = Addresses::Any,
            Breaks::Codings => request.headers.push(("Accept-Encoding", "gzip".to_owned())),
            Breaks::Headers => request.headers.retain(|(name, _)| *name != "X-Api-Key"),
            _ => {}
        }
        Box::pin(async move {
            let answer = self.inner.send(request.clone()).await;
            match (self.breaks, &answer) {
                (Breaks::Once, Err(TransportError::Disconnected)) => self.inner.send(request).await,
                (Breaks::Redirects, Ok(response)) if response.header("location").is_some() => {
                    let location = response.header("location").unwrap();
                    request.url = request.url.join(location).unwrap();
                    self.inner.send(request).await
                }
                _ => answer,
            }
        })
    }

    fn addresses(&self) -> AddressEnforcement {
        AddressEnforcement::Enforced
    }
}

/// Whether the claim holds for a transport that breaks this.
async fn holds(name: &str, breaks: Breaks) -> bool {
    let subject = acceptance::Subject::new(|wanted| {
        let mut settings = TransportSettings {
            connect_timeout: wanted.connect_timeout,
            body_limit: wanted.body_limit,
            user_agent: wanted.user_agent.to_owned(),
            ..TransportSettings::default()
        };
        match breaks {
            Breaks::Limit => settings.body_limit += 1,
            Breaks::UserAgent => settings.user_agent.push('x'),
            _ => {}
        }
        Broken {
            inner: OnEngine::new(HttpClient::default(), settings),
            breaks,
        }
    });
    let case = acceptance::cases().into_iter().find(|case| case.name == name);
    tokio::spawn((case.unwrap().run)(subject)).await.is_ok()
}

#[tokio::test]
async fn each_broken_promise_is_noticed() {
    for (breaks, case) in [
        (
            Breaks::FreshConnections,
            "connections::every_fresh_request_opens_a_connection",
        ),
        (Breaks::NotAfter, "times::what_is_too_late_from_the_start_is_not_sent"),
        (
            Breaks::Once,
            "connections::a_server_that_hangs_up_after_the_request_leaves_it_unclear_and_gets_it_once",
        ),
        (
            Breaks::Limit,
            "answers::a_body_at_the_limit_is_read_and_one_byte_more_is_not",
        ),
        (Breaks::UserAgent, "requests::the_user_agent_is_the_one_that_was_set"),
        (
            Breaks::Addresses,
            "addresses::a_guarded_name_of_this_machine_gets_no_connection",
        ),
        (Breaks::Redirects, "answers::redirects_are_handed_back"),
        (Breaks::Codings, "requests::no_coding_of_the_body_is_asked_for"),
        (Breaks::Headers, "requests::a_get_carries_its_query_and_its_headers"),
    ] {
        assert!(!holds(case, breaks).await, "{case}");
        assert!(holds(case, Breaks::Nothing).await, "{case}");
    }
}
