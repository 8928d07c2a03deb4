/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Read and Write: the three zones, in clear and encrypted, in each lock state. A is "config unlocked", B "config
 * locked, data and OTP unlocked", C "both locked".
 */
#include "virtual/chip/commands.h"
#include "virtual/chip/crypto.h"
#include "virtual/chip/policy.h"

#include <string.h>

#define ZONE_32_BYTES 0x80
#define ZONE_ENCRYPTED 0x40

enum zone { ZONE_CONFIG, ZONE_OTP, ZONE_DATA, ZONE_NONE };

/* One access: which bytes of which zone, as Param1 and Param2 say. */
struct place {
    enum zone zone;
    unsigned slot;
    uint8_t *bytes; /* first byte addressed */
    size_t at;      /* its offset in zone or slot */
    size_t len;     /* 4 or 32 */
    size_t exists;  /* how many of them the zone or slot really has: 32 may reach beyond its end */
};

/* False: the address is outside the zone or slot, or has bits that must be zero. */
static bool find_place(struct virtual_chip *chip, const struct virtual_call *call, struct place *place)
{
    const unsigned low = call->param2 & 0xffu;
    const unsigned high = call->param2 >> 8;
    const bool long_access = (call->param1 & ZONE_32_BYTES) != 0;
    const size_t word = long_access ? 0 : low & 7u; /* the word offset is ignored with 32 bytes */
    uint8_t *start = NULL;
    size_t size = 0;

    place->zone = (enum zone)(call->param1 & 3u);
    place->slot = 0;
    if (place->zone == ZONE_DATA) {
        if (low > 0x7f)
            return false;
        place->slot = low >> 3;
        start = virtual_slot_bytes(&chip->memory, place->slot);
        size = virtual_slot_size(place->slot);
        place->at = high * 32u + word * 4;
    } else {
        if (high != 0 || place->zone == ZONE_NONE)
            return false;
        start = place->zone == ZONE_CONFIG ? chip->memory.config : chip->memory.otp;
        size = place->zone == ZONE_CONFIG ? VIRTUAL_CONFIG_BYTES : VIRTUAL_OTP_BYTES;
        place->at = (low >> 3) * 32u + word * 4;
    }
    if (place->at >= size)
        return false;
    place->bytes = start + place->at;
    place->len = long_access ? 32 : 4;
    place->exists = size - place->at < place->len ? size - place->at : place->len;
    return true;
}

/* Did TempKey come from GenDig on `key`? Encrypted transfers need that once the data zone is locked. */
static bool tempkey_is_of(const struct virtual_chip *chip, unsigned key)
{
    const struct virtual_tempkey *tempkey = &chip->registers.tempkey;

    return tempkey->valid && tempkey->gendig_data && tempkey->key_id == key;
}

static void mask(uint8_t *data, const uint8_t *key, size_t len)
{
    for (size_t i = 0; i < len; i++)
        data[i] ^= key[i];
}

static enum virtual_answer read_encrypted(struct virtual_chip *chip, unsigned slot, struct virtual_reply *reply)
{
    const struct virtual_tempkey *tempkey = &chip->registers.tempkey;
    const bool allowed = tempkey_is_of(chip, virtual_read_key(chip, slot)) && !tempkey->from_host && !tempkey->no_mac;

    if (allowed)
        mask(reply->bytes, tempkey->value, 32);
    virtual_drop_tempkey(chip); /* each TempKey serves one block, even one that is refused */
    return allowed ? VIRTUAL_ANSWER_OK : VIRTUAL_ANSWER_EXECUTION;
}

static enum virtual_answer read_data(struct virtual_chip *chip, const struct place *place, struct virtual_reply *reply)
{
    const uint16_t policy = virtual_slot_config(&chip->memory, place->slot);
    const bool secret = (policy & VIRTUAL_SLOT_IS_SECRET) != 0;

    if (!virtual_data_locked(chip) || virtual_is_private(&chip->memory, place->slot))
        return VIRTUAL_ANSWER_EXECUTION;
    if ((policy & VIRTUAL_SLOT_ENCRYPT_READ) != 0) {
        /* The data sheet prohibits EncryptRead without IsSecret: never readable. */
        if (!secret || place->len != 32)
            return VIRTUAL_ANSWER_EXECUTION;
        return read_encrypted(chip, place->slot, reply);
    }
    return secret ? VIRTUAL_ANSWER_EXECUTION : VIRTUAL_ANSWER_OK;
}

VIRTUAL_HANDLER(virtual_command_read)
{
    struct place place;
    enum virtual_answer answer = VIRTUAL_ANSWER_OK;

    if ((call->param1 & ~(ZONE_32_BYTES | 3u)) != 0 || !find_place(chip, call, &place))
        return VIRTUAL_ANSWER_PARSE;
    memset(reply->bytes, 0, place.len);
    memcpy(reply->bytes, place.bytes, place.exists);
    reply->len = place.len;
    if (place.zone == ZONE_OTP && !virtual_data_locked(chip))
        answer = VIRTUAL_ANSWER_EXECUTION;
    if (place.zone == ZONE_DATA)
        answer = read_data(chip, &place, reply);
    return answer;
}

/* ---- Write ---- */

static enum virtual_answer write_config(struct virtual_chip *chip, const struct virtual_call *call,
                                        const struct place *place)
{
    if ((call->param1 & ZONE_ENCRYPTED) != 0 || call->data_len != place->len)
        return VIRTUAL_ANSWER_PARSE;
    /* Write refuses the whole command if it contains one of the bytes 0-15 or 84-87 (UpdateExtra, Lock). */
    if (virtual_config_locked(chip) || place->at < VIRTUAL_AT_I2C_ADDRESS ||
        (place->at < 88 && place->at + place->len > VIRTUAL_AT_USER_EXTRA))
        return VIRTUAL_ANSWER_EXECUTION;
    memcpy(place->bytes, call->data, place->len);
    return VIRTUAL_ANSWER_OK;
}

/*
 * Decrypts an encrypted write, data XOR TempKey, and checks the MAC over the result. TempKey is used up even when the
 * MAC is wrong.
 */
static bool decrypt_write(struct virtual_chip *chip, const struct virtual_call *call, uint8_t plain[static 32])
{
    const struct virtual_tempkey *tempkey = &chip->registers.tempkey;
    struct virtual_message message = {.len = 0};
    uint8_t expected[32];
    bool good = false;

    if (tempkey->valid && call->data_len == 64) {
        memcpy(plain, call->data, 32);
        mask(plain, tempkey->value, 32);
        virtual_put(&message, tempkey->value, 32);
        virtual_put_call(&message, call);
        virtual_put_serial(&message, chip);
        virtual_put_zeros(&message, 25);
        virtual_put(&message, plain, 32);
        virtual_finish_message(&message, expected);
        good = virtual_equal(expected, call->data + 32, 32);
    }
    virtual_drop_tempkey(chip);
    return good;
}

/* Stores the bytes that the slot really has. Any write makes a key that needs validation invalid again. */
static void store(struct virtual_chip *chip, const struct place *place, const uint8_t *data)
{
    memcpy(place->bytes, data, place->exists);
    if (place->zone == ZONE_DATA && virtual_needs_validation(chip, place->slot)) {
        uint8_t *first = virtual_slot_bytes(&chip->memory, place->slot);

        *first = (uint8_t)(0xa0 | (*first & 0x0f));
    }
}

/* State B, data and OTP: slot policies are not in force yet. Param1 says whether the data are encrypted; any key will
 * do. */
static enum virtual_answer write_unlocked(struct virtual_chip *chip, const struct virtual_call *call,
                                          const struct place *place)
{
    uint8_t plain[32];
    bool decrypted = false;

    if (place->len != 32)
        return VIRTUAL_ANSWER_EXECUTION;
    if ((call->param1 & ZONE_ENCRYPTED) == 0) {
        store(chip, place, call->data);
        return VIRTUAL_ANSWER_OK;
    }
    decrypted = decrypt_write(chip, call, plain);
    if (decrypted)
        store(chip, place, plain);
    virtual_wipe(plain, sizeof plain);
    return decrypted ? VIRTUAL_ANSWER_OK : VIRTUAL_ANSWER_EXECUTION;
}

/* State C, a slot whose WriteConfig requires encryption. Param1 bit 6 may be set or not: the MAC covers what was sent.
 */
static enum virtual_answer write_encrypted(struct virtual_chip *chip, const struct virtual_call *call,
                                           const struct place *place)
{
    uint8_t plain[32];
    const bool of_write_key = tempkey_is_of(chip, virtual_write_key(chip, place->slot));
    const bool decrypted = decrypt_write(chip, call, plain) && of_write_key;

    if (decrypted)
        store(chip, place, plain);
    virtual_wipe(plain, sizeof plain);
    return decrypted ? VIRTUAL_ANSWER_OK : VIRTUAL_ANSWER_EXECUTION;
}

static enum virtual_answer write_data(struct virtual_chip *chip, const struct virtual_call *call,
                                      const struct place *place)
{
    const uint16_t policy = virtual_slot_config(&chip->memory, place->slot);
    const unsigned write_rule = policy >> 12;

    if (!virtual_config_locked(chip) || virtual_is_private(&chip->memory, place->slot) ||
        !virtual_slot_changeable(chip, place->slot))
        return VIRTUAL_ANSWER_EXECUTION;
    if (!virtual_data_locked(chip))
        return write_unlocked(chip, call, place);
    if ((policy & VIRTUAL_SLOT_ENCRYPTED_WRITE) != 0)
        return write_encrypted(chip, call, place);
    if (write_rule > 1 || call->data_len == 64)
        return VIRTUAL_ANSWER_EXECUTION;
    if (write_rule == 1 && virtual_is_validated(chip, place->slot))
        return VIRTUAL_ANSWER_EXECUTION;
    /* 4 bytes only under "always", and never into a secret. */
    if (place->len == 4 && (write_rule == 1 || (policy & VIRTUAL_SLOT_IS_SECRET) != 0))
        return VIRTUAL_ANSWER_EXECUTION;
    store(chip, place, call->data);
    return VIRTUAL_ANSWER_OK;
}

static enum virtual_answer write_otp(struct virtual_chip *chip, const struct virtual_call *call,
                                     const struct place *place)
{
    const bool consumption = !virtual_is_608(chip) && chip->memory.config[VIRTUAL_AT_COUNT_MATCH] == 0x55;

    if (!virtual_config_locked(chip))
        return VIRTUAL_ANSWER_EXECUTION;
    if (!virtual_data_locked(chip))
        return write_unlocked(chip, call, place);
    if (!consumption || (call->param1 & ZONE_ENCRYPTED) != 0 || call->data_len != place->len)
        return VIRTUAL_ANSWER_EXECUTION;
    for (size_t i = 0; i < place->len; i++)
        place->bytes[i] &= call->data[i]; /* bits go from 1 to 0 only */
    return VIRTUAL_ANSWER_OK;
}

VIRTUAL_HANDLER(virtual_command_write)
{
    struct place place;

    (void)reply;
    if ((call->param1 & ~(ZONE_32_BYTES | ZONE_ENCRYPTED | 3u)) != 0 || !find_place(chip, call, &place))
        return VIRTUAL_ANSWER_PARSE;
    if ((place.len == 4) != (call->data_len == 4))
        return VIRTUAL_ANSWER_PARSE;
    switch (place.zone) {
    case ZONE_CONFIG:
        return write_config(chip, call, &place);
    case ZONE_OTP:
        return write_otp(chip, call, &place);
    case ZONE_DATA:
        return write_data(chip, call, &place);
    case ZONE_NONE:
        break;
    }
    return VIRTUAL_ANSWER_PARSE;
}
