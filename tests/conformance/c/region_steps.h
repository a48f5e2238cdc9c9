// SPDX-License-Identifier: MIT OR Apache-2.0
// region_steps.h: what runs each region.* step.
#ifndef TESTS_CONFORMANCE_C_REGION_STEPS_H
#define TESTS_CONFORMANCE_C_REGION_STEPS_H

#include "world.h"

Json region_create(World &world, const Step &step);
Json region_open(World &world, const Step &step);
Json region_load(World &world, const Step &step);
Json region_save(World &world, const Step &step);
Json region_parts(World &world, const Step &step);
Json region_stats(World &world, const Step &step);
Json region_verify(World &world, const Step &step);
Json region_close(World &world, const Step &step);
Json region_damage(World &world, const Step &step);
Json region_truncate(World &world, const Step &step);

// Throws Failure for a negative integer among the arguments: the library takes unsigned ones.
void refuse_negative(const Step &step);

#endif
