//! The harness of the stories: a whole site of real processes, and peers that misbehave as a story needs.
//!
//! ```text
//!   a story ──► Site: PostgreSQL, `boomgate serve` ◄══TLS══ Lane: `edge-agent run` with a simulated yard
//!      │          ▲ REST, as anybody                 ▲
//!      │          └ Office                           └ Interloper: a proxy with the server's key
//!      └────► Device: an attacker with a lane's real keys ══TLS══► the same listener
//! ```
//!
//! What the yards report is the journal; every story ends with [`site::Site::end`], which compares it with PostgreSQL,
//! ends every process and looks for panics in every log. Nothing here sleeps for a fixed time: [`wait`] waits for a state.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on should say so")]

pub mod client;
pub mod figures;
pub mod journal;
pub mod lanes;
pub mod postgres;
pub mod programs;
pub mod proxy;
pub mod scratch;
pub mod site;
pub mod verdict;
pub mod wait;
