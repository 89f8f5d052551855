//! From the EHR to the page and out again, over real sockets, with a made-up EHR and a browser that runs no scripts.

use std::{error::Error, net::TcpListener};

use actix_smart_auth::{
    Ehr, SmartAuth, SmartConfig,
    sandbox::{AutomaticAnswer, SandboxClient, SandboxServer},
    testing::TestBrowser,
};
use actix_web::{App, HttpServer, cookie::Key};

/// The EHR, and a browser in front of the application that is registered there.
fn start() -> Result<(SandboxServer, TestBrowser), Box<dyn Error>> {
    // The port is part of the redirect URI, so the listener comes first.
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let address = format!("http://{}", listener.local_addr()?);
    let redirect_uri = format!("{address}/auth/callback");
    let sandbox = SandboxServer::start()?;
    sandbox.register(SandboxClient::public("smart-app", &redirect_uri));
    let ehr = Ehr::builder(sandbox.fhir_base_url())
        .client_id("smart-app")
        .redirect_uri(redirect_uri)
        .scopes("openid fhirUser launch launch/patient patient/Patient.rs patient/Observation.rs offline_access");
    let config = smart_app::settings(SmartConfig::builder()).ehr(ehr).build()?;
    let key = Key::generate();
    let server = HttpServer::new(move || {
        App::new()
            .configure(smart_app::routes)
            .wrap(SmartAuth::new(config.clone()))
            .wrap(smart_app::sessions(key.clone(), false))
    });
    actix_web::rt::spawn(server.workers(1).disable_signals().listen(listener)?.run());
    Ok((sandbox, TestBrowser::new(address)))
}

#[actix_web::test]
async fn a_launch_shows_the_patient_until_somebody_signs_out() -> Result<(), Box<dyn Error>> {
    let (sandbox, browser) = start()?;
    let page = browser.launch(&sandbox, "amber-testwood").await?;
    assert_eq!(page.title(), "Amber Testwood", "{page}");
    assert!(page.text().contains("134/82 mmHg"), "{page}");

    let signed_out = page.click("Sign out").await?;
    assert_eq!(signed_out.status(), 200, "{signed_out}");
    assert_eq!(page.fetch("").await?.status(), 401);
    Ok(())
}

#[actix_web::test]
async fn somebody_signs_in_from_the_first_page() -> Result<(), Box<dyn Error>> {
    let (sandbox, browser) = start()?;
    sandbox.set_automatic_patient("bruno-fixture");
    let page = browser.open("/").await?.click("Sign in").await?;
    assert_eq!(page.title(), "Bruno Fixture", "{page}");
    Ok(())
}

#[actix_web::test]
async fn who_does_not_allow_it_sees_no_chart() -> Result<(), Box<dyn Error>> {
    let (sandbox, browser) = start()?;
    sandbox.set_automatic_answer(AutomaticAnswer::Deny);
    let page = browser.launch(&sandbox, "amber-testwood").await?;
    assert!(page.status() >= 400 && !page.text().contains("Amber"), "{page}");
    // The crate's page bears the name of the settings.
    assert!(page.text().contains("Vital signs"), "{page}");
    Ok(())
}
