//! Searching: any order, what is understood, sorting, pages, versions.

use serde_json::{Value, json};

use crate::support::*;

const ALL: &str = "launch/patient patient/*.rs";

async fn get_as(
    sandbox: &actix_smart_auth::sandbox::SandboxServer,
    token: &str,
    path: &str,
    more: &[(&str, &str)],
) -> Answer {
    let bearer = format!("Bearer {token}");
    let headers = [&[("authorization", bearer.as_str())], more].concat();
    let url = format!("{}/{path}", sandbox.fhir_base_url());
    send("GET", &url, &headers, "").await.unwrap()
}

fn link(bundle: &Value, relation: &str) -> Option<String> {
    let links = bundle["link"].as_array().unwrap();
    let link = links.iter().find(|link| link["relation"] == relation)?;
    Some(link["url"].as_str().unwrap().to_owned())
}

#[actix_web::test]
async fn parameters_in_any_order_give_the_same_answer() {
    let (sandbox, _) = sandbox(Kind::Public);
    let token = token(&sandbox, ALL).await;
    let orders = [
        "patient=amber-testwood&category=laboratory&code=nothing",
        "code=nothing&category=laboratory&patient=amber-testwood",
        "category=laboratory&code=nothing&patient=amber-testwood",
    ];
    for query in orders {
        let answer = fhir(&sandbox, &token, &format!("Observation?{query}")).await;
        assert_eq!((answer.status, &answer.json()["total"]), (200, &json!(0)), "{query}");
    }
    for query in [
        "code=nothing&patient=bruno-fixture",
        "patient=bruno-fixture&code=nothing",
    ] {
        let answer = fhir(&sandbox, &token, &format!("Observation?{query}")).await;
        assert_eq!(answer.status, 403, "{query}");
    }
}

#[actix_web::test]
async fn of_several_patients_those_in_reach_are_answered() {
    let (sandbox, _) = sandbox(Kind::Public);
    let token = token(&sandbox, ALL).await;
    let both = fhir(&sandbox, &token, "Observation?patient=bruno-fixture,amber-testwood")
        .await
        .json();
    assert!(ids(&both).iter().all(|id| id.starts_with("amber-testwood-")));
    assert_eq!(both["total"], 17);
    let absolute = format!("Observation?patient={}/Patient/amber-testwood", sandbox.fhir_base_url());
    assert_eq!(fhir(&sandbox, &token, &absolute).await.json()["total"], 17);
}

#[actix_web::test]
async fn what_is_not_understood_is_left_out_and_the_self_link_says_so() {
    let (sandbox, _) = sandbox(Kind::Public);
    let token = token(&sandbox, ALL).await;
    let bundle = fhir(&sandbox, &token, "Patient?mood=good&gender=female&_include=x")
        .await
        .json();
    assert_eq!(ids(&bundle), ["amber-testwood"]);
    assert_eq!(
        link(&bundle, "self"),
        Some(format!("{}/Patient?gender=female", sandbox.fhir_base_url()))
    );
    let strict = [("prefer", "return=minimal, handling=strict")];
    for query in ["mood=good", "_include=x", "_sort=mood"] {
        let answer = get_as(&sandbox, &token, &format!("Patient?{query}"), &strict).await;
        is_outcome(&answer, 400);
        assert_eq!(
            fhir(&sandbox, &token, &format!("Patient?{query}")).await.status,
            200,
            "{query}"
        );
    }
    assert_eq!(
        get_as(&sandbox, &token, "Patient?gender=female", &strict).await.status,
        200
    );
}

#[actix_web::test]
async fn a_value_that_cannot_be_compared_is_an_error_whatever_is_preferred() {
    let (sandbox, _) = sandbox(Kind::Public);
    let token = token(&sandbox, ALL).await;
    for query in [
        "date=soon",
        "code=",
        "code:text=x",
        "_count=many",
        "_count=-1",
        "_offset=x",
        "code:missing=perhaps",
    ] {
        is_outcome(&fhir(&sandbox, &token, &format!("Observation?{query}")).await, 400);
    }
}

#[actix_web::test]
async fn results_are_sorted_by_what_is_asked_for() {
    let (sandbox, _) = sandbox(Kind::Public);
    let token = token(&sandbox, "user/*.rs").await;
    let sorted = |query: &'static str| {
        let (sandbox, token) = (&sandbox, &token);
        async move {
            let bundle = fhir(sandbox, token, query).await.json();
            ids(&bundle).into_iter().map(str::to_owned).collect::<Vec<_>>()
        }
    };
    let patients = sandbox.patients().into_iter();
    let mut by_birth: Vec<_> = patients.map(|it| (it.birth_date, it.id)).collect();
    by_birth.sort_unstable();
    let by_birth: Vec<_> = by_birth.into_iter().map(|(_, id)| id).collect();
    assert_eq!(sorted("Patient?_sort=birthdate").await, by_birth);
    let mut reversed = sorted("Patient?_sort=-birthdate").await;
    reversed.reverse();
    assert_eq!(reversed, by_birth);
    let by_gender_and_name = sorted("Patient?_sort=gender,-family").await;
    assert_eq!(by_gender_and_name[0], "amber-testwood");
    assert_eq!(by_gender_and_name.last().unwrap(), "greta-o-placeholder");
    let oldest_first = sorted("Observation?_sort=date&_count=100").await;
    let mut newest_first = sorted("Observation?_sort=-date,_id&_count=100").await;
    assert_eq!(oldest_first.len(), newest_first.len());
    let day = |id: &str| id.rsplit_once('-').unwrap().1.to_owned();
    newest_first.reverse();
    let days = |ids: &[String]| ids.iter().map(|id| day(id)).collect::<Vec<_>>();
    assert_eq!(days(&oldest_first), days(&newest_first));
    assert!(days(&oldest_first).is_sorted());
}

#[actix_web::test]
async fn a_count_of_nothing_gives_the_total_alone() {
    let (sandbox, _) = sandbox(Kind::Public);
    let token = token(&sandbox, ALL).await;
    for query in ["_count=0", "_summary=count"] {
        let bundle = fhir(&sandbox, &token, &format!("Observation?{query}")).await.json();
        assert_eq!((&bundle["total"], bundle.get("entry")), (&json!(17), None), "{query}");
        assert_eq!(link(&bundle, "next"), None, "{query}");
    }
}

#[actix_web::test]
async fn pages_lead_forward_and_back() {
    let (sandbox, _) = sandbox(Kind::Public);
    let token = token(&sandbox, ALL).await;
    let first = fhir(&sandbox, &token, "Observation?_count=10").await.json();
    assert_eq!((ids(&first).len(), link(&first, "previous")), (10, None));
    let next = link(&first, "next").unwrap();
    let bearer = format!("Bearer {token}");
    let second = send("GET", &next, &[("authorization", &bearer)], "")
        .await
        .unwrap()
        .json();
    assert_eq!((ids(&second).len(), link(&second, "next")), (7, None));
    let back = link(&second, "previous").unwrap();
    let again = send("GET", &back, &[("authorization", &bearer)], "")
        .await
        .unwrap()
        .json();
    assert_eq!(ids(&again), ids(&first));
}

#[actix_web::test]
async fn dates_and_what_is_missing_can_be_asked_for() {
    let (sandbox, _) = sandbox(Kind::Public);
    let token = token(&sandbox, ALL).await;
    let total = |query: &'static str| {
        let (sandbox, token) = (&sandbox, &token);
        async move { fhir(sandbox, token, query).await.json()["total"].as_u64().unwrap() }
    };
    assert_eq!(
        total("Observation?date=ge2025-01-01").await + total("Observation?date=lt2025-01-01").await,
        17
    );
    assert_eq!(total("Observation?_lastUpdated=gt2000").await, 17);
    assert_eq!(total("Observation?_lastUpdated=lt2000").await, 0);
    assert_eq!(total("Patient?birthdate=1961-03-14").await, 1);
    assert_eq!(total("Patient?identifier=SBX-1037").await, 1);
    assert_eq!(
        total("Patient?identifier=urn:actix-smart-auth:sandbox:record-number|").await,
        1
    );
    assert_eq!(total("Patient?gender:missing=true").await, 0);
    assert_eq!(total("DocumentReference?type=11506-3&encounter=visit-102").await, 0);
    assert_eq!(total("DocumentReference?type=11506-3").await, 1);
}

#[actix_web::test]
async fn a_resource_has_a_version_and_is_not_sent_again_to_who_has_it() {
    let (sandbox, _) = sandbox(Kind::Public);
    let token = token(&sandbox, ALL).await;
    let answer = fhir(&sandbox, &token, "Patient/amber-testwood").await;
    assert_eq!(answer.header("etag"), Some("W/\"1\""));
    assert_eq!(answer.json()["meta"]["versionId"], "1");
    assert_eq!(answer.json()["meta"]["lastUpdated"], "2025-07-01T00:00:00.000Z");
    assert_eq!(answer.header("last-modified"), Some("Tue, 01 Jul 2025 00:00:00 GMT"));
    let known = get_as(
        &sandbox,
        &token,
        "Patient/amber-testwood",
        &[("if-none-match", "W/\"0\", W/\"1\"")],
    )
    .await;
    assert_eq!((known.status, known.body.as_str()), (304, ""));
    let other = get_as(
        &sandbox,
        &token,
        "Patient/amber-testwood",
        &[("if-none-match", "W/\"0\"")],
    )
    .await;
    assert_eq!(other.status, 200);
}

#[actix_web::test]
async fn a_head_request_gets_the_head_of_what_get_gets() {
    let (sandbox, _) = sandbox(Kind::Public);
    let bearer = format!("Bearer {}", token(&sandbox, ALL).await);
    for (path, status) in [
        ("Patient/amber-testwood", 200),
        ("Patient", 200),
        ("metadata", 200),
        ("Patient/bruno-fixture", 403),
        ("Patient/nobody", 404),
        (".well-known/smart-configuration", 200),
    ] {
        let url = format!("{}/{path}", sandbox.fhir_base_url());
        let [head, get] = ["HEAD", "GET"].map(|method| {
            let (url, bearer) = (url.clone(), bearer.clone());
            async move { sent(method, &url, &[("authorization", &bearer)], "").await }
        });
        let (head, get) = (head.await, get.await);
        assert_eq!(
            (head.status, head.body.as_str(), get.status),
            (status, "", status),
            "{path}"
        );
        let length = get.body.len().to_string();
        for answer in [&head, &get] {
            assert_eq!(answer.header("content-length"), Some(length.as_str()), "{path}");
        }
        assert_eq!(head.header("content-type"), get.header("content-type"), "{path}");
        assert_eq!(head.header("etag"), get.header("etag"), "{path}");
    }
}

#[actix_web::test]
async fn another_method_is_told_which_there_are() {
    let (sandbox, _) = sandbox(Kind::Public);
    let bearer = format!("Bearer {}", token(&sandbox, ALL).await);
    for (method, path, allow) in [
        ("DELETE", "Patient", "GET, HEAD, POST"),
        ("POST", "metadata", "GET, HEAD"),
        ("POST", "Patient/amber-testwood", "GET, HEAD, PUT, PATCH, DELETE"),
        ("PUT", "Patient/_search", "POST"),
    ] {
        let url = format!("{}/{path}", sandbox.fhir_base_url());
        let answer = send(method, &url, &[("authorization", &bearer)], "").await.unwrap();
        assert_eq!(
            (answer.status, answer.header("allow")),
            (405, Some(allow)),
            "{method} {path}"
        );
    }
}

#[actix_web::test]
async fn xml_is_not_answered_and_the_parameter_counts_more_than_the_header() {
    let (sandbox, _) = sandbox(Kind::Public);
    let token = token(&sandbox, ALL).await;
    for (path, accept, status) in [
        ("Patient/amber-testwood", "application/fhir+xml", 406),
        (
            "Patient/amber-testwood",
            "application/fhir+json, application/fhir+xml;q=0.5",
            200,
        ),
        ("Patient/amber-testwood", "*/*", 200),
        ("Patient/amber-testwood?_format=xml", "application/fhir+json", 406),
        ("Patient/amber-testwood?_format=json", "application/fhir+xml", 200),
        ("metadata", "application/fhir+xml", 406),
    ] {
        let answer = get_as(&sandbox, &token, path, &[("accept", accept)]).await;
        assert_eq!(answer.status, status, "{path} {accept}");
    }
}

#[actix_web::test]
async fn a_scope_with_a_query_of_any_supported_parameter_lets_through_what_it_names() {
    let (sandbox, _) = sandbox(Kind::Public);
    let heart_rate = "Observation/amber-testwood-8867-4-20250512";
    let long_term = "Observation/amber-testwood-4548-4-20250512";
    for (constraint, first, second) in [
        ("code=8867-4", 200, 403),
        ("code=http://loinc.org|4548-4", 403, 200),
        ("status=final", 200, 200),
        ("date=ge2025-01-01", 200, 200),
        ("date=lt2025-01-01", 403, 403),
        ("category=laboratory&code=4548-4", 403, 200),
        ("category=laboratory&code=8867-4", 403, 403),
    ] {
        let token = token(&sandbox, &format!("launch/patient patient/Observation.rs?{constraint}")).await;
        assert_eq!(fhir(&sandbox, &token, heart_rate).await.status, first, "{constraint}");
        assert_eq!(fhir(&sandbox, &token, long_term).await.status, second, "{constraint}");
    }
}

#[actix_web::test]
async fn a_scope_that_the_server_could_not_hold_to_its_query_is_refused() {
    for builder in [strict(), actix_smart_auth::sandbox::SandboxServer::builder()] {
        let sandbox = builder.client(client(Kind::Public)).start().unwrap();
        for scope in [
            "patient/Observation.rs?mood=good",
            "patient/Observation.rs?date=soon",
            "patient/*.rs?code=1",
        ] {
            let request = authorization(&sandbox).with("scope", &format!("launch/patient {scope}"));
            let answer = request.get(&sandbox.authorization_endpoint()).await;
            assert_eq!(answer.location("error").as_deref(), Some("invalid_scope"), "{scope}");
            assert!(answer.location("error_description").unwrap().contains(scope));
        }
    }
}

#[actix_web::test]
async fn the_capability_statement_names_what_the_search_understands() {
    let (sandbox, _) = sandbox(Kind::Public);
    let statement = get(&format!("{}/metadata", sandbox.fhir_base_url())).await.json();
    let token = token(&sandbox, "user/*.rs").await;
    let example = |kind: &str| match kind {
        "date" => "2025",
        "reference" => "amber-testwood",
        _ => "x",
    };
    for resource in statement["rest"][0]["resource"].as_array().unwrap() {
        let resource_type = resource["type"].as_str().unwrap();
        for parameter in resource["searchParam"].as_array().unwrap() {
            let (name, kind) = (parameter["name"].as_str().unwrap(), parameter["type"].as_str().unwrap());
            let path = format!("{resource_type}?{name}={}", example(kind));
            let answer = get_as(&sandbox, &token, &path, &[("prefer", "handling=strict")]).await;
            assert_eq!(answer.status, 200, "{path}: {}", answer.body);
        }
    }
}
