//! fhirclient for JavaScript, as its authors build it for browsers: an application of pages alone, at another origin than the sandbox.

use std::{fs, net::TcpListener, path::Path};

use actix_smart_auth::sandbox::{Jwks, SandboxClient, SandboxServer};
use actix_web::{App, HttpResponse, HttpServer, dev::ServerHandle, web};
use serde_json::{Value, json};

use crate::{
    serving::on_a_thread,
    stage::{Servers, Stage},
};

const CLIENT_ID: &str = "pages-alone";
const SECRET: &str = "not-secret-in-a-page";
const LAUNCH: &str = include_str!("fhirclient/launch.html");
const PATIENT: &str = include_str!("fhirclient/patient.html");

#[test]
fn fhirclient_in_a_browser_launches_reads_and_refreshes_from_another_origin() {
    plays(Kind::Public, "fhirclient.fromAnotherOrigin");
}

/// Nobody should put a secret into a page. The library can.
#[test]
fn fhirclient_in_a_browser_does_the_same_with_a_secret() {
    plays(Kind::Secret, "fhirclient.fromAnotherOrigin");
}

#[test]
fn fhirclient_in_a_browser_launches_with_a_key_and_refreshes_without_saying_who_it_is() {
    plays(Kind::Key, "fhirclient.withAKey");
}

fn plays(kind: Kind, scenario: &str) {
    let Some(stage) = Stage::find() else { return };
    let Some(app) = PagesAlone::start(kind) else { return };
    stage.play(scenario, &app, json!({}));
}

/// How the pages are registered.
#[derive(Debug, Clone, Copy)]
enum Kind {
    Public,
    Secret,
    Key,
}

impl Kind {
    fn client(self, redirect_uri: String) -> SandboxClient {
        match self {
            Self::Public => SandboxClient::public(CLIENT_ID, redirect_uri),
            Self::Secret => SandboxClient::secret(CLIENT_ID, redirect_uri, SECRET),
            Self::Key => {
                let mut public = key();
                public.as_object_mut().unwrap().remove("d");
                let jwks = Jwks::Value(json!({"keys": [public]}));
                SandboxClient::private_key_jwt(CLIENT_ID, redirect_uri, jwks)
            }
        }
    }

    /// What `authorize` of the library is given for it.
    fn credentials(self) -> Value {
        match self {
            Self::Public => json!({}),
            Self::Secret => json!({"clientSecret": SECRET}),
            Self::Key => json!({"clientPrivateJwk": key()}),
        }
    }
}

/// A key of P-384, made for these tests.
fn key() -> Value {
    json!({
        "kty": "EC", "crv": "P-384", "alg": "ES384", "kid": "of-the-pages",
        "x": "3RkTQaSzDXmb_lUXyfwa12pwJR3twMmEHpYNmULk1B1q47EoCO_yl_C78RQxFEiE", "y": "Z1RKRmXuU_4k7JOWhFfx3iNYw3mB-XdG2Ojqd0asTfqF99-qBXwWLXqhKxep1kpA", "d": "MxRlPI68BXmPlfNr8uctWd8wWGTLjc9ioSy-1fx63n1AOVguporOVpcTxXt_fpZv",
    })
}

/// The running pages, and the sandbox that they are registered with. Stops on drop.
struct PagesAlone {
    /// At `http://localhost`. The sandbox is at `127.0.0.1`, which is another site.
    origin: String,
    /// The same server under a name of which the sandbox knows nothing.
    stranger: String,
    sandbox: SandboxServer,
    server: ServerHandle,
}

impl PagesAlone {
    /// `None`, with a line that says so, where the library is missing.
    fn start(kind: Kind) -> Option<Self> {
        let clients = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/interop/clients/js");
        let Ok(library) = fs::read_to_string(clients.join("node_modules/fhirclient/build/fhir-client.min.js")) else {
            let missing = format!(
                "run `npm ci --ignore-scripts --omit=optional --omit=peer` in {}",
                clients.display()
            );
            let required = std::env::var("SMART_REQUIRE_CHROMIUM").is_ok_and(|value| value == "1");
            assert!(!required, "{missing}");
            println!("skipped: {missing}");
            return None;
        };
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let origin = format!("http://localhost:{port}");
        let sandbox = SandboxServer::start().unwrap();
        sandbox.register(kind.client(format!("{origin}/patient")));
        sandbox.register_launch_url(CLIENT_ID, format!("{origin}/launch"));
        Some(Self {
            origin,
            stranger: format!("http://127.0.0.1:{port}"),
            sandbox,
            server: serve(
                listener,
                library,
                LAUNCH.replace("CREDENTIALS", &kind.credentials().to_string()),
            ),
        })
    }
}

fn serve(listener: TcpListener, library: String, launch: String) -> ServerHandle {
    on_a_thread(move || {
        let file = |kind: &'static str, text: String| {
            web::get().to(move || {
                let answer = HttpResponse::Ok().content_type(kind).body(text.clone());
                async move { answer }
            })
        };
        let server = HttpServer::new(move || {
            App::new()
                .route("/launch", file("text/html; charset=utf-8", launch.clone()))
                .route("/patient", file("text/html; charset=utf-8", PATIENT.to_owned()))
                .route(
                    "/fhir-client.js",
                    file("text/javascript; charset=utf-8", library.clone()),
                )
        });
        server
            .workers(1)
            .shutdown_timeout(1)
            .disable_signals()
            .listen(listener)
            .unwrap()
            .run()
    })
}

impl Servers for PagesAlone {
    fn addresses(&self) -> Value {
        json!({
            "app": self.origin,
            "stranger": self.stranger,
            "ehr": self.sandbox.origin(),
            "fhir": self.sandbox.fhir_base_url(),
        })
    }

    fn answer(&self, question: &str, detail: &Value) -> Value {
        match question {
            "launch url" => {
                let launch = format!("{}/launch", self.origin);
                json!(self.sandbox.ehr_launch_url(&launch, detail.as_str().unwrap(), None))
            }
            "refreshes" => json!(self.sandbox.grants()[0].refreshes),
            _ => panic!("a scenario asks for {question}"),
        }
    }
}

impl Drop for PagesAlone {
    fn drop(&mut self) {
        // Told, not awaited: the server's own thread ends it.
        drop(self.server.stop(false));
    }
}
