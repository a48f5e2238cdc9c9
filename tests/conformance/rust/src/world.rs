// SPDX-License-Identifier: MIT OR Apache-2.0
//! What a scenario has made: objects, a folder, names of shared memory. All of it goes at the end.
use crate::values::Malformed;
use drystone::{
    Arena, Backing, BufferPool, ErrorKind, Handle, IndexMap, Kv, KvRead, KvReader, Mode, ObjectPool, Pool, Region,
    SharedPool, SharedPoolCache, Slab, SlabBlock,
};
use std::cell::Cell;
use std::collections::HashMap;
use std::hash::{BuildHasher, Hasher};
use std::path::{Path, PathBuf};
use std::rc::Rc;

pub enum Object {
    Region(OpenRegion),
    Writer(Kv),
    Reader(KvReader),
    Arena(Arena),
    Pool(Part<Pool>),
    SharedPool(Part<CachedPool>),
    IndexMap(Part<IndexMap>),
    BufferPool(BufferPool<u32>),
    Buffer(Taken<Handle<[u32]>>),
    Values(CountedPool),
    Value(Taken<Handle<Text>>),
    Slab(Slab),
    /// `None` once it was freed.
    Block(Taken<Option<SlabBlock>>),
}

/// What may be a part of a region, and whether that is open for reading only.
pub struct Part<B> {
    pub block: B,
    pub read_only: bool,
}

/// A shared pool with its cache, which is opened at the first use.
pub struct CachedPool {
    pub cache: Option<SharedPoolCache<[u8]>>,
    pub pool: SharedPool<[u8]>,
}

/// What was taken from a pool, which is found by its number in the world.
pub struct Taken<H> {
    pub from: usize,
    pub handle: H,
}

/// A pool and how many of its values were destroyed.
pub struct CountedPool {
    pub pool: ObjectPool<Text>,
    pub destroyed: Rc<Cell<u64>>,
}

/// A value whose destructor counts, once it has been in the pool.
pub struct Text {
    pub text: String,
    pub counted: Option<Rc<Cell<u64>>>,
}

impl Drop for Text {
    fn drop(&mut self) {
        if let Some(count) = &self.counted {
            count.set(count.get() + 1);
        }
    }
}

pub struct OpenRegion {
    pub region: Region,
    pub mode: Mode,
    /// Where it lies, if it is of kind file.
    pub file: Option<PathBuf>,
}

impl Object {
    /// Whether every call answers that it is closed. What was taken from a pool is as closed as the pool: see the world.
    fn is_closed(&self) -> bool {
        let error = match self {
            Object::Region(open) => open.region.stats().err(),
            Object::Writer(kv) => kv.stats().err(),
            Object::Reader(reader) => reader.stats().err(),
            Object::Arena(arena) => arena.stats().err(),
            Object::Pool(part) => part.block.stats().err(),
            Object::SharedPool(part) => part.block.pool.stats().err(),
            Object::IndexMap(part) => part.block.stats().err(),
            Object::BufferPool(pool) => pool.stats().err(),
            Object::Values(counted) => counted.pool.stats().err(),
            Object::Slab(slab) => slab.stats().err(),
            Object::Buffer(_) | Object::Value(_) | Object::Block(_) => None,
        };
        error.is_some_and(|error| error.kind() == ErrorKind::Closed)
    }

    /// Whether it refuses to be changed.
    pub fn is_read_only(&self) -> bool {
        match self {
            Object::Reader(_) => true,
            Object::Pool(part) => part.read_only,
            Object::SharedPool(part) => part.read_only,
            Object::IndexMap(part) => part.read_only,
            _ => false,
        }
    }

    /// Whether an operation is one for it.
    pub fn suits(&self, operation: &str) -> bool {
        let sort = match self {
            Object::Region(_) => "region",
            Object::Writer(_) | Object::Reader(_) => "kv",
            Object::Arena(_) => "arena",
            Object::Pool(_) => "pool",
            Object::SharedPool(_) => "shared_pool",
            Object::IndexMap(_) => "index_map",
            Object::BufferPool(_) => "buffer_pool",
            Object::Buffer(_) => "buffer",
            Object::Values(_) => "object_pool",
            Object::Value(_) => "object",
            Object::Slab(_) => return operation.starts_with("slab.") && operation != "slab.free",
            Object::Block(_) => return operation == "slab.free",
        };
        operation.strip_prefix(sort).is_some_and(|rest| rest.starts_with('.'))
    }

    fn from(&self) -> Option<usize> {
        match self {
            Object::Buffer(taken) => Some(taken.from),
            Object::Value(taken) => Some(taken.from),
            Object::Block(taken) => Some(taken.from),
            _ => None,
        }
    }

    /// What can be read of a kv, whichever handle it is.
    pub fn read(&self) -> Option<&KvRead> {
        match self {
            Object::Writer(kv) => Some(kv),
            Object::Reader(reader) => Some(reader),
            _ => None,
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
        let number = self.number(name)?;
        Ok(self.at(number))
    }

    /// Which one a name stands for.
    pub fn number(&self, name: &str) -> Result<usize, Malformed> {
        self.bound.get(name).copied().ok_or_else(|| format!("nothing is bound to \"{name}\""))
    }

    pub fn at(&mut self, number: usize) -> &mut Object {
        &mut self.objects[number]
    }

    /// Whether an object, or the pool that it was taken from, is closed.
    pub fn is_closed(&self, name: &str) -> Result<bool, Malformed> {
        let object = &self.objects[self.number(name)?];
        Ok(object.from().map_or(object, |from| &self.objects[from]).is_closed())
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
