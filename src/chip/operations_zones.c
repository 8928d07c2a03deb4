/* SPDX-License-Identifier: Apache-2.0 */
/* Operations on zones: read and write config, OTP and slots, and the locks. */
#include "chip/operations.h"

#include "base/crc16.h"
#include "chip/config_layout.h"
#include "chip/sequence.h"

#include <string.h>

#define ZONE_CONFIG 0x00
#define ZONE_OTP 0x01
#define ZONE_DATA 0x02
#define ZONE_32_BYTES 0x80

#define CONFIG_BLOCKS 4
#define OTP_BLOCKS 2
#define WORDS_PER_BLOCK 8

#define LOCK_CONFIG 0x00
#define LOCK_DATA 0x01
#define LOCK_SLOT 0x02
#define LOCK_NO_CRC 0x80

static uint16_t zone_block_address(uint8_t block)
{
    return (uint16_t)(block << 3);
}

/* What the executor needs to know of the config zone. */
static void note_config(struct chip *chip, const struct chip_config *config)
{
    chip->clock = (uint8_t)chip_config_clock(config);
    chip->limited_use = 0;
    for (uint8_t slot = 0; slot < CHIP_SLOTS; slot++)
        if (chip_slot_is_limited(config, slot))
            chip->limited_use |= (uint16_t)(1u << slot);
}

static const struct chip_question read_config_block = {&chip_command_read, "read the config zone",
                                                       ZONE_CONFIG | ZONE_32_BYTES, 0, 32};

enum chip_status chip_read_config(struct chip *chip, struct chip_config *config, struct error *err)
{
    enum chip_status status = CHIP_OK;

    for (uint8_t block = 0; block < CONFIG_BLOCKS && status == CHIP_OK; block++)
        status = chip_ask(chip, &read_config_block, zone_block_address(block), config->zone + 32 * block, err);
    if (status != CHIP_OK)
        return status;
    note_config(chip, config);
    config->has_revision = chip->has_revision;
    memcpy(config->revision, chip->revision, sizeof(config->revision));
    return CHIP_OK;
}

enum chip_status chip_refresh_locks(struct chip *chip, struct chip_config *config, struct error *err)
{
    return chip_ask(chip, &read_config_block, zone_block_address(CONFIG_LOCK_BLOCK),
                    config->zone + 32 * CONFIG_LOCK_BLOCK, err);
}

enum chip_status chip_read_slot_block(struct chip *chip, uint8_t slot, uint8_t block, uint8_t out[static 32],
                                      struct error *err)
{
    static const struct chip_question question = {&chip_command_read, "read from a slot", ZONE_DATA | ZONE_32_BYTES, 0,
                                                  32};
    enum chip_status status = CHIP_BAD_ARGUMENT;

    if (chip_is_block(slot, block))
        status = chip_ask(chip, &question, chip_slot_address(slot, block), out, err);
    return chip_doing_at(status, question.doing, slot, err);
}

enum chip_status chip_read_otp_block(struct chip *chip, uint8_t block, uint8_t out[static 32], struct error *err)
{
    static const struct chip_question question = {&chip_command_read, "read from the OTP zone",
                                                  ZONE_OTP | ZONE_32_BYTES, 0, 32};
    enum chip_status status = CHIP_BAD_ARGUMENT;

    if (block < OTP_BLOCKS)
        status = chip_ask(chip, &question, zone_block_address(block), out, err);
    return chip_doing(status, question.doing, err);
}

enum chip_status chip_write_slot_block(struct chip *chip, uint8_t slot, uint8_t block, const uint8_t in[static 32],
                                       struct error *err)
{
    enum chip_status status = CHIP_BAD_ARGUMENT;

    if (chip_is_block(slot, block))
        status = chip_execute(chip, &chip_command_write, ZONE_DATA | ZONE_32_BYTES, chip_slot_address(slot, block),
                              bytes_of(in, 32), NULL, err);
    return chip_doing_at(status, "write to a slot", slot, err);
}

enum chip_status chip_write_otp_block(struct chip *chip, uint8_t block, const uint8_t in[static 32], struct error *err)
{
    enum chip_status status = CHIP_BAD_ARGUMENT;

    if (block < OTP_BLOCKS)
        status = chip_execute(chip, &chip_command_write, ZONE_OTP | ZONE_32_BYTES, zone_block_address(block),
                              bytes_of(in, 32), NULL, err);
    return chip_doing(status, "write to the OTP zone", err);
}

/*
 * What Write may reach in the config zone: words 4 to 20 and 22 to 31 one by one, of blocks 1 and 3 also all 32 bytes
 * at once; word 21 holds the locks. Word 22 holds SlotLocked, whose bits no Write may clear: it goes back as it is.
 * ATECC508A data sheet, DS20005927, table 2-5 and section 9.21.
 */
static bool is_writable_word(unsigned word)
{
    return word >= CONFIG_FIRST_WRITABLE_WORD && word != CONFIG_LOCK_WORD;
}

static bool is_writable_block(unsigned block)
{
    return block == 1 || block == 3;
}

static bool word_differs(const struct chip_config *now, const struct chip_config *target, unsigned word)
{
    return is_writable_word(word) && memcmp(now->zone + 4 * word, target->zone + 4 * word, 4) != 0;
}

static enum chip_status write_config_block(struct chip *chip, const struct chip_config *now,
                                           const struct chip_config *target, uint8_t block, struct error *err)
{
    unsigned first = WORDS_PER_BLOCK * block;
    unsigned different = 0;
    enum chip_status status = CHIP_OK;

    for (unsigned word = first; word < first + WORDS_PER_BLOCK; word++)
        different += word_differs(now, target, word);
    if (different > WORDS_PER_BLOCK / 2 && is_writable_block(block))
        return chip_execute(chip, &chip_command_write, ZONE_CONFIG | ZONE_32_BYTES, zone_block_address(block),
                            bytes_of(target->zone + 32 * block, 32), NULL, err);
    for (unsigned word = first; word < first + WORDS_PER_BLOCK && status == CHIP_OK; word++)
        if (word_differs(now, target, word))
            status = chip_execute(chip, &chip_command_write, ZONE_CONFIG, (uint16_t)word,
                                  bytes_of(target->zone + 4 * word, 4), NULL, err);
    return status;
}

/* UserExtra and UserExtraAdd, side by side: UpdateExtra sets each once. */
#define USER_EXTRAS 2

static enum chip_status update_extra(struct chip *chip, uint8_t which, uint8_t value, struct error *err)
{
    return chip_doing(chip_execute(chip, &chip_command_update_extra, which, value, BYTES_NONE, NULL, err),
                      "set a UserExtra byte", err);
}

enum chip_status chip_write_config(struct chip *chip, const struct chip_config *now, const struct chip_config *wanted,
                                   struct error *err)
{
    static const char doing[] = "write the config zone";
    struct chip_config target = *wanted;
    enum chip_status status = CHIP_OK;

    if (chip_config_is_locked(now)) {
        error_set(err, ERROR_CONFIG_LOCKED, "the config zone is locked for ever", NULL);
        return chip_doing(CHIP_BAD_ARGUMENT, doing, err);
    }
    memcpy(target.zone + CONFIG_SLOT_LOCKED_AT, now->zone + CONFIG_SLOT_LOCKED_AT, 2);
    for (uint8_t block = 0; block < CONFIG_BLOCKS && status == CHIP_OK; block++)
        status = write_config_block(chip, now, &target, block, err);
    for (uint8_t which = 0; which < USER_EXTRAS && status == CHIP_OK; which++)
        if (now->zone[CONFIG_USER_EXTRA_AT + which] != wanted->zone[CONFIG_USER_EXTRA_AT + which])
            status = update_extra(chip, which, wanted->zone[CONFIG_USER_EXTRA_AT + which], err);
    if (status == CHIP_OK)
        note_config(chip, &target);
    return chip_doing(status, doing, err);
}

enum chip_status chip_lock_config(struct chip *chip, const struct chip_config *expected, struct error *err)
{
    uint16_t summary = crc16_update(CRC16_START, bytes_of(expected->zone, CHIP_CONFIG_BYTES));

    return chip_doing(chip_execute(chip, &chip_command_lock, LOCK_CONFIG, summary, BYTES_NONE, NULL, err),
                      "lock the config zone", err);
}

enum chip_status chip_lock_data(struct chip *chip, bool has_summary, uint16_t summary, struct error *err)
{
    uint8_t mode = has_summary ? LOCK_DATA : LOCK_DATA | LOCK_NO_CRC;

    return chip_doing(chip_execute(chip, &chip_command_lock, mode, has_summary ? summary : 0, BYTES_NONE, NULL, err),
                      "lock the data zone", err);
}

enum chip_status chip_lock_slot(struct chip *chip, uint8_t slot, struct error *err)
{
    enum chip_status status = CHIP_BAD_ARGUMENT;

    if (chip_is_slot(slot))
        status = chip_execute(chip, &chip_command_lock, (uint8_t)(LOCK_SLOT | slot << 2), 0, BYTES_NONE, NULL, err);
    return chip_doing_at(status, "lock a slot", slot, err);
}
