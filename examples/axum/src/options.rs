//! The command line.

use std::net::SocketAddr;

/// What the command line says.
pub(crate) struct Options {
    pub(crate) config: Option<String>,
    pub(crate) watch: bool,
    pub(crate) listen: SocketAddr,
    pub(crate) bare: bool,
    pub(crate) workers: Option<usize>,
}

impl Options {
    pub(crate) fn from_args() -> Result<Self, String> {
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
}
