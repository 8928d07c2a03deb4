/* SPDX-License-Identifier: Apache-2.0 */
/* The config zones of real parts and published templates under test/data/configs. */
#ifndef IMPRINT_TEST_SUPPORT_DUMP_H
#define IMPRINT_TEST_SUPPORT_DUMP_H

#include "chip/config.h"

/* The config zone in the file `name`.hex. Fails the test when there is none of 128 bytes. */
struct chip_config dump_load(const char *name);

#endif
