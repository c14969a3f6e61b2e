//! What a lane is for at the moment: a state that people wish for, that the lane obeys also without a network, and that
//! survives restarts.

use serde::{Deserialize, Serialize};

/// The mode of one lane.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LaneMode {
    /// Everybody who may comes in and leaves.
    #[default]
    Open,
    /// Visitors are refused at the entry, subscribers and reservations come in; cars leave.
    Full,
    /// As full, but the sign says closed.
    Closed,
    /// Nobody comes in; cars leave.
    ClosedToAll,
    /// The lane takes no cars; a person can still open it.
    Maintenance,
    /// The boom stays up, and everybody passes.
    FreeFlow,
}

impl LaneMode {
    /// Every mode there is.
    pub const ALL: [Self; 6] =
        [Self::Open, Self::Full, Self::Closed, Self::ClosedToAll, Self::Maintenance, Self::FreeFlow];

    /// Its word in messages, columns and documents.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Full => "full",
            Self::Closed => "closed",
            Self::ClosedToAll => "closed_to_all",
            Self::Maintenance => "maintenance",
            Self::FreeFlow => "free_flow",
        }
    }

    /// From its word; none for one that only a later version knows.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|mode| mode.as_str() == word)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mode_is_read_as_it_is_written() {
        for mode in LaneMode::ALL {
            assert_eq!(LaneMode::parse(mode.as_str()), Some(mode));
            assert_eq!(serde_json::to_value(mode).unwrap(), mode.as_str());
        }
        assert_eq!(LaneMode::parse("closed-to-all"), None);
    }
}
