//! A simulated lane: cars, loops and a boom as a physical model, and the socket that drives it.
//!
//! The model implements the wires and the camera; the agent around it is the real one. Production
//! code meets it in one file, `hardware.rs`, which puts its wires, camera and observer where those of a real lane go.
//! Orders and reports are declared in `boomgate_schemas::yard`.

pub mod camera;
pub mod control;
pub mod journal;
pub mod lane;
pub mod observer;
pub mod wires;
pub mod yard;
