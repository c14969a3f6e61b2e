//! What is known of a car that came.

use std::time::Instant;

use boomgate_domain::ids::ArrivalId;
use boomgate_domain::reading::Reading;

/// What is known of a car that came.
pub(super) struct Car {
    pub id: ArrivalId,
    pub reading: Option<Reading>,
    pub evidence: Option<[u8; 32]>,
    pub came_wall_ms: i64,
    pub published: Option<Instant>,
    pub answered: bool,
}
