//! Logos on the page that asks which EHR: those inside of a bundle, where the application wants them.

use actix_smart_auth::brands::BrandLogos;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Value, json};

use super::{Published, answer, bundle, chooser::page_and_policy, endpoint, organization};

const PNG: &[u8] = b"\x89PNG\r\n\x1a\nnorth";
const SVG: &[u8] = b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>";

pub(super) fn data(kind: &str, bytes: &[u8]) -> String {
    format!("data:{kind};base64,{}", STANDARD.encode(bytes))
}

/// A brand with this address of a logo.
pub(super) fn with_logo(mut organization: Value, logo: &str) -> Value {
    let brand = json!({"url": "http://hl7.org/fhir/StructureDefinition/organization-brand", "extension": [
        {"url": "brandLogo", "valueUrl": logo},
        {"url": "brandLogoLicense", "valueUrl": "https://v.example/license"},
    ]});
    organization["resource"]["extension"]
        .as_array_mut()
        .unwrap()
        .push(brand);
    organization
}

fn one(logo: &str) -> String {
    let north = organization("o", "North Hospital", "Springfield", "e");
    bundle(&[endpoint("e", "https://north.example/fhir"), with_logo(north, logo)])
}

#[actix_web::test]
async fn a_logo_is_shown_where_the_application_wants_it_and_is_inside_of_the_bundle() {
    for (logos, is_shown) in [(BrandLogos::LeftOut, false), (BrandLogos::InBundle, true)] {
        let app = Published::with(|directory| directory.logos(logos));
        app.server.answer(answer(200, "", &one(&data("image/png", PNG))));
        let (body, policy) = page_and_policy(&app.config).await;
        let image = format!(r#"<img src="{}" alt="">"#, data("image/png", PNG));
        assert_eq!(body.contains(&image), is_shown, "{body}");
        assert_eq!(policy.contains("img-src data:;"), is_shown, "{policy}");
        assert!(policy.contains("default-src 'none'"), "{policy}");
        assert!(body.contains("North Hospital"), "{body}");
    }
}

#[actix_web::test]
async fn nothing_is_fetched_for_a_logo_and_no_document_or_other_address_is_shown() {
    let app = Published::with(|directory| directory.logos(BrandLogos::InBundle));
    let elsewhere = format!("{}/logo.png", app.server.origin);
    let too_large = [PNG, &[0; 16 * 1024]].concat();
    let logos = [
        elsewhere.clone(),
        "https://tracker.example/logo.png".to_owned(),
        data("image/svg+xml", SVG),
        // What it is called does not matter.
        data("image/png", SVG),
        data("image/png", b"<html>"),
        data("image/png", &too_large),
        "data:image/png,%89PNG".to_owned(),
        "data:image/png;base64,\"><script>".to_owned(),
        "javascript:alert(1)".to_owned(),
    ];
    for (number, logo) in logos.iter().enumerate() {
        app.server.answer(answer(200, "", &one(logo)));
        app.config.load_brands().await.unwrap();
        let (body, policy) = page_and_policy(&app.config).await;
        assert!(
            body.contains("North Hospital") && !body.contains("<img"),
            "{logo}: {body}"
        );
        assert!(
            !body.contains("<script") && !policy.contains("img-src"),
            "{logo}: {policy}"
        );
        assert_eq!(
            app.server.requests().len(),
            number + 1,
            "{logo}: only the bundle is fetched"
        );
    }
}

#[actix_web::test]
async fn a_logo_may_have_16_kib_and_not_a_byte_more() {
    for (length, is_shown) in [(16 * 1024, true), (16 * 1024 + 1, false)] {
        let app = Published::with(|directory| directory.logos(BrandLogos::InBundle));
        let mut logo = PNG.to_vec();
        logo.resize(length, 0);
        app.server.answer(answer(200, "", &one(&data("image/png", &logo))));
        let (body, _) = page_and_policy(&app.config).await;
        assert_eq!(body.contains("<img"), is_shown, "{length}");
    }
}
