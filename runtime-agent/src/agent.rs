//! The agent: what the verbs of the command line, the demo and the tests call.

mod load;
mod status;

pub use load::Loaded;
pub use status::{EndpointStatus, RuleCounter, RuleEvent, Status, View};

use crate::error::Error;
use crate::events::Events;
use crate::exec::{self, Instance, Pins, Replies, unpin};
use crate::kernel::bpffs;
use crate::kernel::ctl::Ctl;
use crate::kernel::object::WithoutImage;
use crate::package::{Key, Package};
use crate::privileges;
use crate::selftest;
use crate::state::{State, Store};
use std::fs::File;
use std::path::PathBuf;

/// Where the agent works and how.
#[derive(Debug, Clone)]
pub struct Options {
    /// Where the journal and the bundles are.
    pub state_dir: PathBuf,
    /// Where pins go: a folder of, or for, a BPF file system. Absent: the system's, or one below
    /// the state directory.
    pub bpffs: Option<PathBuf>,
    /// The name of this node. Absent: the only one of the inventory.
    pub node: Option<String>,
    /// The keys of which one must have signed a bundle. None: signatures are not asked for.
    pub keys: Vec<Key>,
    /// Load although programs of others, or devices that skip TCX, are there.
    pub beside: bool,
    /// How replies of TCP connections are recognised.
    pub replies: Replies,
    /// What happens to packets while no image is in force.
    pub without_image: WithoutImage,
    /// Take a bundle whose serial number is lower than one that was in force before.
    pub allow_downgrade: bool,
}

impl Options {
    /// The usual options with this state directory.
    pub fn new(state_dir: PathBuf) -> Self {
        Self {
            state_dir,
            bpffs: None,
            node: None,
            keys: Vec::new(),
            beside: false,
            replies: Replies::default(),
            without_image: WithoutImage::default(),
            allow_downgrade: false,
        }
    }
}

/// An agent that may change what is in force: it holds the lock of its state directory.
///
/// Dropping it detaches nothing; policy stays in force without it.
#[derive(Debug)]
pub struct Agent {
    options: Options,
    store: Store,
    pins: Pins,
    state: State,
    /// What was found wrong and mended when the agent started.
    pub repairs: Vec<String>,
    _lock: File,
}

impl Agent {
    /// Takes the lock, finds the pins, and brings the journal into agreement with the kernel.
    ///
    /// # Errors
    /// Privileges are missing, another agent works here, or what is pinned is not ours.
    pub fn open(options: Options) -> Result<Self, Error> {
        privileges::check()?;
        let store = Store::open(&options.state_dir)?;
        let lock = store.lock()?;
        let pins = Pins::new(bpffs::prepare(
            options.bpffs.as_deref(),
            &options.state_dir,
        )?);
        let state = store.read()?;
        let mut agent = Self {
            options,
            store,
            pins,
            state,
            repairs: Vec::new(),
            _lock: lock,
        };
        agent.recover()?;
        Ok(agent)
    }

    /// The instance that the journal names, if its pins are there.
    fn instance(&self) -> Result<Option<Instance>, Error> {
        open_instance(&self.pins, &self.state)
    }

    /// After a crash or a reboot: the control word says what is in force, the journal follows.
    fn recover(&mut self) -> Result<(), Error> {
        selftest::clean(&self.pins.base().join("selftest"));
        if let Some(intent) = self.state.intent.take() {
            let mut tried = self.state.clone();
            tried.instance = Some(intent.instance);
            let live = match open_instance(&self.pins, &tried) {
                Ok(Some(instance)) => Some(Ctl::map(&instance.maps)?.load().slot),
                _ => None,
            };
            // A first load stores slot 0, which is also what an untouched word says: what decides
            // then is whether the slot holds the generation.
            let committed = live == Some(intent.standing.slot)
                && self.holds(&tried, intent.standing.generation)?;
            let repair = if committed {
                self.state.instance = Some(intent.instance);
                self.state.previous = self.state.live.replace(intent.standing.clone());
                "finished in the journal"
            } else {
                "taken back"
            };
            self.repairs.push(format!(
                "the load of generation {} was interrupted; it was {repair}",
                intent.standing.generation
            ));
            self.store.write(&self.state)?;
        }
        if self.state.instance.is_some() && self.instance()?.is_none() {
            self.repairs.push(
                "the pins are gone (a reboot?); nothing is in force until the next load".to_owned(),
            );
            self.state.instance = None;
            self.store.write(&self.state)?;
        }
        Ok(())
    }

    fn holds(&self, state: &State, generation: u64) -> Result<bool, Error> {
        let instance = open_instance(&self.pins, state)?;
        let observed = exec::observe(&self.pins, instance.as_ref())?;
        Ok(observed.live.is_some_and(|(_, found)| found == generation))
    }

    /// The journal: what is in force, what was before, which numbers were used.
    pub fn state(&self) -> &State {
        &self.state
    }

    /// The ring of drop events.
    ///
    /// # Errors
    /// Nothing is loaded.
    pub fn events(&self) -> Result<Events, Error> {
        Events::open(&exec::events_pin(&self.pins))
    }

    /// Removes every link, pin and map: from here on nothing is enforced on this node.
    ///
    /// # Errors
    /// A pin cannot be removed; those that can are.
    pub fn detach(&mut self) -> Result<usize, Error> {
        let mut removed = 0;
        let mut failed = None;
        for link in self.pins.links() {
            match unpin(&self.pins.link(link)) {
                Ok(()) => removed += 1,
                Err(error) => failed = Some(error),
            }
        }
        if let Some(error) = failed {
            return Err(error);
        }
        for instance in self.pins.instances() {
            selftest::clean(&self.pins.instance(instance));
        }
        selftest::clean(&self.pins.shared());
        self.store.forget(&self.state)?;
        self.state = self.store.read()?;
        bpffs::leave(self.pins.base(), self.store.path());
        Ok(removed)
    }

    /// The bundle of a generation, from the state directory.
    fn package(&self, digest: &str) -> Result<Package, Error> {
        Package::kept(self.store.bundle(digest)?)
    }
}

/// The instance that a journal names; `None` when its pins are gone.
fn open_instance(pins: &Pins, state: &State) -> Result<Option<Instance>, Error> {
    let Some((number, sizes)) = state.instance else {
        return Ok(None);
    };
    if !pins.instance(number).join("slots").exists() {
        return Ok(None);
    }
    Instance::open(pins, number, sizes).map(Some)
}
