//! The lines of a page that asks which EHR: [`Lines`].

use std::collections::{HashMap, HashSet};

use crate::{
    config::resolver::{Choices, EhrChoice},
    protocol::{look::look_of, urls::FhirBaseUrl},
};

/// What a person can choose from, each with its turn.
#[derive(Debug, Default)]
pub(super) struct Lines {
    lines: Vec<(usize, EhrChoice)>,
    /// Whether there are some that are not here.
    more: bool,
}

impl Lines {
    /// Adds the names of one EHR. It gets its second line when all others have had one.
    pub(super) fn add_names(&mut self, names: Choices) {
        self.lines.extend(names.found.into_iter().enumerate());
        self.more |= names.more;
    }

    /// Adds what has an order of its own, in which it stays.
    pub(super) fn add_in_order(&mut self, choices: Vec<EhrChoice>) {
        self.lines.extend(choices.into_iter().map(|choice| (0, choice)));
    }

    /// Says that there may be some that nobody knows for the moment.
    pub(super) fn add_unknown(&mut self) {
        self.more = true;
    }

    pub(super) fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }

    /// The first so many. Nothing is there twice, and no two look the same.
    pub(super) fn first(mut self, limit: usize) -> Choices {
        // Stable: within a turn the order stays.
        self.lines.sort_by_key(|(turn, _)| *turn);
        let mut seen = HashSet::new();
        let lines = self.lines.into_iter().map(|(_, choice)| choice);
        let mut found: Vec<_> = lines
            .filter(|choice| seen.insert((look(choice), address(choice))))
            .collect();
        let more = self.more || found.len() > limit;
        found.truncate(limit);
        tell_apart(&mut found);
        Choices { found, more }
    }
}

/// What people take it for.
fn look(choice: &EhrChoice) -> (String, Option<String>) {
    (look_of(&choice.name), choice.place.as_deref().map(look_of))
}

/// Where it leads, the same for all spellings.
fn address(choice: &EhrChoice) -> String {
    let parsed = FhirBaseUrl::parse(&choice.fhir_base_url);
    parsed.map_or_else(|_| choice.fhir_base_url.clone(), |base| base.normalized().to_owned())
}

/// Where several look the same, people read at which host each is; or the whole address, where they are at one host.
fn tell_apart(found: &mut [EhrChoice]) {
    let mut of_look: HashMap<_, Vec<&mut EhrChoice>> = HashMap::new();
    for choice in found {
        of_look.entry(look(choice)).or_default().push(choice);
    }
    for twins in of_look.into_values().filter(|twins| twins.len() > 1) {
        let hosts: HashSet<_> = twins.iter().map(|choice| host(choice)).collect();
        let by_host = hosts.len() == twins.len();
        for choice in twins {
            let apart = match by_host {
                true => host(choice),
                false => address(choice),
            };
            choice.place = Some(match &choice.place {
                Some(place) => format!("{place} – {apart}"),
                None => apart,
            });
        }
    }
}

/// The host and the port.
fn host(choice: &EhrChoice) -> String {
    let parsed = FhirBaseUrl::parse(&choice.fhir_base_url);
    parsed.map_or_else(
        |_| choice.fhir_base_url.clone(),
        |base| base.url().authority().to_owned(),
    )
}
