//! The guard around the engine: reloads, bans, outages, bodies, callbacks and sinks.

mod bans;
mod bodies;
mod callbacks;
mod clock;
mod deferred_writes;
mod enrichment;
mod facts;
mod log_lines;
mod messages;
mod nested;
mod outage;
mod recognisers;
mod references;
mod reload;
mod repeated_checks;
mod responses;
mod routes;
mod rules;
mod secrets;
mod sinks;
mod status;
mod support;
mod watch;
