//! What the sandbox serves as FHIR, asked for in every way that it has.

use actix_smart_auth::sandbox::{SandboxClient, SandboxServer};
use reqwest::{Client, Method, RequestBuilder, Response, redirect};
use serde_json::{Value, json};

const CALLBACK: &str = "http://127.0.0.1:9/callback";
const SECRET: &str = "s3cret";

/// All of it.
pub(super) struct Served {
    /// What was asked for, and what came.
    pub(super) resources: Vec<(String, Value)>,
    http: Client,
    base: String,
    token: String,
}

impl Served {
    pub(super) async fn by(sandbox: &SandboxServer) -> Self {
        sandbox.register(SandboxClient::secret("reader", CALLBACK, SECRET).and_backend());
        let http = Client::builder()
            .no_proxy()
            .redirect(redirect::Policy::none())
            .build()
            .unwrap();
        let mut served = Self {
            resources: Vec::new(),
            base: sandbox.fhir_base_url(),
            token: launched(&http, sandbox, "launch/patient user/*.cruds").await,
            http,
        };
        served.read().await;
        served.written().await;
        served.refused(sandbox).await;
        served.exported(sandbox).await;
        served
    }

    fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let address = match path.starts_with("http") {
            true => path.to_owned(),
            false => format!("{}/{path}", self.base),
        };
        self.http.request(method, address).bearer_auth(&self.token)
    }

    /// Keeps the resource of an answer, which has to have this status.
    async fn keep(&mut self, what: String, status: u16, answer: Response) -> Value {
        let came = answer.status().as_u16();
        let body = answer.text().await.unwrap();
        assert_eq!(came, status, "{what}: {body}");
        let resource: Value = serde_json::from_str(&body).unwrap_or_else(|_| panic!("{what}: {body}"));
        self.resources.push((what, resource.clone()));
        resource
    }

    async fn get(&mut self, path: &str) -> Value {
        let answer = self.request(Method::GET, path).send().await.unwrap();
        self.keep(format!("GET {path}"), 200, answer).await
    }

    fn types(&self) -> Vec<String> {
        let statement = &self.resources[0].1;
        let listed = statement["rest"][0]["resource"].as_array().unwrap();
        let names = listed.iter().map(|listed| listed["type"].as_str().unwrap().to_owned());
        names.collect()
    }

    /// The statement, every resource by reading it, and bundles of every form.
    async fn read(&mut self) {
        self.get("metadata").await;
        for of_type in self.types() {
            let mut page = self.get(&format!("{of_type}?_count=3")).await;
            let mut count = 0;
            loop {
                for entry in page["entry"].as_array().cloned().unwrap_or_default() {
                    let address = entry["fullUrl"].as_str().unwrap();
                    assert_eq!(self.get(address).await, entry["resource"]);
                    count += 1;
                }
                let links = page["link"].as_array().cloned().unwrap_or_default();
                let Some(next) = links.iter().find(|link| link["relation"] == "next") else {
                    break;
                };
                page = self.get(next["url"].as_str().unwrap()).await;
            }
            assert!(count > 0, "nothing of {of_type}");
            for query in [
                "_summary=count",
                "_count=0",
                "_id=nobody",
                "_include=*&_sort=-_lastUpdated&nothing=x",
            ] {
                self.get(&format!("{of_type}?{query}")).await;
            }
        }
        let form = [("_count", "2")];
        let answer = self
            .request(Method::POST, "Observation/_search")
            .with_form(&form)
            .send()
            .await
            .unwrap();
        self.keep("a search by POST".to_owned(), 200, answer).await;
    }

    /// What comes back from changes, and what is read after them.
    async fn written(&mut self) {
        for of_type in self.types() {
            let page = self.get(&format!("{of_type}?_count=1")).await;
            let mut resource = page["entry"][0]["resource"].clone();
            let path = format!("{of_type}/{}", resource["id"].as_str().unwrap());
            let answer = self
                .request(Method::PUT, &path)
                .with_json(&resource)
                .send()
                .await
                .unwrap();
            self.keep(format!("PUT {path}"), 200, answer).await;
            let again = self.get(&path).await;
            assert_eq!(again["meta"]["versionId"], "2", "{again}");
            let answer = self
                .request(Method::PATCH, &path)
                .header("content-type", "application/json-patch+json")
                .body(json!([{"op": "add", "path": "/language", "value": "en"}]).to_string())
                .send()
                .await
                .unwrap();
            self.keep(format!("PATCH {path}"), 200, answer).await;
            resource.as_object_mut().unwrap().remove("id");
            let answer = self
                .request(Method::POST, &of_type)
                .with_json(&resource)
                .send()
                .await
                .unwrap();
            let created = self.keep(format!("POST {of_type}"), 201, answer).await;
            self.get(&format!("{of_type}/{}", created["id"].as_str().unwrap()))
                .await;
        }
    }

    /// The outcomes of what is refused.
    async fn refused(&mut self, sandbox: &SandboxServer) {
        let narrow = launched(&self.http, sandbox, "launch/patient patient/Observation.rs").await;
        let gone = "Observation/is-gone";
        let body = json!({"resourceType": "Observation", "id": "is-gone", "status": "final", "code": {"text": "x"}});
        let new = self.request(Method::PUT, gone).with_json(&body).send().await.unwrap();
        assert_eq!(new.status(), 201);
        let stale = self
            .request(Method::PUT, gone)
            .with_json(&body)
            .header("if-match", "W/\"9\"");
        let stale = stale.send().await.unwrap();
        assert!(
            self.request(Method::DELETE, gone)
                .send()
                .await
                .unwrap()
                .status()
                .is_success()
        );
        let to = |method, path| self.request(method, path);
        let get = |path| to(Method::GET, path);
        let requests = [
            (401, "no token", self.http.get(format!("{}/Patient", self.base))),
            (
                403,
                "a narrow scope",
                self.http.get(format!("{}/Condition", self.base)).bearer_auth(narrow),
            ),
            (404, "nobody", get("Patient/nobody")),
            (404, "no such type", get("Nothing")),
            (404, "no such address", get("Patient/a/b/c")),
            (405, "a change of all", to(Method::DELETE, "Patient")),
            (406, "XML", get("Patient").header("accept", "application/fhir+xml")),
            (410, "what was deleted", get(gone)),
            (400, "a date that is none", get("Observation?date=yesterday")),
            (
                400,
                "a parameter",
                get("Patient?nothing=x").header("prefer", "handling=strict"),
            ),
            (
                415,
                "a search without a form",
                to(Method::POST, "Patient/_search").with_json(&json!({})),
            ),
            (
                415,
                "a patch in another form",
                to(Method::PATCH, "Patient/x").with_json(&json!([])),
            ),
            (400, "no resource", to(Method::POST, "Patient").with_json(&json!([]))),
            (400, "an export that cannot wait", get("$export")),
            (
                404,
                "a group",
                get("Group/none/$export")
                    .header("prefer", "respond-async")
                    .header("accept", "application/fhir+json"),
            ),
        ];
        let mut answers = vec![(412, "another version", stale)];
        for (status, what, request) in requests {
            answers.push((status, what, request.send().await.unwrap()));
        }
        for (status, what, answer) in answers {
            let outcome = self.keep(what.to_owned(), status, answer).await;
            assert_eq!(outcome["resourceType"], "OperationOutcome", "{what}");
        }
    }

    /// Each line of an export, and of its errors.
    async fn exported(&mut self, sandbox: &SandboxServer) {
        let form = [("grant_type", "client_credentials"), ("scope", "system/*.rs")];
        let answer = self
            .http
            .post(sandbox.token_endpoint())
            .basic_auth("reader", Some(SECRET))
            .with_form(&form);
        let answer: Value = json_of(answer.send().await.unwrap()).await;
        self.token = answer["access_token"].as_str().unwrap().to_owned();
        let kick_off = self
            .request(Method::GET, "$export")
            .header("prefer", "respond-async")
            .header("accept", "application/fhir+json");
        let began = kick_off.send().await.unwrap();
        assert_eq!(began.status(), 202);
        let status = began.headers()["content-location"].to_str().unwrap().to_owned();
        let manifest: Value = loop {
            let answer = self.request(Method::GET, &status).send().await.unwrap();
            match answer.status().as_u16() {
                202 => {}
                200 => break json_of(answer).await,
                other => panic!("the export ended with {other}"),
            }
        };
        for (member, least) in [("output", self.types().len()), ("error", 1)] {
            let files = manifest[member].as_array().unwrap().clone();
            assert!(files.len() >= least, "{manifest}");
            for file in files {
                let address = file["url"].as_str().unwrap();
                let text = self
                    .request(Method::GET, address)
                    .send()
                    .await
                    .unwrap()
                    .text()
                    .await
                    .unwrap();
                for line in text.lines() {
                    let resource: Value = serde_json::from_str(line).unwrap();
                    assert_eq!(resource["resourceType"], file["type"]);
                    self.resources.push((format!("a line of {member}"), resource));
                }
            }
        }
    }
}

/// An access token of a launch by the application itself.
async fn launched(http: &Client, sandbox: &SandboxServer, scope: &str) -> String {
    let base = sandbox.fhir_base_url();
    let query = [
        ("response_type", "code"),
        ("client_id", "reader"),
        ("redirect_uri", CALLBACK),
        ("scope", scope),
        ("state", "a-state-of-a-reader-of-everything"),
        ("aud", &base),
    ];
    let url = reqwest::Url::parse_with_params(&sandbox.authorization_endpoint(), query).unwrap();
    let answer = http.get(url).send().await.unwrap();
    let location = answer.headers()["location"].to_str().unwrap();
    let callback = reqwest::Url::parse(location).unwrap();
    let code = callback
        .query_pairs()
        .find(|(name, _)| name == "code")
        .unwrap()
        .1
        .into_owned();
    let form = [
        ("grant_type", "authorization_code"),
        ("code", &code),
        ("redirect_uri", CALLBACK),
    ];
    let answer = http
        .post(sandbox.token_endpoint())
        .basic_auth("reader", Some(SECRET))
        .with_form(&form);
    let answer: Value = json_of(answer.send().await.unwrap()).await;
    answer["access_token"].as_str().unwrap().to_owned()
}

async fn json_of(answer: Response) -> Value {
    serde_json::from_str(&answer.text().await.unwrap()).unwrap()
}

/// Bodies, which this build of reqwest leaves to others.
trait Body {
    fn with_json(self, body: &Value) -> Self;
    fn with_form(self, fields: &[(&str, &str)]) -> Self;
}

impl Body for RequestBuilder {
    fn with_json(self, body: &Value) -> Self {
        self.header("content-type", "application/fhir+json")
            .body(body.to_string())
    }

    fn with_form(self, fields: &[(&str, &str)]) -> Self {
        let body = url::form_urlencoded::Serializer::new(String::new())
            .extend_pairs(fields)
            .finish();
        self.header("content-type", "application/x-www-form-urlencoded")
            .body(body)
    }
}
