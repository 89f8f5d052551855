//! Servers on free ports of this machine.

use std::net::TcpListener;

use actix_web::{App, HttpServer, web};

/// Serves these routes; returns the address, without a slash at the end.
pub(crate) fn serve(routes: fn(&mut web::ServiceConfig)) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let server = HttpServer::new(move || App::new().configure(routes))
        .workers(1)
        .disable_signals()
        .listen(listener)
        .unwrap()
        .run();
    actix_web::rt::spawn(server);
    address
}
