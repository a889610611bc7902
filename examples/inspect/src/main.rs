//! `portcullis-inspect`: what Portcullis would have done to recorded requests.
//!
//! An operator runs it over yesterday's traffic before blocking is turned on, and over the same traffic again before a
//! configuration is changed. It drives the same engine as a service, one request at a time on one thread, and writes one
//! line for each. It never sends a request and never changes its input.

mod config;
mod diff;
mod input;
mod report;
mod run;
mod store;

use std::fs::{self, File};
use std::io::{self, BufWriter, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Parser;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use portcullis_core::Engine;

use crate::diff::{Changes, Comparison};
use crate::input::Format;
use crate::report::Summary;
use crate::run::{Inspection, Replayer, Session, SessionError};

/// Some input could not be read; the rest was inspected.
const MALFORMED: u8 = 1;
/// Nothing, or not everything, was inspected: an error in the configuration, the arguments or a file.
const FAILED: u8 = 2;

/// Replay recorded requests through Portcullis and report what it would have done.
#[derive(Debug, Parser)]
#[command(version)]
struct Args {
    /// Configuration, TOML or JSON by extension; without it the defaults
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// The format of the input
    #[arg(long, value_enum, default_value_t = Format::Jsonl)]
    format: Format,
    /// Process the first N requests before the measurement, repeated if there are fewer
    #[arg(long, value_name = "N", default_value_t = 0)]
    warmup: usize,
    /// Apply limits and bans across requests
    #[arg(long)]
    stateful: bool,
    /// Only compile the configuration: print every error, or what is on
    #[arg(long)]
    check_config: bool,
    /// Print only the requests whose verdicts differ under this configuration
    #[arg(long, value_name = "OTHER_CONFIG")]
    diff: Option<PathBuf>,
    /// The requests: a file, a directory of raw requests, or `-`
    #[arg(value_name = "IN", required_unless_present = "check_config")]
    input: Option<PathBuf>,
    /// The output for the verdicts: a file or `-`
    #[arg(value_name = "OUT", default_value = "-")]
    out: PathBuf,
}

fn main() -> ExitCode {
    let args = Args::parse();
    let done = match &args.input {
        Some(input) if !args.check_config => inspect(&args, input),
        _ => check_config(&args),
    };
    match done {
        Ok(code) => code,
        Err(problem) => {
            eprintln!("portcullis-inspect: {problem}");
            ExitCode::from(FAILED)
        }
    }
}

fn check_config(args: &Args) -> Result<ExitCode, String> {
    let mut code = ExitCode::SUCCESS;
    let named = args.config.iter().chain(&args.diff).map(|path| Some(path.as_path()));
    let unnamed = (args.config.is_none() && args.diff.is_none()).then_some(None);
    for path in named.chain(unnamed) {
        match config::engine(path) {
            Ok(engine) => {
                print(&format!("{}: ok\n{}", config::name(path), config::Overview(engine.config())))?;
            }
            Err(problems) => {
                print(&problems)?;
                code = ExitCode::from(FAILED);
            }
        }
    }
    Ok(code)
}

fn print(text: &str) -> Result<(), String> {
    writeln!(io::stdout(), "{}", text.trim_end()).map_err(|error| format!("standard output: {error}"))
}

fn inspect(args: &Args, input: &Path) -> Result<ExitCode, String> {
    let engine = config::engine(args.config.as_deref())?;
    let other = args.diff.as_deref().map(|path| config::engine(Some(path))).transpose()?;
    reject_overwriting(input, &args.out)?;

    let bar = progress(input, &args.out);
    let requests = input::open(input, args.format, &bar).map_err(at(input))?;
    let mut out = open_out(&args.out).map_err(at(&args.out))?;
    let session = Session { requests, warmup: args.warmup, bar: &bar };
    let replayer = |engine: Engine| Replayer::new(engine, args.stateful);

    let ended = match other {
        None => {
            let mut inspection =
                Inspection { replayer: replayer(engine), out: &mut out, summary: Summary::default() };
            let ended = session.play(&mut inspection);
            bar.finish_and_clear();
            eprint!("{}", inspection.summary);
            ended
        }
        Some(other) => {
            let (before, after) = (replayer(engine), replayer(other));
            let mut comparison = Comparison { before, after, out: &mut out, changes: Changes::default() };
            let ended = session.play(&mut comparison);
            bar.finish_and_clear();
            eprint!("{}", comparison.changes);
            ended
        }
    };
    let ended = ended.and_then(|malformed| out.flush().map(|()| malformed).map_err(SessionError::Output));
    match ended {
        Ok(0) => Ok(ExitCode::SUCCESS),
        Ok(malformed) => {
            eprintln!("{malformed} malformed, not inspected");
            Ok(ExitCode::from(MALFORMED))
        }
        Err(SessionError::Input(error)) => Err(at(input)(error)),
        // The reader of the output has closed it, as `head` does.
        Err(SessionError::Output(error)) if error.kind() == io::ErrorKind::BrokenPipe => {
            Ok(ExitCode::SUCCESS)
        }
        Err(SessionError::Output(error)) => Err(at(&args.out)(error)),
    }
}

fn at(path: &Path) -> impl Fn(io::Error) -> String {
    move |error| format!("{}: {error}", path.display())
}

/// Creating the output truncates it, so it must not be a part of the input.
fn reject_overwriting(input: &Path, out: &Path) -> Result<(), String> {
    let real = |path: &Path| path.canonicalize().ok().filter(|_| !input::is_stdio(path));
    match (real(input), real(out)) {
        (Some(input), Some(out)) if out.starts_with(&input) => {
            Err(format!("{}: is part of the input; write the verdicts elsewhere", out.display()))
        }
        _ => Ok(()),
    }
}

fn open_out(path: &Path) -> io::Result<BufWriter<Box<dyn Write>>> {
    let out: Box<dyn Write> =
        if input::is_stdio(path) { Box::new(io::stdout().lock()) } else { Box::new(File::create(path)?) };
    Ok(BufWriter::with_capacity(1 << 16, out))
}

/// A progress bar on a terminal, unless the verdicts are written to the same one.
fn progress(input: &Path, out: &Path) -> ProgressBar {
    if input::is_stdio(out) && io::stdout().is_terminal() || !io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    // The size of a pipe or a directory is unknown.
    let length = fs::metadata(input).ok().filter(fs::Metadata::is_file).map(|about| about.len());
    let template = match length {
        Some(_) => "{wide_bar} {bytes} of {total_bytes}, {eta} left",
        None => "{bytes} in {elapsed}",
    };
    let style = ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar());
    ProgressBar::with_draw_target(length, ProgressDrawTarget::stderr()).with_style(style)
}
