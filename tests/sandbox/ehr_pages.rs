//! The EHR's own pages: the patient list, and an application in a tab or in a frame.

use actix_smart_auth::{
    sandbox::{EhrStyle, LaunchedIn, Mode, SandboxData, SandboxServer},
    time::ManualClock,
};
use serde_json::{Value, json};

use crate::support::*;

const FRAME_SCOPES: &str = "launch patient/*.rs";

fn with(mode: Mode, data: SandboxData) -> SandboxServer {
    let sandbox = strict().clock(ManualClock::default()).client(client(Kind::Public));
    sandbox
        .mode(mode)
        .launch_url(CLIENT, LAUNCH)
        .data(data)
        .start()
        .unwrap()
}

/// With many people, of whom number 7 is the one that is looked for.
fn crowd(patients: usize, practitioners: usize) -> SandboxData {
    let of = |resource_type: &'static str, count: usize| {
        (1..=count).map(move |number| {
            json!({"resource": {
                "resourceType": resource_type,
                "id": format!("n{number}"),
                "name": [{"text": format!("Person Number {number}.")}],
                "birthDate": format!("19{:02}-01-02", number % 100),
                "identifier": [{"type": {"coding": [{"code": "MR"}]}, "value": format!("MR-{number}-X")}],
            }})
        })
    };
    let entries: Vec<Value> = of("Patient", patients)
        .chain(of("Practitioner", practitioners))
        .collect();
    let bundle = json!({"resourceType": "Bundle", "type": "collection", "entry": entries});
    SandboxData::empty().bundle(&bundle).unwrap()
}

fn shown(page: &Answer) -> usize {
    page.body.matches("href=\"/ehr/patient?id=").count()
}

/// The address in the frame of a page.
fn framed(page: &Answer) -> String {
    let (_, rest) = page.body.split_once("<iframe ").unwrap_or_else(|| panic!("{page:?}"));
    let (_, rest) = rest.split_once("src=\"").unwrap();
    rest.split('"').next().unwrap().replace("&amp;", "&")
}

fn launch_in(url: &str) -> String {
    let url = url::Url::parse(url).unwrap();
    url.query_pairs()
        .find(|(name, _)| name == "launch")
        .unwrap()
        .1
        .into_owned()
}

/// The token response of a launch.
async fn answer_of(sandbox: &SandboxServer, launch: &str) -> Value {
    let request = authorization(sandbox)
        .with("launch", launch)
        .with("scope", FRAME_SCOPES);
    let code = code_for(sandbox, &request).await;
    let form = exchange(&code).with("client_id", CLIENT);
    form.post(&sandbox.token_endpoint(), &[]).await.json()
}

#[actix_web::test]
async fn fifty_patients_are_listed_and_the_others_are_found_by_name_date_or_number() {
    let sandbox = with(Mode::Interactive, crowd(51, 1));
    let page = get(&sandbox.ehr_url()).await;
    assert_eq!(shown(&page), 50);
    assert!(page.body.contains("50 of 51 patients are shown"), "{}", page.body);
    for query in ["number+51.", "NUMBER+51.", "1951-01", "MR-51-X", "person+mr-51-x"] {
        let page = get(&format!("{}?q={query}", sandbox.ehr_url())).await;
        assert_eq!(shown(&page), 1, "{query}");
        assert!(page.body.contains("Person Number 51."), "{query}");
    }
    let none = get(&format!("{}?q=%22%3E%3Cscript%3E", sandbox.ehr_url())).await;
    assert_eq!((none.status, shown(&none)), (200, 0));
    assert!(none.body.contains("value=\"&quot;&gt;&lt;script&gt;\"") && !none.body.contains("<script"));
    let fifty = with(Mode::Interactive, crowd(50, 1));
    assert!(!get(&fifty.ehr_url()).await.body.contains("are shown"));
    let twice = get(&format!("{}?q=a&q=b", sandbox.ehr_url())).await;
    assert_eq!(twice.status, 400);
}

#[actix_web::test]
async fn who_signs_in_and_for_whom_is_searched_for_among_many() {
    let sandbox = with(Mode::Interactive, crowd(60, 60));
    let sign_in = authorization(&sandbox)
        .get(&sandbox.authorization_endpoint())
        .await
        .body;
    let (_, rest) = sign_in.split_once("name=\"request\" value=\"").unwrap();
    let request = rest.split('"').next().unwrap();
    let buttons = |page: &str, name: &str| page.matches(&format!("<button name=\"{name}\"")).count();
    assert_eq!(buttons(&sign_in, "user"), 50);
    let at = |step: &str, query: &str| format!("{}/authorize/{step}?request={request}&q={query}", sandbox.origin());
    let page = get(&at("sign-in", "number+57.")).await.body;
    assert_eq!(buttons(&page, "user"), 1);
    let form = Form::of(&[("request", request), ("user", "Practitioner/n57")]);
    form.post(&format!("{}/authorize/sign-in", sandbox.origin()), &[]).await;
    assert_eq!(buttons(&get(&at("patient", "")).await.body, "patient"), 50);
    assert_eq!(buttons(&get(&at("patient", "1958")).await.body, "patient"), 1);
}

#[actix_web::test]
async fn what_a_launch_says_beside_patient_and_visit_is_in_the_token_response() {
    let sandbox = with(Mode::Automatic, SandboxData::made_up());
    let plain = answer_of(
        &sandbox,
        &launch_in(&sandbox.ehr_launch_url(LAUNCH, "amber-testwood", None)),
    )
    .await;
    assert_eq!(plain["need_patient_banner"], true);
    assert!(
        plain.get("intent").is_none() && plain.get("smart_style_url").is_none(),
        "{plain}"
    );
    let launch = sandbox.ehr_launch(LAUNCH, "amber-testwood").encounter("visit-102");
    let url = launch.intent("order review").style(EhrStyle::Said).url();
    assert!(url.starts_with(&format!("{LAUNCH}?iss=")), "{url}");
    let answer = answer_of(&sandbox, &launch_in(&url)).await;
    assert_eq!(
        (&answer["encounter"], &answer["intent"]),
        (&json!("visit-102"), &json!("order review"))
    );
    let style = get(answer["smart_style_url"].as_str().unwrap()).await;
    assert_eq!(style.header("access-control-allow-origin"), Some("*"));
    assert!(style.json()["color_background"].as_str().unwrap().starts_with('#'));
}

#[actix_web::test]
async fn in_a_frame_the_page_of_the_ehr_says_who_the_patient_is() {
    let sandbox = with(Mode::Automatic, SandboxData::made_up());
    let port = sandbox.origin().rsplit_once(':').unwrap().1.to_owned();
    for (place, origin) in [
        (LaunchedIn::OwnSiteFrame, "http://127.0.0.1"),
        (LaunchedIn::ThirdPartyFrame, "http://localhost"),
    ] {
        let url = sandbox.ehr_launch(LAUNCH, "bruno-fixture").opened_in(place).url();
        assert!(url.starts_with(&format!("{origin}:{port}/ehr/frame?launch=")), "{url}");
        let page = get(&url).await;
        assert!(
            page.body.contains("Bruno Fixture") && page.body.contains("SBX-1074"),
            "{}",
            page.body
        );
        let policy = page.header("content-security-policy").unwrap();
        assert!(
            policy.contains("frame-src http: https:") && policy.contains("frame-ancestors 'none'"),
            "{policy}"
        );
        let inside = framed(&page);
        assert!(inside.starts_with(&format!("{LAUNCH}?iss=")), "{inside}");
        let answer = answer_of(&sandbox, &launch_in(&inside)).await;
        assert_eq!(
            (&answer["patient"], &answer["need_patient_banner"]),
            (&json!("bruno-fixture"), &json!(false))
        );
        // The value is used up, so a reload launches once more.
        let again = framed(&get(&url).await);
        assert_ne!(launch_in(&again), launch_in(&inside));
        assert_eq!(
            answer_of(&sandbox, &launch_in(&again)).await["need_patient_banner"],
            false
        );
    }
}

#[actix_web::test]
async fn the_buttons_of_a_patient_open_a_tab_or_a_frame() {
    let sandbox = with(Mode::Automatic, SandboxData::made_up());
    let open = |how: &str| {
        let query = "client=my%20app%2B1&patient=amber-testwood&encounter=visit-102&intent=order&style=yes";
        format!("{}ehr/launch?{query}&open={how}", sandbox.ehr_url())
    };
    let tab = get(&open("tab")).await;
    assert!(tab.header("location").unwrap().starts_with(LAUNCH));
    for (how, name) in [("own-site-frame", "127.0.0.1"), ("third-party-frame", "localhost")] {
        let frame = get(&open(how)).await;
        let page = get(frame.header("location").unwrap()).await;
        assert!(frame.header("location").unwrap().contains(name), "{frame:?}");
        let answer = answer_of(&sandbox, &launch_in(&framed(&page))).await;
        assert_eq!(
            (&answer["encounter"], &answer["intent"]),
            (&json!("visit-102"), &json!("order"))
        );
        assert!(answer["smart_style_url"].is_string());
    }
    // A visit of somebody else is none of this patient.
    let other = format!(
        "{}ehr/launch?client=my%20app%2B1&patient=amber-testwood&encounter=visit-201",
        sandbox.ehr_url()
    );
    let launch = get(&other).await.location("launch").unwrap();
    assert_eq!(answer_of(&sandbox, &launch).await.get("encounter"), None);
}

#[actix_web::test]
async fn the_sign_in_of_a_launch_in_a_frame_may_be_in_the_frame_and_no_other_may() {
    let sandbox = with(Mode::Interactive, SandboxData::made_up());
    let ancestors = |page: &Answer| {
        let policy = page.header("content-security-policy").unwrap();
        policy.rsplit_once("frame-ancestors ").unwrap().1.to_owned()
    };
    for (place, expected) in [
        (LaunchedIn::Tab, "'none'".to_owned()),
        (
            LaunchedIn::ThirdPartyFrame,
            format!(
                "{} {}",
                sandbox.origin(),
                sandbox.origin().replace("127.0.0.1", "localhost")
            ),
        ),
    ] {
        let url = sandbox.ehr_launch(LAUNCH, "bruno-fixture").opened_in(place).url();
        let request = authorization(&sandbox)
            .with("launch", &launch_in(&url))
            .with("scope", FRAME_SCOPES);
        let sign_in = request.get(&sandbox.authorization_endpoint()).await;
        assert_eq!(ancestors(&sign_in), expected, "{place:?}");
    }
}

#[actix_web::test]
async fn a_page_without_a_frame_of_the_same_site_says_with_which_origin_it_has_one() {
    use actix_smart_auth::sandbox::{SandboxClient, SandboxServer};

    let launch = "http://localhost:7777/auth/launch";
    let started = |origin: Option<&str>, port| {
        let client = SandboxClient::public(CLIENT, CALLBACK);
        let builder = SandboxServer::builder()
            .port(port)
            .client(client)
            .launch_url(CLIENT, launch);
        match origin {
            Some(origin) => builder.origin(origin).start().unwrap(),
            None => builder.start().unwrap(),
        }
    };
    let page_of = async |sandbox: &SandboxServer| {
        let url = format!("http://{}/ehr/patient?id=amber-testwood", sandbox.local_address());
        get(&url).await.body
    };
    let sandbox = started(None, 0);
    let port = sandbox.local_address().port();
    let page = page_of(&sandbox).await;
    let origin = format!("http://localhost:{port}");
    let says = format!("Start it with the origin <code>{origin}</code> to give it the host of this app.");
    assert!(page.contains(&says) && !page.contains("own-site-frame"), "{page}");
    let port = crate::ports::free_port();
    let origin = format!("http://localhost:{port}");
    let page = page_of(&started(Some(&origin), port)).await;
    assert!(
        page.contains("own-site-frame") && !page.contains("Start it with"),
        "{page}"
    );
}
