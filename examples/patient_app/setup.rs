//! What the environment asks for: ports, and the sandbox, somebody else's sandbox or a real EHR.

use std::{
    env,
    error::Error,
    fmt::Write as _,
    io::{self, ErrorKind},
    net::TcpListener,
    time::Duration,
};

use actix_smart_auth::{
    ClientAuth, Ehr, EhrBuilder, SmartConfig, SmartConfigBuilder,
    audit::FhirAudit,
    pages::{Brand, Language},
    sandbox::{Mode, SandboxClient, SandboxServer},
    store::TokenStore,
};

use crate::{events::Events, first_process};

const PORT: u16 = 8080;
const SANDBOX_PORT: u16 = 8081;
const CLIENT_ID: &str = "patient-app";
const SCOPES: &str = "openid fhirUser launch/patient patient/Patient.rs patient/Observation.rs patient/Condition.rs \
     patient/MedicationRequest.rs patient/AllergyIntolerance.rs offline_access";

/// So short that one sees it being refreshed. An EHR's is usually 5 to 60 minutes.
const TOKEN_LIFETIME: Duration = Duration::from_secs(120);

/// Any of these means: a real EHR.
const EHR_VARIABLES: [&str; 8] = [
    "FHIR_BASE_URL",
    "SMART_CLIENT_ID",
    "SMART_CLIENT_SECRET",
    "SMART_PRIVATE_KEY_PATH",
    "SMART_KEY_ID",
    "SMART_JWKS_URI",
    "SMART_REDIRECT_URI",
    "SMART_SCOPES",
];

/// Everything that the server is started with.
pub(crate) struct Setup {
    pub(crate) config: SmartConfig,
    pub(crate) listener: TcpListener,
    /// Where the browser finds the application, without a slash at the end.
    address: String,
    /// The sandbox's start page.
    ehr_url: Option<String>,
    /// They stop when this is dropped.
    sandboxes: Vec<SandboxServer>,
}

/// The address of the sandbox's start page, for links; none with a real EHR.
pub(crate) struct EhrPage(pub(crate) Option<String>);

impl Setup {
    pub(crate) async fn from_env(store: &TokenStore, events: &Events) -> Result<Self, Box<dyn Error>> {
        if EHR_VARIABLES.iter().any(|name| variable(name).is_some()) {
            Self::with_real_ehr(store, events)
        } else if let Some(url) = variable("SANDBOX_URL") {
            Self::with_sandbox_of_another_process(&url, store, events).await
        } else {
            let usual = format!("http://127.0.0.1:{PORT}");
            if variable("PORT").is_none() && first_process::is_demo(&usual).await {
                tracing::warn!(
                    "another demo runs at {usual} already; this one has a sandbox of its own, and other ports"
                );
            }
            Self::with_sandbox(store, events)
        }
    }

    fn with_sandbox(store: &TokenStore, events: &Events) -> Result<Self, Box<dyn Error>> {
        let mode = match variable("SANDBOX").as_deref() {
            None => Mode::Interactive,
            Some("auto") => Mode::Automatic,
            Some(other) => return Err(format!("SANDBOX={other} is unknown; use SANDBOX=auto, or unset it").into()),
        };
        // Bound first: the port is part of the redirect URI, which the sandbox has to know.
        let listener = on_port("PORT", PORT, |port| TcpListener::bind(("127.0.0.1", port)))?;
        let address = format!("http://{}", listener.local_addr()?);
        let redirect_uri = format!("{address}/auth/callback");
        let start = |port, redirect_uri: &str| {
            SandboxServer::builder()
                .port(port)
                .mode(mode)
                .token_lifetime(TOKEN_LIFETIME)
                .client(SandboxClient::public(CLIENT_ID, redirect_uri))
                .launch_url(CLIENT_ID, format!("{address}/auth/launch"))
                .start()
        };
        let sandbox = on_port("SANDBOX_PORT", SANDBOX_PORT, |port| start(port, &redirect_uri))?;
        let mut ehrs = vec![sandbox_ehr(&sandbox.fhir_base_url(), redirect_uri)];
        let ehr_url = Some(sandbox.ehr_url());
        let mut sandboxes = vec![sandbox];
        match variable("SANDBOX_EHRS").as_deref() {
            None | Some("1") => {}
            Some("2") => {
                // With a redirect URI of its own: a code of one EHR cannot end up at the other.
                let redirect_uri = format!("{address}/auth/callback/lakeside");
                let second = start(0, &redirect_uri)?;
                ehrs.push(sandbox_ehr(&second.fhir_base_url(), redirect_uri).name("Lakeside Clinic"));
                sandboxes.push(second);
            }
            Some(other) => return Err(format!("SANDBOX_EHRS={other} is not possible; use 1 or 2").into()),
        }
        Ok(Self {
            config: config(ehrs, store, events)?,
            listener,
            address,
            ehr_url,
            sandboxes,
        })
    }

    /// One more process of the same application: a port of its own, everything else as the first process has it.
    async fn with_sandbox_of_another_process(
        url: &str,
        store: &TokenStore,
        events: &Events,
    ) -> Result<Self, Box<dyn Error>> {
        let sandbox = url.trim_end_matches('/');
        let first = variable("APP_URL").unwrap_or_else(|| format!("http://127.0.0.1:{PORT}"));
        let first = first.trim_end_matches('/');
        first_process::check(sandbox, first).await?;
        let redirect_uri = format!("{first}/auth/callback");
        let listener = on_port("PORT", PORT, |port| TcpListener::bind(("127.0.0.1", port)))?;
        let address = format!("http://{}", listener.local_addr()?);
        Ok(Self {
            config: config([sandbox_ehr(&format!("{sandbox}/fhir"), redirect_uri)], store, events)?,
            listener,
            address,
            ehr_url: Some(format!("{sandbox}/")),
            sandboxes: Vec::new(),
        })
    }

    fn with_real_ehr(store: &TokenStore, events: &Events) -> Result<Self, Box<dyn Error>> {
        let config = config([EhrBuilder::from_env()], store, events)?;
        let redirect_uri = config
            .ehrs()
            .first()
            .map_or_else(String::new, |ehr| ehr.redirect_uri().unwrap_or_default().to_owned());
        let url = url::Url::parse(&redirect_uri)?;
        // On this machine the redirect URI says which port; behind a proxy only the person does.
        let here = matches!(url.host_str(), Some("127.0.0.1" | "localhost"));
        let default = url.port().filter(|_| here).unwrap_or(PORT);
        let port = number("PORT")?.unwrap_or(default);
        let listener = TcpListener::bind(("127.0.0.1", port)).map_err(|error| taken("PORT", port, &error))?;
        let address = redirect_uri
            .strip_suffix("/auth/callback")
            .map_or_else(|| url.origin().ascii_serialization(), str::to_owned);
        Ok(Self {
            config,
            listener,
            address,
            ehr_url: None,
            sandboxes: Vec::new(),
        })
    }

    /// Whether browsers reach the application by https, so that its cookies can be `Secure`.
    pub(crate) fn is_https(&self) -> bool {
        self.address.starts_with("https:")
    }

    pub(crate) fn ehr_page(&self) -> EhrPage {
        EhrPage(self.ehr_url.clone())
    }

    /// What `--open` opens: where one begins.
    pub(crate) fn start_page(&self) -> &str {
        self.ehr_url.as_deref().unwrap_or(&self.address)
    }

    /// What the person who started this should do now.
    pub(crate) fn welcome(&self) -> String {
        let mut text = String::new();
        if let EhrPage(Some(ehr)) = self.ehr_page() {
            let _ = writeln!(text, "EHR (a sandbox with made-up patients):  {ehr}");
            let _ = writeln!(text, "    Open it and press Launch beside a patient.\n");
        }
        let _ = writeln!(text, "Application:                            {}/", self.address);
        let _ = writeln!(
            text,
            "    Open it and press Sign in; you choose the patient on the way.\n"
        );
        if let [_, second, ..] = self.sandboxes.as_slice() {
            let _ = writeln!(text, "A second EHR:                           {}\n", second.ehr_url());
        }
        text.push_str(if self.sandboxes.is_empty() {
            "Ctrl-C stops it."
        } else {
            "Ctrl-C stops all of it."
        });
        text
    }
}

/// The application as it is registered with the sandbox.
fn sandbox_ehr(fhir_base_url: &str, redirect_uri: String) -> EhrBuilder {
    Ehr::builder(fhir_base_url)
        .name("Sandbox EHR")
        .client_id(CLIENT_ID)
        .client_auth(ClientAuth::public())
        .redirect_uri(redirect_uri)
        .scopes(SCOPES)
}

fn config(
    ehrs: impl IntoIterator<Item = EhrBuilder>,
    store: &TokenStore,
    events: &Events,
) -> Result<SmartConfig, Box<dyn Error>> {
    let config = ehrs
        .into_iter()
        .fold(SmartConfig::builder(), SmartConfigBuilder::ehr)
        .store(store.clone())
        .brand(
            Brand::new("Patient viewer")
                .support("This is a demo: the log of the process says more.")
                .support_in(
                    Language::German,
                    "Dies ist eine Demonstration: Mehr sagt das Protokoll des Prozesses.",
                ),
        )
        .audit(events.clone())
        .audit_fhir(FhirAudit::Each)
        .build()?;
    Ok(config)
}

/// Starts something on the port that the variable names; else on the default port, or on a free one if that is taken.
fn on_port<T>(name: &str, default: u16, start: impl Fn(u16) -> io::Result<T>) -> Result<T, Box<dyn Error>> {
    if let Some(port) = number(name)? {
        return start(port).map_err(|error| taken(name, port, &error).into());
    }
    match start(default) {
        Err(error) if error.kind() == ErrorKind::AddrInUse => {
            tracing::warn!("port {default} is taken, so another one is used; set {name} to choose one");
            Ok(start(0)?)
        }
        started => Ok(started?),
    }
}

fn taken(name: &str, port: u16, error: &io::Error) -> String {
    format!("port {port} cannot be used ({error}); set {name} to another one")
}

fn number(name: &str) -> Result<Option<u16>, String> {
    variable(name)
        .map(|text| text.parse().map_err(|_| format!("{name}={text} is not a port number")))
        .transpose()
}

fn variable(name: &str) -> Option<String> {
    env::var(name).ok().filter(|value| !value.trim().is_empty())
}
