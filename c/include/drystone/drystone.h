/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* drystone.h: every public header. Read them one by one; each is the manual of its concept. */
#ifndef DRYSTONE_DRYSTONE_H
#define DRYSTONE_DRYSTONE_H

#include "drystone/kv.h"
#include "drystone/region.h"
#include "drystone/status.h"
#include "drystone/version.h"

#endif
