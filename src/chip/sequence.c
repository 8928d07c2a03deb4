/* SPDX-License-Identifier: Apache-2.0 */
#include "chip/sequence.h"

#include "chip/config.h"
#include "chip/status.h"

/* Once is for an accident; a chip that restarts twice has a cause that trying again does not remove. */
#define SEQUENCE_RUNS 2

enum chip_status chip_execute_exact(struct chip *chip, const struct chip_command *command, uint8_t param1,
                                    uint16_t param2, struct bytes data, uint8_t *out, size_t len, struct error *err)
{
    struct bytes_out reply = {.data = out, .cap = len};
    enum chip_status status = chip_execute(chip, command, param1, param2, data, out != NULL ? &reply : NULL, err);

    if (status != CHIP_OK || reply.len == len)
        return status;
    status = chip_status_note(command->repeatable ? CHIP_GARBLED : CHIP_REPLY_LOST, err);
    error_with_command(err, command->name);
    return status;
}

enum chip_status chip_ask(struct chip *chip, const struct chip_question *question, uint16_t param2, uint8_t *out,
                          struct error *err)
{
    enum chip_status status = CHIP_BAD_ARGUMENT;

    if (question->limit == 0 || param2 < question->limit)
        status =
            chip_execute_exact(chip, question->command, question->mode, param2, BYTES_NONE, out, question->len, err);
    return chip_doing(status, question->doing, err);
}

enum chip_status chip_ask_slot(struct chip *chip, const struct chip_question *question, uint8_t slot, uint8_t *out,
                               struct error *err)
{
    enum chip_status status = chip_ask(chip, question, slot, out, err);

    if (status != CHIP_OK)
        error_at_slot(err, slot);
    return status;
}

enum chip_status chip_run_sequence(struct chip *chip, struct chip_sequence sequence, struct error *err)
{
    const uint32_t counted = chip->counters.counted;
    const struct error before = err != NULL ? *err : (struct error){.reason = ERROR_NONE};

    for (unsigned left = SEQUENCE_RUNS;; left--) {
        enum chip_status status = sequence.run(chip, sequence.job, err);

        if (status != CHIP_RESET || left == 1 || chip->counters.counted != counted)
            return status;
        if (err != NULL)
            *err = before;
    }
}

uint16_t chip_slot_address(uint8_t slot, uint8_t block)
{
    return (uint16_t)(block << 8 | slot << 3);
}

bool chip_is_slot(uint8_t slot)
{
    return slot < CHIP_SLOTS;
}

bool chip_is_block(uint8_t slot, uint8_t block)
{
    return chip_is_slot(slot) && block < (chip_slot_bytes(slot) + 31) / 32;
}

bool chip_can_hold_public_key(uint8_t slot)
{
    return slot >= 8 && slot < CHIP_SLOTS;
}

enum chip_status chip_doing(enum chip_status status, const char *doing, struct error *err)
{
    if (status == CHIP_OK)
        return status;
    (void)chip_status_note(status, err);
    error_doing(err, doing);
    return status;
}

enum chip_status chip_doing_at(enum chip_status status, const char *doing, uint8_t slot, struct error *err)
{
    if (status != CHIP_OK)
        error_at_slot(err, slot);
    return chip_doing(status, doing, err);
}
