#!/usr/bin/env python3
"""What each feature costs who builds with it: crates, seconds of a first build, bytes of the program.

For each set of features it writes the smallest program that uses them, builds it in release from nothing, and strips it. A row
of the table is printed when its build is done. Seconds are of the processor, of all processes that the build started, and beside
them by the clock. The versions are those of Cargo.lock; the crates have to be there already (`cargo fetch`).

    benches/features.py            # all sets
    benches/features.py actix      # those that are named
"""

import os
import pathlib
import resource
import shutil
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent

# Features of the crate, by the name of a set. `None`: without the crate.
SETS = {
    "actix-web alone": None,
    "none": [],
    "metrics": ["metrics"],
    "redis": ["redis"],
    "postgres": ["postgres"],
    "reqwest": ["reqwest"],
    "actix": ["actix"],
    "sandbox": ["sandbox"],
    "actix and redis": ["actix", "redis"],
    "actix and postgres": ["actix", "postgres"],
    "sandbox-program": ["sandbox-program"],
}
ACTIX = {"actix", "sandbox"}

MANIFEST = """\
[package]
name = "smallest"
version = "0.0.0"
edition = "2024"

[dependencies]
{dependencies}
[profile.release]
strip = true

[workspace]
"""
CRATE = 'actix-smart-auth = {{ path = "{root}", default-features = false, features = [{features}] }}\n'
ACTIX_WEB = 'actix-web = { version = "4.18", default-features = false, features = ["cookies", "macros"] }\n'
SESSION = 'actix-session = { version = "0.11", features = ["cookie-session"] }\n'
TOKIO = 'tokio = { version = "1", features = ["rt"] }\n'

WITHOUT_CRATE = """\
use actix_session::{Session, SessionMiddleware, storage::CookieSessionStore};
use actix_web::{App, HttpServer, cookie::Key, web};

async fn page(session: Session) -> String {
    format!("{:?}", session.get::<String>("colour").ok())
}

#[actix_web::main]
async fn main() -> std::io::Result<()> {
    let key = Key::generate();
    HttpServer::new(move || {
        App::new()
            .route("/", web::get().to(page))
            .wrap(SessionMiddleware::new(CookieSessionStore::default(), key.clone()))
    })
    .bind(("127.0.0.1", 8080))?
    .run()
    .await
}
"""
WITH_ACTIX = """\
use actix_session::{{SessionMiddleware, storage::CookieSessionStore}};
use actix_smart_auth::{{Patient, SmartAuth, SmartConfig, launch_scope}};
use actix_web::{{App, HttpServer, cookie::Key, web}};

async fn page(patient: Patient) -> String {{
    patient.reference()
}}

#[actix_web::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {{
    let config = SmartConfig::builder(){options}.build()?;
    let key = Key::generate();
    HttpServer::new(move || {{
        App::new()
            .service(launch_scope().route("/", web::get().to(page)))
            .wrap(SmartAuth::new(config.clone()))
            .wrap(SessionMiddleware::new(CookieSessionStore::default(), key.clone()))
    }})
    .bind(("127.0.0.1", 8080))?
    .run()
    .await?;
    Ok(())
}}
"""
WITHOUT_ACTIX = """\
use actix_smart_auth::{{SmartClient, SmartConfig, StartOptions}};

async fn sign_in() -> Result<(), Box<dyn std::error::Error>> {{
    let config = SmartConfig::builder(){options}.build()?;
    let client = SmartClient::new(&config)?;
    let (redirect, pending) = client.start(StartOptions::standalone()).await?;
    println!("{{redirect:?}}");
    let mut query = String::new();
    std::io::stdin().read_line(&mut query)?;
    let authorized = client.finish(pending, query.trim()).await?;
    println!("{{authorized:?}}");
    Ok(())
}}

fn main() -> Result<(), Box<dyn std::error::Error>> {{
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(sign_in())
}}
"""
EHR = """
        .ehr(
            actix_smart_auth::Ehr::builder({base})
                .client_id("app")
                .client_auth(actix_smart_auth::ClientAuth::public())
                .redirect_uri("http://127.0.0.1:8080/auth/callback")
                .scopes("launch/patient patient/*.rs offline_access"),
        )
"""
STORE = """
        .store(actix_smart_auth::store::TokenStore::new(
            actix_smart_auth::store::{store}::builder("{url}")
                .sealing_keys(actix_smart_auth::store::SealingKeys::from_bytes([[7; 32]])?)
                .build()?,
        ))
"""


def program(features):
    """The manifest and the source of the smallest program."""
    if features is None:
        return MANIFEST.format(dependencies=ACTIX_WEB + SESSION), WITHOUT_CRATE
    names = ", ".join(f'"{feature}"' for feature in features)
    dependencies = CRATE.format(root=ROOT, features=names)
    base = '"https://ehr.example/fhir"'
    if "sandbox" in features:
        base = "actix_smart_auth::sandbox::SandboxServer::start()?.fhir_base_url()"
    options = EHR.format(base=base)
    if "redis" in features:
        options += STORE.format(store="RedisStore", url="redis://127.0.0.1")
    if "postgres" in features:
        options += STORE.format(store="PostgresStore", url="postgres://127.0.0.1")
    if ACTIX.intersection(features):
        return MANIFEST.format(dependencies=dependencies + ACTIX_WEB + SESSION), WITH_ACTIX.format(options=options)
    return MANIFEST.format(dependencies=dependencies + TOKIO), WITHOUT_ACTIX.format(options=options)


def crates(features):
    """How many crates an application gets with the crate, itself not counted."""
    command = ["cargo", "tree", "--locked", "-e", "normal", "--no-default-features", "--prefix", "none"]
    command += ["--features", ",".join(features)]
    lines = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout.splitlines()
    return len({line.removesuffix(" (*)") for line in lines}) - 1


def processor_seconds():
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def measure(features, folder):
    """The bytes of the program, and the seconds of its build, of the processor and by the clock."""
    target = folder / "target"
    if features == ["sandbox-program"]:
        command = ["cargo", "build", "--locked", "--offline", "--release", "--quiet", "--bin", "actix-smart-sandbox"]
        command += ["--no-default-features", "--features", "sandbox-program", "--config", "profile.release.strip=true"]
        directory, built = ROOT, target / "release" / "actix-smart-sandbox"
    else:
        manifest, source = program(features)
        directory, built = folder, target / "release" / "smallest"
        (folder / "src").mkdir()
        (folder / "Cargo.toml").write_text(manifest)
        (folder / "src" / "main.rs").write_text(source)
        shutil.copy(ROOT / "Cargo.lock", folder)
        command = ["cargo", "build", "--offline", "--release", "--quiet"]
    environment = {**os.environ, "CARGO_TARGET_DIR": str(target), "CARGO_INCREMENTAL": "0"}
    used, begun = processor_seconds(), time.monotonic()
    subprocess.run(command, cwd=directory, env=environment, check=True)
    return built.stat().st_size, processor_seconds() - used, time.monotonic() - begun


def main():
    unknown = set(sys.argv[1:]) - set(SETS)
    if unknown:
        sys.exit(f"no such set: {', '.join(sorted(unknown))}; there are: {', '.join(SETS)}")
    print("| features | crates | program, stripped | build, processor | build, clock |")
    print("|---|---|---|---|---|", flush=True)
    for name in sys.argv[1:] or SETS:
        features = SETS[name]
        count = "" if features is None else crates(features)
        with tempfile.TemporaryDirectory() as folder:
            size, used, took = measure(features, pathlib.Path(folder))
        print(f"| {name} | {count} | {size / 1e6:.1f} MB | {used:.0f} s | {took:.0f} s |", flush=True)


if __name__ == "__main__":
    main()
