use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use super::*;

/// What is read of these bytes, when they come in pieces of `size` and are read in pieces of `room`.
async fn read(bytes: &[u8], size: usize, room: usize) -> io::Result<Vec<u8>> {
    let (client, mut server) = tokio::io::duplex(1 << 20);
    let pieces: Vec<_> = bytes.chunks(size).map(<[u8]>::to_vec).collect();
    let sending = tokio::spawn(async move {
        for piece in pieces {
            server.write_all(&piece).await.unwrap();
            tokio::task::yield_now().await;
        }
    });
    let mut client = FinalAnswers::new(client, Ends::AsTheyCome);
    let (mut all, mut piece) = (Vec::new(), vec![0; room]);
    loop {
        match client.read(&mut piece).await? {
            0 => break,
            count => all.extend_from_slice(&piece[..count]),
        }
    }
    sending.await.unwrap();
    Ok(all)
}

#[tokio::test]
async fn interim_answers_are_passed_over_however_they_arrive_and_are_read() {
    const FINAL: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 33\r\n\r\nHTTP/1.1 100 Continue\r\n\r\nand more.";
    for interim in [
        "",
        "HTTP/1.1 100 Continue\r\n\r\n",
        "HTTP/1.1 103 Early Hints\r\nLink: <a>\r\nLink: <b>\r\n\r\nHTTP/1.0 199 \r\n\r\n",
        "HTTP/1.1 100\r\n\r\n",
        "HTTP/1.1 102 Processing\nX: y\n\n",
    ] {
        let mut bytes = interim.as_bytes().to_vec();
        bytes.extend_from_slice(FINAL);
        for size in [1, 2, 7, 4096] {
            for room in [1, 5, 4096] {
                assert_eq!(
                    read(&bytes, size, room).await.unwrap(),
                    FINAL,
                    "{interim:?} {size} {room}"
                );
            }
        }
    }
}

#[tokio::test]
async fn everything_else_is_handed_on_as_it_is() {
    for bytes in [
        "",
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n",
        "HTTP/1.1 1000 No\r\n\r\nHTTP/1.1 200 OK\r\n\r\n",
        "HTTP/1.1 1x0 No\r\n\r\n",
        "HTTP/2 103 No\r\n\r\n",
        "HTTP/1.1  103 No\r\n\r\n",
        "http/1.1 103 no\r\n\r\n",
        "\r\nHTTP/1.1 103 No\r\n\r\n",
        "SSH-2.0-OpenSSH_9.6\r\n\r\n",
        // Half of something at the end.
        "HTTP/1.1 10",
        "HTTP/1.1 103 Early Hints\r\nLink: ",
    ] {
        for size in [1, 4096] {
            assert_eq!(
                read(bytes.as_bytes(), size, 3).await.unwrap(),
                bytes.as_bytes(),
                "{bytes:?}"
            );
        }
    }
}

#[tokio::test]
async fn interim_answers_have_a_limit_and_at_the_limit_the_answer_is_read() {
    let hints = |length: usize| {
        let frame = "HTTP/1.1 103 Early Hints\r\nLink: \r\n\r\n".len();
        format!(
            "HTTP/1.1 103 Early Hints\r\nLink: {}\r\n\r\n",
            "x".repeat(length - frame)
        )
    };
    let last = "HTTP/1.1 204 No Content\r\n\r\n";
    for (lengths, fits) in [
        (vec![LIMIT], true),
        (vec![LIMIT + 1], false),
        (vec![LIMIT / 2, LIMIT / 2], true),
        (vec![LIMIT / 2, LIMIT / 2 + 1], false),
    ] {
        let mut bytes: String = lengths.iter().map(|length| hints(*length)).collect();
        bytes.push_str(last);
        match read(bytes.as_bytes(), 1000, 4096).await {
            Ok(read) => assert!(fits && read == last.as_bytes(), "{lengths:?}"),
            Err(error) => assert!(!fits && error.kind() == io::ErrorKind::InvalidData, "{lengths:?}"),
        }
    }
    // Also without an end.
    let endless = hints(2 * LIMIT);
    assert!(read(&endless.as_bytes()[..LIMIT + 5000], 1000, 4096).await.is_err());
}

#[tokio::test]
async fn the_next_answer_begins_with_the_next_request() {
    let (client, mut server) = tokio::io::duplex(1 << 20);
    let mut client = FinalAnswers::new(client, Ends::AsTheyCome);
    let mut answer = [0; 19];
    for _ in 0..3 {
        client.write_all(b"GET / HTTP/1.1\r\n\r\n").await.unwrap();
        server.read_exact(&mut [0; 18]).await.unwrap();
        server
            .write_all(b"HTTP/1.1 103 H\r\n\r\nHTTP/1.1 204 X\r\n\r\n")
            .await
            .unwrap();
        client.read_exact(&mut answer[..18]).await.unwrap();
        assert_eq!(&answer[..18], b"HTTP/1.1 204 X\r\n\r\n");
    }
    // What comes unasked is handed on, so that a check whether an idle connection is clean sees it.
    server.write_all(b"HTTP/1.1 103 H\r\n\r\n").await.unwrap();
    client.read_exact(&mut answer[..18]).await.unwrap();
    assert_eq!(&answer[..18], b"HTTP/1.1 103 H\r\n\r\n");
}
