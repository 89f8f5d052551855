//! A token request as awc makes it alone, on the thread that measures: what a launch cannot cost less than.

use std::time::Duration;

use actix_web::rt::SystemRunner;
use awc::{Client, Connector};

use crate::{cpu, rounds::Variant};

/// Whether each request has a connection of its own.
#[derive(Clone, Copy)]
pub(crate) enum Connections {
    /// As the crate makes token requests: a code is sent once, and an idle connection may be closing.
    Fresh,
    Kept,
}

/// A request that the EHR refuses, which costs it and its client as much as another one.
pub(crate) fn variant<'a>(
    system: &'a SystemRunner,
    name: &'static str,
    token_endpoint: String,
    connections: Connections,
) -> Variant<'a> {
    let client = system.block_on(async {
        let connector = match connections {
            Connections::Fresh => Connector::new().conn_keep_alive(Duration::ZERO),
            Connections::Kept => Connector::new(),
        };
        Client::builder().connector(connector).finish()
    });
    Variant {
        name,
        floor: None,
        each_round: 10,
        run: Box::new(move |times| {
            let before = cpu::used();
            for _ in 0..times {
                system.block_on(refused(&client, &token_endpoint));
            }
            cpu::used() - before
        }),
    }
}

async fn refused(client: &Client, token_endpoint: &str) {
    let form = [("grant_type", "authorization_code"), ("code", "none")];
    let mut answer = client
        .post(token_endpoint)
        .send_form(&form)
        .await
        .expect("the EHR answers");
    assert!(answer.status().is_client_error(), "{}", answer.status());
    answer.body().await.expect("all of the answer");
}
