//! An application that chose jsonwebtoken's backend `rust_crypto` for its own JWTs and called no `install_default`.
//!
//! Two backends in one build panic at the first JWT, so this ends with 0 only as long as actix-smart-auth, with its
//! sandbox, brings none. `.ci/run` builds and runs it.

use std::error::Error;

use actix_smart_auth::{
    AuthorizationRedirect, Ehr, PrivateKey, PrivateKeyJwt, SmartClient, SmartConfig, StartOptions,
    sandbox::{Jwks, SandboxClient, SandboxServer},
};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation, jwk::Jwk};
use serde_json::{Value, json};
use url::Url;

const REDIRECT_URI: &str = "http://127.0.0.1:8080/auth/callback";
const CLIENT_ID: &str = "own-jwt-backend";
const KEY_ID: &str = "ec-1";
/// Published with the source, so nobody's.
const KEY: &str = include_str!("../../../fixtures/keys/p384-pkcs8.pem");

#[actix_web::main]
async fn main() -> Result<(), Box<dyn Error>> {
    jwt_of_the_application()?;
    sign_in().await?;
    // Once more, now that every part of the crate that signs or verifies has run.
    jwt_of_the_application()
}

fn jwt_of_the_application() -> Result<(), Box<dyn Error>> {
    let secret = b"a secret of the application";
    let claims = json!({ "sub": "session-1", "exp": 4_000_000_000_u64 });
    let token = jsonwebtoken::encode(&Header::default(), &claims, &EncodingKey::from_secret(secret))?;
    let key = DecodingKey::from_secret(secret);
    let decoded = jsonwebtoken::decode::<Value>(&token, &key, &Validation::default())?;
    if decoded.claims != claims {
        return Err("the application's own JWT came back with other claims".into());
    }
    Ok(())
}

/// The crate signs an assertion, the sandbox verifies it and signs an id token, the crate verifies that.
async fn sign_in() -> Result<(), Box<dyn Error>> {
    let mut public = Jwk::from_encoding_key(&EncodingKey::from_ec_pem(KEY.as_bytes())?, Algorithm::ES384)?;
    public.common.key_id = Some(KEY_ID.to_owned());
    let sandbox = SandboxServer::start()?;
    sandbox.register(SandboxClient::private_key_jwt(
        CLIENT_ID,
        REDIRECT_URI,
        Jwks::Value(json!({ "keys": [public] })),
    ));
    let config = SmartConfig::builder()
        .ehr(
            Ehr::builder(sandbox.fhir_base_url())
                .client_id(CLIENT_ID)
                .client_auth(PrivateKeyJwt::new(KEY_ID, PrivateKey::pem(KEY)))
                .redirect_uri(REDIRECT_URI)
                .scopes("launch/patient openid fhirUser patient/Patient.rs"),
        )
        .build()?;
    let client = SmartClient::new(&config)?;
    let (redirect, pending) = client.start(StartOptions::standalone()).await?;
    let AuthorizationRedirect::Get(url) = redirect else {
        return Err("the sandbox wants a form instead of a redirect".into());
    };
    let browser = awc::Client::builder().disable_redirects().finish();
    let answer = browser.get(url.as_str()).send().await?;
    let location = answer.headers().get("location").ok_or("no redirect back")?;
    let callback = Url::parse(location.to_str()?)?;
    let authorized = client.finish(pending, callback.query().unwrap_or_default()).await?;
    if authorized.id_token_claims().is_none() {
        return Err("the sign-in brought no id token".into());
    }
    Ok(())
}
