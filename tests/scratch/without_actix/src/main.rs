//! `SmartClient` with the feature `reqwest` and nothing else: it reads the metadata of a server on loopback, and asks one that
//! speaks TLS, for which no crypto provider was installed by anybody.

use std::{
    error::Error,
    io::{Read as _, Write as _},
    net::TcpListener,
    thread,
};

use actix_smart_auth::{
    Ehr, SmartClient, SmartConfig,
    error::{DiscoveryError, TransportError},
    transport::HttpClient,
};

const DOCUMENT: &str = r#"{"authorization_endpoint":"https://ehr.example/authorize","token_endpoint":"https://ehr.example/token","capabilities":[],"grant_types_supported":["authorization_code"],"code_challenge_methods_supported":["S256"]}"#;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    assert_eq!(HttpClient::default(), HttpClient::Reqwest);
    let port = serve()?;

    let plain = client(&format!("http://127.0.0.1:{port}/fhir"))?;
    let metadata = plain.server_metadata().await?;
    println!("read: {metadata:?}");

    // Junk where TLS is expected: TLS was begun.
    match client(&format!("https://127.0.0.1:{port}/fhir"))?
        .server_metadata()
        .await
    {
        Err(DiscoveryError::Transport {
            source: TransportError::Tls,
            ..
        }) => Ok(()),
        other => Err(format!("expected a TLS error, got {other:?}").into()),
    }
}

fn client(fhir_base_url: &str) -> Result<SmartClient, Box<dyn Error>> {
    let ehr = Ehr::builder(fhir_base_url)
        .client_id("app")
        .redirect_uri("https://app.example/auth/callback")
        .scopes("launch/patient");
    Ok(SmartClient::new(&SmartConfig::builder().ehr(ehr).build()?)?)
}

/// Answers whatever comes with the metadata.
fn serve() -> std::io::Result<u16> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let port = listener.local_addr()?.port();
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let mut stream = stream;
            let _ = stream.read(&mut [0; 4096]);
            let answer = format!(
                "HTTP/1.1 200 OK\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{DOCUMENT}",
                DOCUMENT.len()
            );
            let _ = stream.write_all(answer.as_bytes());
        }
    });
    Ok(port)
}
