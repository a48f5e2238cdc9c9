// SPDX-License-Identifier: MIT OR Apache-2.0
//! One function for each operation, through the crate's public calls.
use crate::canonical::{CallResult, Got, Outputs};
use crate::scenario::{Arguments, Step};
use crate::values::Malformed;
use crate::world::{exists_as_file, has_nul, Object, OpenRegion, World};
use crate::{handles, memory};
use drystone::{Backing, Error, Kv, KvOptions, KvReader, Mode, Region, RegionOptions, Values};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

/// Why there is no output: the call failed, or the step turned out to be malformed.
pub enum Stop {
    Error(&'static str),
    Malformed(Malformed),
}

pub type Done = Result<Outputs, Stop>;

impl From<Error> for Stop {
    fn from(error: Error) -> Self {
        Stop::Error(error.kind().name())
    }
}

impl From<Malformed> for Stop {
    fn from(cause: Malformed) -> Self {
        Stop::Malformed(cause)
    }
}

pub const INVALID_ARGUMENT: Stop = Stop::Error("invalid_argument");

pub fn perform(world: &mut World, step: &Step) -> Result<CallResult, Malformed> {
    match dispatch(world, step) {
        Ok(outputs) => Ok(Ok(outputs)),
        Err(Stop::Error(code)) => Ok(Err(code)),
        Err(Stop::Malformed(cause)) => Err(cause),
    }
}

fn dispatch(world: &mut World, step: &Step) -> Done {
    let arguments = &step.arguments;
    match step.operation.name {
        "region.damage" | "region.truncate" => return region_file(world, step),
        name if name.ends_with(".close") => {
            suits(world, step)?;
            return close(world, on(step));
        }
        _ => {}
    }
    refuse(world, step)?;
    match step.operation.name {
        "region.create" => region_create(world, step),
        "region.open" => region_open(world, step),
        "region.load" => region_load(world, step),
        "region.save" => region_save(world, on(step), arguments),
        "region.parts" => region_parts(world, on(step)),
        "region.stats" => region_stats(world, on(step)),
        "region.verify" => region_verify(world, on(step)),
        "kv.create" => kv_create(world, step),
        "kv.open" => kv_open(world, step),
        "kv.reader" => kv_reader(world, step),
        "kv.put" | "kv.put_new" | "kv.replace" | "kv.delete" => kv_write(world, step),
        "kv.get" => kv_get(world, step),
        "kv.get_many" => kv_get_many(world, step),
        "kv.contains" => kv_contains(world, step),
        "kv.list" => kv_list(world, step),
        "kv.stats" => kv_stats(world, step),
        name if name.starts_with("arena.") => memory::arena(world, step),
        name if name.starts_with("pool.") => memory::pool(world, step),
        name if name.starts_with("shared_pool.") => memory::shared_pool(world, step),
        name if name.starts_with("index_map.") => memory::index_map(world, step),
        name if name.starts_with("buffer") => handles::buffer(world, step),
        name if name.starts_with("object") => handles::object(world, step),
        name if name.starts_with("slab.") => handles::slab(world, step),
        other => Err(Stop::Malformed(format!("unknown operation \"{other}\""))),
    }
}

/// Closing is fine for what is closed already.
fn close(world: &mut World, name: &str) -> Done {
    match world.object(name)? {
        Object::Region(open) => open.region.close(),
        Object::Writer(kv) => kv.close(),
        Object::Reader(reader) => reader.close(),
        Object::Arena(arena) => arena.close(),
        Object::Pool(part) => part.block.close(),
        Object::SharedPool(part) => {
            part.block.cache = None;
            part.block.pool.close();
        }
        Object::IndexMap(part) => part.block.close(),
        Object::BufferPool(pool) => pool.close(),
        Object::Values(counted) => return handles::close_counted(counted),
        Object::Slab(slab) => slab.close(),
        Object::Buffer(_) | Object::Value(_) | Object::Block(_) => unreachable!("they have no close"),
    }
    nothing()
}

/// What changes a part.
fn is_change(operation: &str) -> bool {
    let (sort, call) = operation.split_once('.').unwrap_or_default();
    match sort {
        "kv" => matches!(call, "put" | "put_new" | "replace" | "delete"),
        "pool" | "shared_pool" => matches!(call, "alloc" | "free" | "free_at" | "fill" | "reset"),
        "index_map" => matches!(call, "acquire" | "release"),
        _ => false,
    }
}

fn suits(world: &mut World, step: &Step) -> Result<(), Stop> {
    let name = step.operation.name;
    match &step.on {
        Some(on) if !world.object(on)?.suits(name) => Err(Stop::Malformed(format!("{name} does not act on \"{on}\""))),
        _ => Ok(()),
    }
}

pub fn on(step: &Step) -> &str {
    step.on.as_deref().expect("the table says that it is given")
}

/// What is refused before the library is asked, in the order of the specification.
fn refuse(world: &mut World, step: &Step) -> Result<(), Stop> {
    suits(world, step)?;
    if let Some(inside) = &step.inside {
        world.region(inside)?; // malformed where it is no region
        if world.is_closed(inside)? {
            return Err(Stop::Error("closed"));
        }
    }
    if let Some(on) = &step.on {
        if world.is_closed(on)? {
            return Err(Stop::Error("closed"));
        }
        if is_change(step.operation.name) && world.object(on)?.is_read_only() {
            return Err(Stop::Error("read_only"));
        }
    }
    // A region in memory has no name, whatever is given as one.
    let used: &[&str] = if step.arguments.text("kind") == Some("memory") { &["file"] } else { &["file", "name"] };
    let names = used.iter().filter_map(|name| step.arguments.text(name));
    if step.arguments.has_negative() || names.into_iter().any(has_nul) {
        return Err(INVALID_ARGUMENT);
    }
    Ok(())
}

pub fn nothing() -> Done {
    Ok(Outputs::new())
}

/* ---- regions ---- */

/// What a region's `kind` and `name` mean here, kept so that a `Backing` can be lent from it.
enum Place {
    Memory,
    File(PathBuf),
    Shared(String),
}

impl Place {
    fn of(world: &World, arguments: &Arguments, without_name: impl Fn(&World) -> Place) -> Self {
        match (arguments.text("kind"), arguments.text("name")) {
            (Some("file"), Some(name)) => Place::File(world.path(name)),
            (Some("shared"), Some(name)) => Place::Shared(world.shared_name(name)),
            (Some("file" | "shared"), None) => without_name(world),
            _ => Place::Memory,
        }
    }

    fn backing(&self) -> Backing<'_> {
        match self {
            Place::Memory => Backing::Memory,
            Place::File(path) => Backing::File(path),
            Place::Shared(name) => Backing::Shared(name),
        }
    }
}

fn bind_region(world: &mut World, step: &Step, place: Place, region: Region, mode: Mode, made: bool) -> Done {
    let file = match place {
        Place::File(path) => Some(path),
        Place::Shared(name) if made => {
            world.unlink_at_end(&name);
            None
        }
        _ => None,
    };
    world.bind(step.binds.as_deref(), Object::Region(OpenRegion { region, mode, file }));
    nothing()
}

fn is_file(arguments: &Arguments) -> bool {
    arguments.text("kind") == Some("file")
}

fn region_create(world: &mut World, step: &Step) -> Done {
    let arguments = &step.arguments;
    let place = Place::of(world, arguments, |_| match is_file(arguments) {
        true => Place::File(PathBuf::new()),
        false => Place::Shared(String::new()),
    });
    let bytes = arguments.number("bytes").unwrap_or_default();
    let region = Region::create(&RegionOptions::new(place.backing(), bytes))?;
    bind_region(world, step, place, region, Mode::Write, true)
}

fn region_open(world: &mut World, step: &Step) -> Done {
    let place = Place::of(world, &step.arguments, |_| Place::Memory);
    let mode = if step.arguments.text("mode") == Some("write") { Mode::Write } else { Mode::Read };
    let region = Region::open(place.backing(), mode)?;
    bind_region(world, step, place, region, mode, false)
}

fn region_load(world: &mut World, step: &Step) -> Done {
    let arguments = &step.arguments;
    let image = arguments.text("file").unwrap_or_default();
    let place = Place::of(world, arguments, |world| match is_file(arguments) {
        true => Place::File(world.path(&format!("{image}.region"))),
        false => Place::Shared(world.fresh_shared_name()),
    });
    let region = Region::load(world.path(image), place.backing())?;
    bind_region(world, step, place, region, Mode::Write, true)
}

fn region_save(world: &mut World, name: &str, arguments: &Arguments) -> Done {
    let path = world.path(arguments.text("file").unwrap_or_default());
    world.region(name)?.region.save(path)?;
    nothing()
}

fn region_parts(world: &mut World, name: &str) -> Done {
    let parts = world.region(name)?.region.parts()?;
    let parts = parts.into_iter().map(|part| (part.name, part.kind.name().to_owned())).collect();
    Ok([("parts", Got::Parts(parts))].into())
}

fn region_stats(world: &mut World, name: &str) -> Done {
    let stats = world.region(name)?.region.stats()?;
    Ok([
        ("part_count", Got::Integer(stats.part_count.into())),
        ("size_bytes", Got::Integer(stats.size_bytes)),
        ("used_bytes", Got::Integer(stats.used_bytes)),
    ]
    .into())
}

fn region_verify(world: &mut World, name: &str) -> Done {
    world.region(name)?.region.verify()?;
    nothing()
}

/// region.damage and region.truncate: plain file calls, whoever has the file open.
fn region_file(world: &mut World, step: &Step) -> Done {
    let arguments = &step.arguments;
    let path = damaged_path(world, step);
    if let Err(Stop::Malformed(_)) = path {
        return path.map(|_| Outputs::new());
    }
    let names = [step.on.as_deref(), arguments.text("file"), arguments.text("name")];
    if arguments.has_negative() || names.into_iter().flatten().any(has_nul) {
        return Err(INVALID_ARGUMENT);
    }
    match step.operation.name {
        "region.damage" => damage(&path?, arguments),
        _ => truncate(&path?, arguments),
    }
}

fn damaged_path(world: &mut World, step: &Step) -> Result<PathBuf, Stop> {
    if let Some(name) = step.arguments.text("file").or(step.arguments.text("name")) {
        return Ok(world.path(name));
    }
    let name = on(step);
    if !world.is_bound(name) {
        return Ok(world.path(name));
    }
    world.region(name)?.file.clone().ok_or(Stop::Error("unsupported"))
}

fn damage(path: &Path, arguments: &Arguments) -> Done {
    let at = arguments.number("at").unwrap_or_default();
    let byte = arguments.number("byte").and_then(|byte| u8::try_from(byte).ok()).ok_or(INVALID_ARGUMENT)?;
    if at >= exists_as_file(path).map_err(Stop::Error)? {
        return Err(INVALID_ARGUMENT);
    }
    let file = std::fs::File::options().write(true).open(path);
    file.and_then(|file| file.write_all_at(&[byte], at)).map_err(|_| Stop::Error("io"))?;
    nothing()
}

fn truncate(path: &Path, arguments: &Arguments) -> Done {
    let bytes = arguments.number("bytes").filter(|bytes| *bytes <= 1 << 46).ok_or(INVALID_ARGUMENT)?;
    exists_as_file(path).map_err(Stop::Error)?;
    let file = std::fs::File::options().write(true).open(path);
    file.and_then(|file| file.set_len(bytes)).map_err(|_| Stop::Error("io"))?;
    nothing()
}

/* ---- key-value stores ---- */

fn kv_create(world: &mut World, step: &Step) -> Done {
    let arguments = &step.arguments;
    if arguments.text("layout") == Some("inline") {
        return Err(Stop::Error("unsupported"));
    }
    if arguments.has("max_entry") {
        return Err(INVALID_ARGUMENT);
    }
    let number = |name| arguments.number(name).unwrap_or_default();
    let mut options = KvOptions::new(number("entries"), number("bytes"));
    if let Some(seed) = arguments.number("seed") {
        options = options.seed(seed);
    }
    let kv = match &step.inside {
        Some(inside) => {
            let part = arguments.text("part").unwrap_or_default();
            Kv::create(&world.region(inside)?.region, part, &options)?
        }
        None => private_kv(world, &options)?,
    };
    world.bind(step.binds.as_deref(), Object::Writer(kv));
    nothing()
}

/// A store in a region of its own, just large enough.
fn private_kv(world: &mut World, options: &KvOptions) -> Result<Kv, Stop> {
    let bytes = options.required_bytes()?.div_ceil(4096) * 4096 + 12288;
    let region = Region::create(&RegionOptions::new(Backing::Memory, bytes.max(16384)))?;
    let kv = Kv::create(&region, "kv", options)?;
    world.bind(None, Object::Region(OpenRegion { region, mode: Mode::Write, file: None }));
    Ok(kv)
}

fn kv_open(world: &mut World, step: &Step) -> Done {
    let part = step.arguments.text("part").unwrap_or_default();
    let open = world.region(step.inside.as_deref().unwrap_or_default())?;
    let object = match open.mode {
        Mode::Write => Object::Writer(Kv::open(&open.region, part)?),
        Mode::Read | Mode::Share => Object::Reader(KvReader::open(&open.region, part)?),
    };
    world.bind(step.binds.as_deref(), object);
    nothing()
}

fn kv_reader(world: &mut World, step: &Step) -> Done {
    let reader = match kv(world, step)? {
        Object::Writer(kv) => kv.reader()?,
        Object::Reader(reader) => reader.reader()?,
        _ => unreachable!("refused before"),
    };
    world.bind(step.binds.as_deref(), Object::Reader(reader));
    nothing()
}

fn kv<'a>(world: &'a mut World, step: &Step) -> Result<&'a Object, Stop> {
    Ok(world.object(on(step))?)
}

fn read<'a>(world: &'a mut World, step: &Step) -> Result<&'a drystone::KvRead, Stop> {
    Ok(kv(world, step)?.read().expect("regions were refused before"))
}

fn kv_write(world: &mut World, step: &Step) -> Done {
    let arguments = &step.arguments;
    let Object::Writer(kv) = kv(world, step)? else { unreachable!("readers were refused before") };
    let key = arguments.bytes("key");
    let version = match step.operation.name {
        "kv.put" => kv.put(key, arguments.bytes("value"))?,
        "kv.put_new" => kv.put_new(key, arguments.bytes("value"))?,
        "kv.replace" => kv.replace(key, arguments.bytes("value"), arguments.number("version").unwrap_or_default())?,
        _ => kv.delete(key)?,
    };
    Ok([("version", Got::Integer(version))].into())
}

fn kv_get(world: &mut World, step: &Step) -> Done {
    let value = read(world, step)?.get(step.arguments.bytes("key"))?.ok_or(Stop::Error("not_found"))?;
    Ok([("value", Got::Bytes(value.bytes)), ("version", Got::Integer(value.version))].into())
}

fn kv_get_many(world: &mut World, step: &Step) -> Done {
    let mut values = Values::new();
    read(world, step)?.get_many(step.arguments.many_bytes("keys"), &mut values)?;
    let found: Result<Vec<_>, Error> =
        values.iter().map(|value| value.map(|value| value.map(|value| value.bytes.to_vec()))).collect();
    Ok([("values", Got::Values(found?))].into())
}

fn kv_contains(world: &mut World, step: &Step) -> Done {
    let found = read(world, step)?.contains(step.arguments.bytes("key"))?;
    Ok([("found", Got::Found(found))].into())
}

fn kv_list(world: &mut World, step: &Step) -> Done {
    let mut keys = read(world, step)?.keys().collect::<Result<Vec<_>, _>>()?;
    keys.sort();
    Ok([("keys", Got::Keys(keys))].into())
}

fn kv_stats(world: &mut World, step: &Step) -> Done {
    let stats = read(world, step)?.stats()?;
    Ok([("capacity", Got::Integer(stats.capacity)), ("entries", Got::Integer(stats.entries))].into())
}
