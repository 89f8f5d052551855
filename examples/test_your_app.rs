//! A test of your own application: a launch from the EHR, from the first request to the first page.
//!
//! The sandbox plays the EHR. It signs in and allows by itself, and it records every request that it receives.

use std::{collections::BTreeMap, net::TcpListener};

use actix_session::{SessionMiddleware, storage::CookieSessionStore};
use actix_smart_auth::{
    Ehr, Patient, SmartAuth, SmartConfig, launch_scope,
    sandbox::{SandboxClient, SandboxServer},
};
use actix_web::{App, HttpServer, cookie::Key, web};
use url::Url;

async fn summary(patient: Patient) -> String {
    format!("This tab is about {}", patient.reference())
}

// In your tests: `#[actix_web::test] async fn …`.
#[actix_web::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    // The port is part of the redirect URI, so the listener comes first.
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let address = format!("http://{}", listener.local_addr()?);
    let redirect_uri = format!("{address}/auth/callback");
    let sandbox = SandboxServer::start()?;
    sandbox.register(SandboxClient::public("my-app", &redirect_uri));
    let ehr = Ehr::builder(sandbox.fhir_base_url())
        .client_id("my-app")
        .redirect_uri(redirect_uri)
        .scopes("launch patient/*.rs");
    let config = SmartConfig::builder().ehr(ehr).build()?;
    let key = Key::generate();
    let server = HttpServer::new(move || {
        App::new()
            .service(launch_scope().route("/", web::get().to(summary)))
            .wrap(SmartAuth::new(config.clone()))
            .wrap(SessionMiddleware::new(CookieSessionStore::default(), key.clone()))
    })
    .workers(1)
    .listen(listener)?
    .run();
    actix_web::rt::spawn(server);

    // A very small browser: it keeps cookies and follows redirects.
    let http = awc::Client::builder().disable_redirects().finish();
    let patient = sandbox.patients().first().ok_or("the sandbox has no patients")?;
    let mut url = Url::parse(&sandbox.ehr_launch_url(&format!("{address}/auth/launch"), patient.id, None))?;
    let mut cookies = BTreeMap::new();
    let page = loop {
        let jar: Vec<String> = cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let request = http.get(url.as_str()).insert_header(("cookie", jar.join("; ")));
        let mut answer = request.send().await?;
        for cookie in answer.headers().get_all("set-cookie") {
            let (name, value) = cookie.to_str()?.split_once('=').ok_or("not a cookie")?;
            let value = value.split(';').next().unwrap_or_default();
            cookies.insert(name.to_owned(), value.to_owned());
        }
        match answer.headers().get("location") {
            Some(location) => url = url.join(location.to_str()?)?,
            None => break answer.body().await?,
        }
    };

    assert_eq!(page, format!("This tab is about Patient/{}", patient.id));
    assert_eq!(sandbox.token_requests_of("authorization_code").len(), 1);
    Ok(())
}
