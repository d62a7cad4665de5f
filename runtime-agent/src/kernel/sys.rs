//! The bpf(2) commands that aya 0.14 does not offer, or only by object ids, which need
//! `CAP_SYS_ADMIN`: freezing, whole values of any size, outer maps of a chosen size, TCX links
//! with an expected revision, queries, test runs with a context.
//!
//! With `kernel::ctl` and `netns`, one of the three modules of the workspace with `unsafe` code.

use aya_obj::generated::{bpf_attach_type, bpf_attr, bpf_cmd, bpf_map_type};
use std::ffi::CString;
use std::io;
use std::os::fd::{AsRawFd, BorrowedFd, FromRawFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

/// A TCX hook of a host-side interface.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Hook {
    /// Packets leave the node for the pod: TCX egress of the host side, the pod's ingress.
    ToPod,
    /// Packets come from the pod: TCX ingress of the host side, the pod's egress.
    FromPod,
}

impl Hook {
    /// Both, in the order of directions: ingress of the pod first.
    pub const BOTH: [Self; 2] = [Self::ToPod, Self::FromPod];

    /// The name of the program and of pins: `to_pod`, `from_pod`.
    pub fn name(self) -> &'static str {
        match self {
            Self::ToPod => "to_pod",
            Self::FromPod => "from_pod",
        }
    }

    fn attach_type(self) -> u32 {
        match self {
            Self::ToPod => bpf_attach_type::BPF_TCX_EGRESS as u32,
            Self::FromPod => bpf_attach_type::BPF_TCX_INGRESS as u32,
        }
    }
}

/// An all-zero attribute block.
fn attributes() -> bpf_attr {
    // SAFETY: `bpf_attr` is a union of plain integers and arrays of them (pointers are stored as
    // `u64`), for all of which zero bytes are a value.
    unsafe { std::mem::zeroed() }
}

/// Calls bpf(2). The result is a file descriptor or a count, as the command has it.
fn bpf(command: bpf_cmd, attributes: &mut bpf_attr) -> io::Result<libc::c_long> {
    // SAFETY: the kernel reads and writes at most the given size at the given address, which is
    // the whole of a live, exclusively borrowed `bpf_attr`. Pointers inside of it were made by the
    // callers in this module from references that live until this call returns, together with the
    // lengths of what they point to.
    let result = unsafe {
        libc::syscall(
            libc::SYS_bpf,
            command as libc::c_long,
            std::ptr::from_mut(attributes),
            size_of::<bpf_attr>(),
        )
    };
    if result < 0 {
        return Err(io::Error::last_os_error());
    }
    Ok(result)
}

/// The same, for commands that return a new file descriptor.
fn bpf_fd(command: bpf_cmd, attributes: &mut bpf_attr) -> io::Result<OwnedFd> {
    let number = bpf(command, attributes)?;
    let number = i32::try_from(number).map_err(|_| io::Error::from_raw_os_error(libc::EBADF))?;
    // SAFETY: the kernel has just made this descriptor for us, and nobody else knows of it.
    Ok(unsafe { OwnedFd::from_raw_fd(number) })
}

fn number(fd: BorrowedFd<'_>) -> u32 {
    // Descriptors of live `BorrowedFd`s are never negative.
    u32::try_from(fd.as_raw_fd()).unwrap_or(u32::MAX)
}

fn address<T>(of: &[T]) -> u64 {
    of.as_ptr().addr() as u64
}

fn length(of: usize) -> io::Result<u32> {
    u32::try_from(of).map_err(|_| io::Error::from_raw_os_error(libc::E2BIG))
}

/// What a map is to be like.
#[derive(Debug, Clone, Copy)]
pub struct MapShape {
    /// The kind of map.
    pub kind: bpf_map_type,
    /// Bytes of a key.
    pub key: u32,
    /// Bytes of a value.
    pub value: u32,
    /// How many entries there are at most.
    pub entries: u32,
    /// `BPF_F_*` of map creation.
    pub flags: u32,
}

/// `BPF_MAP_CREATE`; `inner` is the template of a map of maps. The name is cut to 15 bytes.
///
/// # Errors
/// The kernel refuses; the error is its own.
pub fn map_create(
    shape: MapShape,
    name: &str,
    inner: Option<BorrowedFd<'_>>,
) -> io::Result<OwnedFd> {
    let mut attributes = attributes();
    // SAFETY: the member for map creation is plain data, and every bit pattern of it is valid.
    let create = unsafe { &mut attributes.__bindgen_anon_1 };
    create.map_type = shape.kind as u32;
    create.key_size = shape.key;
    create.value_size = shape.value;
    create.max_entries = shape.entries;
    create.map_flags = shape.flags;
    create.inner_map_fd = inner.map_or(0, number);
    for (to, from) in create.map_name.iter_mut().zip(name.bytes().take(15)) {
        *to = from.cast_signed();
    }
    bpf_fd(bpf_cmd::BPF_MAP_CREATE, &mut attributes)
}

/// `BPF_MAP_FREEZE`: nobody writes this map from user space any more.
///
/// # Errors
/// The kernel refuses; the error is its own.
pub fn map_freeze(map: BorrowedFd<'_>) -> io::Result<()> {
    let mut attributes = attributes();
    // SAFETY: plain data, as above.
    attributes.__bindgen_anon_1.map_type = number(map);
    bpf(bpf_cmd::BPF_MAP_FREEZE, &mut attributes).map(drop)
}

/// One element of a map. The caller says how long keys and values are; wrong lengths would let the
/// kernel read or write beyond the slices, so they are asked of the map first.
fn element(
    command: bpf_cmd,
    map: BorrowedFd<'_>,
    key: &[u8],
    value: u64,
    flags: u64,
) -> io::Result<()> {
    let mut attributes = attributes();
    // SAFETY: plain data, as above.
    let element = unsafe { &mut attributes.__bindgen_anon_2 };
    element.map_fd = number(map);
    element.key = address(key);
    element.__bindgen_anon_1.value = value;
    element.flags = flags;
    bpf(command, &mut attributes).map(drop)
}

/// Refuses slices that are not as long as the map's keys and values.
fn check_lengths(map: BorrowedFd<'_>, key: usize, value: Option<usize>) -> io::Result<()> {
    let info = map_info(map)?;
    let fits = |len: usize, size: u32| u32::try_from(len) == Ok(size);
    if fits(key, info.key) && value.is_none_or(|v| fits(v, info.value)) {
        return Ok(());
    }
    Err(io::Error::from_raw_os_error(libc::EINVAL))
}

/// `BPF_MAP_UPDATE_ELEM` of a map that is not per CPU.
///
/// # Errors
/// The kernel refuses; the error is its own.
pub fn map_update(map: BorrowedFd<'_>, key: &[u8], value: &[u8], flags: u64) -> io::Result<()> {
    check_lengths(map, key.len(), Some(value.len()))?;
    element(
        bpf_cmd::BPF_MAP_UPDATE_ELEM,
        map,
        key,
        address(value),
        flags,
    )
}

/// `BPF_MAP_LOOKUP_ELEM` of a map that is not per CPU; `None` when there is no such key.
///
/// # Errors
/// The kernel refuses; the error is its own.
pub fn map_lookup(map: BorrowedFd<'_>, key: &[u8], value: &mut [u8]) -> io::Result<Option<()>> {
    check_lengths(map, key.len(), Some(value.len()))?;
    let to = value.as_mut_ptr().addr() as u64;
    match element(bpf_cmd::BPF_MAP_LOOKUP_ELEM, map, key, to, 0) {
        Ok(()) => Ok(Some(())),
        Err(error) if error.raw_os_error() == Some(libc::ENOENT) => Ok(None),
        Err(error) => Err(error),
    }
}

/// `BPF_MAP_DELETE_ELEM`; `false` when there is no such key. For a map of maps the kernel waits
/// until no program uses what was there (an RCU grace period).
///
/// # Errors
/// The kernel refuses; the error is its own.
pub fn map_delete(map: BorrowedFd<'_>, key: &[u8]) -> io::Result<bool> {
    check_lengths(map, key.len(), None)?;
    match element(bpf_cmd::BPF_MAP_DELETE_ELEM, map, key, 0, 0) {
        Ok(()) => Ok(true),
        Err(error) if error.raw_os_error() == Some(libc::ENOENT) => Ok(false),
        Err(error) => Err(error),
    }
}

/// `BPF_MAP_GET_NEXT_KEY` over keys of four bytes: all keys of a small hash map.
///
/// # Errors
/// The kernel refuses; the error is its own.
pub fn map_keys(map: BorrowedFd<'_>) -> io::Result<Vec<u32>> {
    check_lengths(map, 4, None)?;
    let mut keys: Vec<u32> = Vec::new();
    let mut next = [0u8; 4];
    loop {
        let before = keys.last().map(|k| k.to_ne_bytes());
        let mut attributes = attributes();
        // SAFETY: plain data, as above.
        let element = unsafe { &mut attributes.__bindgen_anon_2 };
        element.map_fd = number(map);
        element.key = before.as_ref().map_or(0, |key| address(key.as_slice()));
        element.__bindgen_anon_1.next_key = next.as_mut_ptr().addr() as u64;
        match bpf(bpf_cmd::BPF_MAP_GET_NEXT_KEY, &mut attributes) {
            Ok(_) => keys.push(u32::from_ne_bytes(next)),
            Err(error) if error.raw_os_error() == Some(libc::ENOENT) => return Ok(keys),
            Err(error) => return Err(error),
        }
    }
}

/// What the kernel says about a map.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MapInfo {
    /// Its id, which also a lookup in a map of maps gives.
    pub id: u32,
    /// The kind of map, `BPF_MAP_TYPE_*`.
    pub kind: u32,
    /// Bytes of a key.
    pub key: u32,
    /// Bytes of a value.
    pub value: u32,
    /// How many entries there are at most.
    pub entries: u32,
}

/// `BPF_OBJ_GET_INFO_BY_FD` into a plain structure of the kernel.
fn info<T: Copy>(fd: BorrowedFd<'_>, empty: T) -> io::Result<T> {
    let mut slot = [empty];
    let mut attributes = attributes();
    // SAFETY: plain data, as above.
    let query = unsafe { &mut attributes.info };
    query.bpf_fd = number(fd);
    query.info_len = length(size_of::<T>())?;
    query.info = slot.as_mut_ptr().addr() as u64;
    bpf(bpf_cmd::BPF_OBJ_GET_INFO_BY_FD, &mut attributes)?;
    let [filled] = slot;
    Ok(filled)
}

/// What the kernel says about a map behind a descriptor.
///
/// # Errors
/// The kernel refuses; the error is its own.
pub fn map_info(map: BorrowedFd<'_>) -> io::Result<MapInfo> {
    // SAFETY: a structure of integers and arrays of them, for which zero bytes are a value.
    let empty: aya_obj::generated::bpf_map_info = unsafe { std::mem::zeroed() };
    let found = info(map, empty)?;
    Ok(MapInfo {
        id: found.id,
        kind: found.type_,
        key: found.key_size,
        value: found.value_size,
        entries: found.max_entries,
    })
}

/// The id of the program behind a descriptor.
///
/// # Errors
/// The kernel refuses; the error is its own.
pub fn program_id(program: BorrowedFd<'_>) -> io::Result<u32> {
    // SAFETY: a structure of integers and arrays of them, for which zero bytes are a value.
    let empty: aya_obj::generated::bpf_prog_info = unsafe { std::mem::zeroed() };
    Ok(info(program, empty)?.id)
}

/// A TCX link as the kernel describes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LinkInfo {
    /// The program that runs at it.
    pub program: u32,
    /// The interface, 0 once that is gone.
    pub ifindex: u32,
}

/// What the kernel says about a TCX link.
///
/// # Errors
/// The kernel refuses; the error is its own.
pub fn link_info(link: BorrowedFd<'_>) -> io::Result<LinkInfo> {
    // SAFETY: a structure of integers and a union of such, for which zero bytes are a value.
    let empty: aya_obj::generated::bpf_link_info = unsafe { std::mem::zeroed() };
    let found = info(link, empty)?;
    // SAFETY: for links of type TCX the kernel fills this member of the union; for others it is
    // plain data all the same.
    let tcx = unsafe { found.__bindgen_anon_1.tcx };
    Ok(LinkInfo {
        program: found.prog_id,
        ifindex: tcx.ifindex,
    })
}

fn c_path(path: &Path) -> io::Result<CString> {
    CString::new(path.as_os_str().as_bytes())
        .map_err(|_| io::Error::from_raw_os_error(libc::EINVAL))
}

/// `BPF_OBJ_PIN`.
///
/// # Errors
/// The kernel refuses; the error is its own.
pub fn pin(object: BorrowedFd<'_>, path: &Path) -> io::Result<()> {
    let path = c_path(path)?;
    let mut attributes = attributes();
    // SAFETY: plain data, as above.
    let pin = unsafe { &mut attributes.__bindgen_anon_4 };
    pin.pathname = path.as_ptr().addr() as u64;
    pin.bpf_fd = number(object);
    bpf(bpf_cmd::BPF_OBJ_PIN, &mut attributes).map(drop)
}

/// `BPF_OBJ_GET`.
///
/// # Errors
/// The kernel refuses; the error is its own.
pub fn open_pin(path: &Path) -> io::Result<OwnedFd> {
    let path = c_path(path)?;
    let mut attributes = attributes();
    // SAFETY: plain data, as above.
    let pin = unsafe { &mut attributes.__bindgen_anon_4 };
    pin.pathname = path.as_ptr().addr() as u64;
    bpf_fd(bpf_cmd::BPF_OBJ_GET, &mut attributes)
}

const BPF_F_BEFORE: u32 = 1 << 3;

/// `BPF_LINK_CREATE` for TCX, before all other programs of the hook; refused with `ESTALE` when the
/// hook has changed since `revision` was read.
///
/// # Errors
/// The kernel refuses; the error is its own.
pub fn link_create(
    program: BorrowedFd<'_>,
    ifindex: u32,
    hook: Hook,
    revision: u64,
) -> io::Result<OwnedFd> {
    let mut attributes = attributes();
    // SAFETY: plain data, as above.
    let link = unsafe { &mut attributes.link_create };
    link.__bindgen_anon_1.prog_fd = number(program);
    link.__bindgen_anon_2.target_ifindex = ifindex;
    link.attach_type = hook.attach_type();
    link.flags = BPF_F_BEFORE;
    link.__bindgen_anon_3.tcx.expected_revision = revision;
    bpf_fd(bpf_cmd::BPF_LINK_CREATE, &mut attributes)
}

/// `BPF_LINK_UPDATE`: another program at the same place, without a gap.
///
/// # Errors
/// The kernel refuses; the error is its own.
pub fn link_update(link: BorrowedFd<'_>, program: BorrowedFd<'_>) -> io::Result<()> {
    let mut attributes = attributes();
    // SAFETY: plain data, as above.
    let update = unsafe { &mut attributes.link_update };
    update.link_fd = number(link);
    update.__bindgen_anon_1.new_prog_fd = number(program);
    bpf(bpf_cmd::BPF_LINK_UPDATE, &mut attributes).map(drop)
}

/// The programs at a hook, first to last, and the hook's revision.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Attached {
    /// Counts changes of the hook; what [`link_create`] expects.
    pub revision: u64,
    /// Ids of the programs in the order in which they run.
    pub programs: Vec<u32>,
}

/// `BPF_PROG_QUERY` of a TCX hook.
///
/// # Errors
/// The kernel refuses; the error is its own.
pub fn query(ifindex: u32, hook: Hook) -> io::Result<Attached> {
    let mut ids = [0u32; 64];
    let mut attributes = attributes();
    // SAFETY: plain data, as above.
    let query = unsafe { &mut attributes.query };
    query.__bindgen_anon_1.target_ifindex = ifindex;
    query.attach_type = hook.attach_type();
    query.prog_ids = ids.as_mut_ptr().addr() as u64;
    query.__bindgen_anon_2.prog_cnt = length(ids.len())?;
    bpf(bpf_cmd::BPF_PROG_QUERY, &mut attributes)?;
    // SAFETY: plain data that the kernel has filled.
    let (count, revision) = unsafe {
        (
            attributes.query.__bindgen_anon_2.prog_cnt,
            attributes.query.revision,
        )
    };
    let count = usize::try_from(count).unwrap_or(usize::MAX);
    Ok(Attached {
        revision,
        programs: ids.into_iter().take(count).collect(),
    })
}

/// What a test run is given and gives.
#[derive(Debug, Clone, Copy, Default)]
pub struct TestRun {
    /// `__sk_buff::ingress_ifindex`: 0 for packets that the node itself made.
    pub ingress_ifindex: u32,
    /// `__sk_buff::ifindex`: an interface of the caller's network namespace.
    pub ifindex: u32,
    /// How often; the kernel measures the mean.
    pub repeat: u32,
}

/// `BPF_PROG_TEST_RUN`: the return value and the nanoseconds of one run.
///
/// # Errors
/// The kernel refuses; the error is its own.
pub fn test_run(program: BorrowedFd<'_>, frame: &[u8], run: TestRun) -> io::Result<(u32, u32)> {
    // `struct __sk_buff`, of which only two fields are given.
    let mut context = [0u32; 48];
    for (place, value) in [(9, run.ingress_ifindex), (10, run.ifindex)] {
        if let Some(field) = context.get_mut(place) {
            *field = value;
        }
    }
    let mut attributes = attributes();
    // SAFETY: plain data, as above.
    let test = unsafe { &mut attributes.test };
    test.prog_fd = number(program);
    test.repeat = run.repeat;
    test.data_in = address(frame);
    test.data_size_in = length(frame.len())?;
    if run.ifindex != 0 {
        test.ctx_in = address(&context);
        test.ctx_size_in = length(size_of_val(&context))?;
    }
    bpf(bpf_cmd::BPF_PROG_TEST_RUN, &mut attributes)?;
    // SAFETY: plain data that the kernel has filled.
    Ok(unsafe { (attributes.test.retval, attributes.test.duration) })
}
