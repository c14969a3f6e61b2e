//! The wires of a lane: its inputs and its relays.
//!
//! An adapter knows pins or a model; it does not know why a boom moves. Inputs and relays are two values, so that looking
//! never waits for acting. Whatever happens, dropping the relays leaves both released.

#[cfg(feature = "rppal")]
pub mod pi;
pub mod wiring;

use boomgate_domain::loops::RawLevel;
use thiserror::Error;

/// All inputs at one moment, not debounced and not judged.
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
    /// A key switch or button on the spot that opens; false where none is fitted.
    pub key_switch: bool,
}

/// A request to the barrier's drive. A close request lasts only as long as it is held.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Drive {
    /// Both relays released.
    #[default]
    Rest,
    Open,
    Close,
}

impl Drive {
    pub const fn name(self) -> &'static str {
        match self {
            Self::Rest => "release",
            Self::Open => "open",
            Self::Close => "close",
        }
    }
}

/// The inputs; read on a thread of their own.
pub trait InputLines: Send {
    fn read(&mut self) -> Result<Inputs, GpioError>;
}

/// The outputs. Dropping them leaves both relays released.
pub trait Relays: Send {
    /// Sets the relays; never both.
    fn drive(&mut self, drive: Drive) -> Result<(), GpioError>;
}

/// The two sides of a lane's wires.
pub struct Wires {
    pub inputs: Box<dyn InputLines>,
    pub relays: Box<dyn Relays>,
}

#[derive(Debug, Error)]
pub enum GpioError {
    #[error("pin {pin} ({role}) cannot be used: {why}")]
    Pin { pin: u8, role: &'static str, why: String },
    #[error("the GPIO chip cannot be opened: {0}")]
    Chip(String),
}
