/* SPDX-License-Identifier: Apache-2.0 */
/* What every fuzz target has: libFuzzer's two functions, and what must hold. */
#ifndef IMPRINT_TEST_FUZZ_FUZZ_H
#define IMPRINT_TEST_FUZZ_FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

/* Called once, before all inputs. A target that needs nothing ready leaves it out. */
int LLVMFuzzerInitialize(int *argc, char ***argv);

/* Called with each input. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static inline void require(bool holds)
{
    if (!holds)
        abort();
}

#endif
