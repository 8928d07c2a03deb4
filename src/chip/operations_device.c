/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ATECC608B-TNGTLS data sheet, 5.1.1 (Counter) and 5.1.2 (Info). The sheet prints Info's answer as an integer, highest
 * byte first; the first byte on the wire carries the value.
 */
#include "chip/operations_device.h"

#include "base/order.h"
#include "chip/sequence.h"

#define COUNTER_READ 0x00
#define INFO_LATCH 0x04
#define INFO_BYTES 4

enum chip_status chip_read_counter(struct chip *chip, uint8_t counter, uint32_t *value, struct error *err)
{
    static const struct chip_question question = {&chip_command_counter, "read a counter", COUNTER_READ, CHIP_COUNTERS,
                                                  4};
    uint8_t answer[4] = {0};
    enum chip_status status = chip_ask(chip, &question, counter, answer, err);

    *value = load32_le(answer);
    return status;
}

enum chip_status chip_read_latch(struct chip *chip, bool *set, struct error *err)
{
    static const struct chip_question question = {&chip_command_info, "read the persistent latch", INFO_LATCH, 0,
                                                  INFO_BYTES};
    uint8_t answer[INFO_BYTES] = {0};
    enum chip_status status = chip_ask(chip, &question, 0, answer, err);

    *set = (answer[0] & 1) != 0;
    return status;
}
