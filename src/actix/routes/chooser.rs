//! Which EHR? The page for a person who starts at an application that works with several.

use actix_web::HttpRequest;

use crate::{
    actix::asked::Asked,
    config::Ehr,
    pages::{
        Audience, Page, PageAction, PageSearch,
        texts::{self, Listed},
    },
    protocol::{
        launch_request::{LaunchRequest, SignInWish},
        visible::visible,
    },
    smart_config::SmartConfig,
    web::{Origin, launch_href},
};

/// How many lines the page has; where there is more to choose from there is a search field.
const SHOWN: usize = 20;

/// The page with a link for each EHR. Without scripts; searching asks for the page again.
pub(super) async fn page(request: &HttpRequest, config: &SmartConfig, launch: &LaunchRequest) -> Page {
    let runtime = config.runtime();
    let asked = Asked::of(request, runtime);
    let words = asked.words();
    if runtime.registrations.are_none() {
        return texts::no_ehr(words);
    }
    if asked.audience != Audience::Document {
        return texts::which_ehr(words);
    }
    let search = launch.search().unwrap_or_default();
    let Ok(choices) = config.ehr_choices(search, SHOWN).await else {
        return texts::ehrs_unavailable(words);
    };
    if choices.found.is_empty() && search.is_empty() {
        return texts::which_ehr(words);
    }
    let paths = &runtime.settings.paths;
    let from = Origin {
        page: launch.return_to().map(|path| path.as_str()),
        after: launch.after().cloned(),
        ehr: None,
        sign_in: launch.sign_in(),
    };
    let whole_list = launch_href(paths, from.clone());
    let links = choices.found.iter().map(|choice| {
        let from = Origin {
            ehr: Some(&choice.fhir_base_url),
            ..from.clone()
        };
        // A person who may name an EHR in the resolver's database could make it look like another one.
        let label: String = visible(&choice.name).collect();
        let link = PageAction::new(&label, launch_href(paths, from));
        let link = match &choice.place {
            Some(place) => link.with_note(visible(place).collect::<String>()),
            None => link,
        };
        match &choice.logo {
            Some(logo) => link.with_logo(logo.clone()),
            None => link,
        }
    });
    let listed = match (choices.found.is_empty(), choices.more, search.is_empty()) {
        (true, ..) => Listed::NoneFound,
        (false, false, _) => Listed::All,
        (false, true, true) => Listed::Some,
        (false, true, false) => Listed::SomeFound,
    };
    let mut page = texts::choose_ehr(words, listed);
    page.choices = links.collect();
    if page.choices.is_empty() {
        page = page.with_other_action(words.labels.to_list, whole_list);
    }
    if choices.more || !search.is_empty() {
        let text: String = visible(search).collect();
        page.search = Some(PageSearch {
            kept: launch_fields(launch),
            ..PageSearch::new(paths.external(paths.launch()), text)
        });
    }
    page
}

/// The page for somebody whom an EHR sent here without saying for which patient.
pub(super) fn without_launch(request: &HttpRequest, config: &SmartConfig, launch: &LaunchRequest, ehr: &Ehr) -> Page {
    let asked = Asked::of(request, config.runtime());
    let words = asked.words();
    if asked.audience != Audience::Document {
        return texts::iss_alone_in_a_script(words);
    }
    let from = Origin {
        page: launch.return_to().map(|path| path.as_str()),
        after: launch.after().cloned(),
        ehr: Some(ehr.key()),
        sign_in: launch.sign_in(),
    };
    texts::iss_alone(words, launch_href(&config.runtime().settings.paths, from))
}

/// What the search must not forget.
fn launch_fields(launch: &LaunchRequest) -> Vec<(&'static str, String)> {
    let return_to = launch.return_to().map(|path| ("return_to", path.as_str().to_owned()));
    let after = launch.after().map(|after| ("after", after.as_str().to_owned()));
    let sign_in = (launch.sign_in() == SignInWish::Again).then(|| ("sign_in", "again".to_owned()));
    return_to.into_iter().chain(after).chain(sign_in).collect()
}
