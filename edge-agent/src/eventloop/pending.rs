//! A command between its judgement and its being carried out.

use std::time::Instant;

use boomgate_schemas::down;

/// A command that is to be carried out as soon as its counter is safe.
#[derive(Debug)]
pub struct Pending {
    pub(super) command: down::Command,
    pub(super) received: Instant,
}
