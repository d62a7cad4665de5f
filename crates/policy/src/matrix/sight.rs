//! What one subject can see of its peers.

use super::{ClassId, Matrix, Row};
use crate::Direction;

/// One direction of one subject: tells which peers [`Matrix::sides`] treats alike, without asking
/// it. Most policies do not select a given subject, so most differences between peers are out of
/// its sight.
#[derive(Debug)]
pub struct Sight<'m>(Option<&'m Row>);

impl Sight<'_> {
    /// The group of a peer: peers of one group get the same sides. Groups have no order.
    pub fn group(&self, peer: ClassId) -> Option<usize> {
        self.0?.group(peer)
    }
}

impl Matrix<'_> {
    /// What a subject can see in a direction.
    pub fn sight(&self, direction: Direction, subject: ClassId) -> Sight<'_> {
        Sight(self.row(direction, subject))
    }
}
