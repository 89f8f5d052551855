//! The spans of a launch are those that the guide lists, with the fields that it lists.

use std::collections::{BTreeMap, BTreeSet};

use crate::support::{Logs, Opened, Span, UNUSABLE};

const GUIDE: &str = include_str!("../../src/guide/observability.md");

/// Name, level and fields of each span, as the guide has them.
fn listed() -> BTreeMap<&'static str, (&'static str, BTreeSet<&'static str>)> {
    let rows = GUIDE.lines().filter(|line| line.starts_with("| `smart."));
    rows.map(|row| {
        let cells: Vec<_> = row.trim_matches('|').split('|').map(str::trim).collect();
        let fields = cells[3].split('`').skip(1).step_by(2).collect();
        (cells[0].trim_matches('`'), (cells[1], fields))
    })
    .collect()
}

async fn a_launch_with_a_refresh_and_a_sign_out(logs: &Logs) -> (Opened, Vec<Span>) {
    let opened = Opened::start().await;
    opened.app.advance(UNUSABLE);
    assert!(opened.flood(5).await.iter().all(|answer| answer.status == 200));
    assert_eq!(opened.app.refreshes(), 1);
    assert_eq!(opened.browser.post(&opened.url("/auth/logout")).await.status, 200);
    crate::backend::a_token().await;
    (opened, logs.spans())
}

#[actix_web::test]
async fn the_spans_of_a_launch_are_those_of_the_guide_with_their_levels_and_fields() {
    let logs = Logs::collect();
    let (_opened, spans) = a_launch_with_a_refresh_and_a_sign_out(&logs).await;
    let listed = listed();
    for span in &spans {
        let Some((level, fields)) = listed.get(span.name) else {
            panic!("the guide does not list {}", span.name);
        };
        assert_eq!(*level, span.level.as_str(), "{}", span.name);
        let declared: BTreeSet<_> = span.declared.iter().copied().collect();
        assert_eq!(*fields, declared, "{}", span.name);
    }
    let seen: BTreeSet<_> = spans.iter().map(|span| span.name).collect();
    assert_eq!(seen, listed.into_keys().collect(), "what the guide lists is there");
}

#[actix_web::test]
async fn an_exchange_and_a_refresh_say_in_their_spans_what_came_of_them_and_who_waited() {
    let logs = Logs::collect();
    let (opened, spans) = a_launch_with_a_refresh_and_a_sign_out(&logs).await;
    let ehr = opened.app.sandbox.fhir_base_url();
    let of = |name: &str| {
        let ours = |span: &&Span| span.name == name && span.recorded.get("ehr") == Some(&ehr);
        let found: Vec<_> = spans.iter().filter(ours).collect();
        assert_eq!(found.len(), 1, "{name}: {found:?}");
        found[0].recorded.clone()
    };
    assert_eq!(of("smart.exchange")["outcome"], "ok");
    let refresh = of("smart.refresh");
    assert_eq!(
        (refresh["outcome"].as_str(), refresh["role"].as_str()),
        ("current", "leader")
    );
    // Others run beside this test, so there may be more.
    let waits = spans.iter().filter(|span| span.name == "smart.refresh.wait");
    let roles: BTreeSet<_> = waits.map(|span| span.recorded["role"].as_str()).collect();
    assert_eq!(roles, BTreeSet::from(["leader", "waiter"]));
}

#[actix_web::test]
async fn the_line_of_a_sign_out_has_the_reference_of_the_launch_and_that_of_the_request() {
    let logs = Logs::collect();
    let (opened, _) = a_launch_with_a_refresh_and_a_sign_out(&logs).await;
    let (text, ehr) = (logs.text(), opened.app.sandbox.fhir_base_url());
    let line = |what: &str| {
        let mut of_ehr = text.lines().filter(|line| line.contains(what) && line.contains(&ehr));
        of_ehr.next().unwrap_or_else(|| panic!("no line: {what}"))
    };
    let launch = |line: &str| {
        line.split(" launch=\"")
            .nth(1)
            .unwrap()
            .split('"')
            .next()
            .unwrap()
            .to_owned()
    };
    let ended = line("a launch ended, as somebody signed out");
    assert_eq!(launch(ended), launch(line("launch opened")));
    assert!(ended.contains("smart.logout{reference="), "{ended}");
}
