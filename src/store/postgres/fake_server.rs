//! What answers as a PostgreSQL server does to whoever connects, and hangs up on demand: [`FakeServer`].

use std::{
    io::{Read as _, Write as _},
    net::{Shutdown, SocketAddr, TcpListener, TcpStream},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicI32, Ordering::SeqCst},
    },
    thread,
    time::Duration,
};

use tokio_postgres::Config;

use super::{
    connection::Target,
    schema::{Schema, VERSION},
};

/// Longer than anything takes here.
pub(super) const LIMIT: Duration = Duration::from_secs(20);

/// Lets everybody in, has the tables, and answers every other question with `off`.
pub(super) struct FakeServer {
    address: SocketAddr,
    clients: Arc<Mutex<Vec<TcpStream>>>,
    is_away: Arc<AtomicBool>,
    /// Of its tables.
    version: Arc<AtomicI32>,
}

impl FakeServer {
    pub(super) fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let server = Self {
            address: listener.local_addr().unwrap(),
            clients: Arc::default(),
            is_away: Arc::default(),
            version: Arc::new(AtomicI32::new(VERSION)),
        };
        let (clients, is_away) = (Arc::clone(&server.clients), Arc::clone(&server.is_away));
        let version = Arc::clone(&server.version);
        thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                if is_away.load(SeqCst) {
                    continue;
                }
                clients.lock().unwrap().push(client.try_clone().unwrap());
                let version = Arc::clone(&version);
                thread::spawn(move || serve(client, &version));
            }
        });
        server
    }

    pub(super) fn target(&self) -> Target {
        let mut config = Config::new();
        config.host("127.0.0.1").port(self.address.port()).user("a");
        Target {
            servers: vec![config],
            tls: None,
            schema: Schema::parse("a").unwrap(),
            connect_timeout: LIMIT,
            command_timeout: LIMIT,
            held: Arc::default(),
            has_warned: AtomicBool::new(false),
        }
    }

    /// Closes the connections that are open.
    pub(super) fn hang_up(&self) {
        for client in self.clients.lock().unwrap().drain(..) {
            let _ = client.shutdown(Shutdown::Both);
        }
    }

    /// The same, and nobody comes in any more.
    pub(super) fn go_away(&self) {
        self.is_away.store(true, SeqCst);
        self.hang_up();
    }

    /// It lets everybody in again, and has tables of this version.
    pub(super) fn come_back_with(&self, version: i32) {
        self.version.store(version, SeqCst);
        self.is_away.store(false, SeqCst);
    }
}

fn serve(mut client: TcpStream, version: &AtomicI32) {
    let mut bytes = [0; 4096];
    let ready = message(b'Z', b"I");
    let welcome = [message(b'R', &[0; 4]), ready.clone()].concat();
    let _ = client.read(&mut bytes).and_then(|_| client.write_all(&welcome));
    while let Ok(length @ 1..) = client.read(&mut bytes) {
        let asked = String::from_utf8_lossy(&bytes[..length]).into_owned();
        let answer = match asked.starts_with('Q') {
            true if asked.contains("schema_version") => row(&[&version.load(SeqCst).to_string(), "1"]),
            true => row(&["off"]),
            // Whether it is still there.
            false => Vec::new(),
        };
        if client.write_all(&[answer, ready.clone()].concat()).is_err() {
            return;
        }
    }
}

/// A message of the server's side.
fn message(kind: u8, body: &[u8]) -> Vec<u8> {
    let length = u32::try_from(body.len() + 4).unwrap().to_be_bytes();
    [&[kind], &length[..], body].concat()
}

/// One row of texts.
fn row(texts: &[&str]) -> Vec<u8> {
    let number = u16::try_from(texts.len()).unwrap().to_be_bytes();
    // Its name, where it comes from, its type (text), how long that is, and that it comes as text.
    let column = [
        &b"a\0"[..],
        &[0; 4],
        &[0; 2],
        &[0, 0, 0, 25],
        &[0xff; 2],
        &[0xff; 4],
        &[0; 2],
    ]
    .concat();
    let values = texts.iter().flat_map(|text| {
        let length = u32::try_from(text.len()).unwrap().to_be_bytes();
        [&length[..], text.as_bytes()].concat()
    });
    [
        message(b'T', &[&number[..], &column.repeat(texts.len())].concat()),
        message(b'D', &number.into_iter().chain(values).collect::<Vec<_>>()),
        message(b'C', b"SELECT 1\0"),
    ]
    .concat()
}
