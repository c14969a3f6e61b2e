//! What is printed: documents as PDF, set by typst from templates of this crate.
//!
//! Knows no database and no network: what stands in a document is passed in. Texts of people travel as data, never as part
//! of a template, so that nothing they write is read as markup. The same input gives the same bytes.
#![cfg_attr(test, allow(clippy::unwrap_used))]
#![warn(missing_docs)]

mod document;
mod qr;
pub mod ticket;

pub use document::PrintError;
