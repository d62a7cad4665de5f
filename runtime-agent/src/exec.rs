//! Carrying out a plan: the only place where steps become system calls.

use crate::error::Error;
use crate::kernel::bpffs::make_private;
use crate::kernel::ctl::{Ctl, Word};
use crate::kernel::maps::{Map, Maps, Sizes, read_image};
use crate::kernel::object::{Programs, WithoutImage, ticks_per_second};
use crate::kernel::sys::{self, Hook};
use crate::plan::{Action, Attachment, Observed};
use crate::selftest::{self, Question};
use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::path::{Path, PathBuf};

/// For how long after a swap or an attach a TCP connection may go on of which nothing is known.
const GRACE_SECONDS: u32 = 60;

/// How replies of TCP connections are recognised.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Replies {
    /// By remembered flows; unknown connections go on for a minute after a swap or an attach.
    #[default]
    Stateful,
    /// Also by their flags alone, for ever.
    Stateless,
}

/// Where pins are.
#[derive(Debug, Clone)]
pub struct Pins {
    base: PathBuf,
}

impl Pins {
    /// Pins below this folder of a BPF file system.
    pub fn new(base: PathBuf) -> Self {
        Self { base }
    }

    /// The folder.
    pub fn base(&self) -> &Path {
        &self.base
    }

    /// Maps that all instances share.
    pub fn shared(&self) -> PathBuf {
        self.base.join("shared")
    }

    /// Maps and programs of one instance.
    pub fn instance(&self, instance: u32) -> PathBuf {
        self.base.join(format!("instance-{instance}"))
    }

    /// The image of a generation in an instance.
    pub fn generation(&self, instance: u32, generation: u64) -> PathBuf {
        self.instance(instance)
            .join(format!("generation-{generation}"))
    }

    /// A link.
    pub fn link(&self, (ifindex, hook): (u32, Hook)) -> PathBuf {
        self.base.join(format!("link-{ifindex}-{}", hook.name()))
    }

    fn names(folder: &Path) -> Vec<String> {
        let entries = fs::read_dir(folder).into_iter().flatten().flatten();
        let mut names: Vec<String> = entries
            .filter_map(|e| e.file_name().into_string().ok())
            .collect();
        names.sort_unstable();
        names
    }

    /// The numbers of the pinned instances.
    pub fn instances(&self) -> Vec<u32> {
        let number = |name: &String| name.strip_prefix("instance-")?.parse().ok();
        Self::names(&self.base).iter().filter_map(number).collect()
    }

    /// The generations that are pinned in an instance.
    pub fn generations(&self, instance: u32) -> Vec<u64> {
        let number = |name: &String| name.strip_prefix("generation-")?.parse().ok();
        let names = Self::names(&self.instance(instance));
        names.iter().filter_map(number).collect()
    }

    /// The pinned links.
    pub fn links(&self) -> Vec<(u32, Hook)> {
        let link = |name: &String| {
            let (ifindex, hook) = name.strip_prefix("link-")?.split_once('-')?;
            let hook = Hook::BOTH.into_iter().find(|h| h.name() == hook)?;
            Some((ifindex.parse().ok()?, hook))
        };
        Self::names(&self.base).iter().filter_map(link).collect()
    }
}

/// An instance in use.
#[derive(Debug)]
pub struct Instance {
    /// Its number.
    pub number: u32,
    /// Its maps.
    pub maps: Maps,
    /// Its programs.
    pub programs: Programs,
}

impl Instance {
    /// Opens what is pinned, after a look at whether maps and programs belong to this version.
    ///
    /// # Errors
    /// Something is missing or of another shape.
    pub fn open(pins: &Pins, number: u32, sizes: Sizes) -> Result<Self, Error> {
        let folder = pins.instance(number);
        let programs = Programs::open(&folder)
            .map_err(|e| Error::kernel(&format!("open the programs of instance {number}"), &e))?;
        let maps = Maps::open_or_create(&folder, &pins.shared(), sizes)?;
        Ok(Self {
            number,
            maps,
            programs,
        })
    }

    fn make(pins: &Pins, number: u32, sizes: Sizes, without: WithoutImage) -> Result<Self, Error> {
        let folder = pins.instance(number);
        // A half-made one that a crash left has never been in use.
        selftest::clean(&folder);
        make_private(&folder)?;
        make_private(&pins.shared())?;
        let maps = Maps::open_or_create(&folder, &pins.shared(), sizes)?;
        let programs = Programs::load(&maps, sizes, without)?;
        Ok(Self {
            number,
            maps,
            programs,
        })
    }
}

/// Looks at what is there. `instance` is the one that the journal names.
///
/// # Errors
/// Pins cannot be opened.
pub fn observe(pins: &Pins, instance: Option<&Instance>) -> Result<Observed, Error> {
    let mut observed = Observed {
        instances: pins.instances().into_iter().collect(),
        ..Observed::default()
    };
    let mut programs: BTreeMap<u32, u32> = BTreeMap::new();
    for number in &observed.instances {
        let Ok(found) = Programs::open(&pins.instance(*number)) else {
            continue;
        };
        for hook in Hook::BOTH {
            if let Ok(id) = sys::program_id(found.at(hook)) {
                programs.insert(id, *number);
            }
        }
    }
    for link in pins.links() {
        let fd = sys::open_pin(&pins.link(link)).map_err(|e| Error::kernel("open a link", &e))?;
        let info = sys::link_info(fd.as_fd()).map_err(|e| Error::kernel("look at a link", &e))?;
        let attachment = match programs.get(&info.program) {
            _ if info.ifindex != link.0 => Attachment::Dead,
            Some(number) => Attachment::Runs(*number),
            None => Attachment::Foreign,
        };
        observed.links.insert(link, attachment);
    }
    if let Some(instance) = instance {
        observed.instance = Some(instance.number);
        observed.generations = pins.generations(instance.number).into_iter().collect();
        observed.endpoints = instance.maps.endpoints()?.into_iter().collect();
        observed.live = live(pins, instance, &observed)?;
    }
    Ok(observed)
}

/// The live slot and the generation of the image in it: the control word's truth.
fn live(pins: &Pins, instance: &Instance, seen: &Observed) -> Result<Option<(u32, u64)>, Error> {
    let slot = Ctl::map(&instance.maps)?.load().slot;
    let Some(id) = instance.maps.slot(slot)? else {
        return Ok(None);
    };
    for generation in &seen.generations {
        let map = sys::open_pin(&pins.generation(instance.number, *generation))
            .map_err(|e| Error::kernel("open an image", &e))?;
        let info = sys::map_info(map.as_fd()).map_err(|e| Error::kernel("look at an image", &e))?;
        if info.id == id {
            return Ok(Some((slot, *generation)));
        }
    }
    Err(Error::message(
        "an image is in force that no pin names; somebody has removed it. Run `netpold detach` and load again",
    ))
}

/// What the steps need.
#[derive(Debug)]
pub struct Job<'a> {
    /// Where the pins are.
    pub pins: &'a Pins,
    /// What the instance to be used is sized for.
    pub sizes: Sizes,
    /// The new image.
    pub image: &'a [u8],
    /// What the self-test asks.
    pub questions: &'a [Question],
    /// How many local endpoints there are to ask about.
    pub subjects: usize,
    /// How replies are recognised.
    pub replies: Replies,
    /// What happens without an image.
    pub without: WithoutImage,
    /// Attach although programs of others are there.
    pub beside: bool,
}

/// Carries steps out, and takes them back when one fails.
#[derive(Debug)]
pub struct Executor<'a> {
    job: Job<'a>,
    instance: Option<Instance>,
    old: Option<Instance>,
    candidate: Option<OwnedFd>,
    /// What the self-test asked.
    pub report: Option<selftest::Report>,
    /// Steps of single endpoints that failed after the commit.
    pub faults: Vec<String>,
    /// Has the store happened?
    pub committed: bool,
}

impl<'a> Executor<'a> {
    /// Begins with the instance that is in use, if there is one.
    pub fn new(job: Job<'a>, instance: Option<Instance>) -> Self {
        Self {
            job,
            instance,
            old: None,
            candidate: None,
            report: None,
            faults: Vec::new(),
            committed: false,
        }
    }

    /// Carries out a plan. Before the commit a failure takes back what was done; after it, only the
    /// endpoint that failed is noted.
    ///
    /// # Errors
    /// The step that failed before the commit.
    pub fn run(&mut self, actions: &[Action]) -> Result<(), Error> {
        for (place, action) in actions.iter().enumerate() {
            let Err(error) = self.step(action) else {
                continue;
            };
            if self.committed {
                self.faults.push(error.to_string());
                continue;
            }
            let done = actions.get(..place).unwrap_or_default();
            for undo in done.iter().rev().filter_map(Action::undo) {
                if let Err(also) = self.step(&undo) {
                    self.faults.push(also.to_string());
                }
            }
            return Err(error);
        }
        Ok(())
    }

    fn instance(&self) -> Result<&Instance, Error> {
        let missing = || Error::message("there are no maps to work with");
        self.instance.as_ref().ok_or_else(missing)
    }

    fn step(&mut self, action: &Action) -> Result<(), Error> {
        match *action {
            Action::MakeInstance(number) => {
                let made = Instance::make(self.job.pins, number, self.job.sizes, self.job.without)?;
                self.old = self.instance.replace(made);
                Ok(())
            }
            Action::CopyLive {
                slot, generation, ..
            } => self.copy_live(slot, generation),
            Action::AddEndpoint(ifindex) => self.instance()?.maps.add_endpoint(ifindex),
            Action::RemoveEndpoint(ifindex) => self.instance()?.maps.remove_endpoint(ifindex),
            Action::Fill { generation, slot } => self.fill(generation, slot),
            Action::SelfTest(_) => self.self_test(),
            Action::Move { link, to, .. } => self.move_link(link, to),
            Action::Store { slot } => self.store(slot),
            Action::Attach(link) => self.attach(link),
            Action::Detach(link) => unpin(&self.job.pins.link(link)),
            Action::Unpin(generation) => {
                let instance = self.instance()?.number;
                unpin(&self.job.pins.generation(instance, generation))
            }
            Action::RemoveInstance(number) => {
                if self.instance.as_ref().is_some_and(|i| i.number == number) {
                    self.instance = self.old.take();
                }
                selftest::clean(&self.job.pins.instance(number));
                Ok(())
            }
            Action::Withdraw { generation, slot } => {
                self.candidate = None;
                let instance = self.instance()?;
                instance.maps.clear_slot(slot)?;
                unpin(&self.job.pins.generation(instance.number, generation))
            }
        }
    }

    /// Fills a map of the new instance with the image in force.
    fn copy_live(&mut self, slot: u32, generation: u64) -> Result<(), Error> {
        let before = self.old.as_ref().map_or(0, |i| i.number);
        let path = self.job.pins.generation(before, generation);
        let old = sys::open_pin(&path).map_err(|e| Error::kernel("open the live image", &e))?;
        let mut bytes =
            read_image(old.as_fd()).map_err(|e| Error::kernel("read the live image", &e))?;
        let instance = self.instance()?;
        let size = usize::try_from(instance.maps.sizes().image).unwrap_or(usize::MAX);
        // What is beyond the image's own length is zero padding of the old map.
        bytes.truncate(size);
        let map = instance.maps.image_map(&bytes)?;
        sys::pin(
            map.as_fd(),
            &self.job.pins.generation(instance.number, generation),
        )
        .map_err(|e| Error::kernel("pin the live image", &e))?;
        instance.maps.set_slot(slot, map.as_fd())
    }

    fn fill(&mut self, generation: u64, slot: u32) -> Result<(), Error> {
        let instance = self.instance()?;
        // Emptying waits until nobody reads there: the grace period of the slot.
        instance.maps.clear_slot(slot)?;
        let map = instance.maps.image_map(self.job.image)?;
        let path = self.job.pins.generation(instance.number, generation);
        unpin(&path)?;
        sys::pin(map.as_fd(), &path).map_err(|e| Error::kernel("pin the image", &e))?;
        instance.maps.set_slot(slot, map.as_fd())?;
        self.candidate = Some(map);
        Ok(())
    }

    fn self_test(&mut self) -> Result<(), Error> {
        let Some(candidate) = &self.candidate else {
            return Err(Error::SelfTest("there is no candidate".to_owned()));
        };
        let report = selftest::run(
            self.job.pins.base(),
            self.instance()?.maps.sizes(),
            candidate.as_fd(),
            self.job.questions,
            self.job.subjects,
        )?;
        self.report = Some(report);
        Ok(())
    }

    fn move_link(&self, link: (u32, Hook), to: u32) -> Result<(), Error> {
        let instance = [&self.instance, &self.old]
            .into_iter()
            .flatten()
            .find(|i| i.number == to)
            .ok_or_else(|| Error::message(format!("instance {to} is not open")))?;
        let fd = sys::open_pin(&self.job.pins.link(link))
            .map_err(|e| Error::kernel("open a link", &e))?;
        match sys::link_update(fd.as_fd(), instance.programs.at(link.1)) {
            // The interface went away in the meantime: nothing to move.
            Err(e) if e.raw_os_error() == Some(libc::ENOLINK) => Ok(()),
            Err(e) => Err(Error::kernel("move a link to the new programs", &e)),
            Ok(()) => Ok(()),
        }
    }

    fn word(&self, slot: u32) -> Result<Word, Error> {
        let now = self.instance()?.programs.now();
        let now = now.map_err(|e| Error::kernel("read the programs' clock", &e))?;
        let units = GRACE_SECONDS.saturating_mul(ticks_per_second()) / 256 + 1;
        Ok(Word {
            slot,
            stateless: self.job.replies == Replies::Stateless,
            grace_until: now.wrapping_add(units),
        })
    }

    fn store(&mut self, slot: u32) -> Result<(), Error> {
        let word = self.word(slot)?;
        Ctl::map(&self.instance()?.maps)?.store(word);
        self.committed = true;
        Ok(())
    }

    fn attach(&self, link: (u32, Hook)) -> Result<(), Error> {
        let (ifindex, hook) = link;
        let instance = self.instance()?;
        let what = |e: &io::Error| Error::kernel(&format!("attach to interface {ifindex}"), e);
        let present = sys::query(ifindex, hook).map_err(|e| what(&e))?;
        if !present.programs.is_empty() && !self.job.beside {
            return Err(others(ifindex, hook, &present.programs));
        }
        let program = instance.programs.at(hook);
        let fd =
            sys::link_create(program, ifindex, hook, present.revision).map_err(|e| what(&e))?;
        let path = self.job.pins.link(link);
        unpin(&path)?;
        sys::pin(fd.as_fd(), &path).map_err(|e| Error::kernel("pin a link", &e))
    }
}

fn others(ifindex: u32, hook: Hook, programs: &[u32]) -> Error {
    Error::message(format!(
        "interface {ifindex} already runs programs of somebody else at {} ({programs:?}), which could let packets skip policy; remove them, or load with --beside",
        hook.name()
    ))
}

/// Which programs of others stand at the hooks of interfaces that are to be attached to.
///
/// # Errors
/// One has programs of others.
pub fn refuse_others(observed: &Observed, pins: &Pins, interfaces: &[u32]) -> Result<(), Error> {
    let mut ours = Vec::new();
    for number in &observed.instances {
        if let Ok(found) = Programs::open(&pins.instance(*number)) {
            ours.extend(
                Hook::BOTH
                    .iter()
                    .filter_map(|h| sys::program_id(found.at(*h)).ok()),
            );
        }
    }
    for ifindex in interfaces {
        for hook in Hook::BOTH {
            let Ok(found) = sys::query(*ifindex, hook) else {
                continue;
            };
            let foreign: Vec<u32> = (found.programs.iter())
                .filter(|id| !ours.contains(id))
                .copied()
                .collect();
            if !foreign.is_empty() {
                return Err(others(*ifindex, hook, &foreign));
            }
        }
    }
    Ok(())
}

/// Removes a pin; one that is not there is fine.
///
/// # Errors
/// The file system refuses.
pub fn unpin(path: &Path) -> Result<(), Error> {
    match fs::remove_file(path) {
        Err(e) if e.kind() != io::ErrorKind::NotFound => Err(Error::file("remove", path, &e)),
        _ => Ok(()),
    }
}

/// The events map, for those who read it.
///
/// # Errors
/// Nothing is loaded.
pub fn events_pin(pins: &Pins) -> PathBuf {
    pins.shared().join(Map::Events.name())
}
