// SPDX-License-Identifier: MIT OR Apache-2.0

// Package drystone gives Go programs the drystone core: regions of memory, private, in a file or shared between
// processes, and in them a key-value store with one writer and readers that never wait; and memory blocks, private or as
// parts of a region. The same bytes are read and written from C, Rust, Go and Java at the same time.
//
// A [Region] is created, opened or loaded. In it a [Kv] is the one writer of a store, and any number of [KvReader]
// handles, here and in other processes, read it while it is written to.
//
// # Memory blocks
//
// What fits what: an [Arena] what lives and dies together; a [Scratch] what is needed for a moment, in scopes; a [Pool]
// objects of one size that come and go in any order; a [SharedPool] the same among many goroutines, or processes; an
// [IndexMap] numbers; an [ObjectPool] values of a Go type behind handles that go stale; a [BufferPool] blocks of numbers; a
// [Slab] requests of mixed sizes. Pool, SharedPool and IndexMap can be parts of a region.
//
// They give memory that the collector does not scan, and answer a double release or a stale handle with an error.
//
// # What they cost
//
// The hot calls of arenas, scratches, pools, object and buffer pools and of caches are done in Go. Most of such a call is its
// lock, so there is Hold, which takes that once for many calls, and forms for many objects at once. IndexMap, Slab, pools
// that are guarded, wiped, tracked or parts of a region, and whatever is rare, call into C. Measured as bench/README.md says,
// 10,000 objects of 64 bytes live, in ns of processor time on one virtual machine, each written to, looked at, and with 3
// (arena) or 8 ns of the benchmark's own:
//
//	                                  single calls   held   64 at once
//	Arena.Alloc                                 24     12
//	Pool.Alloc and Release                      44     21            8
//	ObjectPool: Acquire, 2 x Get, Release       98     39
//	IndexMap.Acquire and Release               160
//	Slab.Alloc and Free, 16 to 4,095 bytes     236
//	new, with its share of the collection       45
//	make of 16 to 4,095 bytes, likewise        279
//	sync.Pool, Get and Put                      19 to 38
//	a map of handles to new objects            149
//
// So against Go's heap they win time where a lock is held, where many are taken at once, and where memory lives and dies
// together.
//
// # Slices that blocks lend
//
// A slice that a block lends (Arena.Alloc, Pool.Bytes, Buffer.Elements and so on) is good until what it shows is given
// back, by Release, Free, Reset, Rewind or Close. Afterwards the same bytes may be somebody else's in that block, as with
// an index into an array that was handed on. But they never belong to anything other than that block: whatever became of
// it, closed, forgotten or collected, using the slice reads and writes bytes that harm nobody, and does not fault (but for
// what the end of this text says of files that are truncated). Where the memory comes from decides how:
//
//   - A block in plain private memory is one large object of Go's heap, without pointers. Slices keep it alive by themselves,
//     and when the block and all slices are gone it is garbage. The collector does not scan it, but counts it: with a
//     block of 1 GiB and GOGC=100, another GiB of garbage can gather before the next collection.
//   - A block that asks for MemoryHugePages or MemoryNumaLocal, an Arena or Scratch with Reserve and a Pool with CapacityMax
//     have memory of the system's, outside of Go's heap, and so have all parts of a region. Where a slice was lent, its
//     addresses are never given back: at Close, or a region's when the last handle on it is gone, the memory goes back to
//     the system, and slices see zeros. Of the 128 TiB
//     of addresses that a process has each such block takes as many bytes as it has, for good; when they are used up,
//     which is after 30,000 arenas of 4 GiB, making the next one is ErrOutOfMemory. So make such blocks to stay.
//
// What copies (Read, Write, Get, Set) lends nothing, and a block that lent nothing leaves nothing behind.
//
// With -tags drystone_checked the core is compiled with its assertions, every block is guarded, and pools remember which
// line took each slot.
//
// # Threads
//
// Everything may be called from any goroutine. Calls on a Region, writes through its Kvs, and calls on its pools and index
// maps take one mutex of the region and so wait for one another; private blocks have one of their own. Reads, through a
// KvReader or a Kv, take no lock and wait for nobody, and shared pools wait for nobody but who closes or resets them.
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
