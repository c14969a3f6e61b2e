//! How somebody paid, as it stands in payments, audit and live events.

use crate::words::words;

words! {
    /// How somebody paid.
    pub enum Method {
        Cash = "cash",
        Card = "card",
        Stripe = "stripe",
        Paypal = "paypal",
        Vietqr = "vietqr",
        /// Confirmed by a person who saw it arrive.
        Manual = "manual",
    }
}
