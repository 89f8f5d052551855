//! An HTML document of ours: its frame, its style, and the policy that goes along with it.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use sha2::{Digest as _, Sha256};

use super::{brand::Brand, escape::escape, language::Language};

/// What all pages look like. Colours are in variables; a brand sets two of them.
const STYLE: &str = "\
:root{color-scheme:light dark;--page:#f3f5f7;--ink:#17212b;--soft:#4b5a68;--line:#76879a;--field:#fff;--edge:#17406d;\
--brand:#17406d;--on-brand:#fff}\
@media(prefers-color-scheme:dark){:root{--page:#12181e;--ink:#e9eef3;--soft:#b4c1cd;--line:#8595a5;--field:#1c252e;\
--edge:#9db4cb}}\
*{box-sizing:border-box}\
body{margin:0;background:var(--page);color:var(--ink);font:1rem/1.5 system-ui,sans-serif}\
header{display:flex;align-items:center;gap:.75rem;min-height:3.25rem;padding:.5rem 1rem;background:var(--brand);\
color:var(--on-brand);font-weight:600}\
header span{overflow-wrap:anywhere;min-width:0}\
header img{height:2.25rem;max-width:40%;object-fit:contain}\
main{max-width:36rem;margin:0 auto;padding:1.25rem 1rem 3rem}\
h1{margin:.5rem 0 1rem;font-size:clamp(1.2rem,6vw,1.5rem);line-height:1.25;hyphens:auto;text-wrap:balance}\
h1,p,li,summary{overflow-wrap:anywhere}\
p{margin:0 0 1rem}\
.actions{display:flex;flex-wrap:wrap;gap:.75rem;margin:1.5rem 0}\
.actions form{margin:0}\
.action,button{display:inline-block;min-height:2.75rem;padding:.55rem min(1.1rem,5vw);border:1px solid var(--edge);\
border-radius:.5rem;background:var(--field);color:var(--ink);font:inherit;font-weight:600;text-align:center;\
text-decoration:none;cursor:pointer;max-width:100%;overflow-wrap:anywhere;hyphens:auto}\
.actions>.action:first-child,.actions>form:first-child button{background:var(--brand);color:var(--on-brand)}\
.action:hover,button:hover{text-decoration:underline;text-underline-offset:.2em;\
box-shadow:0 0 0 2px var(--page),0 0 0 4px var(--edge)}\
:focus-visible{outline:3px solid var(--ink);outline-offset:3px}\
[role=search]{display:flex;flex-wrap:wrap;gap:.75rem;align-items:flex-end;margin:0 0 2rem}\
[role=search] p{margin:0}\
[role=search] p:first-of-type{flex:1 1 12rem}\
label{display:block}\
input{display:block;width:100%;min-width:0;min-height:2.75rem;margin-top:.25rem;padding:.5rem .7rem;border:1px solid var(--line);\
border-radius:.5rem;background:var(--field);color:inherit;font:inherit}\
ul{list-style:none;margin:1rem 0;padding:0}\
li{margin:.5rem 0}\
.what{list-style:disc;padding-inline-start:1.25rem}\
.what li{margin:.25rem 0}\
li .action{display:block;text-align:start}\
li .action img{float:inline-end;height:2rem;max-width:30%;margin-inline-start:.75rem;object-fit:contain}\
small{display:block;color:var(--soft);font-size:.9rem;font-weight:400}\
details{margin-top:2rem;border-top:1px solid var(--line);color:var(--soft);font-size:.9rem}\
summary{padding:.75rem 0;cursor:pointer}\
details p{margin:0 0 .5rem}";

/// A whole document around a body that is escaped already.
pub(super) fn document(title: &str, body: &str, language: Language, brand: Option<&Brand>) -> String {
    let title = escape(title);
    let (of_whom, header) = match brand {
        Some(brand) => (format!(" – {}", escape(brand.name())), header(brand)),
        None => Default::default(),
    };
    format!(
        "<!doctype html>\n<html lang=\"{}\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"robots\" content=\"noindex\">\n<title>{title}{of_whom}</title>\n<style>{}</style>\n</head>\n\
         <body>\n{header}<main>\n{body}</main>\n</body>\n</html>\n",
        language.tag(),
        style(brand),
    )
}

fn header(brand: &Brand) -> String {
    // The name stands beside it.
    let logo = brand
        .own_logo()
        .map(|logo| format!("<img src=\"{}\" alt=\"\">", logo.address()));
    format!(
        "<header>{}<span>{}</span></header>\n",
        logo.unwrap_or_default(),
        escape(brand.name())
    )
}

/// The style of a page.
pub(super) fn style(brand: Option<&Brand>) -> String {
    match brand.and_then(Brand::own_color) {
        // Parsed, so that nothing else can stand in it.
        Some(color) => format!("{STYLE}:root{{--brand:{color};--on-brand:{}}}", color.of_text()),
        None => STYLE.to_owned(),
    }
}

/// The policy of a page of ours: its style (by its hash), a logo, and nothing else; no script, no base, no foreign form target.
///
/// `frame-ancestors` is left to the configuration: an EHR may show the application in a frame.
pub(super) fn content_security_policy(brand: Option<&Brand>, has_logos: bool) -> String {
    format!(
        "default-src 'none'; {}; base-uri 'none'; form-action 'self'",
        style_and_logo(brand, has_logos)
    )
}

/// The directives that a brand decides about; `has_logos` is whether there are pictures beside its own.
pub(super) fn style_and_logo(brand: Option<&Brand>, has_logos: bool) -> String {
    let hash = STANDARD.encode(Sha256::digest(style(brand)));
    let logo = match brand.and_then(Brand::own_logo) {
        Some(_) => "; img-src data:",
        None if has_logos => "; img-src data:",
        None => "",
    };
    format!("style-src 'sha256-{hash}'{logo}")
}
