//! What the lane is built of, as configured: wires, camera and observer, real or simulated.
//!
//! The only file outside `sim` that knows the simulated yard.

use anyhow::{Context, Result};
use tokio::sync::mpsc;

use crate::camera::Camera;
use crate::camera::folder::FolderCamera;
use crate::clock::Clock;
use crate::config::{CameraKind, CameraSource, Config, GpioKind};
use crate::gpio::Wires;
use crate::gpio::wiring::Wiring;
use crate::observer::{LaneObserver, Unobserved};
use crate::sim::camera::SimCamera;
use crate::sim::control;
use crate::sim::journal::Journal;
use crate::sim::lane::SimLane;
use crate::sim::wires::wires as sim_wires;

/// The hardware of one lane.
pub enum Hardware {
    Real,
    Simulated(SimLane),
}

impl Hardware {
    pub fn new(config: &Config, clock: &Clock) -> Hardware {
        match config.gpio {
            GpioKind::Sim => {
                Hardware::Simulated(SimLane::new(clock.clone(), Journal::new(config.lane.as_str())))
            }
            GpioKind::Pi(_) => Hardware::Real,
        }
    }

    /// The camera as configured.
    pub fn camera(&self, config: &Config) -> Result<Box<dyn Camera>> {
        Ok(match (&config.camera, self) {
            (CameraKind::Sim, Hardware::Simulated(lane)) => Box::new(SimCamera::new(lane.stage())),
            (CameraKind::Sim, Hardware::Real) => anyhow::bail!("a simulated camera needs a simulated lane"),
            (CameraKind::Folder(path), _) => Box::new(FolderCamera::open(path)?),
            (CameraKind::OpenCv(source), _) => opencv_camera(source)?,
        })
    }

    /// The wires as configured.
    pub fn wires(&self, config: &Config) -> Result<Wires> {
        match (&config.gpio, self) {
            (GpioKind::Sim, Hardware::Simulated(lane)) => Ok(sim_wires(lane)),
            (GpioKind::Sim, Hardware::Real) => anyhow::bail!("a simulated lane is missing"),
            (GpioKind::Pi(wiring), _) => pi_wires(wiring),
        }
    }

    /// The observer of the lane.
    pub fn observer(&self) -> Box<dyn LaneObserver> {
        match self {
            Hardware::Real => Box::new(Unobserved),
            Hardware::Simulated(lane) => Box::new(lane.clone()),
        }
    }

    /// The control socket, where there is one. `quit` receives every order to end.
    pub fn control(
        &self,
        config: &Config,
        quit: mpsc::Sender<()>,
    ) -> Result<Option<impl Future<Output = ()> + use<>>> {
        match (&config.control, self) {
            (Some(path), Hardware::Simulated(lane)) => {
                let socket = control::serve(path, lane.clone(), quit)
                    .with_context(|| format!("the control socket {} cannot be made", path.display()))?;
                Ok(Some(socket))
            }
            (Some(_) | None, Hardware::Real) | (None, Hardware::Simulated(_)) => Ok(None),
        }
    }
}

#[cfg(feature = "opencv")]
fn opencv_camera(source: &CameraSource) -> Result<Box<dyn Camera>> {
    Ok(Box::new(crate::camera::opencv::OpenCvCamera::open(source.whole())?))
}

#[cfg(not(feature = "opencv"))]
fn opencv_camera(source: &CameraSource) -> Result<Box<dyn Camera>> {
    anyhow::bail!("this program was built without OpenCV, which the camera {source} needs")
}

#[cfg(feature = "rppal")]
fn pi_wires(wiring: &Wiring) -> Result<Wires> {
    Ok(crate::gpio::pi::wires(wiring)?)
}

#[cfg(not(feature = "rppal"))]
fn pi_wires(_: &Wiring) -> Result<Wires> {
    anyhow::bail!("this program was built without GPIO; build it with the feature rppal on a Raspberry Pi")
}
