//! The wires of a simulated lane.

use super::{Drive, Gpio, GpioError, Inputs};
use crate::sim::SimLane;

pub struct SimGpio(SimLane);

impl SimGpio {
    pub fn new(lane: SimLane) -> SimGpio {
        SimGpio(lane)
    }
}

impl Gpio for SimGpio {
    fn read(&mut self) -> Result<Inputs, GpioError> {
        Ok(self.0.inputs())
    }

    fn drive(&mut self, drive: Drive) -> Result<(), GpioError> {
        self.0.drive(drive);
        Ok(())
    }
}

impl Drop for SimGpio {
    fn drop(&mut self) {
        self.0.drive(Drive::Rest);
    }
}
