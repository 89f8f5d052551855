//! What stands between a store and its server: [`LossyWire`].

use std::{
    io::{Read as _, Write as _},
    net::{Shutdown, TcpListener, TcpStream},
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst},
    },
    thread,
    time::Duration,
};

/// Stands between a store and its server, and loses, delays, holds and counts on demand.
pub(crate) struct LossyWire {
    pub(crate) port: u16,
    lose_next: Arc<AtomicBool>,
    lost: Arc<AtomicUsize>,
    holds: Arc<AtomicBool>,
    delay_next: Arc<AtomicBool>,
    delays: Arc<AtomicBool>,
    asked: Arc<AtomicUsize>,
}

impl LossyWire {
    /// A wire to the server on this port. `operations_in` says how many operations are in what a client sends.
    pub(crate) fn to(port: u16, operations_in: fn(&[u8]) -> usize) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let wire = Self {
            port: listener.local_addr().unwrap().port(),
            lose_next: Arc::default(),
            lost: Arc::default(),
            holds: Arc::default(),
            delay_next: Arc::default(),
            delays: Arc::default(),
            asked: Arc::default(),
        };
        let (lose_next, lost) = (Arc::clone(&wire.lose_next), Arc::clone(&wire.lost));
        let (holds, asked) = (Arc::clone(&wire.holds), Arc::clone(&wire.asked));
        let (delay_next, delays) = (Arc::clone(&wire.delay_next), Arc::clone(&wire.delays));
        thread::spawn(move || {
            while let Ok((client, _)) = listener.accept() {
                let Ok(server) = TcpStream::connect(("127.0.0.1", port)) else {
                    return;
                };
                let ends = [client.try_clone().unwrap(), server.try_clone().unwrap()];
                let (lose_next, lost) = (Arc::clone(&lose_next), Arc::clone(&lost));
                let (holds, asked) = (Arc::clone(&holds), Arc::clone(&asked));
                let (delay_next, delays) = (Arc::clone(&delay_next), Arc::clone(&delays));
                let is_lost = Arc::new(AtomicBool::new(false));
                let lose = Arc::clone(&is_lost);
                thread::spawn(move || {
                    pass(client, server, |bytes| {
                        let operations = operations_in(bytes);
                        asked.fetch_add(operations, SeqCst);
                        if operations > 0 && lose_next.swap(false, SeqCst) {
                            lose.store(true, SeqCst);
                        }
                        let is_delayed = operations > 0 && delay_next.swap(false, SeqCst);
                        while is_delayed && delays.load(SeqCst) {
                            thread::sleep(Duration::from_millis(5));
                        }
                        true
                    });
                });
                let [client, server] = ends;
                thread::spawn(move || {
                    pass(server, client, |_| {
                        while holds.load(SeqCst) {
                            thread::sleep(Duration::from_millis(5));
                        }
                        let lose = is_lost.swap(false, SeqCst);
                        lost.fetch_add(usize::from(lose), SeqCst);
                        !lose
                    });
                });
            }
        });
        wire
    }

    /// The answer to the next operation is lost, and the connection with it. Not one to what a connection begins with: a worker's
    /// own is opened while the shared one is used.
    pub(crate) fn lose_the_next_answer(&self) {
        self.lose_next.store(true, SeqCst);
    }

    /// Whether answers are held back from now on.
    pub(crate) fn hold(&self, holds: bool) {
        self.holds.store(holds, SeqCst);
    }

    /// The next operation stays under way until it is delivered, and so does what follows it on its connection, the end included.
    pub(crate) fn delay_the_next(&self) {
        self.delays.store(true, SeqCst);
        self.delay_next.store(true, SeqCst);
    }

    pub(crate) fn deliver(&self) {
        self.delays.store(false, SeqCst);
    }

    /// How many operations the server was asked for.
    pub(crate) fn asked(&self) -> usize {
        self.asked.load(SeqCst)
    }

    /// How many were lost.
    pub(crate) fn lost(&self) -> usize {
        assert!(!self.lose_next.load(SeqCst), "no answer came");
        self.lost.load(SeqCst)
    }
}

/// Passes bytes on until one end closes, or `is_passed` says of some that they are not.
fn pass(mut from: TcpStream, mut to: TcpStream, is_passed: impl Fn(&[u8]) -> bool) {
    let mut bytes = [0; 65_536];
    while let Ok(length @ 1..) = from.read(&mut bytes)
        && is_passed(&bytes[..length])
        && to.write_all(&bytes[..length]).is_ok()
    {}
    for end in [from, to] {
        let _ = end.shutdown(Shutdown::Both);
    }
}

impl Drop for LossyWire {
    fn drop(&mut self) {
        self.hold(false);
        self.deliver();
    }
}
