use std::net::TcpListener;

use super::*;

/// A connection whose other side has sent this already.
fn with_waiting(bytes: &[u8], deadline: Instant) -> (Until, TcpStream) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let stream = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    let (mut other, _) = listener.accept().unwrap();
    other.write_all(bytes).unwrap();
    (Until { stream, deadline }, other)
}

#[test]
fn before_the_deadline_what_the_server_sends_is_read() {
    let (mut stream, _other) = with_waiting(b"a", Instant::now() + Duration::from_secs(60));
    let mut byte = [0];
    assert_eq!(stream.read(&mut byte).unwrap(), 1);
    assert_eq!(&byte, b"a");
}

#[test]
fn after_the_deadline_a_server_that_still_sends_is_no_longer_listened_to() {
    let (mut stream, _other) = with_waiting(b"a", Instant::now());
    let error = stream.read(&mut [0]).unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::TimedOut);
    assert!(matches!(failed(&error), Shaken::Silent));
    assert!(stream.write(b"a").is_err());
}
