//! Pictures in, readings out: find plates in a frame, lay them flat, read them, and measure how well that went.
//!
//! ```text
//!  picture, video ─► grey ─► locate ─► refine ─► rectify ─► read ─► judgement ─► domain::Reading
//!                            └──────────── recogniser ──────────┘
//!  evaluate, read_files: the same over folders of files.   scene: drawn lanes, to read without a camera
//! ```
//!
//! Synchronous: the caller brings the picture and the thread. Knows nothing of lanes, booms, lists or live cameras, and
//! writes neither logs of its own nor to standard output; what is to be printed goes to the caller.

#![cfg_attr(test, allow(clippy::unwrap_used))]

pub mod advice;
pub mod custom_models;
pub mod draw;
pub mod evaluate;
pub mod folder;
pub mod grey;
pub mod lattice;
pub mod locate;
pub mod net;
pub mod picture;
pub mod quad;
pub mod read;
pub mod read_files;
pub mod reading_settings;
pub mod recogniser;
pub mod rectify;
pub mod refine;
pub mod scene;
pub mod stage_timer;
pub mod video;
