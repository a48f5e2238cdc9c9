// SPDX-License-Identifier: MIT OR Apache-2.0
//! Which types may cross threads is a promise; this file does not compile when it is broken in either direction.
use drystone::{
    Detail, Entries, Entry, Error, Found, Keys, Kv, KvOptions, KvRead, KvReader, KvStats, Region, RegionOptions, Value,
    ValueRef, Values, View,
};

fn send<T: Send + ?Sized>() {}
fn sync<T: Sync + ?Sized>() {}
fn clone<T: Clone>() {}
fn error<T: std::error::Error + Send + Sync + 'static>() {}

/// Fails to compile, with two candidates for `NOT`, when the type has the trait.
macro_rules! assert_not {
    ($type:ty: $trait:path) => {
        const _: () = {
            trait Candidate<A> {
                const NOT: () = ();
            }
            impl<T: ?Sized> Candidate<()> for T {}
            struct Has;
            impl<T: ?Sized + $trait> Candidate<Has> for T {}
            <$type as Candidate<_>>::NOT
        };
    };
}

assert_not!(Kv: Sync);
assert_not!(Kv: Clone);
assert_not!(Region: Clone);
assert_not!(KvRead: Clone);
assert_not!(View<'static>: Send);
assert_not!(View<'static>: Sync);

#[test]
fn writer_moves_between_threads_and_is_not_shared() {
    send::<Kv>();
}

#[test]
fn reader_moves_is_shared_and_cloned() {
    send::<KvReader>();
    sync::<KvReader>();
    clone::<KvReader>();
    sync::<KvRead>();
}

#[test]
fn region_moves_and_is_shared() {
    send::<Region>();
    sync::<Region>();
}

#[test]
fn data_moves_and_is_shared() {
    fn both<T: Send + Sync>() {}
    both::<Values>();
    both::<Value>();
    both::<ValueRef<'static>>();
    both::<Found>();
    both::<Entry>();
    both::<Entries<'static>>();
    both::<Keys<'static>>();
    both::<KvStats>();
    both::<KvOptions>();
    both::<RegionOptions<'static>>();
    both::<Detail>();
    error::<Error>();
}

#[test]
fn results_of_hot_calls_are_small() {
    assert!(std::mem::size_of::<drystone::Result<Option<Found>>>() <= 40);
}
