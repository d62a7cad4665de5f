//! Who reaches whom, and why.
//!
//! Questions are read by [`question`], names become parties in [`directory`], a [`Judge`] gives the
//! verdicts (the model itself here; a compiled bundle in `lower`), [`answer`] puts them together
//! with their reasons, [`why`] tells the whole way there, and [`graph`] asks for everybody at once, by identity classes.

pub mod addresses;
pub mod aggregate;
pub mod answer;
pub mod batch;
pub mod blast;
pub mod directory;
pub mod exposure;
pub mod graph;
pub mod judge;
mod local;
mod openings;
pub mod places;
pub mod ports;
pub mod question;
pub mod reason;
pub mod view;
pub mod why;

pub use answer::{Answer, Answers, Desk, Question, ask};
pub use batch::Batch;
pub use directory::Directory;
pub use graph::Reachability;
pub use judge::{Judge, ModelJudge};
pub use places::ModelPlaces;
pub use ports::PortRange;
pub use question::{PortQuestion, Who};
pub use reason::{Place, Places, Reasons, ValuePlace};
