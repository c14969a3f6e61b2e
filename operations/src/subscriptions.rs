//! Subscriptions: several vehicles on some places, for a time, with terms; paused, renewed, ended; every act with its history.

mod acts;
mod contract;
mod history;
mod notices;
mod vehicles;

pub use acts::{End, end, pause, renew, resume};
pub use contract::{AddSubscription, SetSubscription, add, set};
pub use history::LONGEST_REASON;
pub use notices::{EndingNotice, notice_ending};
pub use vehicles::{MOST_VEHICLES, SetVehicles, set_vehicles};
