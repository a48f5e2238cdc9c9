// SPDX-License-Identifier: MIT OR Apache-2.0
//! Settings of threads' scratches, which are to be made before the first: so this test has a process of its own.
use drystone::{scratch, ErrorKind, Overflow, ScratchOptions};

#[test]
fn settings_are_for_all_threads_and_come_before_the_first_use() {
    let small = ScratchOptions::new().capacity_bytes(1000);
    let error = scratch::configure(&small).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidArgument);
    assert!(error.detail().text().contains("capacity_bytes"), "{error}");

    let options = ScratchOptions::new().capacity_bytes(2 << 20).overflow(Overflow::Fallback);
    scratch::configure(&options).unwrap();
    scratch::configure(&options).unwrap();
    std::thread::spawn(|| {
        scratch::with(|scope| {
            assert_eq!(scope.alloc_zeroed(2 << 20, 1).unwrap().len(), 2 << 20);
            assert_eq!(scope.alloc_zeroed(5 << 20, 1).unwrap().len(), 5 << 20);
        })
        .unwrap();
    })
    .join()
    .unwrap();
    assert_eq!(scratch::thread_stats().unwrap().fallbacks, 1);
    scratch::with(|scope| scope.alloc(1).map(|_| ())).unwrap().unwrap();
    assert_eq!(scratch::configure(&options).unwrap_err().kind(), ErrorKind::Busy);
}
