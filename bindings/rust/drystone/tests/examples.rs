// SPDX-License-Identifier: MIT OR Apache-2.0
//! The examples do what they show. The one with two processes is in processes.rs.
#[path = "../examples/actor_state.rs"]
mod actor_state;
#[path = "../examples/json_scratch.rs"]
mod json_scratch;
#[path = "../examples/order_book.rs"]
mod order_book;
#[path = "../examples/rayon_tasks.rs"]
mod rayon_tasks;

use drystone::{scratch, Error};
use json_scratch::{Failure, Json};

#[test]
fn an_order_book_loses_nothing() {
    for seed in 1..=5 {
        let summary = order_book::run(seed).unwrap();
        assert_eq!(summary.placed, summary.bought + summary.cancelled + summary.open, "seed {seed}: {summary:?}");
        assert!(summary.too_late > 3_000 && summary.open > 0 && summary.levels > 10, "seed {seed}: {summary:?}");
    }
}

#[test]
fn a_parser_builds_its_tree_in_scratch() {
    let text = r#" {"a\n": [1, -2, []], "": {"x": null, "y": [true, false, "\"\\"]}} "#;
    let shown = scratch::with(|scope| format!("{:?}", json_scratch::parse(text, scope).unwrap())).unwrap();
    let expected = r#"Object([("a\n", List([Number(1), Number(-2), List([])])), ("", Object([("x", Null), ("y", List([Bool(true), Bool(false), Text("\"\\")]))]))])"#;
    assert_eq!(shown, expected);
    assert_eq!(json_scratch::run("[1, [2, {\"a\": 3}]]").unwrap(), 6);
    let stats = scratch::thread_stats().unwrap();
    assert!(stats.allocations > 10, "{stats:?}");
}

#[test]
fn a_parser_says_where_a_text_is_wrong() {
    for (text, at) in
        [("", 0), ("[1, ]", 4), ("[1 2]", 3), ("{\"a\" 1}", 5), ("\"open", 5), ("nul", 0), ("1 1", 2), ("-", 0)]
    {
        match json_scratch::run(text) {
            Err(Failure::Syntax(_, found)) => assert_eq!(found, at, "{text}"),
            other => panic!("{text}: {other:?}"),
        }
    }
}

#[test]
fn a_parser_without_room_fails_whole() {
    let deep = format!("[{}0]", "\"0123456789\",".repeat(100_000));
    assert!(matches!(json_scratch::run(&deep), Err(Failure::Memory(Error::Full(_)))));
    let again = scratch::with(|scope| matches!(json_scratch::parse("7", scope), Ok(Json::Number(7))));
    assert!(again.unwrap());
}

#[test]
fn workers_free_what_another_thread_took() {
    let expected = 5_000 * (0..32).sum::<u64>();
    assert_eq!(rayon_tasks::run(5_000, 3).unwrap(), expected);
}

#[test]
fn actors_stop_once_and_for_all() {
    let summary = actor_state::run().unwrap();
    let counts = [("one".to_owned(), 4), ("three".to_owned(), 1)];
    // "two" stopped by message, the others with their pool; its share and the late message found nobody.
    assert_eq!(summary, actor_state::Summary { counts: counts.to_vec(), stopped: 3, dead_letters: 2 });
}
