//! The wires of a real lane: a Raspberry Pi's header through rppal.
//!
//! An output gets its released level before it becomes an output, so that no relay clicks at a start. Inputs are pulled
//! to the level that alarms when a wire is open: loops and the fire contact then read as active. rppal gives the pins
//! back as inputs when the program ends, and the unit's ExecStopPost writes them off once more.

use boomgate_domain::loops::RawLevel;
use rppal::gpio::{Gpio as Chip, InputPin, OutputPin};

use super::wiring::{Active, InputWire, OutputWire, Wiring};
use super::{Drive, GpioError, InputLines, Inputs, Relays, Wires};

struct PiInputs {
    arming: Line,
    safety: Line,
    photocell: Option<Line>,
    boom_open: Line,
    boom_closed: Line,
    fire: Line,
    reset: Line,
    key_switch: Option<Line>,
}

struct PiRelays {
    open: Relay,
    close: Relay,
}

struct Line {
    pin: InputPin,
    active: Active,
    fault: Option<(InputPin, Active)>,
}

struct Relay {
    pin: OutputPin,
    active: Active,
}

/// Takes the pins: relays first, released.
pub fn wires(wiring: &Wiring) -> Result<Wires, GpioError> {
    let chip = Chip::new().map_err(|error| GpioError::Chip(error.to_string()))?;
    let relays = PiRelays {
        open: Relay::take(&chip, &wiring.open_relay, "open relay")?,
        close: Relay::take(&chip, &wiring.close_relay, "close relay")?,
    };
    let line = |wire: &InputWire, role, open| Line::take(&chip, wire, role, open);
    let fitted = |wire: &Option<InputWire>, role, open| {
        wire.as_ref().map(|wire| Line::take(&chip, wire, role, open)).transpose()
    };
    let inputs = PiInputs {
        arming: line(&wiring.arming, "arming loop", OpenWire::Active)?,
        safety: line(&wiring.safety, "safety loop", OpenWire::Active)?,
        photocell: fitted(&wiring.photocell, "photocell", OpenWire::Active)?,
        boom_open: line(&wiring.boom_open, "boom open switch", OpenWire::Inactive)?,
        boom_closed: line(&wiring.boom_closed, "boom closed switch", OpenWire::Inactive)?,
        fire: line(&wiring.fire, "fire contact", OpenWire::Active)?,
        reset: line(&wiring.reset, "reset button", OpenWire::Inactive)?,
        key_switch: fitted(&wiring.key_switch, "key switch", OpenWire::Inactive)?,
    };
    Ok(Wires { inputs: Box::new(inputs), relays: Box::new(relays) })
}

impl InputLines for PiInputs {
    fn read(&mut self) -> Result<Inputs, GpioError> {
        Ok(Inputs {
            arming: self.arming.level(),
            safety: self.safety.level(),
            photocell: self.photocell.as_ref().map(Line::level),
            boom_open: self.boom_open.is_active(),
            boom_closed: self.boom_closed.is_active(),
            fire: self.fire.level() != RawLevel::Clear,
            reset: self.reset.is_active(),
            key_switch: self.key_switch.as_ref().is_some_and(Line::is_active),
        })
    }
}

impl Relays for PiRelays {
    fn drive(&mut self, drive: Drive) -> Result<(), GpioError> {
        // Release before energising: never both at once.
        match drive {
            Drive::Rest => {
                self.open.set(false);
                self.close.set(false);
            }
            Drive::Open => {
                self.close.set(false);
                self.open.set(true);
            }
            Drive::Close => {
                self.open.set(false);
                self.close.set(true);
            }
        }
        Ok(())
    }
}

impl Drop for PiRelays {
    fn drop(&mut self) {
        self.open.set(false);
        self.close.set(false);
    }
}

/// What a wire torn off must look like.
#[derive(Clone, Copy, PartialEq, Eq)]
enum OpenWire {
    Active,
    Inactive,
}

impl Line {
    fn take(chip: &Chip, wire: &InputWire, role: &'static str, open: OpenWire) -> Result<Line, GpioError> {
        let pulled_up = (open == OpenWire::Active) == (wire.active == Active::High);
        let pin = input(chip, wire.pin, role, pulled_up)?;
        let fault = match wire.fault_pin {
            Some(fault) => {
                Some((input(chip, fault, role, wire.fault_active == Active::High)?, wire.fault_active))
            }
            None => None,
        };
        Ok(Line { pin, active: wire.active, fault })
    }

    fn is_active(&self) -> bool {
        is(&self.pin, self.active)
    }

    fn level(&self) -> RawLevel {
        match &self.fault {
            Some((pin, active)) if is(pin, *active) => RawLevel::WireCut,
            _ if self.is_active() => RawLevel::Occupied,
            _ => RawLevel::Clear,
        }
    }
}

impl Relay {
    fn take(chip: &Chip, wire: &OutputWire, role: &'static str) -> Result<Relay, GpioError> {
        let pin = chip.get(wire.pin).map_err(|error| failed(wire.pin, role, &error))?;
        let pin = match wire.active {
            Active::High => pin.into_output_low(),
            Active::Low => pin.into_output_high(),
        };
        Ok(Relay { pin, active: wire.active })
    }

    fn set(&mut self, energised: bool) {
        if energised == (self.active == Active::High) {
            self.pin.set_high();
        } else {
            self.pin.set_low();
        }
    }
}

fn input(chip: &Chip, number: u8, role: &'static str, pulled_up: bool) -> Result<InputPin, GpioError> {
    let pin = chip.get(number).map_err(|error| failed(number, role, &error))?;
    Ok(if pulled_up { pin.into_input_pullup() } else { pin.into_input_pulldown() })
}

fn is(pin: &InputPin, active: Active) -> bool {
    pin.is_high() == (active == Active::High)
}

fn failed(pin: u8, role: &'static str, error: &rppal::gpio::Error) -> GpioError {
    GpioError::Pin { pin, role, why: error.to_string() }
}
