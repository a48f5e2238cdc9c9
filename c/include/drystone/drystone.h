/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* drystone.h: every public header. Read them one by one; each is the manual of its concept. */
#ifndef DRYSTONE_DRYSTONE_H
#define DRYSTONE_DRYSTONE_H

#include "drystone/arena.h"
#include "drystone/buffer_pool.h"
#include "drystone/index_map.h"
#include "drystone/kv.h"
#include "drystone/memory.h"
#include "drystone/object_pool.h"
#include "drystone/pool.h"
#include "drystone/region.h"
#include "drystone/scratch.h"
#include "drystone/shared_pool.h"
#include "drystone/slab.h"
#include "drystone/status.h"
#include "drystone/version.h"

#endif
