/* SPDX-License-Identifier: Apache-2.0 */
#include "test/support/dump.h"

#include "base/hex.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

struct chip_config dump_load(const char *name)
{
    struct chip_config config = {.zone = {0}};
    struct bytes_out out = {.data = config.zone, .cap = CHIP_CONFIG_BYTES};
    char path[512];
    char line[512];
    FILE *file;

    (void)snprintf(path, sizeof(path), "%s/configs/%s.hex", IMPRINT_TEST_DATA, name);
    file = fopen(path, "r");
    if (file == NULL)
        fail_msg("no %s", path);
    while (fgets(line, sizeof(line), file) != NULL)
        if (line[0] != '#' && !hex_decode(line, strlen(line), &out, NULL))
            fail_msg("%s: not hex: %s", path, line);
    (void)fclose(file);
    if (out.len != CHIP_CONFIG_BYTES)
        fail_msg("%s: %zu bytes", path, out.len);
    return config;
}
