use super::*;

#[test]
fn a_code_exchange_repeats_the_redirect_uri_and_proves_possession() {
    let form = TokenForm::exchange(
        &AuthorizationCode::new("co+de/&="),
        "https://app.example/auth/callback?x=1",
        &CodeVerifier::new("verifier~"),
    );
    assert_eq!(
        form.into_body(),
        "grant_type=authorization_code&code=co%2Bde%2F%26%3D\
             &redirect_uri=https%3A%2F%2Fapp.example%2Fauth%2Fcallback%3Fx%3D1&code_verifier=verifier%7E"
    );
}

#[test]
fn a_refresh_names_scopes_only_when_told_to() {
    let token = RefreshToken::new("r t");
    assert_eq!(
        TokenForm::refresh(&token, None).into_body(),
        "grant_type=refresh_token&refresh_token=r+t"
    );
    let mut form = TokenForm::refresh(&token, Some(&Scopes::parse("a b|c")));
    form.push("client_id", "id");
    assert_eq!(
        form.into_body(),
        "grant_type=refresh_token&refresh_token=r+t&scope=a+b%7Cc&client_id=id"
    );
}

#[test]
fn a_form_about_a_token_has_the_token_and_its_kind() {
    assert_eq!(
        TokenForm::about_access_token(&AccessToken::new("a+t")).into_body(),
        "token=a%2Bt&token_type_hint=access_token"
    );
    assert_eq!(
        TokenForm::about_refresh_token(&RefreshToken::new("r=t")).into_body(),
        "token=r%3Dt&token_type_hint=refresh_token"
    );
}

#[test]
fn debug_output_shows_names_only() {
    let form = TokenForm::refresh(&RefreshToken::new("MARKER"), Some(&Scopes::parse("MARKER")));
    assert_eq!(
        format!("{form:?}"),
        r#"TokenForm(["grant_type", "refresh_token", "scope"])"#
    );
}
