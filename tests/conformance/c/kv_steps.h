// SPDX-License-Identifier: MIT OR Apache-2.0
// kv_steps.h: what runs each kv.* step.
#ifndef TESTS_CONFORMANCE_C_KV_STEPS_H
#define TESTS_CONFORMANCE_C_KV_STEPS_H

#include "world.h"

Json kv_create(World &world, const Step &step);
Json kv_open(World &world, const Step &step);
Json kv_reader(World &world, const Step &step);
Json kv_put(World &world, const Step &step);
Json kv_put_new(World &world, const Step &step);
Json kv_replace(World &world, const Step &step);
Json kv_delete(World &world, const Step &step);
Json kv_get(World &world, const Step &step);
Json kv_get_many(World &world, const Step &step);
Json kv_contains(World &world, const Step &step);
Json kv_list(World &world, const Step &step);
Json kv_stats(World &world, const Step &step);
Json kv_close(World &world, const Step &step);

#endif
