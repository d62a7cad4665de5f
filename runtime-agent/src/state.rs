//! What the agent remembers on disk: what is in force, what was, and what it is about to do.
//!
//! The journal is written and synced before the kernel step that it names, so that whoever finds it
//! after a crash knows what may have happened. Nothing here decides what is in force: the control
//! word does.

use crate::error::Error;
use crate::kernel::maps::Sizes;
use serde::{Deserialize, Serialize};
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

/// The version of the journal's form.
const VERSION: u32 = 1;
const JOURNAL: &str = "state.json";
const INVENTORY: &str = "endpoints.json";

/// A generation, and what it was made of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Standing {
    /// Counts swaps on this node.
    pub generation: u64,
    /// Its slot.
    pub slot: u32,
    /// SHA-256 of the bundle, in hexadecimal digits.
    pub bundle: String,
    /// The bundle's serial number, when it was signed with one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub serial: Option<u64>,
    /// The bank in which its rules are counted.
    pub bank: u32,
    /// The node that it was linked for.
    pub node: String,
}

/// Everything that is remembered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct State {
    /// The form of this file.
    pub version: u32,
    /// The highest generation that was ever begun.
    pub generation: u64,
    /// The highest serial number that was ever in force.
    #[serde(default)]
    pub serial: u64,
    /// The instance of maps and programs in use, and its sizes.
    #[serde(default)]
    pub instance: Option<(u32, Sizes)>,
    /// What is in force.
    #[serde(default)]
    pub live: Option<Standing>,
    /// What was in force before, and rollback goes back to.
    #[serde(default)]
    pub previous: Option<Standing>,
    /// What is being put in force; left behind only by a crash.
    #[serde(default)]
    pub intent: Option<Intent>,
}

/// A load that has begun.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Intent {
    /// What is to be in force.
    pub standing: Standing,
    /// In which instance.
    pub instance: (u32, Sizes),
}

impl Default for State {
    fn default() -> Self {
        Self {
            version: VERSION,
            generation: 0,
            serial: 0,
            instance: None,
            live: None,
            previous: None,
            intent: None,
        }
    }
}

/// The state directory.
#[derive(Debug, Clone)]
pub struct Store {
    path: PathBuf,
}

impl Store {
    /// Opens the directory, which is made when it is not there.
    ///
    /// # Errors
    /// It cannot be made.
    pub fn open(path: &Path) -> Result<Self, Error> {
        let bundles = path.join("bundles");
        fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(&bundles)
            .map_err(|e| Error::file("make", &bundles, &e))?;
        Ok(Self {
            path: path.to_owned(),
        })
    }

    /// The directory if it is there, for those who only look.
    pub fn existing(path: &Path) -> Self {
        Self {
            path: path.to_owned(),
        }
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Takes the lock; it is held as long as the file lives, also when the process is killed.
    ///
    /// # Errors
    /// Another agent holds it.
    pub fn lock(&self) -> Result<File, Error> {
        let path = self.path.join("lock");
        let file = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .mode(0o600)
            .open(&path)
            .map_err(|e| Error::file("open", &path, &e))?;
        match file.try_lock() {
            Ok(()) => Ok(file),
            Err(TryLockError::WouldBlock) => Err(Error::Locked(self.path.clone())),
            Err(TryLockError::Error(e)) => Err(Error::file("lock", &path, &e)),
        }
    }

    /// Reads the journal; what is not there yet is empty.
    ///
    /// # Errors
    /// The file cannot be read, or is not a journal of this version.
    pub fn read(&self) -> Result<State, Error> {
        let path = self.path.join(JOURNAL);
        let text = match fs::read(&path) {
            Ok(text) => text,
            Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(State::default()),
            Err(e) => return Err(Error::file("read", &path, &e)),
        };
        let state: State = serde_json::from_slice(&text)
            .map_err(|e| Error::file("understand", &path, &io::Error::other(e)))?;
        if state.version != VERSION {
            return Err(Error::message(format!(
                "{} has form {}, this netpold knows form {VERSION}; use the version that wrote it, or `netpold detach` with that version and start anew",
                path.display(),
                state.version
            )));
        }
        Ok(state)
    }

    /// Writes the journal; when this returns, a crash does not lose it.
    ///
    /// # Errors
    /// The file system refuses: nothing may happen then that the journal does not name.
    pub fn write(&self, state: &State) -> Result<(), Error> {
        let mut text = serde_json::to_vec_pretty(state)
            .map_err(|e| Error::message(format!("could not write the journal: {e}")))?;
        text.push(b'\n');
        self.replace(JOURNAL, &text)
    }

    /// Keeps a bundle, so that a rollback needs nobody else.
    ///
    /// # Errors
    /// The file system refuses.
    pub fn keep_bundle(&self, digest: &str, bytes: &[u8]) -> Result<(), Error> {
        let name = format!("bundles/{digest}.npb");
        if fs::read(self.path.join(&name)).is_ok_and(|kept| kept == bytes) {
            return Ok(());
        }
        self.replace(&name, bytes)
    }

    /// A bundle that was kept.
    ///
    /// # Errors
    /// It is not there.
    pub fn bundle(&self, digest: &str) -> Result<Vec<u8>, Error> {
        let path = self.path.join(format!("bundles/{digest}.npb"));
        fs::read(&path).map_err(|e| Error::file("read", &path, &e))
    }

    /// Removes bundles that are neither live nor previous.
    pub fn drop_bundles(&self, state: &State) {
        let kept: Vec<String> = [&state.live, &state.previous]
            .into_iter()
            .flatten()
            .map(|s| format!("{}.npb", s.bundle))
            .collect();
        let entries = fs::read_dir(self.path.join("bundles"));
        for entry in entries.into_iter().flatten().flatten() {
            let name = entry.file_name();
            if !kept.iter().any(|k| name == k.as_str()) {
                // A copy too many harms nobody and is found again by the next load.
                let _ = fs::remove_file(entry.path());
            }
        }
    }

    /// Keeps the inventory that is in force.
    ///
    /// # Errors
    /// The file system refuses.
    pub fn keep_inventory(&self, text: &[u8]) -> Result<(), Error> {
        self.replace(INVENTORY, text)
    }

    /// The inventory of the last load.
    ///
    /// # Errors
    /// There was none.
    pub fn inventory(&self) -> Result<Vec<u8>, Error> {
        let path = self.path.join(INVENTORY);
        fs::read(&path).map_err(|e| Error::file("read", &path, &e))
    }

    /// Forgets everything but the counters that only go up: generation and serial number.
    ///
    /// # Errors
    /// The file system refuses.
    pub fn forget(&self, state: &State) -> Result<(), Error> {
        let empty = State {
            generation: state.generation,
            serial: state.serial,
            ..State::default()
        };
        self.write(&empty)?;
        self.drop_bundles(&empty);
        match fs::remove_file(self.path.join(INVENTORY)) {
            Err(e) if e.kind() != io::ErrorKind::NotFound => {
                Err(Error::file("remove", &self.path.join(INVENTORY), &e))
            }
            _ => Ok(()),
        }
    }

    /// Replaces a file whole: readers see the old or the new one, also after a power cut.
    fn replace(&self, name: &str, bytes: &[u8]) -> Result<(), Error> {
        let path = self.path.join(name);
        let new = self.path.join(format!("{name}.new"));
        let write = || -> io::Result<()> {
            let mut file = OpenOptions::new()
                .create(true)
                .truncate(true)
                .write(true)
                .mode(0o600)
                .open(&new)?;
            file.write_all(bytes)?;
            file.sync_all()?;
            fs::rename(&new, &path)?;
            let folder = path.parent().unwrap_or(&self.path);
            File::open(folder)?.sync_all()
        };
        write().map_err(|e| Error::file("write", &path, &e))
    }
}
