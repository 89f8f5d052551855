//! A thread for an application to run on.

use std::{sync::mpsc, thread};

use actix_web::dev::{Server, ServerHandle};

/// Runs a server on a thread of its own. It ends when the handle says so.
pub(crate) fn on_a_thread(server: impl FnOnce() -> Server + Send + 'static) -> ServerHandle {
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        actix_web::rt::System::new().block_on(async move {
            let server = server();
            sender.send(server.handle()).unwrap();
            server.await.unwrap();
        });
    });
    receiver.recv().unwrap()
}
