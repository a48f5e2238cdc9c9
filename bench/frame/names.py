# SPDX-License-Identifier: MIT OR Apache-2.0
"""Areas, languages, operations and the rules on who must have which: the words of bench/README.md."""

BASELINE = "drystone"
LANGUAGES = ["c", "rust", "go", "java"]

# In the order of the tables.
OPERATIONS = {
    "kv": [
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
    "memory": [
        "arena_64",
        "arena_mixed",
        "pool_lifo",
        "pool_fifo",
        "pool_random",
        "pool_half",
        "pool_bulk",
        "shared_own",
        "shared_other",
        "shared_hand_over",
    ],
}

AREAS = list(OPERATIONS)

# Which languages have a program for the area, and whether its instructions are counted.
AREA_LANGUAGES = {"kv": LANGUAGES, "memory": ["c"]}
COUNTED = ["kv"]

# What DRYSTONE_BENCH_KEYS means, and how many they are: usually, and with --quick.
KEYS = {"kv": ("keys", 1000000, 20000), "memory": ("live objects", 10000, 1000)}

# What drystone itself cannot leave out, in every language.
REQUIRED = {area: set(operations) for area, operations in OPERATIONS.items()}

# Keys of extra.jsonl that a benchmark of this operation must have.
TAIL_KEYS = {"p999_ns", "median_ns", "torn"}
REQUIRED_EXTRAS = {
    "read_alone": TAIL_KEYS,
    "read_beside_writer": TAIL_KEYS | {"writer_ns", "writes"},
}


def split(name):
    """kv/hit/drystone -> ("kv", "hit", "drystone"), or None for anything else."""
    parts = name.split("/")
    if len(parts) != 3 or parts[0] not in OPERATIONS or parts[1] not in OPERATIONS[parts[0]] or not parts[2]:
        return None
    return tuple(parts)
