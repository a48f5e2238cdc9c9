// SPDX-License-Identifier: MIT OR Apache-2.0
//! The key-value benchmarks in Rust: `kv subjects`, `kv measure SUBJECT OUT`. See ../../README.md.
mod data;
mod drystone_store;
mod hash_map;
mod loads;
mod operations;
mod session;
mod shared;
mod subject;

use crate::drystone_store::Drystone;
use crate::hash_map::StdHashMap;
use crate::session::Session;
use crate::subject::Subject;
use drystone_bench::frame::{self, Extras, Settings};
use std::path::Path;
use std::process::ExitCode;

fn main() -> ExitCode {
    frame::program("kv", &[(Drystone::NAME, measure::<Drystone>), (StdHashMap::NAME, measure::<StdHashMap>)])
}

/// The order matters: the first load meets memory that nothing has touched, the second leaves the store populated.
fn measure<S: Subject>(out: &Path) {
    let settings = Settings::from_environment();
    let mut criterion = frame::criterion(&settings, out);
    let mut session: Session<S> = Session::new(settings, Extras::default());
    let mut any = false;
    let mut run = |operation: &str, body: fn(&mut Session<S>, &mut frame::Bench<'_>)| {
        if session.settings.wants(operation) {
            any = true;
            body(&mut session, &mut frame::Bench::new(&mut criterion, "kv", operation, S::NAME));
        }
    };
    run("insert_fresh", |session, bench| loads::insert(session, bench, false));
    run("insert", |session, bench| loads::insert(session, bench, true));
    run("hit", operations::hit);
    run("dependent_hit", operations::dependent_hit);
    run("miss", operations::miss);
    if S::HAS_BATCHES {
        run("get_many_32", operations::get_many);
    }
    run("read_alone", shared::read_alone);
    run("read_beside_writer", shared::read_beside_writer);
    run("update", operations::update);
    run("delete_insert", operations::delete_insert);
    if !any {
        frame::nothing_wanted(S::NAME);
    }
    session.settle();
    session.extras.write(out);
}
