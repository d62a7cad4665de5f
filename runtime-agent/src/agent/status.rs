//! What is in force, as the kernel has it.

use super::{Options, open_instance};
use crate::counters;
use crate::endpoints;
use crate::error::Error;
use crate::events::{Event, Events};
use crate::exec::{self, Instance, Pins};
use crate::kernel::bpffs;
use crate::kernel::interface;
use crate::kernel::sys::Hook;
use crate::package::Package;
use crate::plan::Attachment;
use crate::state::{Standing, State, Store};
use netpol_policy::{Cluster, RuleId};
use serde::Serialize;
use std::collections::BTreeMap;

/// A local endpoint and whether it is protected.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct EndpointStatus {
    /// The pod's namespace.
    pub namespace: String,
    /// The pod's name.
    pub name: String,
    /// The host side of its veth pair.
    pub interface: String,
    /// That interface's index; absent when it is gone.
    pub ifindex: Option<u32>,
    /// Do both programs run there?
    pub enforced: bool,
    /// Drop events that were not made because there were too many in a second.
    pub suppressed_events: u64,
    /// Drop events that were lost because nobody read the ring.
    pub lost_events: u64,
}

/// What is in force.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Status {
    /// What the control word names; absent when nothing is in force.
    pub live: Option<Standing>,
    /// What a rollback would go back to.
    pub previous: Option<Standing>,
    /// The highest serial number that was ever in force.
    pub serial: u64,
    /// Local endpoints of the last inventory.
    pub endpoints: Vec<EndpointStatus>,
    /// What is not as it should be.
    pub faults: Vec<String>,
}

/// A counter with the words for its rule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RuleCounter {
    /// The rule's number within its bundle.
    pub rule: u32,
    /// The pod's direction.
    pub direction: &'static str,
    /// Packets.
    pub packets: u64,
    /// Bytes, Ethernet headers included.
    pub bytes: u64,
    /// What the rule is, and where it was written.
    pub text: String,
}

/// A drop event with the words for its rule and endpoint.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RuleEvent {
    /// What the program said.
    #[serde(flatten)]
    pub event: Event,
    /// The endpoint as `namespace/name`, when it is known.
    pub endpoint: Option<String>,
    /// What the rule is, and where it was written.
    pub text: String,
}

/// A look at an agent's work, without its lock.
#[derive(Debug)]
pub struct View {
    pins: Pins,
    state: State,
    store: Store,
    instance: Option<Instance>,
    cluster: Option<Cluster>,
    packages: Vec<Package>,
}

impl View {
    /// Looks at what the agent of these options has put in force.
    ///
    /// # Errors
    /// The journal cannot be read, or pins cannot be opened.
    pub fn open(options: &Options) -> Result<Self, Error> {
        let store = Store::existing(&options.state_dir);
        let state = store.read()?;
        let found = bpffs::find(options.bpffs.as_deref(), &options.state_dir);
        let pins = Pins::new(found.unwrap_or_else(|| options.state_dir.join("bpffs")));
        let instance = open_instance(&pins, &state)?;
        let cluster = store
            .inventory()
            .ok()
            .and_then(|t| endpoints::read(&t).ok());
        let packages = [&state.live, &state.previous]
            .into_iter()
            .flatten()
            .filter_map(|s| Package::kept(store.bundle(&s.bundle).ok()?).ok())
            .collect();
        Ok(Self {
            pins,
            state,
            store,
            instance,
            cluster,
            packages,
        })
    }

    /// What is in force.
    ///
    /// # Errors
    /// Pins cannot be opened.
    pub fn status(&self) -> Result<Status, Error> {
        let observed = exec::observe(&self.pins, self.instance.as_ref())?;
        let mut faults = Vec::new();
        let generation = observed.live.map(|(_, generation)| generation);
        let known = [&self.state.live, &self.state.previous]
            .into_iter()
            .flatten()
            .chain(self.state.intent.as_ref().map(|i| &i.standing))
            .find(|s| Some(s.generation) == generation)
            .cloned();
        match (&known, generation) {
            (None, Some(generation)) => faults.push(format!(
                "generation {generation} is in force, of which the journal in {} knows nothing",
                self.store.path().display()
            )),
            (None, None) if self.state.live.is_some() => faults.push(
                "nothing is in force although the journal says so (a reboot?); load again"
                    .to_owned(),
            ),
            _ => {}
        }
        if self.state.intent.is_some() {
            faults.push("a load is under way or was interrupted".to_owned());
        }
        let endpoints = self.endpoints(&observed.links, &mut faults)?;
        Ok(Status {
            live: known,
            previous: self.state.previous.clone(),
            serial: self.state.serial,
            endpoints,
            faults,
        })
    }

    fn endpoints(
        &self,
        links: &BTreeMap<(u32, Hook), Attachment>,
        faults: &mut Vec<String>,
    ) -> Result<Vec<EndpointStatus>, Error> {
        let (Some(cluster), Some(live)) = (&self.cluster, &self.state.live) else {
            return Ok(Vec::new());
        };
        let interfaces = interface::all()?;
        let number = self.instance.as_ref().map(|i| i.number);
        let mut found = Vec::new();
        for endpoint in &cluster.endpoints {
            let here = endpoint.node.as_ref().is_none_or(|n| *n == live.node);
            let (Some(name), true) = (&endpoint.interface, here && !endpoint.host_network) else {
                continue;
            };
            let ifindex = interfaces.get(name).map(|i| i.index);
            let runs = |hook| {
                let link = ifindex.and_then(|i| links.get(&(i, hook)));
                matches!((link, number), (Some(Attachment::Runs(n)), Some(m)) if *n == m)
            };
            let enforced = Hook::BOTH.into_iter().all(runs);
            if !enforced {
                let pod = endpoint.display_name();
                faults.push(format!("{pod} at `{name}` is not protected"));
            }
            let (suppressed, lost) = match (&self.instance, ifindex) {
                (Some(instance), Some(ifindex)) => instance.maps.unreported(ifindex)?,
                _ => (0, 0),
            };
            found.push(EndpointStatus {
                namespace: endpoint.namespace.clone(),
                name: endpoint.name.clone(),
                interface: name.clone(),
                ifindex,
                enforced,
                suppressed_events: suppressed,
                lost_events: lost,
            });
        }
        Ok(found)
    }

    /// Packets and bytes per rule of the live bundle.
    ///
    /// # Errors
    /// Nothing is in force, or the kernel refuses.
    pub fn counters(&self) -> Result<Vec<RuleCounter>, Error> {
        let (Some(instance), Some(live)) = (&self.instance, &self.state.live) else {
            return Err(Error::message("nothing is in force; load a bundle first"));
        };
        let package = self.package_of(&live.bundle);
        let rules = package.map_or(RuleId::FIRST, |p| p.policies().id_bound());
        let text = |rule| describe(package, rule);
        let read = counters::read(&instance.maps, live.bank, rules)?;
        let named = read.into_iter().map(|counter| RuleCounter {
            rule: counter.rule.0,
            direction: match counter.direction {
                Some(direction) => direction.name(),
                None => package.map_or("", |p| p.direction(counter.rule)),
            },
            packets: counter.packets,
            bytes: counter.bytes,
            text: text(counter.rule),
        });
        Ok(named.collect())
    }

    /// The ring of drop events.
    ///
    /// # Errors
    /// Nothing is loaded.
    pub fn events(&self) -> Result<Events, Error> {
        Events::open(&exec::events_pin(&self.pins))
    }

    /// Was the event's bundle in force when this view was opened?
    pub fn knows(&self, event: &Event) -> bool {
        self.package_of(&event.bundle).is_some()
    }

    /// Puts words to an event.
    pub fn explain(&self, event: Event) -> RuleEvent {
        let package = self.package_of(&event.bundle);
        let endpoint = self.endpoint_at(event.ifindex);
        RuleEvent {
            text: describe(package, RuleId(event.rule)),
            endpoint,
            event,
        }
    }

    fn endpoint_at(&self, ifindex: u32) -> Option<String> {
        let interfaces = interface::all().ok()?;
        let interface = interfaces.values().find(|i| i.index == ifindex)?;
        let cluster = self.cluster.as_ref()?;
        let owner = (cluster.endpoints.iter())
            .find(|e| e.interface.as_deref() == Some(interface.name.as_str()))?;
        Some(owner.display_name())
    }

    /// The bundle whose digest begins with these hexadecimal digits.
    fn package_of(&self, digest: &str) -> Option<&Package> {
        self.packages.iter().find(|p| {
            let whole = crate::package::hex(&p.digest());
            !digest.is_empty() && whole.starts_with(digest)
        })
    }
}

fn describe(package: Option<&Package>, rule: RuleId) -> String {
    if let Some(reason) = netpol_image::reason::of(rule) {
        return reason.sentence.to_owned();
    }
    match package {
        Some(package) => package.describe(rule),
        None => format!("rule {} of a bundle that is not kept any more", rule.0),
    }
}
