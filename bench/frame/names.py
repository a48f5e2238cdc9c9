# SPDX-License-Identifier: MIT OR Apache-2.0
"""Areas, languages, operations and the rules on who must have which: the words of bench/README.md."""

BASELINE = "drystone"
LANGUAGES = ["c", "rust", "go", "java"]

# In the order of the tables; each group is a table of its own, with the subjects that have something in it.
GROUPS = {
    "kv": {
        "": [
            "insert",
            "insert_fresh",
            "update",
            "hit",
            "dependent_hit",
            "miss",
            "delete_insert",
            "get_many_32",
            "read_alone",
            "read_beside_writer",
        ],
    },
    "memory": {
        "arena": ["arena_64", "arena_mixed"],
        "pool": [
            "pool_lifo",
            "pool_fifo",
            "pool_random",
            "pool_half",
            "pool_bulk",
            "pool_batch_64",
            "pool_first_touch",
            "pool_first_touch_huge",
        ],
        "objects behind handles": ["object_random", "object_half"],
        "slab": ["slab_mixed"],
        "indices": ["index_random"],
        "shared pool": ["shared_own", "shared_other", "shared_hand_over", "shared_own_4", "shared_own_8"],
        "flags of the pool": ["options_create", "options_fill", "options_visit", "options_random", "options_neighbours"],
    },
}

OPERATIONS = {area: sum(groups.values(), []) for area, groups in GROUPS.items()}

AREAS = list(OPERATIONS)

# Which languages have a program for the area, and whether its instructions are counted.
AREA_LANGUAGES = {"kv": LANGUAGES, "memory": LANGUAGES}
COUNTED = ["kv"]

# What DRYSTONE_BENCH_KEYS means, and how many they are: usually, and with --quick.
KEYS = {"kv": ("keys", 1000000, 20000), "memory": ("live objects", 10000, 1000)}

# What an area's program in a language leaves out: the same flags do the same whichever language passes them on.
OPTIONS = set(GROUPS["memory"]["flags of the pool"])
LACKS = {("memory", language): OPTIONS for language in LANGUAGES if language != "c"}


def required(area, language):
    """What drystone itself cannot leave out, in the tables' order."""
    return [operation for operation in OPERATIONS[area] if operation not in LACKS.get((area, language), ())]


# Calls timed one by one: in ascending order, and what goes with them.
TAIL = ["p50_ns", "p99_ns", "p999_ns", "max_ns"]
TAIL_KEYS = {*TAIL, "over_100_ppm", "timer_p999_ns", "timer_over_100_ppm"}

# Keys of extra.jsonl that a benchmark of this operation must have.
READ_KEYS = {"p999_ns", "median_ns", "torn"}
REQUIRED_EXTRAS = {
    "read_alone": READ_KEYS,
    "read_beside_writer": READ_KEYS | {"writer_ns", "writes"},
    "arena_64": TAIL_KEYS,
    "pool_random": TAIL_KEYS,
    "shared_own": TAIL_KEYS,
}


def split(name):
    """kv/hit/drystone -> ("kv", "hit", "drystone"), or None for anything else."""
    parts = name.split("/")
    if len(parts) != 3 or parts[0] not in OPERATIONS or parts[1] not in OPERATIONS[parts[0]] or not parts[2]:
        return None
    return tuple(parts)
