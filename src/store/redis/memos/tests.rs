use redis::Value;

use super::*;

fn listed(entries: &[&[u8]]) -> Reply {
    let entries = entries.iter().map(|entry| Value::BulkString(entry.to_vec()));
    Reply::new(Value::Array(entries.collect()))
}

#[test]
fn a_list_has_run_out_when_its_newest_entry_has() {
    let reply = listed(&[b"9:first", b"7:second:\x00\n"]);
    let before = values(&reply, Timestamp::from_millis(6)).unwrap();
    assert_eq!(before, [&b"first"[..], b"second:\x00\n"]);
    assert_eq!(values(&reply, Timestamp::from_millis(7)), Some(Vec::new()));
    assert_eq!(values(&listed(&[]), Timestamp::from_millis(0)), Some(Vec::new()));
}

#[test]
fn an_entry_of_another_form_is_not_read() {
    for damaged in [&b""[..], b"7", b":value", b"x:value", b"-7:value", b" 7:value"] {
        let reply = listed(&[b"9:first", damaged, b"9:last"]);
        assert_eq!(values(&reply, Timestamp::from_millis(0)), None, "{damaged:?}");
    }
}
