//! How the EHR answers where its sign-in page is: asked for as a browser asks for it in a standalone launch.
//!
//! A page is for people: from here an error page with status 200 looks like any other. So nothing is said of what it shows.

use url::Url;

use super::{check::Check, finding::Findings, options::Trial, subject::Subject, trouble::Trouble};
use crate::{
    config::StandaloneLaunch,
    launch::begin::{Start, begin},
    protocol::{
        authorization::AuthorizationRedirect,
        ehr_text::error_code,
        http::{HttpRequest, HttpResponse},
        transport_error::TransportError,
        visible::without_query,
    },
    store::ReturnFor,
};

/// How the address of the page is configured.
const SETTING: &str = "the `authorization_endpoint` of the EHR's metadata";

const NOT_REGISTERED: &str = "Most often the redirect URI or the client id is registered in another spelling: compare both with what is \
                              printed first, character by character (localhost or 127.0.0.1, http or https, port, last slash). Open \
                              the application in a browser: the EHR's page may say more.";

pub(super) async fn look(subject: &Subject, findings: &mut Findings) {
    if subject.options.sign_in_page == Trial::Skipped {
        findings.not_checked(Check::SignInPage, "The sign-in page was not to be asked for.");
        return;
    }
    if subject.runtime.settings.policies.standalone != StandaloneLaunch::Offered {
        findings.not_checked(
            Check::SignInPage,
            "Standalone launches are not offered, and nobody but the EHR can begin one from the EHR.",
        );
        return;
    }
    let request = match request(subject).await {
        Ok(request) => request,
        Err(why) => {
            findings.not_checked(Check::SignInPage, format!("A launch cannot begin now: {why}."));
            return;
        }
    };
    let endpoint = request.url.clone();
    match subject.runtime.transport().send(request).await {
        Ok(response) => judge(subject, &endpoint, &response, findings),
        // What it is, and with which status, is not known then.
        Err(TransportError::BodyTooLarge | TransportError::ContentCoding | TransportError::DamagedBody) => findings.not_checked(
            Check::SignInPage,
            "The EHR's answer is too large or packed in a way that is not read here. Open the application in a browser to see what it is.",
        ),
        Err(error) => {
            let trouble = Trouble::of_transport(error, endpoint.as_str(), SETTING);
            findings.warning(
                Check::SignInPage,
                format!("{} The person's browser may reach it all the same.", trouble.found),
                trouble.cure,
            );
        }
    }
}

/// What a browser would be sent to the EHR with.
async fn request(subject: &Subject) -> Result<HttpRequest, String> {
    let start = Start {
        from_ehr: None,
        scopes: None,
        return_to: None,
        return_for: ReturnFor::Anyone,
        sign_in: None,
    };
    let begun = begin(&subject.runtime, &subject.ehr, start).await;
    let (redirect, _, _) = begun.map_err(|error| error.to_string())?;
    let timeout = subject.runtime.settings.http.request_timeout;
    let mut request = match redirect {
        AuthorizationRedirect::Get(url) => HttpRequest::get(url, timeout),
        AuthorizationRedirect::Post(form) => {
            let url = Url::parse(&form.action).map_err(|error| error.to_string())?;
            let body = url::form_urlencoded::Serializer::new(String::new())
                .extend_pairs(form.fields)
                .finish();
            HttpRequest::post_form(url, body, timeout)
        }
    };
    // A page for people is what is asked for.
    request.headers.retain(|(name, _)| *name != "Accept");
    request.headers.push(("Accept", "text/html, */*;q=0.1".to_owned()));
    request.addresses = subject.ehr.addresses().clone();
    Ok(request)
}

fn judge(subject: &Subject, endpoint: &Url, response: &HttpResponse, findings: &mut Findings) {
    let status = response.status;
    match status {
        200..=299 => findings.ok(
            Check::SignInPage,
            format!("The EHR answers with a page (status {status}), without an error that can be seen from here."),
        ),
        300..=399 => match sent_to(subject, endpoint, response) {
            SentTo::Callback(error) => findings.warning(
                Check::SignInPage,
                format!("The EHR knows the redirect URI and sends the browser back with `{error}`, without a sign-in."),
                "If it is about scopes, compare SMART_SCOPES with what is registered. Else try a launch, and ask the EHR's administrators \
                 what the code means.",
            ),
            SentTo::ErrorPage(address) => findings.warning(
                Check::SignInPage,
                format!("The EHR sends the browser on to {address}, which looks like a page about an error."),
                NOT_REGISTERED,
            ),
            SentTo::Elsewhere(address) => findings.ok(
                Check::SignInPage,
                format!("The EHR sends the browser on to {address}, without an error that can be seen from here."),
            ),
            SentTo::Nowhere => findings.warning(
                Check::SignInPage,
                format!("The EHR answers with status {status} and says no address to go on to."),
                NOT_REGISTERED,
            ),
        },
        400 => findings.failure(
            Check::SignInPage,
            "The EHR shows an error (status 400) in place of its sign-in page.",
            NOT_REGISTERED,
        ),
        _ => findings.warning(
            Check::SignInPage,
            format!("The EHR answers with status {status} in place of its sign-in page; it may want a browser."),
            NOT_REGISTERED,
        ),
    }
}

/// Where a redirect leads the browser. Addresses are without their query, as a log line has them.
enum SentTo {
    /// To our callback already, with this error.
    Callback(String),
    /// To an address that names an error.
    ErrorPage(String),
    Elsewhere(String),
    /// There is no address, or none that can be read.
    Nowhere,
}

fn sent_to(subject: &Subject, endpoint: &Url, response: &HttpResponse) -> SentTo {
    let Some(target) = response
        .header("location")
        .and_then(|location| endpoint.join(location).ok())
    else {
        return SentTo::Nowhere;
    };
    let own = subject.ehr.redirect_url();
    let error = target.query_pairs().find(|(name, _)| name == "error");
    if let Some((_, error)) = &error
        && own.is_some_and(|own| target.origin() == own.origin() && target.path() == own.path())
    {
        return SentTo::Callback(error_code(error));
    }
    let address = without_query(&target);
    if error.is_some() || target.path().to_ascii_lowercase().contains("error") {
        return SentTo::ErrorPage(address);
    }
    SentTo::Elsewhere(address)
}
