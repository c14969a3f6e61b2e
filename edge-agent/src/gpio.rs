//! The wires of a lane: what its inputs say now, and what its relays are told.
//!
//! An adapter knows pins or a model; it does not know why a boom moves. Whatever happens, dropping an adapter leaves
//! both relays released.

#[cfg(feature = "rppal")]
pub mod pi;
pub mod sim;
pub mod wiring;

use boomgate_domain::loops::RawLevel;
use thiserror::Error;

/// Every input at one moment, as the lines say it: not debounced, not judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Inputs {
    pub arming: RawLevel,
    pub safety: RawLevel,
    /// None where no light barrier is fitted.
    pub photocell: Option<RawLevel>,
    /// Limit switches of the boom.
    pub boom_open: bool,
    pub boom_closed: bool,
    /// The fire contact; a cut wire counts as fire.
    pub fire: bool,
    /// The local reset button.
    pub reset: bool,
}

/// What the barrier's drive is asked for. A close request lasts only as long as it is held.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Drive {
    /// Both relays released.
    #[default]
    Rest,
    Open,
    Close,
}

pub trait Gpio: Send {
    fn read(&mut self) -> Result<Inputs, GpioError>;

    /// Sets the relays; never both.
    fn drive(&mut self, drive: Drive) -> Result<(), GpioError>;
}

#[derive(Debug, Error)]
pub enum GpioError {
    #[error("pin {pin} ({role}) cannot be used: {why}")]
    Pin { pin: u8, role: &'static str, why: String },
    #[error("the GPIO chip cannot be opened: {0}")]
    Chip(String),
}
