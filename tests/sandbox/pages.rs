//! The pages, walked through as a browser does: by links and forms.

use actix_smart_auth::{
    sandbox::{Mode, Peculiarity, SandboxClient, SandboxServer},
    time::ManualClock,
};

use crate::support::*;

fn interactive() -> SandboxServer {
    strict()
        .mode(Mode::Interactive)
        .clock(ManualClock::default())
        .client(client(Kind::Public))
        .launch_url(CLIENT, LAUNCH)
        .start()
        .unwrap()
}

/// The value of the page's hidden field.
fn handle(page: &Answer) -> String {
    assert_eq!(page.status, 200, "{page:?}");
    let (_, rest) = page.body.split_once("name=\"request\" value=\"").unwrap();
    rest.split('"').next().unwrap().to_owned()
}

/// The patient of whom the page tells.
fn about(page: &Answer) -> Option<&str> {
    let (_, rest) = page.body.split_once("name=\"about\" value=\"")?;
    rest.split('"').next()
}

/// The names of the boxes that are checked.
fn boxes(page: &Answer) -> Vec<String> {
    let boxes = page.body.split("<input type=\"checkbox\" name=\"").skip(1);
    boxes.map(|rest| rest.split('"').next().unwrap().to_owned()).collect()
}

async fn step(sandbox: &SandboxServer, page: &Answer, path: &str, name: &str, value: &str) -> Answer {
    let (handle, boxes) = (handle(page), boxes(page));
    let mut fields = vec![("request", handle.as_str()), (name, value)];
    fields.extend(about(page).map(|patient| ("about", patient)));
    fields.extend(boxes.iter().map(|name| (name.as_str(), "yes")));
    let form = Form::of(&fields);
    let answer = form.post(&format!("{}/authorize/{path}", sandbox.origin()), &[]).await;
    followed(sandbox, answer).await
}

/// The page that a form leads to; the answer itself where it leads to an application, or nowhere.
async fn followed(sandbox: &SandboxServer, answer: Answer) -> Answer {
    match answer.header("location") {
        Some(path) if answer.status == 303 => get(&format!("{}{path}", sandbox.origin())).await,
        _ => answer,
    }
}

#[track_caller]
fn is_page(answer: &Answer) {
    assert!(answer.header("content-type").unwrap().starts_with("text/html"));
    let policy = answer.header("content-security-policy").unwrap();
    assert!(
        policy.contains("default-src 'none'") && policy.contains("frame-ancestors 'none'"),
        "{policy}"
    );
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    assert!(answer.body.contains("Nobody here is a real person"));
    assert!(!answer.body.contains("<script") && !answer.body.contains("src="));
}

#[actix_web::test]
async fn a_person_signs_in_picks_a_patient_and_allows() {
    let sandbox = interactive();
    let sign_in = authorization(&sandbox).get(&sandbox.authorization_endpoint()).await;
    is_page(&sign_in);
    assert!(sign_in.body.contains("Dr. Paula Pretend") && sign_in.body.contains("Amber Testwood (patient)"));
    let picker = step(&sandbox, &sign_in, "sign-in", "user", "Practitioner/otto-outline").await;
    is_page(&picker);
    assert!(
        sandbox
            .patients()
            .iter()
            .filter(|p| p.family.as_deref() != Some("O'Placeholder"))
            .all(|p| picker.body.contains(&p.name()))
    );
    assert!(picker.body.contains("Greta O&#39;Placeholder"));
    let consent = step(&sandbox, &picker, "patient", "patient", "felix-demostein").await;
    is_page(&consent);
    assert!(consent.body.contains("Felix Demostein") && consent.body.contains("patient/*.rs"));
    let policy = consent.header("content-security-policy").unwrap();
    assert!(policy.contains("form-action 'self' http://127.0.0.1:7777;"), "{policy}");
    let done = step(&sandbox, &consent, "decision", "decision", "allow").await;
    assert_eq!(done.location("state").as_deref(), Some(STATE));
    let form = exchange(&done.location("code").unwrap()).with("client_id", CLIENT);
    assert_eq!(
        form.post(&sandbox.token_endpoint(), &[]).await.text("patient"),
        "felix-demostein"
    );
    assert_eq!(sandbox.grants()[0].user, "Practitioner/otto-outline");
    let again = step(&sandbox, &consent, "decision", "decision", "allow").await;
    assert_eq!(again.status, 400, "the answer counts once");
}

#[actix_web::test]
async fn a_person_says_no() {
    let sandbox = interactive();
    let page = authorization(&sandbox)
        .post(&sandbox.authorization_endpoint(), &[])
        .await;
    let page = followed(&sandbox, page).await;
    let page = step(&sandbox, &page, "sign-in", "user", "Practitioner/otto-outline").await;
    let page = step(&sandbox, &page, "patient", "patient", "felix-demostein").await;
    let done = step(&sandbox, &page, "decision", "decision", "deny").await;
    assert_eq!(done.location("error").as_deref(), Some("access_denied"));
    assert_eq!(done.location("state").as_deref(), Some(STATE));
    assert_eq!(done.location("code"), None);
}

#[actix_web::test]
async fn a_patient_is_not_asked_for_another_patient() {
    let sandbox = interactive();
    let page = authorization(&sandbox).get(&sandbox.authorization_endpoint()).await;
    let consent = step(&sandbox, &page, "sign-in", "user", "Patient/amber-testwood").await;
    assert!(consent.body.contains("The patient is <strong><bdi>Amber Testwood"));
    let other = step(&sandbox, &page, "patient", "patient", "bruno-fixture").await;
    assert_eq!(other.status, 403);
}

#[actix_web::test]
async fn the_ehr_page_launches_an_app_for_a_patient_and_a_visit() {
    let sandbox = interactive();
    let page = get(&sandbox.ehr_url()).await;
    is_page(&page);
    for patient in sandbox.patients() {
        let href = format!("href=\"/ehr/patient?id={}\"", patient.id);
        assert!(page.body.contains(&href) && page.body.contains(&patient.birth_date.unwrap()));
    }
    let page = get(&format!("{}/ehr/patient?id=bruno-fixture", sandbox.origin())).await;
    is_page(&page);
    assert!(
        page.body
            .contains("<option value=\"visit-202\">2025-01-20: Blood pressure control</option>")
    );
    let policy = page.header("content-security-policy").unwrap();
    assert!(
        policy.contains("http://localhost:") && policy.contains(" http://127.0.0.1:7777;"),
        "{policy}"
    );
    let href = "/ehr/launch?client=my%20app%2B1&patient=bruno-fixture&encounter=visit-202&intent=&open=tab";
    let launched = get(&format!("{}{href}", sandbox.origin())).await;
    assert!(
        launched
            .header("location")
            .unwrap()
            .starts_with(&format!("{LAUNCH}?iss="))
    );
    assert_eq!(launched.location("iss"), Some(sandbox.fhir_base_url()));
    let launch = launched.location("launch").unwrap();
    let request = authorization(&sandbox)
        .with("launch", &launch)
        .with("scope", "launch patient/*.rs");
    let page = request.get(&sandbox.authorization_endpoint()).await;
    assert!(
        !page.body.contains("(patient)"),
        "from a chart only practitioners sign in"
    );
    let refused = step(&sandbox, &page, "sign-in", "user", "Patient/amber-testwood").await;
    assert_eq!(refused.status, 403);
    let consent = step(&sandbox, &page, "sign-in", "user", "Practitioner/paula-pretend").await;
    assert!(consent.body.contains("Bruno Fixture"));
    let done = step(&sandbox, &consent, "decision", "decision", "allow").await;
    let form = exchange(&done.location("code").unwrap()).with("client_id", CLIENT);
    let answer = form.post(&sandbox.token_endpoint(), &[]).await;
    assert_eq!(
        (answer.text("patient"), answer.text("encounter")),
        ("bruno-fixture".to_owned(), "visit-202".to_owned())
    );
}

#[actix_web::test]
async fn a_reload_and_back_ask_for_a_page_and_send_no_form_again() {
    let sandbox = interactive();
    let page = authorization(&sandbox).get(&sandbox.authorization_endpoint()).await;
    let request = handle(&page);
    let at = |step: &str| format!("{}/authorize/{step}?request={request}", sandbox.origin());
    // What is not done yet leads to the step that is.
    for step in ["sign-in", "patient", "decision"] {
        assert!(get(&at(step)).await.body.contains("Sign in as"), "{step}");
    }
    step(&sandbox, &page, "sign-in", "user", "Practitioner/otto-outline").await;
    let picker = get(&at("patient")).await;
    is_page(&picker);
    assert!(picker.body.contains("Choose <bdi>Felix Demostein"));
    let consent = step(&sandbox, &picker, "patient", "patient", "felix-demostein").await;
    assert!(
        get(&at("patient")).await.body.contains("Choose <bdi>Felix Demostein"),
        "Back"
    );
    assert!(get(&at("decision")).await.body.contains("Felix Demostein"), "Reload");
    // Somebody else now, who has one record.
    let own = step(&sandbox, &page, "sign-in", "user", "Patient/amber-testwood").await;
    assert!(
        own.body.contains("The patient is <strong><bdi>Amber Testwood"),
        "{}",
        own.body
    );
    step(&sandbox, &consent, "decision", "decision", "deny").await;
    assert_eq!(get(&at("decision")).await.status, 400);
}

#[actix_web::test]
async fn who_hears_the_buttons_alone_hears_what_each_opens_and_for_whom() {
    let sandbox = interactive();
    sandbox.register_launch_url("another app", LAUNCH);
    let page = get(&format!("{}/ehr/patient?id=bruno-fixture", sandbox.origin())).await;
    let heard = |button: &str| {
        let (_, says) = button.split_once('>').unwrap();
        let says = says.split("</button>").next().unwrap();
        says.replace("<span class=\"heard\">", "").replace("</span>", "")
    };
    let names: Vec<String> = page.body.split("<button name=\"open\"").skip(1).map(heard).collect();
    assert_eq!(names.len(), 8, "{names:?}");
    assert!(names.iter().all(|name| name.contains("Bruno Fixture")), "{names:?}");
    assert!(
        names[0].contains(CLIENT) && names[7].contains("another app"),
        "{names:?}"
    );
    assert_eq!(send("HEAD", &sandbox.ehr_url(), &[], "").await.unwrap().status, 200);
}

#[actix_web::test]
async fn two_sign_ins_with_one_launch_value_end_in_one_code() {
    let sandbox = interactive();
    let url = url::Url::parse(&sandbox.ehr_launch_url(LAUNCH, "bruno-fixture", None)).unwrap();
    let launch = url.query_pairs().find(|(k, _)| k == "launch").unwrap().1.into_owned();
    let request = authorization(&sandbox)
        .with("launch", &launch)
        .with("scope", "launch patient/*.rs");
    let mut answers = Vec::new();
    let pages = [
        request.get(&sandbox.authorization_endpoint()).await,
        request.get(&sandbox.authorization_endpoint()).await,
    ];
    for page in pages {
        let consent = step(&sandbox, &page, "sign-in", "user", "Practitioner/paula-pretend").await;
        answers.push(step(&sandbox, &consent, "decision", "decision", "allow").await);
    }
    assert!(answers[0].location("code").is_some());
    answers[1].is_redirected(
        "invalid_request",
        "This launch value has been used: each authorization needs a new launch.",
    );
}

#[actix_web::test]
async fn who_allows_has_read_which_patient_it_is_although_another_tab_chose_somebody_else() {
    let sandbox = interactive();
    let page = authorization(&sandbox).get(&sandbox.authorization_endpoint()).await;
    let choice = step(&sandbox, &page, "sign-in", "user", "Practitioner/paula-pretend").await;
    let of_felix = step(&sandbox, &choice, "patient", "patient", "felix-demostein").await;
    let of_bruno = step(&sandbox, &choice, "patient", "patient", "bruno-fixture").await;
    assert!(of_felix.body.contains("Felix Demostein") && of_bruno.body.contains("Bruno Fixture"));
    let again = step(&sandbox, &of_felix, "decision", "decision", "allow").await;
    assert_eq!(again.body, of_bruno.body);
    let allowed = step(&sandbox, &of_bruno, "decision", "decision", "allow").await;
    assert!(allowed.location("code").is_some());
}

#[actix_web::test]
async fn steps_cannot_be_skipped_or_made_up() {
    let sandbox = interactive();
    let page = authorization(&sandbox).get(&sandbox.authorization_endpoint()).await;
    for (path, name, value) in [
        ("decision", "decision", "allow"),
        ("sign-in", "user", "Practitioner/nobody"),
        ("patient", "patient", "nobody"),
    ] {
        assert_eq!(step(&sandbox, &page, path, name, value).await.status, 400, "{path}");
    }
    assert_eq!(
        step(&sandbox, &page, "patient", "patient", "felix-demostein")
            .await
            .status,
        403
    );
    let form = Form::of(&[("request", "made-up"), ("decision", "allow")]);
    assert_eq!(
        form.post(&format!("{}/authorize/decision", sandbox.origin()), &[])
            .await
            .status,
        400
    );
    for query in [
        "client=nobody&patient=felix-demostein",
        "client=my%20app%2B1&launch-url=http://127.0.0.1:1/other&patient=felix-demostein",
        "client=my%20app%2B1&patient=nobody",
        "patient=felix-demostein",
        "",
    ] {
        assert_eq!(
            get(&format!("{}/ehr/launch?{query}", sandbox.origin())).await.status,
            404,
            "{query}"
        );
    }
    for path in [
        "",
        "ehr/patient?id=felix-demostein",
        "ehr/launch?client=my%20app%2B1&patient=felix-demostein",
        "ehr/frame",
        "ehr/style.json",
    ] {
        let url = format!("{}{path}", sandbox.ehr_url());
        assert_eq!(send("POST", &url, &[], "").await.unwrap().status, 405, "{path}");
    }
    for path in [
        "ehr/patient",
        "ehr/patient?id=nobody",
        "ehr/frame",
        "ehr/frame?launch=made-up",
    ] {
        assert_eq!(get(&format!("{}{path}", sandbox.ehr_url())).await.status, 404, "{path}");
    }
    assert_eq!(get(&format!("{}/elsewhere", sandbox.origin())).await.status, 404);
}

#[actix_web::test]
async fn what_an_app_calls_itself_is_text_and_not_html() {
    let sandbox = interactive();
    let name = "<script>alert('x')</script>\"&";
    sandbox.register(SandboxClient::public(name, CALLBACK));
    sandbox.register_launch_url(name, "https://app.example.com/launch?x=1");
    let sign_in = authorization(&sandbox)
        .with("client_id", name)
        .get(&sandbox.authorization_endpoint())
        .await;
    is_page(&sign_in);
    assert!(
        sign_in
            .body
            .contains("&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;&quot;&amp;")
    );
    let chart = get(&format!("{}/ehr/patient?id=felix-demostein", sandbox.origin())).await;
    is_page(&chart);
    assert!(
        chart
            .body
            .contains("&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;&quot;&amp;")
    );
    let launched = get(&format!(
        "{}/ehr/launch?client={}&patient=felix-demostein",
        sandbox.origin(),
        url::form_urlencoded::byte_serialize(name.as_bytes()).collect::<String>()
    ))
    .await;
    assert!(
        launched
            .header("location")
            .unwrap()
            .starts_with("https://app.example.com/launch?x=1&iss=")
    );
}

#[actix_web::test]
async fn a_page_that_posts_the_answer_may_post_to_the_application_alone() {
    let sandbox = strict()
        .client(client(Kind::Public))
        .peculiarity(Peculiarity::FormPost)
        .start()
        .unwrap();
    let form = authorization(&sandbox);
    let page = form.post(&sandbox.authorization_endpoint(), &[]).await;
    assert!(page.body.contains("method=\"post\""), "{page:?}");
    let policy = page.header("content-security-policy").unwrap();
    assert!(
        policy.starts_with(
            "default-src 'none'; form-action http://127.0.0.1:7777; base-uri 'none'; frame-ancestors http://"
        ),
        "{policy}"
    );
}

#[actix_web::test]
async fn a_launch_url_with_a_fragment_gets_its_parameters_before_it() {
    let sandbox = interactive();
    let url = sandbox
        .ehr_launch("https://app.example.com/#/launch", "bruno-fixture")
        .url();
    assert!(url.starts_with("https://app.example.com/?iss=http"), "{url}");
    assert!(url.contains("&launch=") && url.ends_with("#/launch"), "{url}");
}
