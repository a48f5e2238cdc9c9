# SPDX-License-Identifier: MIT OR Apache-2.0
"""Random steps on the memory blocks, for random_test.py.

Sizes are small or beyond every limit, so that no answer depends on how much memory there is.
"""

HUGE = [2**32, 2**32 + 1, 2**53 + 1, str(2**63), str(2**64 - 1)]
SLOTS = [0, 0, 0, 1, 1, 2, 2, "3", 4, 5, 6, 7, 8, 9, 63, 64, -1, *HUGE]
OFFSETS = [0, 0, 8, 16, 24, "8", 32, 1, 12, 7, 40, 56, 64, 4096, -8, *HUGE]
LENGTHS = [0, 0, 1, 2, 1, 4, "2", 7, 8, 9, 16, -1, *HUGE]
COUNTS = [1, 2, 3, 4, 8, 8, 63, 64, 65, 100, "8", 0, -1, 2**31, *HUGE]
OBJECT_SIZES = [1, 8, 8, 8, 10, 24, 64, "8", 0, -1, 2**30 + 1, *HUGE]
ALIGNS = [1, 8, 16, 64, 4096, 0, 3, 8192, -1, str(2**63)]
BYTES = [0, 1, 65, 97, 122, 195, 255, "66", 9, 127, 256, -1, 2**32 + 65]
ARENA_SIZES = [0, 1, 2, 3, 7, 8, 24, 64, 100, "16", 4096, 5000, -1, 2**62, str(2**63), str(2**64 - 1)]
ARENA_CAPACITIES = [64, 100, 4096, "4096", 100000, 1, 0, -1, 2**46 + 1, str(2**64 - 1)]
SLAB_SIZES = [1, 7, 8, 9, 16, 17, 32, 63, 64, 65, 100, 1000, 1024, 1025, 4095, 4096, 4097, 9000, 0, -1, 2**62]
SLAB_BYTES = [4096, 4096, 8192, 12288, 4097, "65536", 0, 4095, -1, 2**40 + 1, str(2**64 - 1)]
TEXTS = ["", "a", "text", "ä", "a\0b", "\n", "😀", "long " * 60]
PARTS = ["pool", "pool", "shared", "shared", "map", "map", "more", "", "a\0b", "nobody", "p" * 256]

# Something to work on, so that most steps find their object.
OPENING = [
    {"do": "region.create", "as": "r", "with": {"kind": "file", "name": "f", "bytes": 262144}},
    {"do": "pool.create", "in": "r", "as": "p", "with": {"part": "pool", "object_size": 8, "capacity": 8}},
    {"do": "shared_pool.create", "in": "r", "as": "s", "with": {"part": "shared", "object_size": 8, "capacity": 8}},
    {"do": "index_map.create", "in": "r", "as": "m", "with": {"part": "map", "capacity": 65}},
    {"do": "pool.create", "as": "p2", "with": {"object_size": 24, "capacity": 4, "zero_on_free": True}},
    {"do": "shared_pool.create", "as": "s2", "with": {"object_size": 8, "capacity": 70}},
    {"do": "index_map.create", "as": "m2", "with": {"capacity": 3}},
    {"do": "arena.create", "as": "a", "with": {"capacity": 4096}},
    {"do": "arena.create", "as": "a2", "with": {"capacity": 100, "overflow": "fallback"}},
    {"do": "buffer_pool.create", "as": "bp", "with": {"elements": 3, "blocks": 3}},
    {"do": "object_pool.create", "as": "op", "with": {"capacity": 3}},
    {"do": "slab.create", "as": "sl", "with": {"bytes": 8192}},
]


def kinds_of_step(generator):
    """Functions that each make a step or two of one sort."""
    steps = Steps(generator)
    often = [steps.pool, steps.shared_pool, steps.index_map, steps.arena, steps.buffer, steps.object, steps.slab]
    return often * 5 + [steps.region, steps.region, steps.part, steps.part, steps.making, steps.closing]


class Steps:
    def __init__(self, generator):
        self.random = generator
        self.pick = generator.choice

    def some(self, values):
        """Mostly one of the first, which are the sensible ones."""
        return self.pick(values if self.random.random() < 0.4 else values[:len(values) // 2])

    def one_of(self, steps):
        step = self.pick(steps)
        return step if isinstance(step, list) else [step]

    def slots(self, kind, on):
        return self.one_of([
            *[{"do": f"{kind}.alloc", "on": on}] * 6,
            {"do": f"{kind}.free", "on": on, "with": {"slot": self.some(SLOTS)}},
            {"do": f"{kind}.free", "on": on, "with": {"slot": self.some(SLOTS)}},
            {"do": f"{kind}.free_at", "on": on, "with": {"offset": self.some(OFFSETS)}},
            {"do": f"{kind}.fill", "on": on, "with": {"slot": self.some(SLOTS), "byte": self.some(BYTES)}},
            self.read(kind, on),
            {"do": f"{kind}.stats", "on": on},
            {"do": self.pick([f"{kind}.reset", f"{kind}.alloc", f"{kind}.alloc"]), "on": on},
        ])

    def read(self, kind, on):
        """Fills first: what a fresh object contains is not promised."""
        slot = self.some(SLOTS)
        where = {"slot": slot, "at": self.some(LENGTHS), "length": self.some(LENGTHS)}
        return [{"do": f"{kind}.fill", "on": on, "with": {"slot": slot, "byte": self.some(BYTES)}},
                {"do": f"{kind}.read", "on": on, "with": where}]

    def pool(self):
        return self.slots("pool", self.pick(["p", "p", "p2", "pr"]))

    def shared_pool(self):
        return self.slots("shared_pool", self.pick(["s", "s", "s2", "sr"]))

    def index_map(self):
        on = self.pick(["m", "m", "m2", "mr"])
        return self.one_of([
            {"do": "index_map.acquire", "on": on},
            {"do": "index_map.acquire", "on": on},
            {"do": "index_map.release", "on": on, "with": {"index": self.some(SLOTS)}},
            {"do": "index_map.contains", "on": on, "with": {"index": self.some(SLOTS)}},
            {"do": self.pick(["index_map.list", "index_map.stats"]), "on": on},
        ])

    def arena(self):
        on = self.pick(["a", "a2"])
        return self.one_of([
            {"do": "arena.alloc", "on": on, "with": {"size": self.some(ARENA_SIZES), "align": self.some(ALIGNS)}},
            {"do": "arena.alloc", "on": on, "with": {"size": self.some(ARENA_SIZES), "align": self.some(ALIGNS)}},
            {"do": self.pick(["arena.mark", "arena.stats"]), "on": on},
            {"do": "arena.rewind", "on": on, "with": {"mark": self.some(OFFSETS)}},
            {"do": self.pick(["arena.reset", "arena.stats"]), "on": on},
        ])

    def buffer(self):
        on = self.pick(["b", "b", "b2", "b3"])
        return self.one_of([
            {"do": "buffer_pool.acquire", "on": "bp", "as": on},
            {"do": "buffer.set", "on": on, "with": {"at": self.some(LENGTHS), "value": self.some(OFFSETS)}},
            {"do": "buffer.set", "on": on, "with": {"at": 1, "value": self.some(OFFSETS)}},
            {"do": "buffer.get", "on": on, "with": {"at": self.some(LENGTHS)}},
            {"do": "buffer.release", "on": on},
            {"do": "buffer_pool.stats", "on": "bp"},
        ])

    def object(self):
        on = self.pick(["o", "o", "o2", "o3"])
        return self.one_of([
            {"do": "object_pool.acquire", "on": "op", "as": on, "with": {"value": self.pick(TEXTS)}},
            {"do": "object.set", "on": on, "with": {"value": self.pick(TEXTS)}},
            {"do": "object.get", "on": on},
            {"do": "object.release", "on": on},
            {"do": "object_pool.stats", "on": "op"},
        ])

    def slab(self):
        on = self.pick(["x", "x", "x2", "x3"])
        return self.one_of([
            {"do": "slab.alloc", "on": "sl", "as": on, "with": {"size": self.some(SLAB_SIZES)}},
            {"do": "slab.alloc", "on": "sl", "as": on, "with": {"size": self.some(SLAB_SIZES)}},
            {"do": "slab.free", "on": on},
            {"do": "slab.free", "on": on},
            {"do": "slab.stats", "on": "sl"},
        ])

    def region(self):
        name = {"kind": "file", "name": self.pick(["f", "f", "g"])}
        on = self.pick(["r", "r", "rr"])
        return self.one_of([
            {"do": "region.open", "as": self.pick(["r", "rr"]), "with": {**name, "mode": self.pick(["read", "write"])}},
            {"do": "region.save", "on": on, "with": {"file": "img"}},
            {"do": "region.load", "as": self.pick(["r", "rr"]), "with": {"kind": "memory", "file": "img"}},
            {"do": self.pick(["region.parts", "region.stats", "region.verify"]), "on": on},
            {"do": self.pick(["region.verify", "region.close"]), "on": on},
        ])

    def part(self):
        region, part = self.pick(["r", "r", "rr"]), self.pick(PARTS)
        kind, name = self.pick([("pool", "p"), ("pool", "pr"), ("shared_pool", "s"), ("shared_pool", "sr"),
                                ("index_map", "m"), ("index_map", "mr")])
        arguments = {"part": part, **self.shape(kind)}
        return self.one_of([
            {"do": f"{kind}.create", "in": region, "as": name, "with": arguments},
            {"do": f"{kind}.open", "in": region, "as": name, "with": {"part": part}},
            {"do": f"{kind}.open", "in": region, "as": name, "with": {"part": part}},
            {"do": "kv.open", "in": region, "as": "k", "with": {"part": part}},
        ])

    def shape(self, kind):
        if kind == "index_map":
            return {"capacity": self.some(COUNTS)}
        align = self.pick([{}, {}, {"align": self.some(ALIGNS)}])
        zero = self.pick([{}, {"zero_on_free": True}, {"zero_on_free": False}])
        return {"object_size": self.some(OBJECT_SIZES), "capacity": self.some(COUNTS), **align, **zero}

    def making(self):
        overflow = self.pick([{}, {"overflow": self.pick(["error", "fallback"])}])
        kind, name = self.pick([("pool", "p2"), ("shared_pool", "s2"), ("index_map", "m2")])
        return self.one_of([
            {"do": f"{kind}.create", "as": name, "with": self.shape(kind)},
            {"do": "arena.create", "as": "a", "with": {"capacity": self.some(ARENA_CAPACITIES), **overflow}},
            {"do": "buffer_pool.create", "as": "bp", "with": {"elements": self.some(COUNTS), "blocks": self.some(COUNTS)}},
            {"do": "object_pool.create", "as": "op", "with": {"capacity": self.some(COUNTS)}},
            {"do": "slab.create", "as": "sl", "with": {"bytes": self.some(SLAB_BYTES)}},
        ])

    def closing(self):
        """Rarely: a closed object says no more than that."""
        closes = [("arena", "a"), ("pool", "p"), ("pool", "p2"), ("shared_pool", "s"), ("shared_pool", "s2"),
                  ("index_map", "m"), ("index_map", "m2"), ("buffer_pool", "bp"), ("object_pool", "op"), ("slab", "sl")]
        if self.random.random() < 0.6:
            return [{"do": "region.verify", "on": "r"}]
        kind, name = self.pick(closes)
        return [{"do": f"{kind}.close", "on": name}]
