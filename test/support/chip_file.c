/* SPDX-License-Identifier: Apache-2.0 */
#include "test/support/chip_file.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

#include <cmocka.h>

void chip_file_make(const char *path, const struct virtual_making *making)
{
    struct virtual_problem problem = {.cause = NULL};

    (void)unlink(path);
    if (virtual_create(path, making, &problem) != VIRTUAL_OK)
        fail_msg("cannot make the virtual chip %s: %s", path, problem.cause);
}

struct virtual_chip *chip_file_open(const char *path)
{
    struct virtual_problem problem = {.cause = NULL};
    struct virtual_chip *chip = NULL;

    if (virtual_open(path, &chip, &problem) != VIRTUAL_OK)
        fail_msg("cannot open the virtual chip %s: %s", path, problem.cause);
    return chip;
}
