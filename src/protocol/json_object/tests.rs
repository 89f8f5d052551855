use super::*;

fn refused(body: &[u8]) -> JsonObjectError {
    JsonObject::read(body).map(|object| object.members).unwrap_err()
}

#[test]
fn what_came_twice_is_known_by_name() {
    let object = JsonObject::read(b"\xef\xbb\xbf{\"a\":1,\"b\":2,\"a\":3}").unwrap();
    assert_eq!(object.members.len(), 2);
    assert!(object.has_repeated());
    assert_eq!(object.first_repeated(&["b", "a"]), Some("a"));
    assert_eq!(object.first_repeated(&["b", "c"]), None);
    assert!(!JsonObject::read(b"{\"a\":{\"b\":1},\"b\":1}").unwrap().has_repeated());
}

#[test]
fn only_one_whole_object_is_one() {
    let not_json = |column| JsonObjectError::NotJson { line: 1, column };
    for (body, error) in [
        (&b""[..], JsonObjectError::Empty),
        (b"\xef\xbb\xbf \r\n", JsonObjectError::Empty),
        (b"<html>", JsonObjectError::Html),
        (b"[]", JsonObjectError::NotAnObject),
        (b"null", JsonObjectError::NotAnObject),
        (b"\"{}\"", JsonObjectError::NotAnObject),
        (b"{\"a\":1", JsonObjectError::Truncated),
        (b"[1,", JsonObjectError::Truncated),
        (b"{} {}", not_json(4)),
        (b"404 page not found", not_json(5)),
    ] {
        assert_eq!(refused(body), error, "{}", body.escape_ascii());
    }
}
