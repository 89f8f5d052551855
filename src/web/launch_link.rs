//! Links that begin a launch in the application.

use url::form_urlencoded::Serializer;

use crate::{
    config::Paths,
    protocol::{after::After, launch_request::SignInWish, return_to::ReturnTo},
};

/// What a new launch has to know of where the person comes from.
#[derive(Debug, Clone, Default)]
pub(crate) struct Origin<'a> {
    /// Path and query of the request, to come back to, with the segment of its launch. What cannot be a return path is
    /// left out.
    pub(crate) page: Option<&'a str>,
    /// The launch that the page was in.
    pub(crate) after: Option<After>,
    /// The EHR of that launch, where there are several to choose from.
    pub(crate) ehr: Option<&'a str>,
    /// Whether a new sign-in is asked for.
    pub(crate) sign_in: SignInWish,
}

/// The address of the launch route.
pub(crate) fn launch_href(paths: &Paths, from: Origin<'_>) -> String {
    let return_to = from
        .page
        .and_then(|from| ReturnTo::parse(from).ok())
        .filter(|path| path.clone().without_launch_segment().as_str() != "/");
    let mut query = Serializer::new(String::new());
    if let Some(path) = &return_to {
        query.append_pair("return_to", path.as_str());
    }
    if let Some(after) = from.after {
        query.append_pair("after", after.as_str());
    }
    if let Some(ehr) = from.ehr {
        query.append_pair("ehr", ehr);
    }
    if from.sign_in == SignInWish::Again {
        query.append_pair("sign_in", "again");
    }
    let query = query.finish();
    let launch = paths.external(paths.launch());
    if query.is_empty() {
        launch
    } else {
        format!("{launch}?{query}")
    }
}
