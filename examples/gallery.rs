//! Every page of the crate, to look at.
//!
//! ```text
//! cargo run --example gallery
//! cargo run --example gallery -- --once DIRECTORY
//! ```
//!
//! The first serves them at http://127.0.0.1:8083/. The second writes them as files, and ends.
#![expect(clippy::print_stdout, reason = "it tells the person who started it where to go")]

use std::{env, error::Error, fs, path::Path};

use actix_smart_auth::pages::{Brand, Language, Logo, Page, gallery};
use actix_web::{App, HttpResponse, HttpServer, http::header, web};

const ADDRESS: (&str, u16) = ("127.0.0.1", 8083);
const LOGO: &str = r##"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24"><circle cx="12" cy="12" r="12" fill="#fff"/><path d="M5 17 10 11l4 3 5-8" fill="none" stroke="#005eb8" stroke-width="2.5"/></svg>"##;

#[actix_web::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let shown = all()?;
    let arguments: Vec<String> = env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["--once", directory] => write(&shown, Path::new(directory)),
        [] => serve(shown).await,
        _ => Err("usage: gallery [--once DIRECTORY]".into()),
    }
}

/// A page with the name of its file.
#[derive(Clone)]
struct Shown {
    name: String,
    page: Page,
}

/// Every page in every language, plain and with a brand.
fn all() -> Result<Vec<Shown>, Box<dyn Error>> {
    let brand = Brand::new("Growth charts")
        .support("Call 555-0100, day and night.")
        .support_in(Language::German, "Rufen Sie 555-0100 an, Tag und Nacht.")
        .color("#005eb8".parse()?)
        .logo(Logo::new(LOGO)?);
    let mut shown = Vec::new();
    for language in Language::ALL {
        for (number, page) in gallery(*language).into_iter().enumerate() {
            let page = match page.status {
                400.. => page.with_reference("7K3M-9QXT".parse()?),
                _ => page,
            };
            let name = format!("{}-{number:02}-{}", language.tag(), page.code);
            shown.push(Shown {
                name: format!("{name}-plain.html"),
                page: page.clone(),
            });
            shown.push(Shown {
                name: format!("{name}-brand.html"),
                page: page.with_brand(brand.clone()),
            });
        }
    }
    Ok(shown)
}

/// Links to all of them.
fn index(shown: &[Shown]) -> String {
    let links: String = shown
        .iter()
        .map(|Shown { name, page }| format!("<li><a href=\"{name}\">{name}</a> {}</li>", page.status))
        .collect();
    format!("<!doctype html><html lang=en><title>Gallery</title><main><h1>Gallery</h1><ul>{links}</ul></main></html>")
}

fn write(shown: &[Shown], directory: &Path) -> Result<(), Box<dyn Error>> {
    fs::create_dir_all(directory)?;
    for Shown { name, page } in shown {
        fs::write(directory.join(name), page.html())?;
    }
    fs::write(directory.join("index.html"), index(shown))?;
    println!("{} pages in {}", shown.len(), directory.display());
    Ok(())
}

async fn serve(shown: Vec<Shown>) -> Result<(), Box<dyn Error>> {
    println!("http://{}:{}/", ADDRESS.0, ADDRESS.1);
    let shown = web::Data::new(shown);
    let server = HttpServer::new(move || {
        App::new()
            .app_data(shown.clone())
            .route("/", web::get().to(front))
            .route("/{name}", web::get().to(one))
    });
    server.bind(ADDRESS)?.run().await?;
    Ok(())
}

async fn front(shown: web::Data<Vec<Shown>>) -> HttpResponse {
    HttpResponse::Ok()
        .content_type("text/html; charset=utf-8")
        .body(index(&shown))
}

/// With the policy that the crate sends, and 200: only the look matters here.
async fn one(shown: web::Data<Vec<Shown>>, name: web::Path<String>) -> HttpResponse {
    match shown.iter().find(|shown| shown.name == *name) {
        Some(Shown { page, .. }) => HttpResponse::Ok()
            .content_type("text/html; charset=utf-8")
            .insert_header((header::CONTENT_SECURITY_POLICY, page.content_security_policy()))
            .body(page.html()),
        None => HttpResponse::NotFound().finish(),
    }
}
