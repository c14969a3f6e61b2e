//! Scheduling priorities of threads. The only place that requests them from the kernel.
//!
//! Both calls may be refused (a container, no `LimitRTPRIO`): the lane then works as before, only less evenly.
#![expect(unsafe_code, reason = "scheduling of one thread has no safe wrapper in std or nix")]

use std::io;

use tracing::{debug, info};

/// Low among real-time priorities: above everything ordinary, below the kernel's own threads.
const REALTIME: libc::c_int = 10;
const RAISED_NICE: libc::c_int = -10;
/// Only just below: a reader that is starved by another program reads no plate in time.
const LOWERED_NICE: libc::c_int = 1;

/// What was granted to the calling thread.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Granted {
    Realtime,
    Nice,
    Nothing,
}

/// Lets the calling thread run before others; says once what was granted. For threads that only look and sleep.
pub fn raise(what: &str) -> Granted {
    let refused = match realtime() {
        Ok(()) => {
            debug!(what, priority = REALTIME, "runs with real-time priority");
            return Granted::Realtime;
        }
        Err(refused) => refused,
    };
    match nice(RAISED_NICE) {
        Ok(()) => {
            info!(what, nice = RAISED_NICE, %refused, "no real-time priority; runs with a raised one");
            Granted::Nice
        }
        Err(_) => {
            info!(what, %refused, "runs without raised priority; LimitRTPRIO=10 in the unit would grant it");
            Granted::Nothing
        }
    }
}

/// Lets the calling thread, and those it starts, run after others.
pub fn lower(what: &str) {
    if let Err(refused) = nice(LOWERED_NICE) {
        debug!(what, %refused, "keeps its priority");
    }
}

fn realtime() -> io::Result<()> {
    let wanted = libc::sched_param { sched_priority: REALTIME };
    // SAFETY: 0 is the calling thread; `wanted` outlives the call, which only reads it.
    let done = unsafe { libc::sched_setscheduler(0, libc::SCHED_FIFO | libc::SCHED_RESET_ON_FORK, &wanted) };
    if done == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

/// On Linux the nice value is the thread's, and 0 is the calling one.
fn nice(value: libc::c_int) -> io::Result<()> {
    // SAFETY: plain numbers in, nothing kept.
    let done = unsafe { libc::setpriority(libc::PRIO_PROCESS, 0, value) };
    if done == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}
