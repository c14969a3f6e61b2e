//! What is seen at one place of a plate.

/// Probability of each symbol of [`ALPHABET`](crate::plate::ALPHABET).
pub(super) type Dist = [f64; 36];

/// The margin of a text without a rival.
pub(super) const MAX_MARGIN: f32 = 99.0;
