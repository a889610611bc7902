//! What the example services share: the command line, the configuration, and the messages at the start. The services are in
//! `examples/axum`, `examples/actix` and `examples/rocket`, for comparison side by side.

use std::error::Error;
use std::net::SocketAddr;

use portcullis_runtime::{Config, Guard, Watcher};

/// The command line: `[--config FILE [--watch]] [--listen ADDRESS] [--workers COUNT] [--bare]`.
#[derive(Clone, Debug)]
pub struct Options {
    /// The configuration of the guard.
    pub config: Option<String>,
    /// Reload it when it changes, and when the process receives a SIGHUP.
    pub watch: bool,
    /// The address to listen on.
    pub listen: SocketAddr,
    /// Serve without the guard, to compare.
    pub bare: bool,
    /// The number of worker threads.
    pub workers: Option<usize>,
}

impl Options {
    /// Read the command line.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn from_args() -> Result<Self, String> {
        let mut options = Self {
            config: None,
            watch: false,
            listen: ([127, 0, 0, 1], 3000).into(),
            bare: false,
            workers: None,
        };
        let mut args = std::env::args().skip(1);
        while let Some(arg) = args.next() {
            let mut value = || args.next().ok_or(format!("`{arg}` needs a value"));
            match arg.as_str() {
                "--bare" => options.bare = true,
                "--watch" => options.watch = true,
                "--config" => options.config = Some(value()?),
                "--listen" => {
                    options.listen = value()?.parse().map_err(|error| format!("--listen: {error}"))?;
                }
                "--workers" => {
                    options.workers = Some(value()?.parse().map_err(|error| format!("--workers: {error}"))?);
                }
                other => {
                    return Err(format!(
                        "unknown argument `{other}`; known: --config, --watch, --listen, --bare, --workers"
                    ));
                }
            }
        }
        if options.watch && options.config.is_none() {
            return Err("--watch needs a file to watch: --config FILE".into());
        }
        Ok(options)
    }

    /// The guard, from the file or from `guard.toml`.
    ///
    /// # Errors
    /// What is wrong with the file.
    pub fn guard(&self) -> Result<Guard, Box<dyn Error>> {
        let config = match &self.config {
            Some(path) => Config::from_toml(&std::fs::read_to_string(path)?)?,
            None => Config::from_toml(include_str!("../../axum/guard.toml"))?,
        };
        Ok(Guard::build(config)?)
    }

    /// The watcher of the file, with `--watch`. Dropping it ends the watch.
    ///
    /// # Panics
    /// Outside of a Tokio runtime.
    #[must_use]
    pub fn watcher(&self, guard: &Guard) -> Option<Watcher> {
        self.config.as_ref().filter(|_| self.watch).map(|path| guard.watch(path))
    }
}

/// Write events as lines to standard error.
pub fn log() {
    tracing_subscriber::fmt().with_writer(std::io::stderr).init();
}

/// Print where the service listens, and what to try.
pub fn announce(address: SocketAddr) {
    println!("listening on http://{address}");
    println!("try:");
    println!("  curl 'http://{address}/search?q=garden+chairs'                    # served");
    println!(
        "  curl \"http://{address}/search?q=1'+or+'1'='1\"                     # rejected: SQL injection"
    );
    println!(
        "  curl 'http://{address}/files?name=../../../../etc/passwd'         # rejected: path traversal"
    );
}
