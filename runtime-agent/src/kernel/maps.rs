//! The maps of one program instance, and the images that go into them.

use super::sys::{self, MapShape};
use crate::error::Error;
use aya_obj::generated::bpf_map_type as kind;
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::{Path, PathBuf};

const BPF_F_RDONLY_PROG: u32 = 1 << 7;
const BPF_F_MMAPABLE: u32 = 1 << 10;

/// Slots for images.
pub const SLOTS: u32 = 4;
/// Banks of counters.
pub const BANKS: u32 = 2;
/// How many local endpoints there may be.
pub const MAX_INTERFACES: u32 = 1024;
/// Bytes of the ring of events.
const RING: u32 = 1 << 20;
/// Bytes of a counter: packets and bytes.
pub const COUNTER: usize = 16;
/// Bytes of a flow's key and value, and of an endpoint's event meter; `bpf/maps.h` has them.
const FLOW_KEY: u32 = 44;
const FLOW: u32 = 24;
const METER: usize = 32;

/// What an instance is sized for. A set that does not fit takes a new instance.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Sizes {
    /// Bytes of an image's map value.
    pub image: u32,
    /// Counters per bank.
    pub bank: u32,
    /// Flows that one endpoint may have.
    pub flows: u32,
}

impl Sizes {
    /// The smallest sizes for an image of `bytes` bytes and rule numbers below `rules`: powers of
    /// two with room to grow.
    ///
    /// # Errors
    /// The image is larger than the layout allows.
    pub fn for_image(bytes: usize, rules: u32) -> Result<Self, Error> {
        let too_large = || {
            Error::message(format!(
                "the image has {bytes} bytes, more than this agent can load"
            ))
        };
        let bytes = u32::try_from(bytes).map_err(|_| too_large())?;
        let image = (bytes.checked_add(bytes / 4))
            .and_then(u32::checked_next_power_of_two)
            .ok_or_else(too_large)?
            .max(1 << 16);
        let bank = (rules.saturating_add(rules / 4).saturating_add(32))
            .checked_next_power_of_two()
            .ok_or_else(too_large)?
            .max(1 << 12);
        let cpus = u32::try_from(aya::util::nr_cpus().unwrap_or(1)).unwrap_or(1);
        let flows = cpus.saturating_mul(256).next_power_of_two().max(1 << 12);
        Ok(Self { image, bank, flows })
    }

    /// The larger of each size.
    #[must_use]
    pub fn at_least(self, other: Self) -> Self {
        Self {
            image: self.image.max(other.image),
            bank: self.bank.max(other.bank),
            flows: self.flows,
        }
    }

    /// Does everything that fits into `other` fit into these, and in the same maps?
    pub fn hold(self, other: Self) -> bool {
        self.image >= other.image && self.bank >= other.bank
    }
}

/// A map of an instance by the name that the program knows it by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Map {
    /// Array of image maps.
    Slots,
    /// The control word.
    Ctl,
    /// Flow tables by interface.
    Flows,
    /// Packets and bytes per rule.
    Counters,
    /// Event budgets by interface.
    Meters,
    /// Drop events.
    Events,
}

impl Map {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::Slots,
        Self::Ctl,
        Self::Flows,
        Self::Counters,
        Self::Meters,
        Self::Events,
    ];

    /// The name in the program and of the pin.
    pub fn name(self) -> &'static str {
        match self {
            Self::Slots => "slots",
            Self::Ctl => "ctl",
            Self::Flows => "flows",
            Self::Counters => "counters",
            Self::Meters => "meters",
            Self::Events => "events",
        }
    }

    fn shape(self, sizes: Sizes) -> MapShape {
        let (kind, key, value, entries, flags) = match self {
            Self::Slots => (kind::BPF_MAP_TYPE_ARRAY_OF_MAPS, 4, 4, SLOTS, 0),
            Self::Ctl => (kind::BPF_MAP_TYPE_ARRAY, 4, 8, 1, BPF_F_MMAPABLE),
            Self::Flows => (kind::BPF_MAP_TYPE_HASH_OF_MAPS, 4, 4, MAX_INTERFACES, 0),
            Self::Counters => (
                kind::BPF_MAP_TYPE_PERCPU_ARRAY,
                4,
                16,
                BANKS.saturating_mul(sizes.bank),
                0,
            ),
            Self::Meters => (kind::BPF_MAP_TYPE_HASH, 4, 32, MAX_INTERFACES, 0),
            Self::Events => (kind::BPF_MAP_TYPE_RINGBUF, 0, 0, RING, 0),
        };
        MapShape {
            kind,
            key,
            value,
            entries,
            flags,
        }
    }

    /// Does the map change its shape with the sizes? Those that do not are shared by instances.
    fn is_sized(self) -> bool {
        matches!(self, Self::Slots | Self::Counters)
    }
}

/// The maps of one instance: those that depend on its sizes in its own folder, the others in a
/// folder that instances share.
#[derive(Debug)]
pub struct Maps {
    folder: PathBuf,
    shared: PathBuf,
    sizes: Sizes,
    all: [OwnedFd; 6],
}

fn image_shape(sizes: Sizes) -> MapShape {
    MapShape {
        kind: kind::BPF_MAP_TYPE_ARRAY,
        key: 4,
        value: sizes.image,
        entries: 1,
        flags: BPF_F_RDONLY_PROG,
    }
}

fn flow_shape(sizes: Sizes) -> MapShape {
    MapShape {
        kind: kind::BPF_MAP_TYPE_LRU_HASH,
        key: FLOW_KEY,
        value: FLOW,
        entries: sizes.flows,
        flags: 0,
    }
}

impl Maps {
    /// Opens the pinned maps of an instance, and makes and pins those that are missing.
    ///
    /// # Errors
    /// The kernel refuses, or a pinned map has another shape than this version of the agent makes.
    pub fn open_or_create(folder: &Path, shared: &Path, sizes: Sizes) -> Result<Self, Error> {
        let open = |map: Map| -> Result<OwnedFd, Error> {
            let within = if map.is_sized() { folder } else { shared };
            let path = within.join(map.name());
            let what = |verb: &str| format!("{verb} map `{}`", map.name());
            let shape = map.shape(sizes);
            match sys::open_pin(&path) {
                Ok(found) => {
                    let info = sys::map_info(found.as_fd())
                        .map_err(|e| Error::kernel(&what("look at"), &e))?;
                    let fits = info.kind == shape.kind as u32
                        && (info.key, info.value) == (shape.key, shape.value)
                        && (!map.is_sized() || info.entries == shape.entries);
                    if fits {
                        return Ok(found);
                    }
                    Err(Error::foreign_pin(&path))
                }
                Err(error) if error.kind() == io::ErrorKind::NotFound => {
                    let inner = match map {
                        Map::Slots => Some(image_shape(sizes)),
                        Map::Flows => Some(flow_shape(sizes)),
                        _ => None,
                    };
                    let template = inner
                        .map(|shape| sys::map_create(shape, "template", None))
                        .transpose()
                        .map_err(|e| Error::kernel(&what("size"), &e))?;
                    let made =
                        sys::map_create(shape, map.name(), template.as_ref().map(AsFd::as_fd))
                            .map_err(|e| Error::kernel(&what("make"), &e))?;
                    sys::pin(made.as_fd(), &path).map_err(|e| Error::kernel(&what("pin"), &e))?;
                    Ok(made)
                }
                Err(error) => Err(Error::kernel(&what("open"), &error)),
            }
        };
        Ok(Self {
            folder: folder.to_owned(),
            shared: shared.to_owned(),
            sizes,
            all: [
                open(Map::Slots)?,
                open(Map::Ctl)?,
                open(Map::Flows)?,
                open(Map::Counters)?,
                open(Map::Meters)?,
                open(Map::Events)?,
            ],
        })
    }

    /// Where the instance's own pins are.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// What the instance is sized for.
    pub fn sizes(&self) -> Sizes {
        self.sizes
    }

    /// The maps' names and pins.
    pub fn pins(&self) -> impl Iterator<Item = (&'static str, PathBuf)> {
        Map::ALL.into_iter().map(|map| {
            let within = if map.is_sized() {
                &self.folder
            } else {
                &self.shared
            };
            (map.name(), within.join(map.name()))
        })
    }

    /// One of the maps.
    pub fn get(&self, map: Map) -> BorrowedFd<'_> {
        let [slots, ctl, flows, counters, meters, events] = &self.all;
        match map {
            Map::Slots => slots.as_fd(),
            Map::Ctl => ctl.as_fd(),
            Map::Flows => flows.as_fd(),
            Map::Counters => counters.as_fd(),
            Map::Meters => meters.as_fd(),
            Map::Events => events.as_fd(),
        }
    }

    /// Makes a map of an image, frozen: from here on nobody can change it.
    ///
    /// # Errors
    /// The image does not fit into this instance, or the kernel refuses.
    pub fn image_map(&self, image: &[u8]) -> Result<OwnedFd, Error> {
        let size = usize::try_from(self.sizes.image).unwrap_or(usize::MAX);
        if image.len() > size {
            return Err(Error::message(format!(
                "the image has {} bytes, the programs in force hold {size}",
                image.len()
            )));
        }
        let mut value = vec![0; size];
        for (to, from) in value.iter_mut().zip(image) {
            *to = *from;
        }
        let map = sys::map_create(image_shape(self.sizes), "image", None)
            .map_err(|e| Error::kernel("make the image's map", &e))?;
        sys::map_update(map.as_fd(), &0u32.to_ne_bytes(), &value, 0)
            .map_err(|e| Error::kernel("fill the image's map", &e))?;
        sys::map_freeze(map.as_fd()).map_err(|e| Error::kernel("freeze the image's map", &e))?;
        Ok(map)
    }

    /// Puts an image's map into a slot; returns after every program that could see what was there
    /// before has ended.
    ///
    /// # Errors
    /// The kernel refuses.
    pub fn set_slot(&self, slot: u32, image: BorrowedFd<'_>) -> Result<(), Error> {
        let number = descriptor(image).to_ne_bytes();
        sys::map_update(self.get(Map::Slots), &slot.to_ne_bytes(), &number, 0)
            .map_err(|e| Error::kernel("put the image into its slot", &e))
    }

    /// Empties a slot, and waits until no program uses what was there.
    ///
    /// # Errors
    /// The kernel refuses.
    pub fn clear_slot(&self, slot: u32) -> Result<(), Error> {
        sys::map_delete(self.get(Map::Slots), &slot.to_ne_bytes())
            .map(drop)
            .map_err(|e| Error::kernel("empty a slot", &e))
    }

    /// The id of the map in a slot.
    ///
    /// # Errors
    /// The kernel refuses.
    pub fn slot(&self, slot: u32) -> Result<Option<u32>, Error> {
        let mut id = [0; 4];
        let found = sys::map_lookup(self.get(Map::Slots), &slot.to_ne_bytes(), &mut id)
            .map_err(|e| Error::kernel("read a slot", &e))?;
        Ok(found.map(|()| u32::from_ne_bytes(id)))
    }

    /// Makes room for an endpoint's flows and events; what it has already stays.
    ///
    /// # Errors
    /// The kernel refuses.
    pub fn add_endpoint(&self, ifindex: u32) -> Result<(), Error> {
        let key = ifindex.to_ne_bytes();
        let mut id = [0; 4];
        let fail = |e: io::Error| Error::kernel("make an endpoint's flow table", &e);
        if sys::map_lookup(self.get(Map::Flows), &key, &mut id)
            .map_err(fail)?
            .is_none()
        {
            let table = sys::map_create(flow_shape(self.sizes), "flow", None).map_err(fail)?;
            let number = descriptor(table.as_fd()).to_ne_bytes();
            sys::map_update(self.get(Map::Flows), &key, &number, 0).map_err(fail)?;
        }
        let mut meter = [0; METER];
        if sys::map_lookup(self.get(Map::Meters), &key, &mut meter)
            .map_err(fail)?
            .is_none()
        {
            sys::map_update(self.get(Map::Meters), &key, &[0; METER], 0).map_err(fail)?;
        }
        Ok(())
    }

    /// Forgets an endpoint's flows and events.
    ///
    /// # Errors
    /// The kernel refuses.
    pub fn remove_endpoint(&self, ifindex: u32) -> Result<(), Error> {
        for map in [Map::Flows, Map::Meters] {
            sys::map_delete(self.get(map), &ifindex.to_ne_bytes())
                .map_err(|e| Error::kernel("forget an endpoint's flows", &e))?;
        }
        Ok(())
    }

    /// The interfaces that have room for flows.
    ///
    /// # Errors
    /// The kernel refuses.
    pub fn endpoints(&self) -> Result<Vec<u32>, Error> {
        let mut found = sys::map_keys(self.get(Map::Flows))
            .map_err(|e| Error::kernel("list the flow tables", &e))?;
        found.sort_unstable();
        Ok(found)
    }

    /// How many events of an endpoint were not made (too many in a second) or lost (ring full).
    ///
    /// # Errors
    /// The kernel refuses.
    pub fn unreported(&self, ifindex: u32) -> Result<(u64, u64), Error> {
        let mut meter = [0; METER];
        sys::map_lookup(self.get(Map::Meters), &ifindex.to_ne_bytes(), &mut meter)
            .map_err(|e| Error::kernel("read an endpoint's event meter", &e))?;
        let number = |at: usize| {
            let bytes = meter.get(at..at + 8).and_then(|b| b.try_into().ok());
            bytes.map_or(0, u64::from_ne_bytes)
        };
        Ok((number(16), number(24)))
    }
}

fn descriptor(fd: BorrowedFd<'_>) -> u32 {
    use std::os::fd::AsRawFd;
    u32::try_from(fd.as_raw_fd()).unwrap_or(u32::MAX)
}

/// Reads an image back out of its map.
///
/// # Errors
/// The kernel refuses.
pub fn read_image(map: BorrowedFd<'_>) -> io::Result<Vec<u8>> {
    let info = sys::map_info(map)?;
    let size = usize::try_from(info.value).map_err(|_| io::ErrorKind::OutOfMemory)?;
    let mut value = vec![0; size];
    sys::map_lookup(map, &0u32.to_ne_bytes(), &mut value)?;
    Ok(value)
}
