//! Two registrations at one server.

use std::{
    io::{Read as _, Write as _},
    net::{TcpListener, TcpStream},
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
        mpsc,
    },
    thread,
    time::Instant,
};

use actix_smart_auth::{ClientAuth, Ehr, SmartClient, SmartConfig, StartOptions, error::FinishError};
use serde_json::json;

use super::AT_ONCE;
use crate::support::{eventually, http};

/// A server with tenants at `/slow` and `/fast`. Token requests of the first are not answered.
struct Tenants {
    origin: String,
    slow: Arc<AtomicUsize>,
    /// Dropped, it lets those who hang go.
    _held: mpsc::Sender<()>,
}

impl Tenants {
    fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let origin = format!("http://{}", listener.local_addr().unwrap());
        let (held, wait) = mpsc::channel();
        let (slow, wait) = (Arc::new(AtomicUsize::new(0)), Arc::new(Mutex::new(wait)));
        let (counted, at) = (Arc::clone(&slow), origin.clone());
        thread::spawn(move || {
            for connection in listener.incoming().flatten() {
                let (slow, wait, at) = (Arc::clone(&counted), Arc::clone(&wait), at.clone());
                thread::spawn(move || serve(connection, &at, &slow, &wait));
            }
        });
        Self {
            origin,
            slow,
            _held: held,
        }
    }

    fn ehr(&self, tenant: &str) -> actix_smart_auth::EhrBuilder {
        Ehr::builder(format!("{}/{tenant}/fhir", self.origin))
            .client_id("app")
            .client_auth(ClientAuth::public())
            .redirect_uri("http://127.0.0.1:1/auth/callback")
            .scopes("launch/patient patient/*.rs")
    }
}

fn serve(mut connection: TcpStream, origin: &str, slow: &AtomicUsize, wait: &Mutex<mpsc::Receiver<()>>) {
    let mut request = Vec::new();
    let mut buffer = [0; 4096];
    // The body, if any, comes with the head or right after it; nothing here depends on it.
    while !request.windows(4).any(|end| end == b"\r\n\r\n") {
        match connection.read(&mut buffer) {
            Ok(count @ 1..) => request.extend_from_slice(&buffer[..count]),
            _ => return,
        }
    }
    let request = String::from_utf8_lossy(&request).into_owned();
    let path = request.split(' ').nth(1).unwrap_or_default();
    let tenant = path.split('/').nth(1).unwrap_or_default();
    if path.ends_with("smart-configuration") {
        let metadata = json!({
            "authorization_endpoint": format!("{origin}/{tenant}/authorize"),
            "token_endpoint": format!("{origin}/{tenant}/token"),
            "capabilities": ["launch-standalone", "client-public"],
            "code_challenge_methods_supported": ["S256"],
            "grant_types_supported": ["authorization_code"],
        });
        let _ = connection.write_all(&http(200, "application/json", metadata.to_string()));
        return;
    }
    if tenant == "slow" {
        slow.fetch_add(1, Ordering::SeqCst);
        let _ = wait.lock().unwrap().recv();
        return;
    }
    let tokens = json!({
        "access_token": "abc", "token_type": "Bearer", "expires_in": 3600, "scope": "launch/patient patient/*.rs",
        "patient": "p1",
    });
    let _ = connection.write_all(&http(200, "application/json", tokens.to_string()));
}

async fn finish(client: SmartClient) -> Result<(), FinishError> {
    let (_, pending) = client.start(StartOptions::standalone()).await.unwrap();
    let query = format!("code=abc&state={}", pending.state().expose_secret());
    Ok(client.finish(pending, &query).await.map(drop)?)
}

#[actix_web::test]
async fn two_hundred_hanging_exchanges_of_one_registration_do_not_slow_its_neighbour() {
    let tenants = Tenants::start();
    let config = SmartConfig::builder()
        .ehr(tenants.ehr("slow"))
        .ehr(tenants.ehr("fast"))
        .build()
        .unwrap();
    let client = |tenant| {
        let (config, base) = (config.clone(), format!("{}/{tenant}/fhir", tenants.origin));
        async move { SmartClient::for_ehr(&config, &base).await.unwrap() }
    };
    let (slow, fast) = (client("slow").await, client("fast").await);
    finish(fast.clone()).await.unwrap();
    for _ in 0..200 {
        actix_web::rt::spawn(finish(slow.clone()));
    }
    eventually("32 hang", || tenants.slow.load(Ordering::SeqCst) == 32).await;
    let began = Instant::now();
    for _ in 0..10 {
        finish(fast.clone()).await.unwrap();
    }
    assert!(began.elapsed() < AT_ONCE, "{:?}", began.elapsed());
    assert_eq!(tenants.slow.load(Ordering::SeqCst), 32);
}
