/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ATECC608B-TNGTLS data sheet, 5.1.1 (Counter), 5.1.2 (Info), 5.1.5 (Random), 5.1.7 (SelfTest); the sheets print Info's
 * answers as integers with the highest byte first, of which the first byte on the wire carries the value.
 */
#include "chip/operations_device.h"

#include "base/order.h"
#include "chip/sequence.h"
#include "chip/status.h"

#define INFO_STATE 0x02
#define INFO_GPIO 0x03
#define INFO_LATCH 0x04
#define INFO_BYTES 4
#define PARAM_READ 0
#define LATCH_CLEAR 2
#define LATCH_SET 3
#define GPIO_SET 2 /* and the level in bit 0 */

#define COUNTER_READ 0x00
#define COUNTER_INCREMENT 0x01
#define RANDOM_KEEP_SEED 0x01
#define EXTRA_SPEND_USE 0x02

static bool bit(uint8_t byte, unsigned number)
{
    return (byte >> number & 1) != 0;
}

/* Bytes 0 and 1 as in the data sheets' integer, highest bits first there. */
enum chip_status chip_read_state(struct chip *chip, struct chip_state *state, struct error *err)
{
    uint8_t answer[INFO_BYTES] = {0};
    enum chip_status status =
        chip_execute_exact(chip, &chip_command_info, INFO_STATE, 0, BYTES_NONE, answer, sizeof(answer), err);

    *state = (struct chip_state){
        .tempkey_valid = bit(answer[1], 7),
        .from_host = bit(answer[0], 4),
        .gendig_data = bit(answer[0], 5),
        .genkey_data = bit(answer[0], 6),
        .no_mac = bit(answer[0], 7),
        .slot = answer[0] & 0x0F,
        .authorised = bit(answer[1], 2),
        .authorised_key = answer[1] >> 3 & 0x0F,
    };
    return chip_doing(status, "read the chip's state", err);
}

static enum chip_status read_bit(struct chip *chip, uint8_t mode, bool *value, struct error *err)
{
    uint8_t answer[INFO_BYTES] = {0};
    enum chip_status status =
        chip_execute_exact(chip, &chip_command_info, mode, PARAM_READ, BYTES_NONE, answer, sizeof(answer), err);

    *value = (answer[0] & 1) != 0;
    return status;
}

static enum chip_status change_bit(struct chip *chip, const struct chip_command *command, uint8_t mode, uint16_t param2,
                                   struct error *err)
{
    uint8_t answer[INFO_BYTES];

    return chip_execute_exact(chip, command, mode, param2, BYTES_NONE, answer, sizeof(answer), err);
}

enum chip_status chip_read_latch(struct chip *chip, bool *set, struct error *err)
{
    return chip_doing(read_bit(chip, INFO_LATCH, set, err), "read the persistent latch", err);
}

enum chip_status chip_set_latch(struct chip *chip, struct error *err)
{
    return chip_doing(change_bit(chip, &chip_command_info_latch, INFO_LATCH, LATCH_SET, err),
                      "set the persistent latch", err);
}

enum chip_status chip_clear_latch(struct chip *chip, struct error *err)
{
    return chip_doing(change_bit(chip, &chip_command_info, INFO_LATCH, LATCH_CLEAR, err), "clear the persistent latch",
                      err);
}

enum chip_status chip_read_pin(struct chip *chip, bool *level, struct error *err)
{
    return chip_doing(read_bit(chip, INFO_GPIO, level, err), "read the chip's pin", err);
}

enum chip_status chip_set_pin(struct chip *chip, bool level, struct error *err)
{
    return chip_doing(change_bit(chip, &chip_command_info, INFO_GPIO, (uint16_t)(GPIO_SET | level), err),
                      "set the chip's pin", err);
}

static enum chip_status run_counter(struct chip *chip, const struct chip_command *command, uint8_t mode,
                                    uint8_t counter, uint32_t *value, struct error *err)
{
    uint8_t answer[4] = {0};
    enum chip_status status = CHIP_BAD_ARGUMENT;

    if (counter < CHIP_COUNTERS)
        status = chip_execute_exact(chip, command, mode, counter, BYTES_NONE, answer, sizeof(answer), err);
    *value = load32_le(answer);
    return status;
}

enum chip_status chip_read_counter(struct chip *chip, uint8_t counter, uint32_t *value, struct error *err)
{
    return chip_doing(run_counter(chip, &chip_command_counter, COUNTER_READ, counter, value, err), "read a counter",
                      err);
}

enum chip_status chip_count(struct chip *chip, uint8_t counter, uint32_t *value, struct error *err)
{
    return chip_doing(run_counter(chip, &chip_command_counter_increment, COUNTER_INCREMENT, counter, value, err),
                      "count one up", err);
}

enum chip_status chip_random_keeping_seed(struct chip *chip, uint8_t out[static 32], struct error *err)
{
    return chip_doing(chip_execute_exact(chip, &chip_command_random, RANDOM_KEEP_SEED, 0, BYTES_NONE, out, 32, err),
                      "get random numbers from the chip", err);
}

/*
 * The status of a chip that has restarted is a bitmap, too: generator and AES. The failures that stand tell which,
 * unless the chip had to be woken in between, which clears them: then it counts as failed.
 */
#define RESTARTED_OR_FAILED 0x11

static enum chip_status run_self_test(struct chip *chip, uint8_t tests, uint8_t *failed, struct error *err)
{
    return chip_execute_exact(chip, &chip_command_selftest, tests, 0, BYTES_NONE, failed, 1, err);
}

enum chip_status chip_self_test(struct chip *chip, uint8_t tests, uint8_t *failed, struct error *err)
{
    enum chip_status status = CHIP_BAD_ARGUMENT;

    *failed = 0;
    if ((tests & ~(unsigned)CHIP_TEST_ALL) == 0)
        status = run_self_test(chip, tests, failed, err);
    if (status == CHIP_OK && *failed == RESTARTED_OR_FAILED) {
        uint32_t wakes = chip->counters.wakes;
        uint8_t standing = 0;

        status = run_self_test(chip, 0, &standing, err);
        if (status == CHIP_OK && standing != RESTARTED_OR_FAILED && chip->counters.wakes == wakes)
            status = CHIP_RESET;
    }
    return chip_doing(status, "run the chip's self tests", err);
}

enum chip_status chip_pause_others(struct chip *chip, uint8_t selector, struct error *err)
{
    return chip_doing(chip_execute(chip, &chip_command_pause, selector, 0, BYTES_NONE, NULL, err),
                      "send the other chips to idle", err);
}

enum chip_status chip_spend_use(struct chip *chip, uint8_t slot, struct error *err)
{
    enum chip_status status = CHIP_BAD_ARGUMENT;

    if (chip_is_slot(slot))
        status = chip_execute(chip, &chip_command_spend_use, EXTRA_SPEND_USE, slot, BYTES_NONE, NULL, err);
    return chip_doing_at(status, "take one use of a key", slot, err);
}
