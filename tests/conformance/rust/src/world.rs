// SPDX-License-Identifier: MIT OR Apache-2.0
//! What a scenario has made: objects, a folder, names of shared memory. All of it goes at the end.
use crate::values::Malformed;
use drystone::{Backing, ErrorKind, Kv, KvRead, KvReader, Mode, Region};
use std::collections::HashMap;
use std::hash::{BuildHasher, Hasher};
use std::path::{Path, PathBuf};

pub enum Object {
    Region(OpenRegion),
    Writer(Kv),
    Reader(KvReader),
}

pub struct OpenRegion {
    pub region: Region,
    pub mode: Mode,
    /// Where it lies, if it is of kind file.
    pub file: Option<PathBuf>,
}

impl Object {
    pub fn is_closed(&self) -> bool {
        let error = match self {
            Object::Region(open) => open.region.stats().err(),
            Object::Writer(kv) => kv.stats().err(),
            Object::Reader(reader) => reader.stats().err(),
        };
        error.is_some_and(|error| error.kind() == ErrorKind::Closed)
    }

    /// What can be read of a kv, whichever handle it is.
    pub fn read(&self) -> Option<&KvRead> {
        match self {
            Object::Region(_) => None,
            Object::Writer(kv) => Some(kv),
            Object::Reader(reader) => Some(reader),
        }
    }
}

pub struct World {
    folder: PathBuf,
    prefix: String,
    /// All that was made, also what has lost its name.
    objects: Vec<Object>,
    bound: HashMap<String, usize>,
    shared_names: Vec<String>,
}

impl World {
    pub fn new() -> std::io::Result<Self> {
        let folder = std::env::temp_dir().join(format!("drystone-conformance-{:016x}", random()));
        std::fs::create_dir(&folder)?;
        let prefix = std::env::var("DRYSTONE_SHM_PREFIX").unwrap_or_else(|_| "drystone-conformance-".into());
        let prefix = format!("{prefix}{:016x}-", random());
        Ok(World { folder, prefix, objects: Vec::new(), bound: HashMap::new(), shared_names: Vec::new() })
    }

    pub fn bind(&mut self, name: Option<&str>, object: Object) {
        if let Some(name) = name {
            self.bound.insert(name.to_owned(), self.objects.len());
        }
        self.objects.push(object);
    }

    pub fn is_bound(&self, name: &str) -> bool {
        self.bound.contains_key(name)
    }

    pub fn object(&mut self, name: &str) -> Result<&mut Object, Malformed> {
        let index = self.bound.get(name).ok_or_else(|| format!("nothing is bound to \"{name}\""))?;
        Ok(&mut self.objects[*index])
    }

    pub fn region(&mut self, name: &str) -> Result<&mut OpenRegion, Malformed> {
        match self.object(name)? {
            Object::Region(open) => Ok(open),
            _ => Err(format!("\"{name}\" is no region")),
        }
    }

    /// A relative path lies in the scenario's folder; an empty one is for the library to refuse.
    pub fn path(&self, name: &str) -> PathBuf {
        if name.is_empty() {
            PathBuf::new()
        } else {
            self.folder.join(name)
        }
    }

    /// The prefix, unless that would make a good name of a bad one.
    pub fn shared_name(&self, name: &str) -> String {
        if matches!(name, "" | "." | "..") || name.contains('/') {
            return name.to_owned();
        }
        format!("{}{name}", self.prefix)
    }

    pub fn fresh_shared_name(&self) -> String {
        format!("{}load-{:x}", self.prefix, random())
    }

    pub fn unlink_at_end(&mut self, name: &str) {
        self.shared_names.push(name.to_owned());
    }
}

impl Drop for World {
    fn drop(&mut self) {
        self.objects.clear();
        for name in &self.shared_names {
            let _ = Region::unlink(Backing::Shared(name));
        }
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

/// Whether C can be told this path or name.
pub fn has_nul(name: &str) -> bool {
    name.contains('\0')
}

/// The standard library seeds its hashers with the system's random numbers.
fn random() -> u64 {
    std::collections::hash_map::RandomState::new().build_hasher().finish()
}

pub fn exists_as_file(path: &Path) -> Result<u64, &'static str> {
    match std::fs::metadata(path) {
        Ok(facts) if facts.is_file() => Ok(facts.len()),
        Ok(_) => Err("invalid_argument"),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Err("not_found"),
        Err(_) => Err("io"),
    }
}
