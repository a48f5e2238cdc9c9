// SPDX-License-Identifier: MIT OR Apache-2.0
//! Buffer pools, object pools and slabs, and what is taken from them.
use crate::canonical::Got;
use crate::perform::{nothing, on, Done, Stop, INVALID_ARGUMENT};
use crate::scenario::Step;
use crate::world::{CountedPool, Object, Taken, Text, World};
use drystone::{BufferPool, BufferPoolOptions, ObjectPool, ObjectPoolOptions, Slab, SlabOptions};
use std::cell::Cell;
use std::rc::Rc;

/* ---- buffer pools ---- */

pub fn buffer(world: &mut World, step: &Step) -> Done {
    match step.operation.name {
        "buffer_pool.create" => {
            let number = |name| step.arguments.number(name).unwrap_or_default();
            let pool = BufferPool::create(&BufferPoolOptions::new(number("elements"), number("blocks")))?;
            world.bind(step.binds.as_deref(), Object::BufferPool(pool));
            nothing()
        }
        "buffer_pool.acquire" => {
            let from = world.number(on(step))?;
            let handle = buffers(world, from).acquire_handle()?;
            world.bind(step.binds.as_deref(), Object::Buffer(Taken { from, handle }));
            nothing()
        }
        "buffer_pool.stats" => {
            let from = world.number(on(step))?;
            let stats = buffers(world, from).stats()?;
            Ok([
                ("blocks", Got::Integer(stats.blocks)),
                ("elements", Got::Integer(stats.elements)),
                ("in_use", Got::Integer(stats.in_use)),
            ]
            .into())
        }
        _ => block(world, step),
    }
}

fn buffers(world: &mut World, number: usize) -> &mut BufferPool<u32> {
    match world.at(number) {
        Object::BufferPool(pool) => pool,
        _ => unreachable!("refused before"),
    }
}

fn block(world: &mut World, step: &Step) -> Done {
    let Object::Buffer(Taken { from, handle }) = world.object(on(step))? else { unreachable!("refused before") };
    let (from, handle) = (*from, *handle);
    let pool = buffers(world, from);
    let at = usize::try_from(step.arguments.number("at").unwrap_or_default()).unwrap_or(usize::MAX);
    match step.operation.name {
        "buffer.set" => {
            let value = step.arguments.number("value").and_then(|value| u32::try_from(value).ok());
            let value = value.ok_or(INVALID_ARGUMENT)?;
            *pool.get_mut(handle)?.get_mut(at).ok_or(INVALID_ARGUMENT)? = value;
            nothing()
        }
        "buffer.get" => {
            let value = *pool.get(handle)?.get(at).ok_or(INVALID_ARGUMENT)?;
            Ok([("value", Got::Integer(value.into()))].into())
        }
        _ => {
            pool.release(handle)?;
            nothing()
        }
    }
}

/* ---- object pools ---- */

pub fn object(world: &mut World, step: &Step) -> Done {
    match step.operation.name {
        "object_pool.create" => {
            let options = ObjectPoolOptions::new(step.arguments.number("capacity").unwrap_or_default());
            let counted = CountedPool { pool: ObjectPool::create(&options)?, destroyed: Rc::new(Cell::new(0)) };
            world.bind(step.binds.as_deref(), Object::Values(counted));
            nothing()
        }
        "object_pool.acquire" => {
            let from = world.number(on(step))?;
            let counted = objects(world, from);
            let text = step.arguments.text("value").unwrap_or_default().to_owned();
            // It counts once it is in: what the pool refuses was never there.
            let handle = counted.pool.insert(Text { text, counted: None })?;
            counted.pool.get_mut(handle)?.counted = Some(Rc::clone(&counted.destroyed));
            world.bind(step.binds.as_deref(), Object::Value(Taken { from, handle }));
            nothing()
        }
        "object_pool.stats" => {
            let from = world.number(on(step))?;
            let counted = objects(world, from);
            let stats = counted.pool.stats()?;
            agree(stats.destroyed, counted.destroyed.get())?;
            Ok([
                ("capacity", Got::Integer(stats.capacity)),
                ("destroyed", Got::Integer(stats.destroyed)),
                ("in_use", Got::Integer(stats.in_use)),
            ]
            .into())
        }
        _ => value(world, step),
    }
}

/// The library's count and that of the destructors.
fn agree(library: u64, destructors: u64) -> Result<(), Stop> {
    match library == destructors {
        true => Ok(()),
        false => Err(Stop::Malformed(format!("{destructors} destructors ran, and the library counts {library}"))),
    }
}

pub fn close_counted(counted: &mut CountedPool) -> Done {
    let before = counted.destroyed.get();
    let library = counted.pool.close();
    let destroyed = counted.destroyed.get() - before;
    agree(library, destroyed)?;
    Ok([("destroyed", Got::Integer(destroyed))].into())
}

fn objects(world: &mut World, number: usize) -> &mut CountedPool {
    match world.at(number) {
        Object::Values(counted) => counted,
        _ => unreachable!("refused before"),
    }
}

fn value(world: &mut World, step: &Step) -> Done {
    let Object::Value(Taken { from, handle }) = world.object(on(step))? else { unreachable!("refused before") };
    let (from, handle) = (*from, *handle);
    let pool = &mut objects(world, from).pool;
    match step.operation.name {
        "object.get" => Ok([("value", Got::Bytes(pool.get(handle)?.text.clone().into_bytes()))].into()),
        "object.set" => {
            pool.get_mut(handle)?.text = step.arguments.text("value").unwrap_or_default().to_owned();
            nothing()
        }
        _ => {
            pool.release(handle)?;
            nothing()
        }
    }
}

/* ---- slabs ---- */

pub fn slab(world: &mut World, step: &Step) -> Done {
    match step.operation.name {
        "slab.create" => {
            let slab = Slab::create(&SlabOptions::new(step.arguments.number("bytes").unwrap_or_default()))?;
            world.bind(step.binds.as_deref(), Object::Slab(slab));
            nothing()
        }
        "slab.alloc" => {
            let from = world.number(on(step))?;
            let size = step.arguments.number("size").unwrap_or_default();
            let block = slabs(world, from).alloc(usize::try_from(size).expect("addresses have 64 bits"))?;
            let class = block.class_bytes();
            world.bind(step.binds.as_deref(), Object::Block(Taken { from, handle: Some(block) }));
            Ok([("class", Got::Integer(class))].into())
        }
        "slab.free" => {
            let Object::Block(taken) = world.object(on(step))? else { unreachable!("refused before") };
            // A block that was freed is gone, so this is the runner's to say.
            let (from, block) = (taken.from, taken.handle.take().ok_or(Stop::Error("stale"))?);
            slabs(world, from).free(block)?;
            nothing()
        }
        _ => {
            let from = world.number(on(step))?;
            let stats = slabs(world, from).stats()?;
            let classes = stats.classes.iter().map(|class| (class.size_bytes, class.in_use)).collect();
            Ok([
                ("classes", Got::Classes(classes)),
                ("fallbacks", Got::Integer(stats.fallbacks)),
                ("in_use", Got::Integer(stats.in_use)),
            ]
            .into())
        }
    }
}

fn slabs(world: &mut World, number: usize) -> &mut Slab {
    match world.at(number) {
        Object::Slab(slab) => slab,
        _ => unreachable!("refused before"),
    }
}
