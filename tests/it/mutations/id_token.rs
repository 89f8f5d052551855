//! The id token: its header, its parts, and the signature. The claims are next door.

use actix_smart_auth::error::{IdTokenError, IdentityError, TokenPart};
use serde_json::{Value, json};

use super::{
    good::{Good, header, text},
    id_token_claims::claim_rows,
    launches::Launches,
    rows::{
        Change::Removed, IDENTITY, Outcome, Row, Tokens, again, assert_complete, members_of, row, same, set, text_of,
    },
    signer::{RS256, encode},
};

pub(super) fn refused(error: IdTokenError) -> Outcome {
    Outcome::Refused {
        error: format!("Identity({:?})", IdentityError::IdToken(error)),
        page: IDENTITY,
        tokens: Tokens::Revoked,
    }
}

#[rustfmt::skip]
fn header_rows() -> Vec<Row> {
    use IdTokenError as E;
    let unknown = |name: &str| refused(E::UnknownAlgorithm { name: name.to_owned() });
    let twice = || refused(E::RepeatedMember(TokenPart::Header));
    vec![
        row("alg", Removed, refused(E::NoAlgorithm)),
        row("alg", set(Value::Null), refused(E::NoAlgorithm)),
        row("alg", set(256), refused(E::NoAlgorithm)),
        row("alg", set(""), unknown("unknown")),
        row("alg", set("none"), refused(E::Unsigned)),
        row("alg", set("nOnE"), refused(E::Unsigned)),
        row("alg", set("HS256"), refused(E::SymmetricAlgorithm)),
        row("alg", set("ES512"), refused(E::OtherKeyFamily)),
        row("alg", set("RS384"), refused(E::OtherKeyAlgorithm)),
        row("alg", set("PS256"), refused(E::OtherKeyAlgorithm)),
        row("alg", set("ES256"), refused(E::OtherKeyFamily)),
        row("alg", again("none"), twice()),

        row("kid", Removed, same("only one key fits the algorithm")),
        row("kid", set(Value::Null), same("it is as absent")),
        row("kid", set(1), refused(E::MalformedKeyId)),
        row("kid", set(""), refused(E::UnknownKey)),
        row("kid", set("k2"), refused(E::UnknownKey)),
        row("kid", set("spare"), refused(E::OtherKeyFamily)),
        row("kid", again("spare"), twice()),

        row("typ", Removed, same("it is optional")),
        row("typ", set(Value::Null), same("it is as absent")),
        row("typ", set(1), refused(E::OtherType)),
        row("typ", set(""), refused(E::OtherType)),
        row("typ", set("at+jwt"), refused(E::OtherType)),
        row("typ", set("application/jwt"), same("it is the same, written in full (RFC 7515, section 4.1.9)")),
        row("typ", again("at+jwt"), twice()),

        row("crit", set(json!(["exp"])), refused(E::CriticalExtension)),
        row("cty", set("JWT"), refused(E::Nested)),
        row("cty", set("json"), same("it says what the claims are")),
        row("jwk", set(json!({ "kty": "oct", "k": "AA" })), same("a key that a token brings along is not looked at")),
        row("jku", set("https://evil.example/jwks"), same("nothing is fetched because a token says so")),
        row("x5u", set("https://evil.example/x5u"), same("nothing is fetched because a token says so")),
    ]
}

/// How a token is put together, from the good one's three parts.
type Parts = fn([&str; 3]) -> String;

/// A text for a `field` that is no member of JSON.
struct Form {
    part: &'static str,
    name: &'static str,
    make: Parts,
    outcome: Outcome,
}

#[rustfmt::skip]
fn forms() -> Vec<Form> {
    use IdTokenError as E;
    use TokenPart::{Claims, Header, Signature};
    let form = |part, name, make, error| Form { part, name, make, outcome: refused(error) };
    vec![
        form("token", "one part", |[a, _, _]| a.to_owned(), E::NotThreeParts),
        form("token", "two parts", |[a, b, _]| format!("{a}.{b}"), E::NotThreeParts),
        form("token", "four parts", |[a, b, c]| format!("{a}.{b}.{c}.{c}"), E::NotThreeParts),
        form("token", "five parts", |[a, b, c]| format!("{a}.{b}.{c}.{c}.{c}"), E::Encrypted),
        form("token", "too long", |[a, b, c]| format!("{a}.{b}.{c}{}", "A".repeat(65_536)), E::TooLarge),
        form("header", "empty", |[_, b, c]| format!(".{b}.{c}"), E::NotJson(Header)),
        form("header", "no base64url", |[a, b, c]| format!("{a}=.{b}.{c}"), E::NotBase64(Header)),
        form("header", "no JSON", |[_, b, c]| format!("{}.{b}.{c}", encode("x")), E::NotJson(Header)),
        form("header", "an array", |[_, b, c]| format!("{}.{b}.{c}", encode("[]")), E::NotAnObject(Header)),
        form("claims", "no base64url", |[a, b, c]| format!("{a}.{b}+.{c}"), E::NotBase64(Claims)),
        form("claims", "no JSON, well signed", |_| RS256.sign(&text(header()), "x"), E::NotJson(Claims)),
        form("claims", "an array, well signed", |_| RS256.sign(&text(header()), "[]"), E::NotAnObject(Claims)),
        form("signature", "no base64url", |[a, b, c]| format!("{a}.{b}.{c}%"), E::NotBase64(Signature)),
        form("signature", "removed", |[a, b, _]| format!("{a}.{b}."), E::BadSignature),
        form("signature", "changed", |[a, b, c]| format!("{a}.{b}.{}", flipped(c)), E::BadSignature),
        form("signature", "of something else", |[a, b, _]| {
            let other = RS256.sign("{}", "{}");
            format!("{a}.{b}.{}", other.rsplit_once('.').unwrap().1)
        }, E::BadSignature),
    ]
}

/// Another first letter.
fn flipped(signature: &str) -> String {
    let first = if signature.starts_with('A') { 'B' } else { 'A' };
    format!("{first}{}", &signature[1..])
}

#[actix_web::test]
async fn every_change_of_the_header_of_an_id_token_has_its_outcome_in_a_whole_launch() {
    let launches = Launches::new().await;
    let rows = header_rows();
    assert_complete(&rows, &header(), &members_of(&header()));
    for row in &rows {
        let served = |good: &Good| {
            let header = text_of(&header(), row.field, &row.change);
            good.with_id_token(&RS256.sign(&header, &text(good.claims())))
        };
        launches.check(row, &served).await;
    }
    println!("{} changes of a header", rows.len());
    let shared = [
        (
            "Identity(IdToken(RepeatedMember(Header",
            "that a name comes twice is enough to say",
        ),
        (
            "Identity(IdToken(OtherKeyFamily",
            "a key and an algorithm do not fit, and either may be the wrong one",
        ),
    ];
    launches.end("header of the id token", &shared).await;
}

#[actix_web::test]
async fn every_change_of_a_claim_of_an_id_token_has_its_outcome_in_a_whole_launch() {
    let launches = Launches::new().await;
    let rows = claim_rows();
    let example = Good::example();
    let own = rows
        .iter()
        .map(|it| row(it.field, example.made_its_own(&it.change), same("")));
    assert_complete(
        &own.collect::<Vec<_>>(),
        &example.claims(),
        &members_of(&example.claims()),
    );
    for row in &rows {
        let served = |good: &Good| {
            let claims = text_of(&good.claims(), row.field, &good.made_its_own(&row.change));
            good.with_id_token(&RS256.sign(&text(header()), &claims))
        };
        launches.check(row, &served).await;
    }
    println!("{} changes of a claim", rows.len());
    let shared = [(
        "Identity(IdToken(RepeatedMember(Claims",
        "that a name comes twice is enough to say",
    )];
    launches.end("claims of the id token", &shared).await;
}

#[actix_web::test]
async fn every_change_of_the_form_of_an_id_token_has_its_outcome_in_a_whole_launch() {
    let launches = Launches::new().await;
    let forms = forms();
    println!("{} changes of the form", forms.len());
    for Form {
        part,
        name,
        make,
        outcome,
    } in forms
    {
        let served = |good: &Good| {
            let token = RS256.sign(&text(header()), &text(good.claims()));
            let mut parts = token.split('.');
            let mut next = || parts.next().unwrap();
            good.with_id_token(&make([next(), next(), next()]))
        };
        launches.check(&row(part, set(name), outcome), &served).await;
    }
    launches.end("form of the id token", &[]).await;
}

#[actix_web::test]
async fn the_id_token_of_another_launch_opens_none() {
    let launches = Launches::new().await;
    let another = std::cell::RefCell::new(String::new());
    let first = row("id_token", set("the good one"), same("it is kept for the next launch"));
    let keep = |good: &Good| {
        let mut claims = good.claims();
        claims.insert("exp".to_owned(), json!(good.now + 7_200));
        let token = RS256.sign(&text(header()), &text(claims));
        another.replace(token.clone());
        good.with_id_token(&token)
    };
    launches.check(&first, &keep).await;
    let second = row("id_token", set("of another launch"), refused(IdTokenError::OtherNonce));
    launches
        .check(&second, &|good| good.with_id_token(&another.borrow()))
        .await;
    launches.end("id token of another launch", &[]).await;
}
