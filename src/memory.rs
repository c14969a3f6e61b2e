//! Settings of the C allocator, so that it returns large blocks to the system.
//!
//! glibc raises its limit for pieces of their own (`mmap`) to the size of the largest that was ever freed: after one
//! password check (19 MiB) every later one comes from a heap of its thread and is not returned. A fixed limit turns that off.

use std::time::Duration;

/// Pieces from this size on are mapped and unmapped alone.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
const OWN_MAPPING: i32 = 512 * 1024;
/// Heaps beside the main one; each keeps some of what it once held.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
const ARENAS: i32 = 8;

/// To be called once, before there are threads. Does nothing where the allocator is another one.
pub fn give_back_large_pieces() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    #[expect(unsafe_code, reason = "there is no safe interface to the allocator's settings")]
    // SAFETY: mallopt takes two numbers, touches only the allocator's own settings, and no other thread runs yet.
    unsafe {
        libc::mallopt(libc::M_MMAP_THRESHOLD, OWN_MAPPING);
        libc::mallopt(libc::M_TRIM_THRESHOLD, OWN_MAPPING);
        libc::mallopt(libc::M_ARENA_MAX, ARENAS);
    }
}

/// How often free memory is returned.
const TRIM_INTERVAL: Duration = Duration::from_secs(15);

/// Gives back what a burst left free between pieces in use, now and then, for as long as the server runs.
pub async fn keep_trimmed() {
    loop {
        tokio::time::sleep(TRIM_INTERVAL).await;
        // It takes the allocator's locks for some milliseconds: not on a thread that serves.
        drop(tokio::task::spawn_blocking(trim).await);
    }
}

fn trim() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    #[expect(unsafe_code, reason = "there is no safe interface to the allocator")]
    // SAFETY: malloc_trim may be called at any time from any thread; it gives back only what is free.
    unsafe {
        libc::malloc_trim(0);
    }
}
