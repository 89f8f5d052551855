//! TLS and credentials, against a server with TLS.

use std::{
    path::PathBuf,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
    time::{Duration, Instant},
};

use actix_smart_auth::store::{
    LoadedLaunch, NoRedisCredentials, RedisCluster, RedisCredentials, RedisSentinels, RedisStore, RedisStoreBuilder,
    StoreError,
    acceptance::{Subject, sample},
};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};

use crate::support::{Logs, PRIMARY, RedisServer, Sentinel, free_port, is_open, keys, load, open, prefix, until_open};

/// As long as an operation may take, with some air for a busy machine.
const BOUND: Duration = Duration::from_secs(6);

/// An authority, made for a test.
struct Authority(CertifiedIssuer<'static, KeyPair>);

impl Authority {
    fn new() -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params
            .distinguished_name
            .push(DnType::CommonName, "an authority of tests");
        Self(CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap())
    }

    /// A certificate for a name, and its key.
    fn identity(&self, name: &str) -> [String; 2] {
        let params = CertificateParams::new(vec![name.to_owned()]).unwrap();
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, &self.0).unwrap();
        [certificate.pem(), key.serialize_pem()]
    }
}

/// What a server with TLS reads, in a directory that is removed on drop.
struct Files {
    directory: PathBuf,
    port: u16,
}

impl Files {
    /// For a server that shows a certificate for this name, and trusts the authority's clients.
    fn new(authority: &Authority, name: &str) -> Self {
        let directory = std::env::temp_dir().join(format!("smart-tls-{:016x}", rand::random::<u64>()));
        std::fs::create_dir_all(&directory).unwrap();
        let [certificate, key] = authority.identity(name);
        for (file, text) in [
            ("ca.pem", authority.0.pem()),
            ("server.pem", certificate),
            ("server.key", key),
        ] {
            std::fs::write(directory.join(file), text).unwrap();
        }
        Self {
            directory,
            port: free_port(),
        }
    }

    /// The settings, each with its value.
    fn settings(&self, clients: &str) -> Vec<[String; 2]> {
        let path = |file: &str| self.directory.join(file).display().to_string();
        [
            ("tls-port", self.port.to_string()),
            ("tls-cert-file", path("server.pem")),
            ("tls-key-file", path("server.key")),
            ("tls-ca-cert-file", path("ca.pem")),
            ("tls-auth-clients", clients.to_owned()),
        ]
        .map(|(name, value)| [name.to_owned(), value])
        .to_vec()
    }

    /// A server. `clients`: whether clients have to show a certificate (`yes`, `no`).
    fn serve(&self, clients: &str, more: &[&str]) -> Option<RedisServer> {
        let settings = self.settings(clients);
        let options = settings
            .iter()
            .flat_map(|[name, value]| [format!("--{name}"), value.clone()]);
        let options: Vec<String> = options.chain(more.iter().map(|option| (*option).to_owned())).collect();
        RedisServer::start(&options.iter().map(String::as_str).collect::<Vec<_>>())
    }

    fn url(&self) -> String {
        format!("rediss://127.0.0.1:{}", self.port)
    }
}

impl Drop for Files {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.directory);
    }
}

fn built(builder: RedisStoreBuilder) -> Subject {
    Subject::new(|clock| {
        builder
            .sealing_keys(keys(&[1]))
            .prefix(prefix())
            .timed_by(clock)
            .build()
            .unwrap()
    })
}

async fn works(builder: RedisStoreBuilder) {
    let store = built(builder);
    let key = open(&store, sample::browser()).await.unwrap();
    assert!(is_open(&store, key).await);
}

async fn is_unavailable(builder: RedisStoreBuilder) {
    let store = built(builder);
    let began = Instant::now();
    assert_eq!(open(&store, sample::browser()).await, Err(StoreError::Unavailable));
    assert!(began.elapsed() < BOUND, "{:?}", began.elapsed());
}

#[tokio::test]
async fn a_server_is_believed_by_its_authority_and_its_name_alone() {
    let (authority, other) = (Authority::new(), Authority::new());
    let files = Files::new(&authority, "127.0.0.1");
    let Some(_server) = files.serve("no", &[]) else { return };
    works(RedisStore::builder(files.url()).root_certificates(authority.0.pem())).await;
    // Another authority; none, but those of the system; and a certificate of another host.
    is_unavailable(RedisStore::builder(files.url()).root_certificates(other.0.pem())).await;
    is_unavailable(RedisStore::builder(files.url())).await;
    let elsewhere = Files::new(&authority, "redis.internal");
    let Some(_server) = elsewhere.serve("no", &[]) else {
        return;
    };
    is_unavailable(RedisStore::builder(elsewhere.url()).root_certificates(authority.0.pem())).await;
}

#[tokio::test]
async fn a_client_certificate_is_shown_to_a_server_that_wants_one() {
    let (authority, other) = (Authority::new(), Authority::new());
    let files = Files::new(&authority, "127.0.0.1");
    let Some(_server) = files.serve("yes", &[]) else { return };
    let builder = || RedisStore::builder(files.url()).root_certificates(authority.0.pem());
    let [chain, key] = authority.identity("smart");
    works(builder().client_certificate(chain, key)).await;
    is_unavailable(builder()).await;
    let [chain, key] = other.identity("smart");
    is_unavailable(builder().client_certificate(chain, key)).await;
}

#[tokio::test]
async fn sentinels_and_their_servers_are_reached_over_tls() {
    let authority = Authority::new();
    let (of_server, of_sentinel) = (Files::new(&authority, "127.0.0.1"), Files::new(&authority, "127.0.0.1"));
    let Some(server) = of_server.serve("yes", &[]) else {
        return;
    };
    // It watches without TLS, and names that port: the server is there without TLS too.
    let settings: String = of_sentinel
        .settings("yes")
        .iter()
        .map(|[name, value]| format!("{name} {value}\n"))
        .collect();
    let _sentinel = Sentinel::start(server.port, &settings);
    let [chain, key] = authority.identity("smart");
    let builder = |sentinels: RedisSentinels| {
        RedisStore::builder(sentinels)
            .root_certificates(authority.0.pem())
            .client_certificate(chain.clone(), key.clone())
    };
    works(builder(
        RedisSentinels::new(PRIMARY, [of_sentinel.url()]).danger_servers_in_clear(),
    ))
    .await;
    // What is said of the sentinels alone holds for the servers too: that port has no TLS.
    is_unavailable(builder(RedisSentinels::new(PRIMARY, [of_sentinel.url()]))).await;
    // The other way round: a sentinel without TLS names a server with it.
    let plain = Sentinel::start(of_server.port, "");
    works(builder(RedisSentinels::new(PRIMARY, [plain.url()]).tls())).await;
    is_unavailable(RedisStore::builder(RedisSentinels::new(PRIMARY, [plain.url()]))).await;
}

#[tokio::test]
async fn the_nodes_of_a_cluster_are_reached_over_tls() {
    let authority = Authority::new();
    let files = Files::new(&authority, "127.0.0.1");
    let Some(server) = files.serve("no", &["--cluster-enabled", "yes", "--tls-cluster", "yes"]) else {
        return;
    };
    server.command(&["CLUSTER", "ADDSLOTSRANGE", "0", "16383"]);
    let store = built(RedisStore::builder(RedisCluster::new([files.url()])).root_certificates(authority.0.pem()));
    let began = Instant::now();
    // A node that has just got its slots waits for a while.
    while open(&store, sample::browser()).await.is_err() {
        assert!(began.elapsed() < Duration::from_secs(10), "the cluster is not there");
    }
}

/// A server that wants a password, and what the provider says.
struct Rotating {
    server: RedisServer,
    password: Arc<Mutex<Result<RedisCredentials, NoRedisCredentials>>>,
    asked: Arc<AtomicUsize>,
}

impl Rotating {
    fn start(password: &str) -> Option<Self> {
        Some(Self {
            server: RedisServer::start(&["--requirepass", password])?,
            password: Arc::new(Mutex::new(Ok(RedisCredentials::password(password)))),
            asked: Arc::default(),
        })
    }

    fn builder(&self) -> RedisStoreBuilder {
        let (password, asked) = (Arc::clone(&self.password), Arc::clone(&self.asked));
        RedisStore::builder(self.server.url()).credentials(move || {
            asked.fetch_add(1, SeqCst);
            let password = password.lock().unwrap().clone();
            async move { password }
        })
    }

    fn say(&self, password: Result<RedisCredentials, NoRedisCredentials>) {
        *self.password.lock().unwrap() = password;
    }

    /// The server takes another password from now on, and closes all connections.
    fn rotate(&self, from: &str, to: &str) {
        let mut connection = redis::Client::open(self.server.url_with_password(from))
            .unwrap()
            .get_connection()
            .unwrap();
        for words in [
            &["CONFIG", "SET", "requirepass", to][..],
            &["CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes"],
        ] {
            let mut command = redis::cmd(words[0]);
            for word in &words[1..] {
                command.arg(*word);
            }
            command.exec(&mut connection).unwrap();
        }
    }
}

#[tokio::test]
async fn a_password_that_has_changed_is_asked_for_at_the_next_connection() {
    let Some(rotating) = Rotating::start("first") else {
        return;
    };
    let store = built(rotating.builder());
    let key = open(&store, sample::browser()).await.unwrap();
    assert!(is_open(&store, key).await);
    let asked = rotating.asked.load(SeqCst);
    assert!(asked >= 1);
    // The provider knows first: no operation fails.
    rotating.say(Ok(RedisCredentials::user("default", "second")));
    rotating.rotate("first", "second");
    assert!(is_open(&store, key).await);
    assert!(rotating.asked.load(SeqCst) > asked);
    // The server knows first: it refuses until the provider has it too.
    rotating.rotate("second", "third");
    assert_eq!(load(&store, key).await.unwrap_err(), StoreError::Refused);
    rotating.say(Ok(RedisCredentials::password("third")));
    until_open(&store, key).await;
}

#[tokio::test]
async fn a_provider_that_fails_hangs_or_panics_costs_a_bounded_time_and_the_next_one_works() {
    let Some(rotating) = Rotating::start("secret") else {
        return;
    };
    rotating.say(Err(NoRedisCredentials::because("a test says so")));
    let store = built(rotating.builder());
    let began = Instant::now();
    assert_eq!(open(&store, sample::browser()).await, Err(StoreError::Unavailable));
    assert!(began.elapsed() < BOUND, "{:?}", began.elapsed());
    rotating.say(Ok(RedisCredentials::password("secret")));
    let began = Instant::now();
    while open(&store, sample::browser()).await.is_err() {
        assert!(began.elapsed() < BOUND, "{:?}", began.elapsed());
    }
    let url = rotating.server.url();
    is_unavailable(RedisStore::builder(&url).credentials(std::future::pending)).await;
    // At the first question it panics; at the next one it answers.
    let asked = AtomicUsize::new(0);
    let panics = RedisStore::builder(&url).credentials(move || {
        let first = asked.fetch_add(1, SeqCst) == 0;
        async move {
            assert!(!first, "the provider of a test panics");
            Ok(RedisCredentials::password("secret"))
        }
    });
    works(panics).await;
}

#[tokio::test]
async fn no_password_and_no_key_is_logged_whether_the_server_takes_them_or_not() {
    let logs = Logs::collect();
    let Some(rotating) = Rotating::start("MARKER-right") else {
        return;
    };
    let store = built(rotating.builder());
    let key = open(&store, sample::browser()).await.unwrap();
    rotating.say(Ok(RedisCredentials::user("MARKER-user-is-no-secret", "MARKER-wrong")));
    rotating.rotate("MARKER-right", "MARKER-new");
    assert!(matches!(load(&store, key).await, Err(StoreError::Refused)));
    let asked = built(RedisStore::builder(
        rotating.server.url_with_password("MARKER-of-the-address"),
    ));
    assert!(!matches!(load(&asked, key).await, Ok(LoadedLaunch::Open { .. })));
    // A server without this command repeats what came with it.
    let Some(without) = RedisServer::start(&["--rename-command", "HELLO", ""]) else {
        return;
    };
    let url = format!("{}?protocol=resp3", without.url_with_password("MARKER-repeated"));
    let store = built(RedisStore::builder(url));
    assert_eq!(load(&store, key).await.unwrap_err(), StoreError::Unavailable);
    assert!(logs.text().contains("unknown command 'HELLO'"), "{}", logs.text());
    let log = logs.text();
    assert!(log.contains("no connection to Redis"), "the log is there");
    for secret in [
        "MARKER-right",
        "MARKER-wrong",
        "MARKER-new",
        "MARKER-of-the-address",
        "MARKER-repeated",
    ] {
        assert!(!log.contains(secret), "{secret} was logged");
    }
}
