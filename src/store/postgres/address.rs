//! The address of the servers, taken apart: [`Address`].

use std::{net::IpAddr, time::Duration};

use tokio_postgres::{
    Config,
    config::{Host, SslMode},
};

use super::error::PostgresStoreError;

const SCHEMES: [&str; 2] = ["postgres://", "postgresql://"];
/// How long a connection is silent before the system tries it.
const KEEPALIVE: Duration = Duration::from_secs(30);

/// Where the servers are, each by itself, and whether connections are encrypted.
pub(super) struct Address {
    /// One server each, in the order in which they are tried.
    pub(super) servers: Vec<Config>,
    pub(super) encryption: Encryption,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Encryption {
    None,
    /// TLS, with a certificate of the server's name that a trusted authority signed.
    Verified,
}

impl Address {
    pub(super) fn parse(url: &str) -> Result<Self, PostgresStoreError> {
        if !SCHEMES.iter().any(|scheme| url.starts_with(scheme)) {
            return Err(PostgresStoreError::Address);
        }
        let (base, query) = url.split_once('?').unwrap_or((url, ""));
        let mut ssl_mode = None;
        let mut others = Vec::new();
        for option in query.split('&').filter(|option| !option.is_empty()) {
            match option.split_once('=') {
                Some(("sslmode", mode)) => ssl_mode = Some(mode),
                // Each connection is tried for whether it can write.
                Some(("target_session_attrs", "any" | "read-write" | "primary")) => {}
                Some(("target_session_attrs", _)) => return Err(PostgresStoreError::Address),
                // Nothing here binds a channel: no connection would ever open.
                Some(("channel_binding", "require")) => return Err(PostgresStoreError::Address),
                _ => others.push(option),
            }
        }
        let config: Config = format!("{base}?{}", others.join("&"))
            .parse()
            .map_err(|_| PostgresStoreError::Address)?;
        let has_keepalive = others.iter().any(|option| option.starts_with("keepalives_idle="));
        let servers = one_each(&config).ok_or(PostgresStoreError::Address)?;
        let encryption = match ssl_mode {
            Some("disable") => Encryption::None,
            Some("require" | "verify-ca" | "verify-full") => Encryption::Verified,
            None if servers.iter().all(is_this_machine) => Encryption::None,
            None => Encryption::Verified,
            Some(_) => return Err(PostgresStoreError::SslMode),
        };
        Ok(Self {
            servers: servers
                .into_iter()
                .map(|mut config| {
                    config.ssl_mode(match encryption {
                        Encryption::None => SslMode::Disable,
                        Encryption::Verified => SslMode::Require,
                    });
                    if !has_keepalive {
                        config.keepalives_idle(KEEPALIVE);
                    }
                    if config.get_application_name().is_none() {
                        config.application_name("smart-auth");
                    }
                    config
                })
                .collect(),
            encryption,
        })
    }
}

/// The hosts of the address, without user name and password.
pub(super) fn shown(servers: &[Config]) -> String {
    let hosts = servers.iter().flat_map(|config| {
        let port = config.get_ports().first().copied().unwrap_or(5432);
        config.get_hosts().iter().map(move |host| match host {
            Host::Tcp(name) => format!("{name}:{port}"),
            #[cfg(unix)]
            Host::Unix(path) => path.display().to_string(),
        })
    });
    hosts.collect::<Vec<_>>().join(",")
}

/// The same for each host alone. `None` when there is no host, or not one port for all or for each.
fn one_each(config: &Config) -> Option<Vec<Config>> {
    let (hosts, ports) = (config.get_hosts(), config.get_ports());
    if hosts.is_empty() || !config.get_hostaddrs().is_empty() || (ports.len() > 1 && ports.len() != hosts.len()) {
        return None;
    }
    let servers = hosts.iter().enumerate().map(|(at, host)| {
        let mut server = Config::new();
        match host {
            Host::Tcp(name) => server.host(name),
            #[cfg(unix)]
            Host::Unix(path) => server.host_path(path),
        };
        server.port(ports.get(at).or_else(|| ports.first()).copied().unwrap_or(5432));
        if let Some(user) = config.get_user() {
            server.user(user);
        }
        if let Some(password) = config.get_password() {
            server.password(password);
        }
        if let Some(name) = config.get_dbname() {
            server.dbname(name);
        }
        if let Some(options) = config.get_options() {
            server.options(options);
        }
        if let Some(name) = config.get_application_name() {
            server.application_name(name);
        }
        if let Some(timeout) = config.get_connect_timeout() {
            server.connect_timeout(*timeout);
        }
        if let Some(timeout) = config.get_tcp_user_timeout() {
            server.tcp_user_timeout(*timeout);
        }
        server.keepalives(config.get_keepalives());
        server.keepalives_idle(config.get_keepalives_idle());
        if let Some(interval) = config.get_keepalives_interval() {
            server.keepalives_interval(interval);
        }
        if let Some(retries) = config.get_keepalives_retries() {
            server.keepalives_retries(retries);
        }
        server.ssl_negotiation(config.get_ssl_negotiation());
        server.channel_binding(config.get_channel_binding());
        server
    });
    Some(servers.collect())
}

fn is_this_machine(server: &Config) -> bool {
    server.get_hosts().iter().all(|host| match host {
        Host::Tcp(name) => name == "localhost" || name.parse::<IpAddr>().is_ok_and(|address| address.is_loopback()),
        #[cfg(unix)]
        Host::Unix(_) => true,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn encryption(url: &str) -> Result<Encryption, PostgresStoreError> {
        Address::parse(url).map(|address| address.encryption)
    }

    #[test]
    fn without_a_word_about_tls_only_this_machine_is_spoken_to_in_clear() {
        for url in [
            "postgres://localhost/a",
            "postgres://u@127.0.0.1:5433,[::1]/a",
            "postgresql://%2Ftmp/a",
        ] {
            assert_eq!(encryption(url), Ok(Encryption::None), "{url}");
        }
        for url in ["postgres://db.internal/a", "postgres://localhost,db.internal/a"] {
            assert_eq!(encryption(url), Ok(Encryption::Verified), "{url}");
        }
    }

    #[test]
    fn a_mode_that_falls_back_to_clear_is_refused() {
        let url = |mode: &str| format!("postgres://db.internal/a?sslmode={mode}");
        assert_eq!(encryption(&url("disable")), Ok(Encryption::None));
        for mode in ["require", "verify-ca", "verify-full"] {
            assert_eq!(encryption(&url(mode)), Ok(Encryption::Verified));
        }
        for mode in ["prefer", "allow", ""] {
            assert_eq!(encryption(&url(mode)), Err(PostgresStoreError::SslMode));
        }
    }

    #[test]
    fn what_is_no_address_of_servers_that_write_is_refused() {
        for url in [
            "",
            "redis://localhost",
            "host=localhost",
            "postgres:///a",
            "postgres://a:1,b:2,c:3,d/a?port=1",
            "postgres://localhost/a?target_session_attrs=read-only",
            "postgres://localhost/a?target_session_attrs=standby",
            "postgres://localhost/a?unknown=1",
            "postgres://localhost/a?sslrootcert=/etc/ca.pem",
            "postgres://localhost/a?channel_binding=require",
        ] {
            assert_eq!(encryption(url), Err(PostgresStoreError::Address), "{url}");
        }
    }

    #[test]
    fn what_the_address_says_of_waiting_holds() {
        let url = "postgres://a/d?connect_timeout=1&keepalives_idle=7&keepalives_interval=3&keepalives_retries=2&tcp_user_timeout=9";
        let address = Address::parse(url).unwrap();
        let server = &address.servers[0];
        let seconds = Duration::from_secs;
        assert_eq!(server.get_connect_timeout(), Some(&seconds(1)));
        assert_eq!(server.get_tcp_user_timeout(), Some(&seconds(9)));
        assert_eq!(
            (
                server.get_keepalives_idle(),
                server.get_keepalives_interval(),
                server.get_keepalives_retries()
            ),
            (seconds(7), Some(seconds(3)), Some(2))
        );
        let silent = Address::parse("postgres://a/d").unwrap();
        assert_eq!(silent.servers[0].get_keepalives_idle(), KEEPALIVE);
        let off = Address::parse("postgres://a/d?keepalives=0").unwrap();
        assert!(!off.servers[0].get_keepalives());
    }

    #[test]
    fn each_host_is_a_server_with_the_same_user_and_its_own_port() {
        let address =
            Address::parse("postgres://u:p@a:1,b:2/d?target_session_attrs=read-write&sslmode=disable").unwrap();
        assert_eq!(shown(&address.servers), "a:1,b:2");
        for server in &address.servers {
            assert_eq!((server.get_user(), server.get_dbname()), (Some("u"), Some("d")));
        }
    }
}
