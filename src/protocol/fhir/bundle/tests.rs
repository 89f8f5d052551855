use serde_json::json;

use super::*;

fn read(value: &Value) -> Option<Page> {
    Page::read(value.to_string().as_bytes())
}

#[test]
fn a_page_has_what_was_found_what_belongs_to_it_and_where_it_goes_on() {
    let page = read(&json!({
        "resourceType": "Bundle", "type": "searchset", "total": 7,
        "link": [{ "relation": "self", "url": "a" }, { "relation": "next", "url": "b" }],
        "entry": [
            { "resource": { "resourceType": "Observation", "id": "1" }, "search": { "mode": "match" } },
            { "resource": { "resourceType": "Patient", "id": "2" }, "search": { "mode": "include" } },
            { "resource": { "resourceType": "OperationOutcome" }, "search": { "mode": "outcome" } },
            { "resource": { "resourceType": "OperationOutcome" } },
            { "resource": { "resourceType": "Basic" }, "search": { "mode": "outcome" } },
            { "resource": { "resourceType": "Observation", "id": "3" } },
            { "fullUrl": "nothing" },
        ],
    }))
    .unwrap();
    let modes: Vec<_> = page.entries.iter().map(|entry| entry.mode).collect();
    assert_eq!(
        modes,
        [
            EntryMode::Match,
            EntryMode::Include,
            EntryMode::Outcome,
            EntryMode::Outcome,
            EntryMode::Outcome,
            EntryMode::Match
        ]
    );
    assert_eq!((page.next.as_deref(), page.total), (Some("b"), Some(7)));
}

#[test]
fn neither_a_byte_order_mark_nor_a_strange_total_costs_the_page() {
    let bundle = json!({ "resourceType": "Bundle", "entry": [{ "resource": { "resourceType": "Patient" } }] });
    let page = Page::read(format!("\u{feff}{bundle}").as_bytes()).unwrap();
    assert_eq!(page.entries.len(), 1);
    for total in [json!(-1), json!("7"), json!(7.5), json!(null)] {
        let mut bundle = bundle.clone();
        bundle["total"] = total;
        let page = read(&bundle).unwrap();
        assert_eq!((page.entries.len(), page.total), (1, None), "{bundle}");
    }
}

#[test]
fn an_empty_page_is_a_page_and_what_is_no_bundle_is_none() {
    let empty = read(&json!({ "resourceType": "Bundle" })).unwrap();
    assert_eq!((empty.entries.len(), empty.next, empty.total), (0, None, None));
    let blank = json!({ "resourceType": "Bundle", "link": [{ "relation": "next", "url": "" }, {}] });
    assert_eq!(read(&blank).unwrap().next, None);
    for none in [
        json!({}),
        json!({ "resourceType": "Patient" }),
        json!([]),
        json!({ "resourceType": "Bundle", "entry": 1 }),
    ] {
        assert!(read(&none).is_none(), "{none}");
    }
}
