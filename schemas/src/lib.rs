//! What travels between a lane and the server, and nothing about what it means.
//!
//! ```text
//!   lane                              MQTT topic                       server
//!   UpBatch, Hello, SyncRequest  ──►  bg/v1/<site>/<lane>/up …   ──►   verified, decoded, decided
//!   verified, obeyed             ◄──  bg/v1/<site>/<lane>/cmd …  ◄──   Ack, Command, SyncPart
//! ```
//!
//! Every payload is a COSE_Sign1 envelope ([`envelope`]) over strictly checked CBOR ([`strict`]). The grammar is
//! `messages.cddl`, the channels are `asyncapi.yaml`, and `golden/v1` holds bytes that are never edited; a test
//! holds the three and this code together. Fields are only ever added.
#![cfg_attr(not(test), warn(clippy::arithmetic_side_effects))]
#![cfg_attr(test, allow(clippy::unwrap_used))]
#![warn(missing_docs)]

pub mod bounds;
pub mod bytes;
pub mod down;
pub mod envelope;
pub mod identity;
pub mod strict;
pub mod topic;
pub mod up;
pub mod yard;

/// The version of the message set, carried in every protected header and in every topic (`bg/v1`).
pub const VERSION: u64 = 1;

/// Largest MQTT payload either side accepts, in bytes: a full batch of 64 events with all optional fields fits.
pub const MAX_PAYLOAD: usize = 64 * 1024;

/// Most events one `up` message may carry.
pub const MAX_EVENTS: usize = 64;
