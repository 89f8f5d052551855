use super::ALL;

const GUIDE: &str = include_str!("../guide/observability.md");
const DASHBOARD: &str = include_str!("../../docs/dashboard.json");

/// Name, kind and meaning, as the guide has them.
fn rows() -> Vec<(&'static str, &'static str, &'static str)> {
    let cells = |line: &'static str| -> Option<(&str, &str, &str)> {
        let mut cells = line.strip_prefix("| `smart_")?.split('|').map(str::trim);
        cells.next()?;
        let name = line.split('`').nth(1)?;
        let kind = cells.next()?;
        cells.next()?;
        Some((name, kind, cells.next()?))
    };
    GUIDE.lines().filter_map(cells).collect()
}

fn kind_in_guide(kind: &str) -> &'static str {
    match kind {
        "Counter" => "counter",
        "Gauge" => "gauge",
        _ => "histogram",
    }
}

#[test]
fn the_guide_has_every_metric_with_its_kind_and_what_it_says() {
    let listed: Vec<_> = ALL
        .iter()
        .map(|(kind, metric)| (metric.name, kind_in_guide(kind), metric.help))
        .collect();
    assert_eq!(rows(), listed);
}

#[test]
fn names_end_as_prometheus_wants_it() {
    for (kind, metric) in ALL {
        let name = metric.name;
        assert!(name.starts_with("smart_"), "{name}");
        match *kind {
            "Counter" => assert!(name.ends_with("_total"), "{name}"),
            "Seconds" => assert!(name.ends_with("_duration_seconds"), "{name}"),
            _ => assert!(!name.ends_with("_total"), "{name}"),
        }
    }
}

#[test]
fn every_metric_of_the_dashboard_exists() {
    let words = DASHBOARD.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
    let named: Vec<_> = words.filter(|word| word.starts_with("smart_")).collect();
    assert!(named.len() > 15, "{named:?}");
    for name in named {
        let exists = ALL.iter().any(|(kind, metric)| {
            if *kind == "Seconds" {
                ["_bucket", "_sum", "_count"]
                    .iter()
                    .any(|end| name.strip_suffix(end) == Some(metric.name))
            } else {
                name == metric.name
            }
        });
        assert!(exists, "{name} is no metric");
    }
    let dashboard: serde_json::Value = serde_json::from_str(DASHBOARD).unwrap();
    assert!(dashboard["panels"].as_array().is_some_and(|panels| panels.len() > 8));
}
