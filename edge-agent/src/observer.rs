//! Observes each step of the event loop; a simulated yard reports them.
//!
//! A real lane has no observer; its server gets everything through the spool.

use boomgate_domain::ids::ArrivalId;
use boomgate_domain::loops::RawLevel;
use boomgate_domain::money::Money;
use boomgate_domain::reading::Reading;
use boomgate_schemas::up::Boom;

use crate::cause::Cause;
use crate::gpio::Drive;

pub trait LaneObserver: Send {
    /// A car got this arrival. Answers at what Unix millisecond it came, where that is known better than from the loop.
    fn car_came(&self, arrival: ArrivalId) -> Option<i64>;
    fn read(&self, arrival: ArrivalId, reading: &Reading);
    fn decided(&self, decision: &Decision<'_>);
    /// The drive was asked for something while the newest sample of the safety input said this.
    fn driven(&self, drive: Drive, safety: Option<RawLevel>, cause: Cause);
    fn boom(&self, state: Boom);
    fn sign(&self, sign: &SignText<'_>);
}

/// A decision that has reached the lane, or that it made itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Decision<'a> {
    pub arrival: Option<ArrivalId>,
    pub code: &'a str,
    pub outcome: &'a str,
    pub local: bool,
    pub loop_to_command_ms: Option<i64>,
    pub publish_to_command_ms: Option<i64>,
}

/// What a sign shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignText<'a> {
    pub code: &'a str,
    pub text: String,
    /// What the driver is asked to pay.
    pub amount: Option<&'a Money>,
}

/// No observer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Unobserved;

impl LaneObserver for Unobserved {
    fn car_came(&self, _: ArrivalId) -> Option<i64> {
        None
    }

    fn read(&self, _: ArrivalId, _: &Reading) {}

    fn decided(&self, _: &Decision<'_>) {}

    fn driven(&self, _: Drive, _: Option<RawLevel>, _: Cause) {}

    fn boom(&self, _: Boom) {}

    fn sign(&self, _: &SignText<'_>) {}
}
