//! The wires of a simulated lane.

use super::lane::SimLane;
use crate::gpio::{Drive, GpioError, InputLines, Inputs, Relays, Wires};

struct SimInputs(SimLane);

struct SimRelays(SimLane);

/// The wires of this lane; its inputs also let its time pass.
pub fn wires(lane: &SimLane) -> Wires {
    Wires { inputs: Box::new(SimInputs(lane.clone())), relays: Box::new(SimRelays(lane.clone())) }
}

impl InputLines for SimInputs {
    fn read(&mut self) -> Result<Inputs, GpioError> {
        Ok(self.0.inputs())
    }
}

impl Relays for SimRelays {
    fn drive(&mut self, drive: Drive) -> Result<(), GpioError> {
        self.0.drive(drive);
        Ok(())
    }
}

impl Drop for SimRelays {
    fn drop(&mut self) {
        self.0.drive(Drive::Rest);
    }
}
