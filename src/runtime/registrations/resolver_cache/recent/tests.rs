use super::*;

fn keys<V>(recent: &Recent<V>) -> Vec<&str> {
    recent.by_use.values().map(String::as_str).collect()
}

#[test]
fn what_was_unused_the_longest_is_forgotten_first() {
    let mut recent = Recent::new(3);
    for key in ["a", "b", "c"] {
        recent.insert(key, key.to_owned());
    }
    assert_eq!(recent.get("a").map(|it| it.as_str()), Some("a"));
    recent.insert("b", "new".to_owned());
    recent.insert("d", "d".to_owned());
    assert_eq!((keys(&recent), recent.len()), (vec!["a", "b", "d"], 3));
    assert_eq!(recent.get("c"), None);
    assert_eq!(recent.get("b").map(|it| it.as_str()), Some("new"));
    assert_eq!(recent.remove("a"), Some("a".to_owned()));
    assert_eq!((keys(&recent), recent.values().count()), (vec!["d", "b"], 2));
    recent.insert("e", "e".to_owned());
    assert_eq!(keys(&recent), ["d", "b", "e"], "there was room");
}

#[test]
fn it_stays_bounded() {
    let mut recent = Recent::new(100);
    for n in 0..1_000 {
        recent.insert(&n.to_string(), n);
    }
    assert_eq!((recent.len(), recent.by_use.len()), (100, 100));
    assert!(recent.get("899").is_none() && recent.get("900").is_some());
}
