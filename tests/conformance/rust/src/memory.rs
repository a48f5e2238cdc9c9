// SPDX-License-Identifier: MIT OR Apache-2.0
//! Arenas, pools, shared pools and index maps.
use crate::canonical::Got;
use crate::perform::{nothing, on, Done, Stop, INVALID_ARGUMENT};
use crate::scenario::{Arguments, Step};
use crate::world::{CachedPool, Object, Part, World};
use drystone::{
    Arena, ArenaOptions, Error, IndexMap, IndexMapOptions, MemoryFlags, Mode, Overflow, Pool, PoolOptions, SharedPool,
    SharedPoolCache, SharedPoolOptions, Slot,
};

fn number(arguments: &Arguments, name: &str) -> u64 {
    arguments.number(name).unwrap_or_default()
}

fn size(arguments: &Arguments, name: &str) -> usize {
    usize::try_from(number(arguments, name)).expect("addresses have 64 bits")
}

fn one(name: &'static str, value: u64) -> Done {
    Ok([(name, Got::Integer(value))].into())
}

/* ---- arenas ---- */

pub fn arena(world: &mut World, step: &Step) -> Done {
    let arguments = &step.arguments;
    if step.operation.name == "arena.create" {
        let overflow =
            if arguments.text("overflow") == Some("fallback") { Overflow::Fallback } else { Overflow::Error };
        let arena = Arena::create(&ArenaOptions::new(number(arguments, "capacity")).overflow(overflow))?;
        world.bind(step.binds.as_deref(), Object::Arena(arena));
        return nothing();
    }
    let Object::Arena(arena) = world.object(on(step))? else { unreachable!("refused before") };
    match step.operation.name {
        "arena.alloc" => {
            let bytes = arena.alloc_bytes(size(arguments, "size"), size(arguments, "align"))?;
            Ok([("offset", Got::Offset(arena.offset_of(bytes)))].into())
        }
        "arena.mark" => one("mark", arena.mark()?),
        "arena.rewind" => {
            arena.rewind(number(arguments, "mark"))?;
            nothing()
        }
        "arena.reset" => {
            arena.reset()?;
            nothing()
        }
        _ => {
            let stats = arena.stats()?;
            Ok([
                ("allocations", Got::Integer(stats.allocations)),
                ("capacity", Got::Integer(stats.capacity_bytes)),
                ("failures", Got::Integer(stats.failures)),
                ("fallbacks", Got::Integer(stats.fallbacks)),
                ("peak", Got::Integer(stats.peak_bytes)),
                ("used", Got::Integer(stats.used_bytes)),
            ]
            .into())
        }
    }
}

/* ---- pools ---- */

/// An alignment of 0 would mean to the library that none was given.
fn align(arguments: &Arguments) -> Result<u64, Stop> {
    match arguments.number("align") {
        Some(0) => Err(INVALID_ARGUMENT),
        given => Ok(given.unwrap_or_default()),
    }
}

fn flags(arguments: &Arguments) -> MemoryFlags {
    if arguments.yes("zero_on_free") {
        MemoryFlags::WIPE
    } else {
        MemoryFlags::NONE
    }
}

/// Binds what `open` or `create` made, in a region or without one.
fn bind_part<B>(
    world: &mut World,
    step: &Step,
    make: impl FnOnce(Option<(&drystone::Region, &str)>) -> Result<B, Error>,
    object: impl FnOnce(Part<B>) -> Object,
) -> Done {
    let part = step.arguments.text("part").unwrap_or_default();
    let made = match &step.inside {
        Some(inside) => {
            let open = world.region(inside)?;
            Part { block: make(Some((&open.region, part)))?, read_only: open.mode == Mode::Read }
        }
        None => Part { block: make(None)?, read_only: false },
    };
    world.bind(step.binds.as_deref(), object(made));
    nothing()
}

/// What the runner says of a slot's number.
fn slot(arguments: &Arguments) -> Result<Slot, Stop> {
    u32::try_from(number(arguments, "slot")).map(Slot::new).map_err(|_| Stop::Error("foreign"))
}

fn byte(arguments: &Arguments) -> Result<u8, Stop> {
    u8::try_from(number(arguments, "byte")).map_err(|_| INVALID_ARGUMENT)
}

/// Room for what is asked for, but for no more than an object and one byte: the library refuses that.
fn room(arguments: &Arguments, object_bytes: u64) -> Vec<u8> {
    vec![0; number(arguments, "length").min(object_bytes + 1) as usize]
}

fn bytes(bytes: Vec<u8>) -> Done {
    Ok([("bytes", Got::Bytes(bytes))].into())
}

pub fn pool(world: &mut World, step: &Step) -> Done {
    let arguments = &step.arguments;
    match step.operation.name {
        "pool.create" => {
            let options = PoolOptions::new(number(arguments, "object_size"), number(arguments, "capacity"))
                .align_bytes(align(arguments)?)
                .flags(flags(arguments));
            let make = |place: Option<(&drystone::Region, &str)>| match place {
                Some((region, part)) => Pool::create_in(region, part, &options),
                None => Pool::create(&options),
            };
            return bind_part(world, step, make, Object::Pool);
        }
        "pool.open" => {
            let make = |place: Option<(&drystone::Region, &str)>| {
                let (region, part) = place.expect("the table says that it is given");
                Pool::open(region, part)
            };
            return bind_part(world, step, make, Object::Pool);
        }
        _ => {}
    }
    let Object::Pool(Part { block: pool, .. }) = world.object(on(step))? else { unreachable!("refused before") };
    match step.operation.name {
        "pool.alloc" => return one("slot", pool.acquire()?.number().into()),
        "pool.free" => pool.release(slot(arguments)?)?,
        "pool.free_at" => pool.free_at(number(arguments, "offset"))?,
        "pool.fill" => {
            let byte = byte(arguments)?;
            pool.fill(slot(arguments)?, byte)?;
        }
        "pool.read" => {
            let slot = slot(arguments)?;
            let mut out = room(arguments, pool.stats()?.object_bytes);
            pool.read(slot, number(arguments, "at"), &mut out)?;
            return bytes(out);
        }
        "pool.reset" => pool.reset()?,
        _ => {
            let stats = pool.stats()?;
            return Ok([
                ("capacity", Got::Integer(stats.capacity_slots)),
                ("failures", Got::Integer(stats.failures)),
                ("in_use", Got::Integer(stats.in_use)),
                ("object_size", Got::Integer(stats.object_bytes)),
                ("peak", Got::Integer(stats.peak)),
                ("stride", Got::Integer(stats.stride_bytes)),
            ]
            .into());
        }
    }
    nothing()
}

/* ---- shared pools ---- */

impl CachedPool {
    fn cache(&mut self) -> Result<&SharedPoolCache<[u8]>, Error> {
        if self.cache.is_none() {
            self.cache = Some(self.pool.cache()?);
        }
        Ok(self.cache.as_ref().expect("it was opened"))
    }
}

pub fn shared_pool(world: &mut World, step: &Step) -> Done {
    let arguments = &step.arguments;
    match step.operation.name {
        "shared_pool.create" => {
            let object_bytes = number(arguments, "object_size");
            let options = SharedPoolOptions::new(number(arguments, "capacity"))
                .align_bytes(align(arguments)?)
                .flags(flags(arguments));
            let make = |place: Option<(&drystone::Region, &str)>| {
                let pool = match place {
                    Some((region, part)) => SharedPool::create_in(region, part, object_bytes, &options),
                    None => SharedPool::create_bytes(object_bytes, &options),
                };
                pool.map(|pool| CachedPool { cache: None, pool })
            };
            return bind_part(world, step, make, Object::SharedPool);
        }
        "shared_pool.open" => {
            let make = |place: Option<(&drystone::Region, &str)>| {
                let (region, part) = place.expect("the table says that it is given");
                SharedPool::open(region, part).map(|pool| CachedPool { cache: None, pool })
            };
            return bind_part(world, step, make, Object::SharedPool);
        }
        _ => {}
    }
    let Object::SharedPool(Part { block, .. }) = world.object(on(step))? else { unreachable!("refused before") };
    match step.operation.name {
        "shared_pool.alloc" => return one("slot", block.cache()?.acquire()?.number().into()),
        "shared_pool.free" => {
            let slot = slot(arguments)?;
            block.cache()?.release(slot)?;
        }
        "shared_pool.free_at" => block.pool.free_at(number(arguments, "offset"))?,
        "shared_pool.fill" => {
            let byte = byte(arguments)?;
            block.pool.fill(slot(arguments)?, byte)?;
        }
        "shared_pool.read" => {
            let slot = slot(arguments)?;
            let mut out = room(arguments, block.pool.stats()?.object_bytes);
            block.pool.read(slot, number(arguments, "at"), &mut out)?;
            return bytes(out);
        }
        "shared_pool.reset" => {
            // A reset wants to be alone. The next use opens another cache.
            block.cache = None;
            block.pool.reset()?;
        }
        _ => {
            let stats = block.pool.stats()?;
            return Ok([
                ("capacity", Got::Integer(stats.capacity_slots)),
                ("failures", Got::Integer(stats.failures)),
                ("in_use", Got::Integer(stats.in_use)),
                ("object_size", Got::Integer(stats.object_bytes)),
                ("stride", Got::Integer(stats.stride_bytes)),
            ]
            .into());
        }
    }
    nothing()
}

/* ---- index maps ---- */

fn index(arguments: &Arguments) -> Result<u32, Stop> {
    u32::try_from(number(arguments, "index")).map_err(|_| INVALID_ARGUMENT)
}

pub fn index_map(world: &mut World, step: &Step) -> Done {
    let arguments = &step.arguments;
    match step.operation.name {
        "index_map.create" => {
            let options = IndexMapOptions::new(number(arguments, "capacity"));
            let make = |place: Option<(&drystone::Region, &str)>| match place {
                Some((region, part)) => IndexMap::create_in(region, part, &options),
                None => IndexMap::create(&options),
            };
            return bind_part(world, step, make, Object::IndexMap);
        }
        "index_map.open" => {
            let make = |place: Option<(&drystone::Region, &str)>| {
                let (region, part) = place.expect("the table says that it is given");
                IndexMap::open(region, part)
            };
            return bind_part(world, step, make, Object::IndexMap);
        }
        _ => {}
    }
    let Object::IndexMap(Part { block: map, .. }) = world.object(on(step))? else { unreachable!("refused before") };
    match step.operation.name {
        "index_map.acquire" => one("index", map.acquire()?.into()),
        "index_map.release" => {
            map.release(index(arguments)?)?;
            nothing()
        }
        "index_map.contains" => Ok([("used", Got::Found(map.contains(index(arguments)?)?))].into()),
        "index_map.list" => {
            let indices = map.used().map(|index| index.map(u64::from)).collect::<Result<Vec<_>, _>>()?;
            Ok([("indices", Got::Indices(indices))].into())
        }
        _ => {
            let stats = map.stats()?;
            Ok([("capacity", Got::Integer(stats.capacity)), ("in_use", Got::Integer(stats.in_use))].into())
        }
    }
}
