//! Why something at the lane moves.

use boomgate_domain::ids::CommandId;

/// The command in hand, or the rule at work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    Command(CommandId),
    Rule(&'static str),
}
