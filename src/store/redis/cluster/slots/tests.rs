use super::*;

fn place(text: &str) -> HostAndPort {
    HostAndPort::parse(text).unwrap()
}

fn text(text: &str) -> Value {
    Value::BulkString(text.as_bytes().to_vec())
}

fn range(from: i64, to: i64, host: Value, port: i64) -> Value {
    let primary = Value::Array(vec![host, Value::Int(port), text("id")]);
    let replica = Value::Array(vec![text("10.0.0.9"), Value::Int(1), text("id")]);
    Value::Array(vec![Value::Int(from), Value::Int(to), primary, replica])
}

#[test]
fn slots_are_those_of_the_specification() {
    assert_eq!(crc16(b"123456789"), 0x31c3);
    assert_eq!(slot_of("foo"), 12_182);
    assert_eq!(slot_of("{user1000}.following"), slot_of("{user1000}.followers"));
    assert_eq!(slot_of("foo{}{bar}"), slot_of("foo{}{bar}"));
    assert_ne!(slot_of("foo{}{bar}"), slot_of("bar"));
    assert_eq!(slot_of("foo{{bar}}zap"), slot_of("{bar"));
    assert_eq!(slot_of("foo{bar}{zap}"), slot_of("bar"));
}

#[test]
fn a_map_says_who_has_the_first_and_the_last_slot_of_a_range_and_nobody_has_those_beside() {
    let told = Value::Array(vec![
        range(1, 5_460, text("10.0.0.1"), 6379),
        range(5_462, 16_383, text("10.0.0.2"), 6380),
    ]);
    let map = SlotMap::read(&told, &place("seed:1")).unwrap();
    for (slot, owner) in [
        (0, None),
        (1, Some("10.0.0.1:6379")),
        (5_460, Some("10.0.0.1:6379")),
        (5_461, None),
        (5_462, Some("10.0.0.2:6380")),
        (16_383, Some("10.0.0.2:6380")),
        (16_384, None),
    ] {
        assert_eq!(map.owner(slot), owner.map(place).as_ref(), "{slot}");
    }
    assert!(!map.is_whole());
    assert_eq!(map.with_owner(0, place("x:1")).owner(0), Some(&place("x:1")));
}

#[test]
fn a_node_that_does_not_know_its_host_means_the_one_that_was_asked() {
    for host in [Value::Nil, text(""), text("?")] {
        let told = Value::Array(vec![range(0, 16_383, host, 6379)]);
        let map = SlotMap::read(&told, &place("redis-1:7000")).unwrap();
        assert_eq!(map.owner(7), Some(&place("redis-1:6379")));
        assert!(map.is_whole());
    }
}

#[test]
fn an_answer_of_another_form_is_no_map() {
    let odd = [
        Value::Nil,
        Value::Array(vec![Value::Nil]),
        Value::Array(vec![range(0, 16_384, text("x"), 1)]),
        Value::Array(vec![range(-1, 3, text("x"), 1)]),
        Value::Array(vec![range(5, 3, text("x"), 1)]),
        Value::Array(vec![range(0, 3, text("x"), 65_536)]),
    ];
    for answer in odd {
        assert!(SlotMap::read(&answer, &place("seed:1")).is_none(), "{answer:?}");
    }
}

#[test]
fn a_redirection_may_name_an_ipv6_address() {
    assert_eq!(place("::1:6379").host, "::1");
    assert_eq!(place(":6379").host, "");
    assert!(HostAndPort::parse("host").is_none());
}
