//! A made-up launch in front of handlers: as requests, and as what a handler takes.

use actix_web::{
    App, FromRequest, HttpRequest,
    dev::ServiceResponse,
    test::{self, TestRequest},
    web::ServiceConfig,
};

use super::TestLaunch;
use crate::{
    actix::{LAUNCH_PARAMETER, SmartAuth, installed},
    config::LaunchNaming,
};

impl TestLaunch {
    /// A request to a path of the application inside this launch (`/`, `/labs`), with the launch's cookie, as a page of the
    /// application sends it. Change its method, its headers and its body as usual.
    pub fn request(&self, path: &str) -> TestRequest {
        let naming = self.config().runtime().settings.paths.naming();
        let uri = match naming {
            LaunchNaming::ByPath => format!("/~{}{path}", self.id().as_str()),
            LaunchNaming::DangerOnePerBrowser => path.to_owned(),
        };
        let cookie = format!(
            "{}={}.{}",
            self.config().runtime().settings.cookies.launch,
            self.id().as_str(),
            self.secret.expose_secret()
        );
        TestRequest::with_uri(&uri)
            .param(LAUNCH_PARAMETER, self.id().as_str().to_owned())
            .insert_header(("cookie", cookie))
            .insert_header(("accept", "text/html,application/xhtml+xml,*/*;q=0.8"))
            .insert_header(("sec-fetch-mode", "navigate"))
            .insert_header(("sec-fetch-dest", "document"))
            .insert_header(("sec-fetch-site", "same-origin"))
    }

    /// The same as a script of the application sends it: JSON is wanted.
    pub fn script_request(&self, path: &str) -> TestRequest {
        self.request(path)
            .insert_header(("accept", "application/json"))
            .insert_header(("sec-fetch-mode", "cors"))
            .insert_header(("sec-fetch-dest", "empty"))
    }

    /// Sends a request through these routes with [`SmartAuth`] around them: for guards, and for what a browser gets.
    ///
    /// # Examples
    ///
    /// ```
    /// use actix_smart_auth::{RequireScope, launch_scope, testing::TestLaunch};
    /// use actix_web::{HttpResponse, web};
    ///
    /// fn routes(app: &mut web::ServiceConfig) {
    ///     app.service(
    ///         launch_scope()
    ///             .wrap(RequireScope::new("patient/Observation.rs").expect("a scope"))
    ///             .route("/labs", web::get().to(HttpResponse::Ok)),
    ///     );
    /// }
    ///
    /// # #[actix_web::main]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let launch = TestLaunch::of_patient("p1").scopes("patient/Patient.rs").open().await?;
    /// let answer = launch.call(routes, launch.request("/labs")).await;
    /// assert_eq!(answer.status(), 403);
    /// # Ok(())
    /// # }
    /// ```
    pub async fn call(&self, routes: impl FnOnce(&mut ServiceConfig), request: TestRequest) -> ServiceResponse {
        let app = App::new().configure(routes).wrap(SmartAuth::new(self.config().clone()));
        let app = test::init_service(app).await;
        test::call_service(&app, request.to_request())
            .await
            .map_into_boxed_body()
    }

    /// What a handler takes: [`Patient`](crate::Patient), [`SmartSession`](crate::SmartSession), [`Encounter`](crate::Encounter),
    /// [`FhirUser`](crate::FhirUser), your own extractors on top of them. Loaded now, as for a new request.
    ///
    /// # Errors
    ///
    /// What the extractor refuses.
    pub async fn extract<E: FromRequest>(&self) -> Result<E, E::Error> {
        E::extract(&self.http_request("/")).await
    }

    /// A request as handlers and extractors see it, for those that take [`HttpRequest`] itself.
    #[must_use]
    pub fn http_request(&self, path: &str) -> HttpRequest {
        installed(self.request(path), self.config()).to_http_request()
    }
}
