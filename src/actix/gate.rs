//! What both guards do with a request: its launch is loaded before the route is known, and counted as the route says.
//!
//! A guard runs before Actix has found the route, so it cannot know what the route says about [`LaunchUse`]. It remembers:
//! what a route said once, it will say again. The first request of a route is loaded without being counted, and counted
//! when it comes back, at the price of a second look into the store; all later ones cost one.

use std::{cell::RefCell, collections::HashMap, rc::Rc};

use actix_web::{
    HttpRequest,
    dev::{Extensions, ServiceRequest},
};

use crate::{
    actix::{
        error::SmartSessionError,
        launch_use::{Word, said, says_none},
        load,
    },
    session::SmartSession,
    store::LaunchUse,
};

/// One guard, of one worker.
#[derive(Debug)]
pub(super) struct Gate {
    /// What the guard itself says, as application data from here on.
    own: Option<Rc<Extensions>>,
    /// What each route has said, by its pattern. There are no more of them than routes, and one for all that is no route.
    routes: RefCell<HashMap<Option<String>, Remembered>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Remembered {
    Always(LaunchUse),
    /// Several routes have this pattern, or something on the way answers in their place.
    Differs,
}

/// A request that was let in.
pub(super) struct Entered {
    pub(super) session: SmartSession,
    word: Word,
    /// The pattern of its route. `None` if the request has spoken for itself.
    route: Option<Option<String>>,
}

impl Gate {
    pub(super) fn new(own: Option<LaunchUse>) -> Self {
        let container = |launch_use| {
            let mut data = Extensions::new();
            data.insert::<LaunchUse>(launch_use);
            Rc::new(data)
        };
        Self {
            own: own.map(container),
            routes: RefCell::default(),
        }
    }

    /// Loads the launch of a request on its way in.
    pub(super) async fn enter(&self, request: &mut ServiceRequest) -> Result<Entered, SmartSessionError> {
        if let Some(own) = &self.own {
            request.add_data_container(Rc::clone(own));
        }
        // Borrowed, not cloned: routing needs the only handle to the request.
        let request = request.request();
        let (word, route) = self.foresee(request);
        let session = load::session(request, word).await?;
        Ok(Entered { session, word, route })
    }

    /// Counts a request on its way out, now that its route has been reached, and remembers what the route said.
    pub(super) async fn leave(&self, entered: Entered, request: &HttpRequest) {
        let launch_use = said(request);
        if let Some(route) = entered.route {
            self.remember(route, launch_use);
        }
        load::note(request, launch_use).await;
    }

    /// Counts a request that goes no further, by what was said on the way to here.
    pub(super) async fn turn_away(entered: &Entered, request: &HttpRequest) {
        if let Word::NotYet(launch_use) = entered.word {
            load::note(request, launch_use).await;
        }
    }

    fn foresee(&self, request: &HttpRequest) -> (Word, Option<Option<String>>) {
        if says_none(request.headers()) {
            return (Word::Said(LaunchUse::DoesNotCount), None);
        }
        let route = request.match_pattern();
        let word = match self.routes.borrow().get(&route) {
            Some(Remembered::Always(launch_use)) => Word::Said(*launch_use),
            Some(Remembered::Differs) | None => Word::NotYet(said(request)),
        };
        (word, Some(route))
    }

    fn remember(&self, route: Option<String>, launch_use: LaunchUse) {
        let always = Remembered::Always(launch_use);
        let mut routes = self.routes.borrow_mut();
        let remembered = routes.entry(route).or_insert(always);
        if *remembered != always {
            *remembered = Remembered::Differs;
        }
    }
}
