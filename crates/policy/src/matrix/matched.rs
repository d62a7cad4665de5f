//! How surely something matches, and why it may not be decidable, in one byte.

use super::forest::Code;
use crate::Tri;
use crate::verdict::UnknownCause;

/// How surely something matches, and why it may not be decidable.
pub(super) type Match = (Tri, UnknownCause);

/// The code of a certain match.
pub(super) const CERTAIN: Code = 1;

/// Causes by their code, after [`CERTAIN`].
const CAUSES: [UnknownCause; 8] = [
    UnknownCause::NoAddress,
    UnknownCause::NamespaceLabels,
    UnknownCause::NoNode,
    UnknownCause::DnsName,
    UnknownCause::ApiServer,
    UnknownCause::NodeLabels,
    UnknownCause::NoEndpoint,
    UnknownCause::Identity,
];

/// 0 for no match. The cause of a certain match is of no use to anybody.
pub(super) fn code((tri, cause): Match) -> Code {
    match tri {
        Tri::No => 0,
        Tri::Yes => CERTAIN,
        Tri::Unknown => {
            let at = match cause {
                UnknownCause::NoAddress => 0,
                UnknownCause::NamespaceLabels => 1,
                UnknownCause::NoNode => 2,
                UnknownCause::DnsName => 3,
                UnknownCause::ApiServer => 4,
                UnknownCause::NodeLabels => 5,
                UnknownCause::NoEndpoint => 6,
                UnknownCause::Identity => 7,
            };
            CERTAIN + 1 + at
        }
    }
}

/// What a code stands for.
pub(super) fn decoded(code: Code) -> Match {
    match code.checked_sub(CERTAIN + 1) {
        Some(at) => {
            let cause = CAUSES.get(usize::from(at)).copied();
            (Tri::Unknown, cause.unwrap_or(UnknownCause::NoAddress))
        }
        None if code == CERTAIN => (Tri::Yes, UnknownCause::NoAddress),
        None => (Tri::No, UnknownCause::NoAddress),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_lead_back_to_what_they_stand_for() {
        for cause in CAUSES {
            assert_eq!(decoded(code((Tri::Unknown, cause))), (Tri::Unknown, cause));
        }
        for tri in [Tri::Yes, Tri::No] {
            assert_eq!(decoded(code((tri, UnknownCause::Identity))).0, tri);
        }
    }
}
