//! Messages become facts, facts decisions, decisions one transaction, and only then answers and orders.
//!
//! ```text
//!  bus ──► intake ──┬─ up ───► inbound ──► batch ──► handle (facts, fold) ──► COMMIT ──► acks, orders ──► bus
//!                   ├─ hello ► greet ───────────────────────────────────────────────► ack with echo ───► bus
//!                   └─ sync ─► sync ────────────────────────────────────────────────► list parts ──────► bus
//!  outbox (woken, or each quarter of a second) ─► counts, signs, sends, resends, gives up ─────────────► bus
//! ```
//!
//! An ack means committed. When PostgreSQL is away nothing is acknowledged, what does not fit the bounded queues is
//! dropped (the lanes keep and resend it), and work goes on by itself when it is back. Knows no socket and no TLS: the
//! [`bus::Bus`] brings bytes and takes bytes.
#![cfg_attr(not(test), warn(clippy::arithmetic_side_effects))]
#![cfg_attr(test, allow(clippy::unwrap_used))]

mod acks;
mod batch;
mod budget;
pub mod bus;
mod clock;
mod complaints;
mod directory;
mod fair_queue;
mod guard;
mod handle;
pub mod health;
mod hello;
mod inbound;
mod intake;
mod latest_queue;
mod list_parts;
mod names;
mod offenders;
mod outbox;
mod run;
mod store_check;
mod sync;

pub use health::Health;
pub use offenders::CutOff;
pub use run::{IngestConfig, IngestError, run};
