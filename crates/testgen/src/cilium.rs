//! What Cilium's policies can say and others cannot.

use crate::Gen;
use crate::cluster::{ENVS, SERVICE_ACCOUNTS};
use netpol_policy::labels::SERVICE_ACCOUNT;
use netpol_policy::{
    Action, Cluster, Condition, Direction, EndpointSelector, Entity, NamespaceScope, Peer, Policy,
    PolicyKey, PolicyKind, Rule, Selector, Subject, Tier,
};

const ENTITIES: [Entity; 11] = [
    Entity::Host,
    Entity::RemoteNode,
    Entity::Cluster,
    Entity::World,
    Entity::WorldIpv4,
    Entity::WorldIpv6,
    Entity::KubeApiserver,
    Entity::Ingress,
    Entity::Health,
    Entity::Init,
    Entity::Unmanaged,
];

impl Gen {
    /// `CiliumClusterwideNetworkPolicy`, on nodes or on pods of all namespaces.
    pub(crate) fn clusterwide(&mut self, number: usize, cluster: &Cluster) -> Policy {
        let subject = if self.rng.chance(50) {
            Subject::Nodes(self.node_selector())
        } else {
            let everywhere = NamespaceScope::Matching(Selector::everything());
            let mut selector = EndpointSelector::new(everywhere, self.pod_selector());
            selector.identity = self.identity();
            Subject::Endpoints(selector)
        };
        let rules = Direction::BOTH
            .into_iter()
            .flat_map(|direction| std::iter::repeat_n(direction, 2))
            .map(|direction| self.cilium_rule(direction, cluster, None))
            .collect();
        Policy {
            tier: Tier::Namespace,
            key: PolicyKey {
                kind: PolicyKind::CiliumClusterwideNetworkPolicy,
                namespace: None,
                name: format!("clusterwide-{number}"),
                part: 0,
            },
            subject,
            isolates: [self.rng.chance(50), self.rng.chance(50)],
            rules,
        }
    }

    pub(crate) fn cilium_rule(
        &mut self,
        direction: Direction,
        cluster: &Cluster,
        namespace: Option<&str>,
    ) -> Rule {
        let deny = self.rng.chance(30);
        let action = if deny { Action::Deny } else { Action::Allow };
        let mut rule = self.rule(direction, action, cluster, namespace);
        for peer in rule.peers.iter_mut().flatten() {
            match peer {
                Peer::IpBlock(block) => *peer = Peer::Outside(block.clone()),
                Peer::Pods(selector) => selector.identity = self.identity(),
                _ => {}
            }
        }
        if self.rng.chance(35) {
            let names = !deny && direction == Direction::Egress;
            let peer = self.beyond_pods(names);
            rule.peers = Some(vec![peer]);
        }
        if !deny && self.rng.chance(25) {
            let conditions = [Condition::L7, Condition::Authentication];
            rule.condition = Some(*self.rng.pick(&conditions));
        }
        rule
    }

    /// A peer that is neither pods nor a block.
    pub(crate) fn beyond_pods(&mut self, names: bool) -> Peer {
        match self.rng.below(4) {
            0 if names => Peer::Names(vec!["*.example.com".to_owned()]),
            1 => Peer::Nodes(self.node_selector()),
            _ => Peer::Entity(*self.rng.pick(&ENTITIES)),
        }
    }

    fn node_selector(&mut self) -> Selector {
        let requirements = (0..self.rng.below(2))
            .map(|_| self.requirement("zone", &ENVS))
            .collect();
        Selector { requirements }
    }

    /// Mostly no condition on what Cilium knows of a pod beside its labels.
    fn identity(&mut self) -> Selector {
        let requirements = (0..usize::from(self.rng.chance(15)))
            .map(|_| self.requirement(SERVICE_ACCOUNT, &SERVICE_ACCOUNTS))
            .collect();
        Selector { requirements }
    }
}
