/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Anything at all as a config zone dump. What must hold: a refused file has a reason; of one that is read, all 128
 * bytes come from the file or are zero, and written out as hex and read again it gives the same zone.
 */
#include "test/fuzz/fuzz.h"

#include <string.h>

#include "base/hex.h"
#include "profile/text/dump.h"

static void read_again(const struct dump *dump)
{
    char text[HEX_SIZE(CHIP_CONFIG_BYTES)];
    const size_t len = CHIP_CONFIG_BYTES - dump->first;
    struct dump again;

    /* One that looks swapped after it was put in order would be swapped once more. */
    hex_encode(bytes_of(dump->config.zone + dump->first, len), text);
    if (memcmp(text, "2301", 4) == 0 || memcmp(text + 4, "2301", 4) == 0)
        return;
    require(dump_parse(&again, (uint8_t *)text, strlen(text), NULL));
    require(again.first == dump->first && again.order == DUMP_AS_READ);
    require(memcmp(again.config.zone, dump->config.zone, sizeof again.config.zone) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char room[ERROR_ROOM];
    struct error err = ERROR_IN(room);
    uint8_t *file = malloc(size + 1);
    struct dump dump;

    require(file != NULL);
    if (file == NULL)
        return 0;
    if (size > 0)
        memcpy(file, data, size);
    if (dump_parse(&dump, file, size, &err)) {
        require(err.reason == ERROR_NONE && (dump.first == 0 || dump.first == 16));
        read_again(&dump);
    } else {
        require(err.reason == ERROR_INPUT_FILE && err.cause != NULL && (err.line == 0) == (err.column == 0));
    }
    free(file);
    return 0;
}
