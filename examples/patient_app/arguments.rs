//! What may stand on the command line.

pub(crate) const HELP: &str = "\
A small patient viewer that an EHR can launch, with a made-up EHR (the sandbox).

usage: cargo run --example patient_app -- [--open] [--redis URL]

  --open        opens the EHR's patient list in your browser
  --redis URL   keeps launches in Redis, for any number of processes; all of them need the same
                  SESSION_KEY   from `openssl rand -hex 64`
                  SEALING_KEY   from `openssl rand -base64 32`
  --help        prints this

variables
  PORT, SANDBOX_PORT   the ports; 8080 and 8081 by default, others if those are taken
  SANDBOX=auto         the sandbox answers its own pages, so that `curl -L` can launch
  SANDBOX_EHRS=2       a second sandbox: the application asks which EHR
  FHIR_BASE_URL, SMART_CLIENT_ID, SMART_REDIRECT_URI, SMART_SCOPES, …
                       a real EHR instead of the sandbox; the guide lists them (configuration)
  SANDBOX_URL          the sandbox of another process of this example,
  APP_URL              and the address of that process; by default http://127.0.0.1:8080
  RUST_LOG             how much is logged; `info` by default";

/// The arguments, understood.
#[derive(Debug, Default)]
pub(crate) struct Arguments {
    pub(crate) help: bool,
    /// Whether a browser is opened.
    pub(crate) open: bool,
    pub(crate) redis_url: Option<String>,
}

impl Arguments {
    pub(crate) fn parse(arguments: impl IntoIterator<Item = String>) -> Result<Self, String> {
        let mut parsed = Self::default();
        let mut arguments = arguments.into_iter();
        while let Some(argument) = arguments.next() {
            match argument.as_str() {
                "--help" | "-h" => parsed.help = true,
                "--open" => parsed.open = true,
                "--redis" => parsed.set_redis(arguments.next().as_deref())?,
                other => match other.strip_prefix("--redis=") {
                    Some(url) => parsed.set_redis(Some(url))?,
                    None => return Err(format!("{other} is unknown; --help lists what there is")),
                },
            }
        }
        Ok(parsed)
    }

    fn set_redis(&mut self, url: Option<&str>) -> Result<(), String> {
        let url = url.filter(|url| !url.is_empty() && !url.starts_with('-'));
        let url = url.ok_or("--redis needs the URL of a Redis server")?;
        match self.redis_url.replace(url.to_owned()) {
            None => Ok(()),
            Some(_) => Err("--redis is given twice; name one Redis server".to_owned()),
        }
    }
}
