//! What an EHR received, chosen and waited for: [`Wanted`].

use std::{pin::pin, time::Duration};

use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Value, json};
use tokio::time::{Instant, timeout_at};

use super::{
    super::{Endpoint, ReceivedRequest, SandboxServer, http::Incoming},
    refusal::Refusal,
};
use crate::time::Civil;

/// So long at most it waits.
const LONGEST_WAIT: Duration = Duration::from_secs(300);

/// Which requests are asked for.
#[derive(Debug)]
pub(super) struct Wanted {
    endpoint: Option<Endpoint>,
    grant_type: Option<String>,
    method: Option<String>,
    since: u64,
    until: Until,
    at_least: usize,
    timeout: Duration,
}

/// When a request counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Until {
    Arrived,
    Answered,
}

/// The parameters of the query, with what they mean.
pub(super) const PARAMETERS: &[(&str, &str)] = &[
    ("endpoint", "Those to this endpoint."),
    ("grant-type", "Token requests with this grant_type."),
    ("method", "Those with this HTTP method."),
    (
        "since",
        "Those with this number and later ones: next of an answer before.",
    ),
    (
        "until",
        "arrived (default), or answered: only those with a status. A connection that was cut has none.",
    ),
    ("at-least", "Waits until there are so many. Default: 0."),
    ("timeout", "How many seconds it waits, at most 300. Default: 10."),
];

impl Wanted {
    /// # Errors
    /// When a parameter is not known, or its value is none.
    pub(super) fn parse(incoming: &Incoming) -> Result<Self, Refusal> {
        let mut wanted = Self {
            endpoint: None,
            grant_type: None,
            method: None,
            since: 0,
            until: Until::Arrived,
            at_least: 0,
            timeout: Duration::from_secs(10),
        };
        for (name, value) in incoming.query() {
            let number = || Refusal::Query(format!("{name} has to be a number and is {value:?}"));
            match name.as_str() {
                "endpoint" => wanted.endpoint = Some(word(&name, &value)?),
                "grant-type" => wanted.grant_type = Some(value),
                "method" => wanted.method = Some(value.to_ascii_uppercase()),
                "since" => wanted.since = value.parse().map_err(|_| number())?,
                "until" => {
                    wanted.until = match value.as_str() {
                        "arrived" => Until::Arrived,
                        "answered" => Until::Answered,
                        _ => return Err(Refusal::Query("until is arrived or answered".to_owned())),
                    }
                }
                "at-least" => wanted.at_least = value.parse().map_err(|_| number())?,
                "timeout" => {
                    let seconds = value.parse().map_err(|_| number())?;
                    wanted.timeout = Duration::try_from_secs_f64(seconds)
                        .ok()
                        .filter(|timeout| *timeout <= LONGEST_WAIT)
                        .ok_or_else(|| Refusal::Query("timeout is in seconds, from 0 to 300".to_owned()))?;
                }
                _ => {
                    let known: Vec<&str> = PARAMETERS.iter().map(|(name, _)| *name).collect();
                    let known = known.join(", ");
                    return Err(Refusal::Query(format!("{name:?} is not known; there are: {known}")));
                }
            }
        }
        Ok(wanted)
    }

    /// Those that came, as soon as there are enough.
    ///
    /// # Errors
    /// When there are not enough in time.
    pub(super) async fn wait(&self, ehr: &SandboxServer) -> Result<Value, Refusal> {
        let deadline = Instant::now() + self.timeout;
        loop {
            // Before the look, so that nothing that comes after it is missed.
            let mut received = pin!(ehr.shared.received.notified());
            received.as_mut().enable();
            // Hundreds may wait, and each is woken by each request: nothing is listed in vain.
            if self.count(ehr) >= self.at_least || timeout_at(deadline, received).await.is_err() {
                let (came, seen) = self.look(ehr);
                let wanted = self.at_least;
                if came >= wanted {
                    return Ok(seen);
                }
                if Instant::now() >= deadline {
                    return Err(Refusal::NotYet { came, wanted, seen });
                }
            }
        }
    }

    /// How many there are.
    fn count(&self, ehr: &SandboxServer) -> usize {
        let state = ehr.shared.state();
        let wanted = state.record.since(self.since).filter(|(_, request)| self.has(request));
        wanted.count()
    }

    /// How many there are, and the answer that lists them.
    fn look(&self, ehr: &SandboxServer) -> (usize, Value) {
        let state = ehr.shared.state();
        let found: Vec<Numbered<'_>> = state
            .record
            .since(self.since)
            .filter(|(_, request)| self.has(request))
            .map(|(number, request)| Numbered::new(number, request))
            .collect();
        let seen = json!({ "requests": found, "next": state.record.next() });
        (found.len(), seen)
    }

    fn has(&self, request: &ReceivedRequest) -> bool {
        let is_grant = |grant: &String| {
            request.endpoint == Endpoint::Token && request.parameter("grant_type").as_ref() == Some(grant)
        };
        self.endpoint.is_none_or(|endpoint| endpoint == request.endpoint)
            && self.method.as_ref().is_none_or(|method| *method == request.method)
            && (self.until == Until::Arrived || request.status.is_some())
            && self.grant_type.as_ref().is_none_or(is_grant)
    }
}

/// A word of an enum, as JSON writes it.
fn word<T: DeserializeOwned>(name: &str, value: &str) -> Result<T, Refusal> {
    serde_json::from_value(json!(value)).map_err(|error| Refusal::Query(format!("{name}: {error}")))
}

/// A request as JSON.
#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct Numbered<'a> {
    number: u64,
    at: String,
    endpoint: Endpoint,
    method: &'a str,
    path: &'a str,
    query: &'a [(String, String)],
    headers: &'a [(String, String)],
    /// The pairs of the body, if it is a form.
    form: Vec<(String, String)>,
    body: &'a str,
    body_length: usize,
    connection: u64,
    status: Option<u16>,
}

impl<'a> Numbered<'a> {
    fn new(number: u64, request: &'a ReceivedRequest) -> Self {
        let is_form = request
            .header("content-type")
            .is_some_and(|it| it.starts_with("application/x-www-form-urlencoded"));
        Self {
            number,
            at: Civil::of(request.at).to_string(),
            endpoint: request.endpoint,
            method: &request.method,
            path: &request.path,
            query: &request.query,
            headers: &request.headers,
            form: if is_form { request.form() } else { Vec::new() },
            body: &request.body,
            body_length: request.body_length,
            connection: request.connection,
            status: request.status,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{
        future::Future,
        pin::Pin,
        task::{Context, Poll, Waker},
    };

    use super::*;

    fn wanted(query: &str) -> Wanted {
        let incoming = Incoming {
            method: "GET".to_owned(),
            path: String::new(),
            raw_query: query.to_owned(),
            headers: Vec::new(),
            body: String::new(),
            is_utf8: true,
            connection: 0,
            port: None,
        };
        Wanted::parse(&incoming).unwrap()
    }

    #[actix_web::test]
    async fn hundreds_who_wait_are_woken_by_one_request() {
        let ehr = SandboxServer::start().unwrap();
        let wanted = wanted("endpoint=metadata&at-least=1&timeout=300");
        let mut waiting: Vec<Pin<Box<dyn Future<Output = _>>>> = Vec::new();
        for _ in 0..300 {
            let mut one: Pin<Box<dyn Future<Output = _>>> = Box::pin(wanted.wait(&ehr));
            assert!(matches!(
                one.as_mut().poll(&mut Context::from_waker(Waker::noop())),
                Poll::Pending
            ));
            waiting.push(one);
        }
        let url = format!("{}/.well-known/smart-configuration", ehr.fhir_base_url());
        let answer = awc::Client::default().get(url).send().await.unwrap();
        assert_eq!(answer.status(), 200);
        for one in waiting {
            let seen = one.await.unwrap();
            assert_eq!(seen["requests"].as_array().unwrap().len(), 1, "{seen}");
        }
    }
}
