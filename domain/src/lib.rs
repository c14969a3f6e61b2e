//! What a car park is: plates, lanes, stays, tariffs, decisions. Pure rules over values: no async, no I/O, no clock,
//! no SQL, no randomness; time and ids are passed in.
//!
//! One passage, from the loop in the ground to the receipt:
//!
//! ```text
//!  levels --loops--> clear/occupied/unknown --+
//!                                             v
//!  frames --reading--> Reading ---------> lane (boom x arrival x passage) --> actions: frames, open, sign, report
//!     (plate::grammar)                        ^            |
//!                                             |            v
//!        matches --decide--> Decision --> command      passage --stay--> opened / closed
//!     (listing at the lane)      |        (verified)                        |
//!                             tariff <--------------------------------- charge
//! ```
//!
//! | module | what it holds |
//! |---|---|
//! | [`ids`] | slugs of topics, UUIDs of rows |
//! | [`money`], [`time`] | minor units and currencies; device uptime apart from wall time |
//! | [`plate`] | canonical plates, country packs and forms, look-alikes, distances for suggestions |
//! | [`people_key`] | how people are found while somebody types |
//! | [`reading`] | frames of one car fused into one reading |
//! | [`reason`] | the frozen registry of reason codes with their texts |
//! | [`direction`] | which way a lane leads |
//! | [`decide`] | arrival + matches -> open, deny or charge |
//! | [`listing`] | the keyed offline list and the matches a lane finds in it |
//! | [`stay`], [`tariff`] | a stay's life, and its price line by line |
//! | [`ticket`] | numbers of tickets with their check character |
//! | [`loops`] | debounced, supervised inputs |
//! | [`lane`] | the lane machine: events and time in, actions out |
#![cfg_attr(test, allow(clippy::unwrap_used))]
#![warn(missing_docs)]
// Numbers come from devices, clocks and tariff files: every sum says what it does when it does not fit.
#![cfg_attr(not(test), warn(clippy::arithmetic_side_effects))]

pub mod decide;
pub mod direction;
pub mod ids;
pub mod lane;
pub mod lane_mode;
pub mod listing;
pub mod loops;
pub mod money;
pub mod people_key;
pub mod plate;
pub mod reading;
pub mod reason;
pub mod stay;
pub mod subscription;
pub mod tariff;
pub mod ticket;
pub mod time;
