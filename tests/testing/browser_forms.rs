//! Forms, as the test browser fills them in.

use actix_smart_auth::testing::{TestBrowser, TestBrowserError, TestForm};
use actix_web::{HttpResponse, web};

use crate::server::serve;

const FORM: &str = "<form method=post action=/sent>\
    <input type=hidden name=token value=abc>\
    <label>Name <input name=name value=Amber></label>\
    <label>Note <textarea name=note>old</textarea></label>\
    <label><input type=checkbox name=agree> I agree</label>\
    <label><input type=checkbox name=news value=yes checked> Send me news</label>\
    <label><input type=radio name=ward value=a checked> Ward A</label>\
    <label><input type=radio name=ward value=b> Ward B</label>\
    <label>Sort by <select name=sort><option value=d>Date<option value=v>Value</select></label>\
    <button name=do value=save>Save</button> <button formaction=/other formmethod=get>Look</button>\
    </form>";

async fn page() -> HttpResponse {
    HttpResponse::Ok().content_type("text/html; charset=utf-8").body(FORM)
}

fn routes(app: &mut web::ServiceConfig) {
    app.route("/", web::get().to(page))
        .route("/sent", web::post().to(|body: String| async move { body }))
        .route(
            "/other",
            web::get().to(|request: actix_web::HttpRequest| async move { request.query_string().to_owned() }),
        );
}

async fn form(button: &str) -> TestForm {
    let browser = TestBrowser::new(serve(routes));
    browser.open("/").await.unwrap().form(button).unwrap()
}

#[actix_web::test]
async fn a_form_is_sent_with_what_stands_in_it_and_the_button_that_was_pressed() {
    let sent = form("Save").await.submit().await.unwrap();
    assert_eq!(
        sent.text(),
        "token=abc&name=Amber&note=old&news=yes&ward=a&sort=d&do=save"
    );
}

#[actix_web::test]
async fn fields_are_filled_in_by_label_or_by_name() {
    let form = form("Save")
        .await
        .fill("Name", "Grüße & co")
        .fill("note", "")
        .check("I agree")
        .uncheck("news")
        .check("Ward B")
        .choose("Sort by", "Value");
    assert_eq!(form.value("Name").as_deref(), Some("Grüße & co"));
    assert_eq!(
        (form.value("I agree").as_deref(), form.value("Ward A").as_deref()),
        (Some("on"), Some(""))
    );
    assert_eq!(form.value("Street"), None);
    let sent = form.submit().await.unwrap();
    assert_eq!(
        sent.text(),
        "token=abc&name=Gr%C3%BC%C3%9Fe+%26+co&note=&agree=on&ward=b&sort=v&do=save"
    );
}

#[actix_web::test]
async fn a_button_may_lead_elsewhere() {
    let sent = form("Look").await.fill("Name", "B").submit().await.unwrap();
    assert_eq!(
        (sent.path(), sent.text()),
        ("/other", "token=abc&name=B&note=old&news=yes&ward=a&sort=d")
    );
}

#[actix_web::test]
async fn a_field_that_is_not_there_is_answered_with_those_that_are() {
    let error = form("Save")
        .await
        .fill("Street", "1")
        .check("nothing")
        .submit()
        .await
        .unwrap_err();
    let TestBrowserError::NoField {
        sort: "field to fill in",
        wanted,
        page,
    } = &error
    else {
        panic!("{error:?}")
    };
    assert_eq!(wanted, "Street");
    assert!(
        page.fields.contains(&"Name (name)".to_owned()) && !page.fields.contains(&"token".to_owned()),
        "{page}"
    );
    let error = form("Save").await.check("Name").submit().await.unwrap_err();
    assert!(
        matches!(
            error,
            TestBrowserError::NoField {
                sort: "box to check",
                ..
            }
        ),
        "{error:?}"
    );
    let error = form("Save").await.choose("Name", "x").submit().await.unwrap_err();
    assert!(
        matches!(
            error,
            TestBrowserError::NoField {
                sort: "list to choose from",
                ..
            }
        ),
        "{error:?}"
    );
}

#[actix_web::test]
async fn a_choice_that_is_not_there_is_answered_with_those_that_are() {
    let error = form("Save")
        .await
        .choose("Sort by", "Colour")
        .submit()
        .await
        .unwrap_err();
    let TestBrowserError::NoChoice { field, choices, .. } = error else {
        panic!("{error:?}")
    };
    assert_eq!(
        (field.as_str(), choices),
        ("Sort by (sort)", vec!["“Date”".to_owned(), "“Value”".to_owned()])
    );
}

#[actix_web::test]
async fn a_label_that_could_be_two_has_to_be_written_out() {
    let error = form("Save").await.check("Ward").submit().await.unwrap_err();
    assert!(
        matches!(&error, TestBrowserError::Several { found, .. } if found.len() == 2),
        "{error:?}"
    );
}
