//! Links that begin a launch in the application.

use url::form_urlencoded::Serializer;

use crate::{config::Paths, protocol::return_to::ReturnTo};

/// The address of the launch route, with where to come back to and the ended launch that the person comes from.
///
/// `from` is the path and query of the request; what cannot be a return path is left out.
pub(super) fn launch_href(paths: &Paths, from: Option<&str>, after: Option<&str>) -> String {
    let return_to = from
        .and_then(|from| ReturnTo::parse(from).ok())
        .map(|from| from.without_launch_segment())
        .filter(|path| path.as_str() != "/");
    let mut query = Serializer::new(String::new());
    if let Some(path) = &return_to {
        query.append_pair("return_to", path.as_str());
    }
    if let Some(launch) = after {
        query.append_pair("after", launch);
    }
    let query = query.finish();
    let launch = paths.external(paths.launch());
    if query.is_empty() {
        launch
    } else {
        format!("{launch}?{query}")
    }
}
