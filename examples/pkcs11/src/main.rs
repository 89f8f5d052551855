//! A launch and a backend token with a key that no process can read: in SoftHSM, a PKCS#11 token made of software.
//!
//! ```text
//! apt-get install softhsm2
//! cargo run --manifest-path examples/pkcs11/Cargo.toml
//! ```
//!
//! `token.rs` is what an application needs. The rest makes a token in a temporary directory, and an EHR.

mod token;

use std::{env, error::Error, path::Path, process::Command, time::Duration};

use actix_smart_auth::{
    AuthorizationRedirect, Ehr, PrivateKey, PrivateKeyJwt, SmartClient, SmartConfig, StartOptions,
    sandbox::{Jwks, SandboxClient, SandboxServer},
};
use awc::http::header;
use cryptoki::{
    context::{CInitializeArgs, CInitializeFlags, Pkcs11},
    mechanism::Mechanism,
    object::{Attribute, AttributeType},
    session::UserType,
    slot::Slot,
    types::AuthPin,
};
use token::TokenKey;
use url::Url;

const REDIRECT_URI: &str = "http://127.0.0.1:8080/auth/callback";
const LAUNCHES: &str = "my-app";
const NIGHTLY: &str = "my-nightly-job";
const LABEL: &str = "smart";
const KEY_ID: &str = "hsm-2026";
/// Of a token that is gone when this program ends.
const PIN: &str = "fedcba";

fn main() -> Result<(), Box<dyn Error>> {
    const CONFIGURATION: &str = "SOFTHSM2_CONF";
    // SoftHSM reads its configuration from a variable, and a process must not set its own while it has threads.
    if env::var_os(CONFIGURATION).is_none() {
        let directory = tempfile::tempdir()?;
        let file = directory.path().join("softhsm2.conf");
        std::fs::write(
            &file,
            format!("directories.tokendir = {}\n", directory.path().display()),
        )?;
        make_token(&file)?;
        let again = Command::new(env::current_exe()?).env(CONFIGURATION, &file).status()?;
        return again
            .success()
            .then_some(())
            .ok_or_else(|| "it failed with its token".into());
    }
    actix_web::rt::System::new().block_on(run())
}

fn make_token(configuration: &Path) -> Result<(), Box<dyn Error>> {
    let made = Command::new("softhsm2-util")
        .args([
            "--init-token",
            "--free",
            "--label",
            LABEL,
            "--so-pin",
            "abcdef",
            "--pin",
            PIN,
        ])
        .env("SOFTHSM2_CONF", configuration)
        .status()
        .map_err(|error| format!("softhsm2-util: {error}; install softhsm2"))?;
    made.success().then_some(()).ok_or_else(|| "no token was made".into())
}

async fn run() -> Result<(), Box<dyn Error>> {
    let (context, slot) = token()?;
    make_key(&context, slot)?;
    let key = || TokenKey::open(context.clone(), slot, AuthPin::new(PIN.into()), LABEL);
    let jwt = |key| PrivateKeyJwt::new(KEY_ID, PrivateKey::signer(key));

    let sandbox = SandboxServer::start()?;
    let base = sandbox.fhir_base_url();
    let launches = SmartConfig::builder()
        .ehr(
            Ehr::builder(base.as_str())
                .client_id(LAUNCHES)
                .client_auth(jwt(key()?))
                .redirect_uri(REDIRECT_URI)
                .scopes("launch/patient openid fhirUser patient/Patient.rs offline_access"),
        )
        .build()?;
    let nightly = SmartConfig::builder()
        .ehr(
            Ehr::builder(base.as_str())
                .client_id(NIGHTLY)
                .client_auth(jwt(key()?))
                .backend_scopes("system/Patient.rs"),
        )
        .build()?;
    let keys = |config: &SmartConfig| -> Result<Jwks, Box<dyn Error>> {
        let jwks = config.jwks().ok_or("no key is published")?;
        Ok(Jwks::Value(serde_json::from_str(&jwks)?))
    };
    sandbox.register(SandboxClient::private_key_jwt(LAUNCHES, REDIRECT_URI, keys(&launches)?));
    sandbox.register(SandboxClient::backend(NIGHTLY, keys(&nightly)?));

    let patient = launch(&launches).await?;
    println!("A launch was opened for {patient}, and refreshed.");
    let granted = nightly.backend(&base).token().await?.granted_scopes().to_string();
    println!("The nightly job may read {granted}.");
    launches.shutdown(Duration::from_secs(5)).await;
    nightly.shutdown(Duration::from_secs(5)).await;
    Ok(())
}

/// The token that was made.
fn token() -> Result<(Pkcs11, Slot), Box<dyn Error>> {
    let module = env::var("PKCS11_MODULE").unwrap_or_else(|_| "/usr/lib/softhsm/libsofthsm2.so".to_owned());
    let context = Pkcs11::new(module)?;
    context.initialize(CInitializeArgs::new(CInitializeFlags::OS_LOCKING_OK))?;
    for slot in context.get_slots_with_token()? {
        if context.get_token_info(slot)?.label() == LABEL {
            return Ok((context, slot));
        }
    }
    Err("the token is not there".into())
}

/// Makes a key in the token. Whoever has the PIN may sign with it; nobody can read it.
fn make_key(context: &Pkcs11, slot: Slot) -> Result<(), Box<dyn Error>> {
    let session = context.open_rw_session(slot)?;
    session.login(UserType::User, Some(&AuthPin::new(PIN.into())))?;
    let label = Attribute::Label(LABEL.into());
    let public = [
        label.clone(),
        Attribute::Token(true),
        Attribute::Private(false),
        Attribute::Verify(true),
        Attribute::PublicExponent(vec![1, 0, 1]),
        Attribute::ModulusBits(2048.into()),
    ];
    let private = [
        label,
        Attribute::Token(true),
        Attribute::Private(true),
        Attribute::Sign(true),
        Attribute::Sensitive(true),
        Attribute::Extractable(false),
    ];
    let (_, key) = session.generate_key_pair(&Mechanism::RsaPkcsKeyPairGen, &public, &private)?;
    // So that this example shows what it says.
    let secret = [
        AttributeType::NeverExtractable,
        AttributeType::AlwaysSensitive,
        AttributeType::PrivateExponent,
    ];
    let readable = session.get_attributes(key, &secret)?;
    let expected = [Attribute::NeverExtractable(true), Attribute::AlwaysSensitive(true)];
    if readable != expected {
        return Err("the token would hand the key out".into());
    }
    Ok(())
}

/// A launch, as a person would go through it: the sandbox signs them in at once. Gives back the patient.
async fn launch(config: &SmartConfig) -> Result<String, Box<dyn Error>> {
    let client = SmartClient::new(config)?;
    let (redirect, pending) = client.start(StartOptions::standalone()).await?;
    let AuthorizationRedirect::Get(url) = redirect else {
        return Err("the sandbox wants a form instead of a redirect".into());
    };
    let browser = awc::Client::builder().disable_redirects().finish();
    let answer = browser.get(url.as_str()).send().await?;
    let location = answer.headers().get(header::LOCATION).ok_or("no redirect back")?;
    let callback = Url::parse(location.to_str()?)?;
    let authorized = client.finish(pending, callback.query().unwrap_or_default()).await?;
    let refreshed = client.refresh(&authorized).await?;
    Ok(refreshed.tokens().context().patient().ok_or("no patient")?.to_owned())
}
