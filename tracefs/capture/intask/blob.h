/* SPDX-License-Identifier: GPL-2.0-only */
/* The linked recorder and boot.S as bytes: intask/build.py makes them when the engine is built. */
#ifndef TRACEFS_INTASK_BLOB_H
#define TRACEFS_INTASK_BLOB_H

#include <stddef.h>
#include <stdint.h>

extern const uint8_t in_blob[];
extern const size_t in_blob_bytes;
extern const uint8_t in_boot_code[]; /* with room for all of struct in_boot but its maps */
extern const size_t in_boot_bytes;

#endif
