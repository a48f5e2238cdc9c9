// SPDX-License-Identifier: MIT OR Apache-2.0
//! One subject's store and what the benchmarks of one process share: the store is populated once, because filling a
//! million entries takes longer than measuring most operations on them.
use crate::data::{key_of, word, xor_of, Data, Key, Purpose, Value, INDEX_WORD, STAMP_WORD};
use crate::subject::Subject;
use drystone_bench::frame::{fail, Extras, Settings};

/// Keys, and values where they are written, laid out in the order of their use.
pub struct Script {
    pub index: Vec<u32>,
    pub key: Vec<Key>,
    pub value: Vec<Value>,
}

impl Script {
    /// What word 2 of the values read adds up to after `count` lookups that went round this script.
    pub fn index_sum(&self, count: u64) -> u64 {
        let length = self.index.len() as u64;
        let sum = |part: &[u32]| part.iter().map(|index| u64::from(*index)).sum::<u64>();
        sum(&self.index) * (count / length) + sum(&self.index[..(count % length) as usize])
    }
}

pub struct Session<S> {
    pub settings: Settings,
    pub extras: Extras,
    pub data: Data,
    store: Option<S>,
    stamps: Vec<u32>,
    last_stamp: u32,
    /// The benchmark that has written since all was read back.
    unchecked: Option<String>,
}

impl<S: Subject> Session<S> {
    pub fn new(settings: Settings, extras: Extras) -> Self {
        let data = Data::new(settings.keys, settings.seed);
        let stamps = vec![0; settings.keys as usize];
        Session { settings, extras, data, store: None, stamps, last_stamp: 0, unchecked: None }
    }

    pub fn script(&self, first: u64, purpose: Purpose) -> Script {
        let index = self.data.order(first, purpose);
        let key = index.iter().map(|index| key_of((*index).into())).collect();
        Script { index, key, value: Vec::new() }
    }

    pub fn script_of_values(&self, first: u64, purpose: Purpose, stamp: u32) -> Script {
        let mut script = self.script(first, purpose);
        script.value = script.index.iter().map(|index| self.data.value_of((*index).into(), stamp.into())).collect();
        script
    }

    /// An empty store; the former one's memory is given back first.
    pub fn renew(&mut self, prefault: bool) -> &mut S {
        self.store = None;
        self.store.insert(S::new(self.settings.keys, prefault))
    }

    /// The store with keys 0 .. keys - 1 in it. What the benchmark before has written is checked first.
    pub fn populated(&mut self) -> &mut S {
        self.settle();
        if self.store.is_none() {
            self.populate();
        }
        self.store()
    }

    pub fn store(&mut self) -> &mut S {
        self.store.as_mut().expect("it was populated or renewed")
    }

    fn populate(&mut self) {
        let script = self.script_of_values(0, Purpose::Insert, 0);
        let store = self.renew(true);
        for (key, value) in script.key.iter().zip(&script.value) {
            store.insert(key, value);
        }
        self.wrote("populating");
        self.settle();
    }

    pub fn checked(&mut self, benchmark: &str, count: u64) {
        self.extras.set(benchmark, "checked", count as f64);
    }

    /// To be said by every benchmark that writes: all values will be read back before the next one, outside its time.
    pub fn wrote(&mut self, benchmark: &str) {
        self.unchecked = Some(benchmark.to_owned());
    }

    pub fn next_stamp(&mut self) -> u32 {
        self.last_stamp += 1;
        self.last_stamp
    }

    /// The first `count` keys of the script were given this stamp.
    pub fn stamped(&mut self, script: &Script, count: u64, stamp: u32) {
        for index in script.index.iter().take(usize::try_from(count).unwrap_or(usize::MAX)) {
            self.stamps[*index as usize] = stamp;
        }
    }

    pub fn settle(&mut self) {
        let Some(benchmark) = self.unchecked.take() else { return };
        let Some(store) = &mut self.store else { return };
        let mut value = [0; 64];
        for (index, stamp) in (0..).zip(&self.stamps) {
            if !store.get(&key_of(index), &mut value) {
                fail(&benchmark, &format!("key {index} is lost"));
            }
            let whole = xor_of(&value) == 0 && word(&value, INDEX_WORD) == index;
            if !whole || word(&value, STAMP_WORD) != u64::from(*stamp) {
                fail(&benchmark, &format!("the value of key {index} is not what was written last"));
            }
        }
    }
}
