//! The application: it shows which launch its handlers got.

use std::{net::TcpListener, time::Duration};

use actix_session::Session;
use actix_smart_auth::{RefreshNow, SmartAuth, SmartConfig, SmartSession, error::LaunchError, launch_scope};
use actix_web::{App, HttpServer, cookie::Key, dev::Server, web};
use serde::{Deserialize, Serialize};

use crate::support::sessions::sessions;

/// What a handler saw.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Shown {
    pub(crate) launch: String,
    pub(crate) patient: Option<String>,
    pub(crate) encounter: Option<String>,
    pub(crate) token: String,
}

/// What no application should hand out.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Secrets {
    pub(crate) refresh_token: Option<String>,
    pub(crate) id_token: Option<String>,
    /// All values of the session, the browser id among them.
    pub(crate) session: Vec<String>,
}

pub(crate) fn serve(listener: TcpListener, config: SmartConfig, session_key: &[u8], workers: usize) -> Server {
    let key = Key::from(session_key);
    HttpServer::new(move || {
        App::new()
            .route("/outside", web::get().to(show))
            .service(
                launch_scope()
                    .route("/show", web::get().to(show))
                    .route("/show", web::post().to(show))
                    .route("/long", web::get().to(long))
                    .route("/refresh", web::post().to(refresh))
                    .route("/secrets", web::get().to(secrets)),
            )
            .wrap(SmartAuth::new(config.clone()))
            .wrap(sessions(&key).build())
    })
    .workers(workers)
    .shutdown_timeout(1)
    .disable_signals()
    .listen(listener)
    .unwrap()
    .run()
}

fn shown(session: &SmartSession, token: &str) -> web::Json<Shown> {
    web::Json(Shown {
        launch: session.launch_id().as_str().to_owned(),
        patient: session.patient().map(str::to_owned),
        encounter: session.encounter().map(str::to_owned),
        token: token.to_owned(),
    })
}

async fn show(session: SmartSession) -> web::Json<Shown> {
    shown(&session, session.access_token().expose_secret())
}

/// Other requests come and go while this one runs.
async fn long(session: SmartSession) -> Result<web::Json<Shown>, LaunchError> {
    actix_web::rt::time::sleep(Duration::from_millis(40)).await;
    let token = session.current_token().await?;
    Ok(shown(&session.reload().await?, token.expose_secret()))
}

async fn refresh(session: SmartSession) -> Result<web::Json<Shown>, LaunchError> {
    Ok(match session.refresh_now().await? {
        RefreshNow::Refreshed(session) => shown(&session, session.access_token().expose_secret()),
        _ => shown(&session, session.access_token().expose_secret()),
    })
}

async fn secrets(smart: SmartSession, session: Session) -> web::Json<Secrets> {
    let tokens = smart.tokens();
    web::Json(Secrets {
        refresh_token: tokens.refresh_token().map(|token| token.expose_secret().to_owned()),
        id_token: tokens.raw_id_token().map(|token| token.expose_secret().to_owned()),
        session: session
            .entries()
            .values()
            .map(|value| value.to_string().trim_matches('"').to_owned())
            .collect(),
    })
}
