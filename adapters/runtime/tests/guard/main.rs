//! The guard around the engine: reloads, bans, outages, bodies that do not come, and what the sinks see.

mod again;
mod bans;
mod bodies;
mod callbacks;
mod clock;
mod deferred_writes;
mod enrichment;
mod facts;
mod messages;
mod outage;
mod references;
mod reload;
mod responses;
mod routes;
mod rules;
mod sinks;
mod status;
mod support;
mod watch;
