//! The smallest program that an EHR can launch.

use std::time::Duration;

use actix_session::{SessionMiddleware, storage::CookieSessionStore};
use actix_smart_auth::{Patient, SmartAuth, SmartConfig, launch_scope};
use actix_web::{App, HttpServer, cookie::Key, web};

async fn summary(patient: Patient) -> String {
    format!("This tab is about {}", patient.reference())
}

#[actix_web::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    // Without a subscriber there is no log, and the log is where the reasons are: run with `RUST_LOG=actix_smart_auth=info`.
    tracing_subscriber::fmt::init();
    // Once, outside the closure below: the closure runs once per worker.
    let config = SmartConfig::from_env()?;
    // A new key empties what your application keeps in sessions. It ends no launch; those in memory end with the process. In production:
    // `Key::from(std::env::var("SESSION_KEY")?.as_bytes())`, of 64 characters or more.
    let key = Key::generate();
    let smart = config.clone();
    HttpServer::new(move || {
        App::new()
            .service(launch_scope().route("/", web::get().to(summary)))
            .wrap(SmartAuth::new(smart.clone()))
            // AFTER SmartAuth! What is wrapped last runs first, and SmartAuth needs the session.
            .wrap(SessionMiddleware::new(CookieSessionStore::default(), key.clone()))
    })
    .bind(("127.0.0.1", 8080))?
    .run()
    .await?;
    // Finishes and saves the refreshes that are still running.
    config.shutdown(Duration::from_secs(20)).await;
    Ok(())
}
