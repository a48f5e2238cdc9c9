// SPDX-License-Identifier: MIT OR Apache-2.0

// Package drystone gives Go programs the drystone core: regions of memory, private, in a file or shared between
// processes, and in them a key-value store with one writer and readers that never wait. The same bytes are read and
// written from C, Rust, Go and Java at the same time.
//
// A [Region] is created, opened or loaded. In it a [Kv] is the one writer of a store, and any number of [KvReader]
// handles, here and in other processes, read it while it is written to.
//
// # Threads
//
// Everything may be called from any goroutine. Calls on a Region and writes through its Kvs take one mutex of the
// region and so wait for one another. Reads, through a KvReader or a Kv, take no lock and wait for nobody.
//
// # Closing
//
// Close may be called again, and while calls are under way in other goroutines: they end as they would have, later ones
// answer [ErrClosed]. Closing a region closes every part that was opened from it and frees the writer's lock at once.
// Memory is unmapped when nothing can be reading it any more: for readers that is when the garbage collector has seen
// that no call is left. What is never closed is closed by the collector; do not rely on it for a writer's lock.
//
// # Errors
//
// Every failure is one of the Err values of this package, to be tested with [errors.Is]. Calls that open, create, load
// or verify, and writes that were refused, return an [*Error] around it that says what was wrong.
//
// # Memory that others can change
//
// A region is shared with processes that this one may not trust. No bytes in it, whatever they are and whenever they
// change, make this package read outside of the part or crash. The exception is a file that is truncated while it is
// mapped: touching what is gone is a SIGBUS, which ends the process, unless the reader was opened with
// [KvReaderOptions].CatchFaults, and then only in the calls named there. Do not truncate a file that is in use.
//
// # Building
//
// The C core is compiled with the package by cgo; a C compiler is all it needs. Without cgo the package builds, and every
// call that would make or open something answers [ErrUnsupported] and says so.
package drystone
