//! The engine through its public interface, over the unbounded model store.

mod body;
mod callbacks;
mod decisions;
mod extremes;
mod hostile;
mod outage;
mod passive;
mod support;
mod text;
mod tuning;
mod work;
