// SPDX-License-Identifier: MIT OR Apache-2.0
//! drystone in a named shared-memory region.
use crate::data::{Key, Value};
use crate::subject::{CopyValues, ReplaceValues, Subject};
use drystone::{Backing, Kv, KvOptions, KvReader, Region, RegionOptions, Values};
use drystone_bench::frame::fail;
use std::time::{SystemTime, UNIX_EPOCH};

pub struct Drystone {
    kv: Kv,
    reader: KvReader,
    values: Values,
    bytes: u64,
}

fn must<T>(what: &str, result: drystone::Result<T>) -> T {
    result.unwrap_or_else(|error| fail(Drystone::NAME, &format!("{what}: {error}")))
}

fn fresh_name() -> String {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_nanos());
    format!("drystone-bench-rust-{}-{now}", std::process::id())
}

#[inline]
fn copy(reader: &KvReader, key: &Key, value: &mut Value) -> bool {
    let found = must("get", reader.get_into(key, value));
    found.is_some_and(|found| found.value_bytes == size_of::<Value>())
}

const fn size_of<T>() -> usize {
    std::mem::size_of::<T>()
}

impl Subject for Drystone {
    const NAME: &'static str = "drystone";
    const HAS_BATCHES: bool = true;
    type Writer<'a> = &'a mut Kv;
    type Reader<'a> = &'a KvReader;

    fn new(keys: u64, prefault: bool) -> Self {
        let kv = KvOptions::new(keys, keys * (size_of::<Key>() + size_of::<Value>()) as u64);
        let bytes = must("required_bytes", kv.required_bytes());
        let name = fresh_name();
        let place = Backing::Shared(&name);
        // The page more is for rounding.
        let mut options = RegionOptions::new(place, RegionOptions::OVERHEAD_BYTES + bytes + 4096);
        if prefault {
            options = options.prefault();
        }
        let region = must("create", Region::create(&options));
        // The name goes at once, so that a program that is killed leaves nothing in /dev/shm.
        must("unlink", Region::unlink(place));
        let kv = must("create", Kv::create(&region, "bench", &kv));
        let reader = must("open", KvReader::open(&region, "bench"));
        Drystone { kv, reader, values: Values::with_value_capacity(size_of::<Value>()), bytes }
    }

    #[inline]
    fn insert(&mut self, key: &Key, value: &Value) {
        must("insert", self.kv.put_new(key, value));
    }

    #[inline]
    fn update(&mut self, key: &Key, value: &Value) {
        must("update", self.kv.put(key, value));
    }

    #[inline]
    fn erase(&mut self, key: &Key) {
        must("erase", self.kv.delete(key));
    }

    #[inline]
    fn get(&mut self, key: &Key, value: &mut Value) -> bool {
        copy(&self.reader, key, value)
    }

    #[inline]
    fn get_batch(&mut self, keys: &[Key], mut each: impl FnMut(&[u8])) -> usize {
        must("get_many", self.reader.get_many(keys, &mut self.values));
        let found = self.values.iter().filter_map(|value| must("get_many", value));
        found.map(|value| each(value.bytes)).count()
    }

    fn bytes(&self) -> Option<u64> {
        Some(self.bytes)
    }

    fn split(&mut self) -> (&mut Kv, &KvReader) {
        (&mut self.kv, &self.reader)
    }
}

impl ReplaceValues for &mut Kv {
    #[inline]
    fn update(&mut self, key: &Key, value: &Value) {
        must("update", self.put(key, value));
    }
}

impl CopyValues for &KvReader {
    #[inline]
    fn get(&mut self, key: &Key, value: &mut Value) -> bool {
        copy(self, key, value)
    }

    fn retries(&self) -> u64 {
        drystone::KvRead::retries(self)
    }
}
