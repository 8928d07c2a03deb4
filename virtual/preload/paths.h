/* SPDX-License-Identifier: Apache-2.0 */
/* Which names mean /dev/i2c-N: also with "..", doubled slashes, from within another folder, and over symbolic links. */
#ifndef IMPRINT_PRELOAD_PATHS_H
#define IMPRINT_PRELOAD_PATHS_H

#include <stdbool.h>

/*
 * True if `name`, relative to the open folder `folder` or AT_FDCWD, is bus `number`: /dev/i2c-N, or /dev/i2c/N as with
 * devfs. With `follow`, a symbolic link counts as what it points to. Leaves errno as it is.
 */
bool preload_names_bus(int folder, const char *name, long number, bool follow);

#endif
