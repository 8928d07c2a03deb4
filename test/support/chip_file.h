/* SPDX-License-Identifier: Apache-2.0 */
/* The file of a virtual chip, for tests of every room. Whatever cannot be done fails the running test, with the cause.
 */
#ifndef IMPRINT_TEST_SUPPORT_CHIP_FILE_H
#define IMPRINT_TEST_SUPPORT_CHIP_FILE_H

#include "virtual/chip/virtual.h"

/* Makes the chip's file. A chip that was there before is gone: another part is in its place. */
void chip_file_make(const char *path, const struct virtual_making *making);

/* Switches the chip on. virtual_close() switches it off. */
struct virtual_chip *chip_file_open(const char *path);

#endif
