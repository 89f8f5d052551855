//! What both guards do with a request: its launch is loaded before the route is known, and counted as the route says.
//!
//! A guard runs before Actix has found the route, so it cannot know what the route says about [`LaunchUse`]. It remembers, by the
//! pattern of the route, which all paths of a route share: what a route said once, it will say again. The first request of a route is
//! loaded without being counted, and counted as soon as an extractor asks for it, else when it comes back, at the price of a second look into
//! the store; all later ones cost one. Where one pattern has said both ([`Remembered::Differs`]), each request that counts costs a second look.

use std::{
    cell::{Cell, RefCell},
    collections::HashMap,
    rc::Rc,
};

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
    launch::session::SmartSession,
    store::LaunchUse,
};

/// One guard, of one worker.
#[derive(Debug)]
pub(super) struct Gate {
    /// What the guard itself says, as application data from here on.
    own: Option<Rc<Extensions>>,
    /// Each route, by its pattern. There are no more of them than routes, and one for all that is no route.
    routes: RefCell<HashMap<Option<String>, Rc<Route>>>,
    /// The route of each path, from the guard on. Actix tells a pattern by searching all routes once more, which costs
    /// a third of a request. So it is asked once for a path, until there are too many.
    routes_of_paths: RefCell<HashMap<String, Rc<Route>>>,
}

const MOST_PATHS: usize = 512;
const LONGEST_PATH: usize = 256;

/// What a route has said.
type Route = Cell<Remembered>;

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum Remembered {
    #[default]
    Nothing,
    Always(LaunchUse),
    /// Several routes have this pattern, or something on the way answers in their place.
    Differs,
}

/// A request that was let in.
pub(super) struct Entered {
    pub(super) session: SmartSession,
    word: Word,
    /// `None` if the request has spoken for itself.
    route: Option<Rc<Route>>,
    /// The path of a request that is the first one with it.
    new_path: Option<String>,
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
            routes_of_paths: RefCell::default(),
        }
    }

    /// Loads the launch of a request on its way in.
    pub(super) async fn enter(&self, request: &mut ServiceRequest) -> Result<Entered, SmartSessionError> {
        if let Some(own) = &self.own {
            request.add_data_container(Rc::clone(own));
        }
        // Borrowed, not cloned: routing needs the only handle to the request.
        let request = request.request();
        if says_none(request.headers()) {
            let word = Word::Said(LaunchUse::DoesNotCount);
            let session = load::session(request, word).await?;
            return Ok(Entered {
                session,
                word,
                route: None,
                new_path: None,
            });
        }
        let (route, new_path) = self.route_of(request);
        let word = match route.get() {
            Remembered::Always(launch_use) => Word::Said(launch_use),
            Remembered::Nothing | Remembered::Differs => Word::NotYet(said(request)),
        };
        let session = load::session(request, word).await?;
        Ok(Entered {
            session,
            word,
            route: Some(route),
            new_path,
        })
    }

    /// Counts a request on its way out, now that its route has been reached, and remembers what the route said.
    pub(super) async fn leave(&self, entered: Entered, request: &HttpRequest) {
        let launch_use = said(request);
        if let Some(route) = entered.route {
            remember(&route, launch_use);
            if let Some(path) = entered.new_path {
                self.remember_path(path, route);
            }
        }
        load::note(request, launch_use).await;
    }

    /// Counts a request that goes no further, by what was said on the way to here.
    pub(super) async fn turn_away(entered: &Entered, request: &HttpRequest) {
        if let Word::NotYet(launch_use) = entered.word {
            load::note(request, launch_use).await;
        }
    }

    /// The route that the request will reach, and its path if that was not known.
    fn route_of(&self, request: &HttpRequest) -> (Rc<Route>, Option<String>) {
        let path = request.match_info().unprocessed();
        // Actix looks for the pattern of the path as it was sent, not as it was decoded.
        if !request.uri().path().ends_with(path) {
            let route = Rc::clone(self.routes.borrow_mut().entry(request.match_pattern()).or_default());
            return (route, None);
        }
        if let Some(route) = self.routes_of_paths.borrow().get(path) {
            return (Rc::clone(route), None);
        }
        let pattern = request.match_pattern();
        let route = Rc::clone(self.routes.borrow_mut().entry(pattern).or_default());
        (route, Some(path.to_owned()))
    }

    /// Only of a request that was let in: a stranger's paths take no room.
    fn remember_path(&self, path: String, route: Rc<Route>) {
        let mut paths = self.routes_of_paths.borrow_mut();
        if paths.len() >= MOST_PATHS {
            paths.clear();
        }
        if path.len() <= LONGEST_PATH {
            paths.insert(path, route);
        }
    }
}

fn remember(route: &Route, launch_use: LaunchUse) {
    let always = Remembered::Always(launch_use);
    match route.get() {
        Remembered::Nothing => route.set(always),
        before if before != always => route.set(Remembered::Differs),
        _ => {}
    }
}
