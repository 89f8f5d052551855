//! Glewlwyd as a child process, in a folder of its own, and a FHIR server beside it that says where it is.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

use awc::{
    Client,
    http::{Method, header::CONTENT_TYPE},
};
use serde_json::{Value, json};
use url::Url;

use crate::support::{RawServer, free_port, http, until_listening};

pub(super) const CALLBACK: &str = "http://127.0.0.1:8080/auth/callback";

const PROGRAM: &str = "/usr/bin/glewlwyd";
const MODULES: &str = "/usr/lib/glewlwyd";
const SCHEMA: &str = "/usr/share/doc/glewlwyd/database/init.sqlite3.sql.gz";
/// The administrator and the password that the schema comes with.
const ADMIN: (&str, &str) = ("admin", "password");
const CLINICIAN: (&str, &str) = ("clinician", "password-of-clinician");

/// Glewlwyd, listening. Killed on drop.
pub(super) struct Glewlwyd {
    child: Child,
    folder: PathBuf,
    origin: String,
    /// Of a server that has SMART metadata, which names the endpoints of Glewlwyd.
    pub(super) fhir_base: String,
    fhir: RawServer,
}

impl Glewlwyd {
    /// `None`, with a line that says why, where something is missing.
    ///
    /// # Panics
    ///
    /// When something is missing and `SMART_REQUIRE_GLEWLWYD=1`.
    pub(super) async fn start() -> Option<Self> {
        if let Some(missing) = missing() {
            let required = std::env::var("SMART_REQUIRE_GLEWLWYD").is_ok_and(|value| value == "1");
            assert!(!required, "{missing}");
            println!("skipped: {missing}");
            return None;
        }
        let port = free_port();
        let origin = format!("http://127.0.0.1:{port}");
        let folder = std::env::temp_dir().join(format!("glewlwyd-{}-{port}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        let made = format!("zcat {SCHEMA} | sqlite3 {}/glewlwyd.db", folder.display());
        assert!(Command::new("sh").args(["-c", &made]).status().unwrap().success());
        let settings = folder.join("glewlwyd.conf");
        fs::write(&settings, configuration(&folder, &origin, port)).unwrap();
        let child = Command::new(PROGRAM)
            .arg("-c")
            .arg(&settings)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        until_listening(port);
        let fhir = RawServer::start();
        let server = Self {
            child,
            folder,
            fhir_base: format!("{}/fhir", fhir.origin),
            origin,
            fhir,
        };
        server.set_up().await;
        Some(server)
    }

    /// Signs the clinician in, allows what is asked for, and returns the address that the browser comes back to.
    pub(super) async fn sign_in(&self, asked: &Url, client_id: &str, scopes: &str) -> Url {
        let cookie = self.cookie_of(CLINICIAN).await;
        let allowed = json!({ "scope": scopes });
        let grant = format!("/api/auth/grant/{client_id}");
        self.call(Method::PUT, &grant, &cookie, &allowed).await;
        let mut asked = asked.clone();
        // What its login page adds when the person is done there.
        asked.query_pairs_mut().append_pair("g_continue", "");
        let browser = Client::builder().disable_redirects().finish();
        let request = browser.get(asked.as_str()).insert_header(("cookie", cookie));
        let answer = request.send().await.unwrap();
        let location = answer.headers().get("location").unwrap().to_str().unwrap();
        assert!(location.starts_with(CALLBACK), "{location}");
        Url::parse(location).unwrap()
    }

    async fn set_up(&self) {
        let admin = self.cookie_of(ADMIN).await;
        for scope in ["system/Patient.rs", "patient/Patient.rs"] {
            let scope = json!({"name": scope, "password_required": true, "password_max_age": 0, "scheme": {}});
            self.call(Method::POST, "/api/scope/", &admin, &scope).await;
        }
        let plugin = json!({"module": "oidc", "name": "oidc", "enabled": true, "parameters": self.parameters()});
        self.call(Method::POST, "/api/mod/plugin/", &admin, &plugin).await;
        let (username, password) = CLINICIAN;
        let clinician = json!({
            "username": username, "password": password, "enabled": true, "scope": ["openid", "patient/Patient.rs"],
        });
        self.call(Method::POST, "/api/user/", &admin, &clinician).await;
        let url = format!("{}/api/oidc/.well-known/openid-configuration", self.origin);
        let mut metadata: Value = Client::default()
            .get(url)
            .send()
            .await
            .unwrap()
            .json()
            .limit(1 << 20)
            .await
            .unwrap();
        let members = metadata.as_object_mut().unwrap();
        members.insert(
            "grant_types_supported".to_owned(),
            json!(["authorization_code", "client_credentials"]),
        );
        let capabilities = json!([
            "launch-standalone",
            "client-confidential-symmetric",
            "sso-openid-connect"
        ]);
        members.insert("capabilities".to_owned(), capabilities);
        self.fhir.answer(http(200, "application/json", metadata.to_string()));
    }

    fn parameters(&self) -> Value {
        json!({
            "iss": format!("{}/api/oidc", self.origin),
            "jwt-type": "rsa",
            "jwt-key-size": "256",
            "key": include_str!("../../fixtures/keys/rsa2048-pkcs8.pem"),
            "cert": include_str!("../../fixtures/keys/rsa2048-public.pem"),
            "access-token-duration": 600,
            "refresh-token-duration": 86_400,
            "code-duration": 60,
            "refresh-token-rolling": true,
            "allow-non-oidc": true,
            "auth-type-code-enabled": true,
            "auth-type-client-enabled": true,
            "auth-type-refresh-enabled": true,
            "jwks-show": true,
            "request-parameter-allow": true,
            "pkce-allowed": true,
            "introspection-revocation-allowed": true,
            "introspection-revocation-allow-target-client": true,
            "register-client-allowed": true,
            "register-client-credentials-scope": ["system/Patient.rs"],
            "register-client-management-allowed": true,
            "client-jwks-parameter": "jwks",
            "client-jwks_uri-parameter": "jwks_uri",
            "subject-type": "public",
            "oauth-as-iss-id": true,
        })
    }

    /// The session of somebody who signs in by password.
    async fn cookie_of(&self, (username, password): (&str, &str)) -> String {
        let who = json!({"username": username, "password": password});
        let request = Client::default().post(format!("{}/api/auth/", self.origin));
        let answer = request.send_json(&who).await.unwrap();
        assert_eq!(answer.status(), 200, "{username}");
        let cookie = answer.headers().get("set-cookie").unwrap().to_str().unwrap();
        cookie.split(';').next().unwrap().to_owned()
    }

    async fn call(&self, method: Method, path: &str, cookie: &str, body: &Value) {
        let request = Client::default().request(method, format!("{}{path}", self.origin));
        let request = request
            .insert_header(("cookie", cookie))
            .insert_header((CONTENT_TYPE, "application/json"));
        let answer = request.send_body(body.to_string()).await.unwrap();
        assert_eq!(answer.status(), 200, "{path}");
    }
}

impl Drop for Glewlwyd {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        let _ = fs::remove_dir_all(&self.folder);
    }
}

fn configuration(folder: &Path, origin: &str, port: u16) -> String {
    format!(
        r#"port={port}
bind_address="127.0.0.1"
external_url="{origin}"
login_url="login.html"
api_prefix="api"
log_mode="console"
log_level="ERROR"
cookie_secure=0
cookie_same_site="empty"
session_expiration=3600
session_key="GLEWLWYD2_SESSION_ID"
admin_session_authentication="cookie"
profile_session_authentication="cookie"
admin_scope="g_admin"
profile_scope="g_profile"
user_module_path="{MODULES}/user"
client_module_path="{MODULES}/client"
user_auth_scheme_module_path="{MODULES}/scheme"
plugin_module_path="{MODULES}/plugin"
database={{ type="sqlite3"; path="{}/glewlwyd.db"; }};
"#,
        folder.display()
    )
}

fn missing() -> Option<String> {
    if !Path::new(PROGRAM).exists() || !Path::new(SCHEMA).exists() {
        return Some("there is no Glewlwyd; install the package `glewlwyd`".to_owned());
    }
    let sqlite = Command::new("sqlite3").arg("--version").stdout(Stdio::null()).status();
    sqlite.is_err().then(|| "there is no sqlite3 in the path".to_owned())
}
