//! Putting a bundle in force, and going back to the one before.

use super::Agent;
use crate::counters;
use crate::endpoints::{self, LocalEndpoint};
use crate::error::Error;
use crate::exec::{self, Executor, Job};
use crate::kernel::interface;
use crate::kernel::maps::{SLOTS, Sizes};
use crate::package::{Package, hex};
use crate::plan::{Desired, Observed, plan};
use crate::stage::Staged;
use crate::state::{Intent, Standing};
use netpol_policy::Cluster;
use serde::Serialize;
use std::collections::BTreeSet;

/// What a load did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Loaded {
    /// The generation that is in force now.
    pub generation: u64,
    /// SHA-256 of its bundle, in hexadecimal digits.
    pub bundle: String,
    /// The bundle's serial number, when it was signed with one.
    pub serial: Option<u64>,
    /// The slot that it took.
    pub slot: u32,
    /// The endpoints that are protected.
    pub endpoints: Vec<LocalEndpoint>,
    /// How many questions the self-test asked.
    pub questions: usize,
    /// What is to be said about the image and the endpoints.
    pub notes: Vec<String>,
    /// Endpoints for which something failed after the swap; the others are protected.
    pub faults: Vec<String>,
}

impl Agent {
    /// Puts a bundle in force for the endpoints of an inventory, whole or not at all.
    ///
    /// `signature` is the signature file's content. It is asked for when a key is configured.
    ///
    /// # Errors
    /// The bundle is refused, it does not fit, the self-test fails, or the kernel refuses a step:
    /// what was in force before is in force still.
    pub fn load(
        &mut self,
        bundle: Vec<u8>,
        signature: Option<&str>,
        inventory: &Cluster,
    ) -> Result<Loaded, Error> {
        let package = Package::open(bundle, signature, &self.options.keys)?;
        if let Some(serial) = package.serial()
            && serial < self.state.serial
            && !self.options.allow_downgrade
        {
            return Err(Error::Bundle(format!(
                "its serial number {serial} is lower than {}, which was in force before; use --allow-downgrade if that is meant",
                self.state.serial
            )));
        }
        self.put_in_force(&package, inventory)
    }

    /// Puts the bundle in force that was in force before the present one, for the endpoints of
    /// today.
    ///
    /// # Errors
    /// There is none, or any of the errors of [`Agent::load`].
    pub fn rollback(&mut self, inventory: Option<&Cluster>) -> Result<Loaded, Error> {
        let Some(previous) = self.state.previous.clone() else {
            return Err(Error::message(
                "there is no previous bundle to go back to; load one",
            ));
        };
        let package = self.package(&previous.bundle)?.with_serial(previous.serial);
        let kept;
        let inventory = if let Some(given) = inventory {
            given
        } else {
            kept = endpoints::read(&self.store.inventory()?)?;
            &kept
        };
        if self.options.node.is_none() {
            self.options.node = Some(previous.node);
        }
        self.put_in_force(&package, inventory)
    }

    fn put_in_force(&mut self, package: &Package, cluster: &Cluster) -> Result<Loaded, Error> {
        let node = endpoints::node_name(self.options.node.as_deref(), cluster)?;
        let interfaces = interface::all()?;
        let staged = Staged::new(package, cluster, &node, &interfaces, self.options.beside)?;
        let instance = self.instance()?;
        let observed = exec::observe(&self.pins, instance.as_ref())?;
        self.refuse_others(&observed, &staged)?;
        let digest = hex(&package.digest());
        let bank = self.bank(&digest);
        let (number, sizes) = self.fitting(&staged, &observed);
        let standing = Standing {
            generation: self.state.generation + 1,
            slot: self.free_slot(&observed),
            bundle: digest.clone(),
            serial: package.serial(),
            bank,
            node,
        };
        let image = staged.bytes(standing.generation, bank)?;
        let desired = Desired {
            instance: number,
            generation: standing.generation,
            slot: standing.slot,
            interfaces: staged.endpoints().iter().map(|e| e.ifindex).collect(),
        };
        let actions = plan(&observed, &desired);
        self.begin(package, cluster, &standing, (number, sizes))?;
        if let Some(instance) = &instance
            && self.is_new_bank(&digest)
        {
            counters::clear(&instance.maps, bank)?;
        }
        let job = Job {
            pins: &self.pins,
            sizes,
            image: &image,
            questions: &staged.questions,
            subjects: staged.endpoints().len(),
            replies: self.options.replies,
            without: self.options.without_image,
            beside: self.options.beside,
        };
        let mut executor = Executor::new(job, instance);
        let result = executor.run(&actions);
        let report = executor.report;
        let faults = std::mem::take(&mut executor.faults);
        let committed = executor.committed;
        drop(executor);
        self.end(committed, standing.clone(), (number, sizes))?;
        result?;
        Ok(Loaded {
            generation: standing.generation,
            bundle: digest,
            serial: standing.serial,
            slot: standing.slot,
            endpoints: staged.endpoints().to_vec(),
            questions: report.map_or(0, |r| r.questions),
            notes: staged.notes(),
            faults,
        })
    }

    fn refuse_others(&self, observed: &Observed, staged: &Staged) -> Result<(), Error> {
        if self.options.beside {
            return Ok(());
        }
        let wanted: Vec<u32> = staged.endpoints().iter().map(|e| e.ifindex).collect();
        exec::refuse_others(observed, &self.pins, &wanted)
    }

    /// The bank in which a bundle is counted: its own again, else the one that the live bundle
    /// does not use.
    fn bank(&self, digest: &str) -> u32 {
        let standings = [&self.state.live, &self.state.previous];
        let same = standings.into_iter().flatten().find(|s| s.bundle == digest);
        match (same, &self.state.live) {
            (Some(standing), _) => standing.bank,
            (None, Some(live)) => 1 - live.bank.min(1),
            (None, None) => 0,
        }
    }

    fn is_new_bank(&self, digest: &str) -> bool {
        let standings = [&self.state.live, &self.state.previous];
        !standings.into_iter().flatten().any(|s| s.bundle == digest)
    }

    /// The instance in use when the image fits into it, else the next one.
    fn fitting(&self, staged: &Staged, observed: &Observed) -> (u32, Sizes) {
        match self.state.instance {
            Some((number, sizes)) if observed.instance.is_some() && sizes.hold(staged.sizes) => {
                (number, sizes)
            }
            Some((_, sizes)) => (
                observed.instances.last().map_or(1, |n| n + 1),
                sizes.at_least(staged.sizes),
            ),
            None => (observed.instances.last().map_or(1, |n| n + 1), staged.sizes),
        }
    }

    /// A slot that is neither live nor the one that was live before.
    fn free_slot(&self, observed: &Observed) -> u32 {
        let previous = self.state.previous.as_ref().map(|s| s.slot);
        let taken: BTreeSet<u32> = observed
            .live
            .map(|(slot, _)| slot)
            .into_iter()
            .chain(previous)
            .chain(self.state.live.as_ref().map(|s| s.slot))
            .collect();
        (0..SLOTS).find(|s| !taken.contains(s)).unwrap_or(0)
    }

    /// Writes down what is about to happen, before it happens.
    fn begin(
        &mut self,
        package: &Package,
        cluster: &Cluster,
        standing: &Standing,
        instance: (u32, Sizes),
    ) -> Result<(), Error> {
        self.store.keep_bundle(&standing.bundle, package.bytes())?;
        let inventory = serde_json::to_vec(cluster)
            .map_err(|e| Error::message(format!("could not keep the inventory: {e}")))?;
        self.store.keep_inventory(&inventory)?;
        self.state.generation = standing.generation;
        self.state.intent = Some(Intent {
            standing: standing.clone(),
            instance,
        });
        self.store.write(&self.state)
    }

    /// Writes down what has happened.
    fn end(
        &mut self,
        committed: bool,
        standing: Standing,
        instance: (u32, Sizes),
    ) -> Result<(), Error> {
        self.state.intent = None;
        if committed {
            self.state.serial = self.state.serial.max(standing.serial.unwrap_or(0));
            self.state.instance = Some(instance);
            let before = self.state.live.replace(standing);
            let same = |a: &Standing, b: &Standing| a.bundle == b.bundle;
            // The same bundle for other endpoints is no reason to forget the one before it.
            if let (Some(before), Some(live)) = (before, &self.state.live) {
                if same(&before, live) {
                    if let Some(previous) = &mut self.state.previous {
                        previous.slot = before.slot;
                    }
                } else {
                    self.state.previous = Some(before);
                }
            }
        }
        self.store.write(&self.state)?;
        self.store.drop_bundles(&self.state);
        Ok(())
    }
}
