//! What a process uses that serves the same routes with libraries that others wrote, beside one with the crate: over sockets, asked by
//! the same client, each by the processor time that Linux counts for it.

use std::{
    cell::RefCell,
    env, fs,
    net::{TcpListener, TcpStream},
    process::{Child, Command, Stdio},
    thread,
    time::Duration,
};

use actix_smart_auth::store::TokenStore;
use actix_web::rt::SystemRunner;

use crate::{
    application::{Jar, config_at, serve},
    ehr_process::{CLIENT_ID, EhrProcess},
    rounds::{Table, Variant, measure},
};

/// The argument with which this program is the application with the crate; a port and the FHIR base URL follow.
pub(crate) const ARGUMENT: &str = "--serve";

const REQUESTS: u32 = 400;
const LAUNCHES: u32 = 10;

/// Serves until it is killed.
pub(crate) fn run(port: u16, fhir_base_url: &str) -> std::io::Result<()> {
    let redirect_uri = format!("http://127.0.0.1:{port}/auth/callback");
    serve(config_at(fhir_base_url, &redirect_uri, TokenStore::memory()), port)
}

/// Starts `command` with a port, the FHIR base URL and the client id, and prints how it compares.
pub(crate) fn print(system: &SystemRunner, command: &str, rounds: usize) {
    let (own_port, port) = (free_port(), free_port());
    let ehr = EhrProcess::start_for(&[
        &format!("http://127.0.0.1:{own_port}/auth/callback"),
        &format!("http://127.0.0.1:{port}/callback"),
    ]);
    let base = &ehr.fhir_base_url;
    let mut own = Command::new(env::current_exe().expect("the path of this program"));
    own.args([ARGUMENT, &own_port.to_string(), base]);
    let own = Site::start(own, own_port);
    let mut words = command.split_whitespace();
    let mut other = Command::new(words.next().expect("PEER is a command"));
    other.args(words).args([&port.to_string(), base, CLIENT_ID]);
    let other = Site::start(other, port);

    let ours = system.block_on(own.launched("/auth/launch", "all"));
    let theirs = system.block_on(other.launched("/launch", ""));
    let value = ours.trim_end_matches("all").to_owned() + "value";
    let ask = |name, floor, site, path: String| requests(system, name, floor, site, path);
    let variants = [
        ask(
            "a route that uses nothing, with the crate",
            None,
            &own,
            "/plain".to_owned(),
        ),
        ask(
            "the peer",
            Some("a route that uses nothing, with the crate"),
            &other,
            "/plain".to_owned(),
        ),
        ask("one value of a session, with the crate", None, &own, value),
        ask(
            "the peer",
            Some("one value of a session, with the crate"),
            &other,
            "/value".to_owned(),
        ),
        ask("one value, launch and patient, with the crate", None, &own, ours),
        ask(
            "the peer",
            Some("one value, launch and patient, with the crate"),
            &other,
            theirs,
        ),
        launches(system, "a launch, with the crate", None, &own, "/auth/launch", "all"),
        launches(
            system,
            "the peer",
            Some("a launch, with the crate"),
            &other,
            "/launch",
            "",
        ),
    ];
    println!("{}", Table(&measure(&variants, rounds)));
}

fn requests<'a>(
    system: &'a SystemRunner,
    name: &'static str,
    floor: Option<&'static str>,
    site: &'a Site,
    path: String,
) -> Variant<'a> {
    // Those of its launch. Others take its place in the jar.
    let cookies = site.cookies();
    let ask = move |times| {
        let before = site.used();
        system.block_on(async {
            for _ in 0..times {
                assert_eq!(site.ask(&path, &cookies).await.0, 200);
            }
        });
        site.used() - before
    };
    Variant {
        name,
        floor,
        each_round: REQUESTS,
        run: Box::new(ask),
    }
}

fn launches<'a>(
    system: &'a SystemRunner,
    name: &'static str,
    floor: Option<&'static str>,
    site: &'a Site,
    start: &'static str,
    page: &'static str,
) -> Variant<'a> {
    let launch = move |times| {
        let before = site.used();
        for _ in 0..times {
            *site.jar.borrow_mut() = Jar::default();
            system.block_on(site.launched(start, page));
        }
        site.used() - before
    };
    Variant {
        name,
        floor,
        each_round: LAUNCHES,
        run: Box::new(launch),
    }
}

/// A server in a process of its own, which ends with this value, and what a browser has of it.
struct Site {
    child: Child,
    origin: String,
    client: awc::Client,
    jar: RefCell<Jar>,
}

impl Site {
    fn start(mut command: Command, port: u16) -> Self {
        let child = command.stdout(Stdio::null()).spawn().expect("the server starts");
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            thread::sleep(Duration::from_millis(50));
        }
        Self {
            child,
            origin: format!("http://127.0.0.1:{port}"),
            client: awc::ClientBuilder::new().disable_redirects().finish(),
            jar: RefCell::default(),
        }
    }

    fn cookies(&self) -> String {
        self.jar.borrow().header()
    }

    /// The status, and where the answer leads.
    async fn ask(&self, path: &str, cookies: &str) -> (u16, Option<String>) {
        let request = self.client.get(format!("{}{path}", self.origin));
        let request = match cookies {
            "" => request,
            cookies => request.insert_header(("cookie", cookies)),
        };
        let mut answer = request.send().await.expect("the server answers");
        answer.body().await.expect("all of the answer");
        self.jar.borrow_mut().take_from(answer.headers());
        let location = answer.headers().get("location");
        let location = location.map(|address| address.to_str().expect("a text").to_owned());
        (answer.status().as_u16(), location)
    }

    /// Launches; the path of the page that it comes to, with `page` behind it.
    async fn launched(&self, start: &str, page: &str) -> String {
        assert_eq!(self.ask("/set", "").await.0, 200);
        let mut path = start.to_owned();
        loop {
            let (status, location) = self.ask(&path, &self.cookies()).await;
            let Some(location) = location else {
                assert_eq!(status, 200, "{path}");
                return path;
            };
            let address = match location.strip_prefix('/') {
                Some(_) => format!("{}{location}", self.origin),
                None => location,
            };
            path = match address.strip_prefix(&self.origin) {
                Some(path) => path.to_owned(),
                None => self.through_ehr(&address).await,
            };
            if path.ends_with('#') {
                path = path.trim_end_matches('#').to_owned() + page;
            }
        }
    }

    /// Where the EHR sends the browser that comes to this address, which signs in by itself.
    async fn through_ehr(&self, address: &str) -> String {
        let answer = self.client.get(address).send().await.expect("the EHR answers");
        let back = answer.headers().get("location").expect("a redirect");
        let back = back.to_str().expect("a text").strip_prefix(&self.origin);
        back.expect("back to the application").to_owned()
    }

    /// The processor time of all threads of the server, kernel included.
    fn used(&self) -> Duration {
        let tasks = fs::read_dir(format!("/proc/{}/task", self.child.id())).expect("the server lives");
        let nanoseconds = tasks.flatten().map(|task| {
            let said = fs::read_to_string(task.path().join("schedstat")).unwrap_or_default();
            said.split(' ')
                .next()
                .and_then(|time| time.parse::<u64>().ok())
                .unwrap_or_default()
        });
        Duration::from_nanos(nanoseconds.sum())
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn free_port() -> u16 {
    let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a free port");
    listener.local_addr().expect("an address").port()
}
