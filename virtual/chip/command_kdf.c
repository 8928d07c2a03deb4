/* SPDX-License-Identifier: Apache-2.0 */
/*
 * KDF: TLS 1.2's PRF, one block of AES or the extract step of HKDF, from a key in a slot or register to a slot, a
 * register or the bus. Data: a 32-bit word of details, least significant byte first, then the message.
 */
#include "virtual/chip/commands.h"
#include "virtual/chip/crypto.h"
#include "virtual/chip/policy.h"

#include <string.h>

enum kdf_source { FROM_TEMPKEY, FROM_TEMPKEY_UPPER, FROM_SLOT, FROM_ALTERNATE_KEY };
enum kdf_target { TO_TEMPKEY, TO_TEMPKEY_UPPER, TO_SLOT, TO_ALTERNATE_KEY, TO_OUTPUT, TO_OUTPUT_ENCRYPTED, TO_NOWHERE };
enum kdf_algorithm { KDF_PRF, KDF_AES, KDF_HKDF, KDF_NONE };
enum kdf_message { IN_SLOT, IN_TEMPKEY, IN_COMMAND, IN_COMMAND_WITH_IV };

/* Details: the bits that each algorithm knows. */
#define PRF_KNOWN 0xff000703u
#define PRF_RESULT_64 0x0100u
#define PRF_AEAD 0x0200u
#define HKDF_KNOWN 0xff00ff07u
#define HKDF_ZERO_KEY 0x0004u
#define MESSAGE_MAX 128u
#define IV_OFF 0x80u /* KdfIvLoc from here on: no check */

struct kdf {
    enum kdf_source source;
    enum kdf_target target;
    enum kdf_algorithm algorithm;
    uint32_t details;
    unsigned source_slot;
    unsigned target_slot;
    const uint8_t *message; /* of the command */
    size_t message_len;
};

static bool parse(const struct virtual_chip *chip, const struct virtual_call *call, struct kdf *kdf)
{
    if ((call->param1 & 0x80) != 0 || call->data_len < 4)
        return false;
    kdf->source = (enum kdf_source)(call->param1 & 3u);
    kdf->target = (enum kdf_target)(call->param1 >> 2 & 7u);
    kdf->algorithm = (enum kdf_algorithm)(call->param1 >> 5 & 3u);
    kdf->details = (uint32_t)call->data[0] | (uint32_t)call->data[1] << 8 | (uint32_t)call->data[2] << 16 |
                   (uint32_t)call->data[3] << 24;
    kdf->source_slot = call->param2 & 0xffu; /* ignored where no slot is used */
    kdf->target_slot = call->param2 >> 8;
    kdf->message = call->data + 4;
    kdf->message_len = call->data_len - 4;
    if (kdf->target >= TO_NOWHERE || (kdf->source == FROM_SLOT && kdf->source_slot >= VIRTUAL_SLOTS) ||
        (kdf->target == TO_SLOT && kdf->target_slot >= VIRTUAL_SLOTS))
        return false;
    switch (kdf->algorithm) {
    case KDF_PRF:
        return (kdf->details & ~PRF_KNOWN) == 0 && kdf->message_len >= 1 && kdf->details >> 24 == kdf->message_len;
    case KDF_AES:
        return kdf->message_len == 16 && (virtual_chip_options(chip) & VIRTUAL_CHIP_OPTION_KDF_AES) != 0 &&
               (chip->memory.config[VIRTUAL_AT_AES_ENABLE] & 1) != 0;
    case KDF_HKDF:
        if ((kdf->details & ~HKDF_KNOWN) != 0 || kdf->details >> 24 > MESSAGE_MAX)
            return false;
        if ((kdf->details & 3u) == IN_SLOT && (kdf->details >> 8 & 0xffu) >= VIRTUAL_SLOTS)
            return false;
        /* A message in a slot or in TempKey may come in the command as well: real parts ignore these bytes. */
        return kdf->details >> 24 == kdf->message_len || (kdf->message_len == 0 && (kdf->details & 3u) < IN_COMMAND);
    case KDF_NONE:
        break;
    }
    return false;
}

static bool is_aead(const struct kdf *kdf)
{
    return kdf->algorithm == KDF_PRF && (kdf->details & PRF_AEAD) != 0;
}

/* Bytes of the result. */
static size_t product_len(const struct kdf *kdf)
{
    return kdf->algorithm == KDF_PRF && (kdf->details & (PRF_RESULT_64 | PRF_AEAD)) != 0 ? 64 : 32;
}

/* Does the result fit the target, whatever the chip's state? 32 bytes fit everywhere. With AEAD only half goes there.
 */
static bool target_is_legal(const struct kdf *kdf)
{
    if (is_aead(kdf))
        return kdf->target <= TO_ALTERNATE_KEY;
    return product_len(kdf) == 32 || (kdf->target != TO_TEMPKEY_UPPER && kdf->target != TO_ALTERNATE_KEY);
}

static bool target_is_allowed(struct virtual_chip *chip, const struct kdf *kdf)
{
    const enum virtual_protection protection = virtual_kdf_protection(chip);

    if (is_aead(kdf) && protection != VIRTUAL_OUTPUT_CLEAR)
        return false;
    switch (kdf->target) {
    case TO_TEMPKEY_UPPER: /* only when the lower half is valid */
        return chip->registers.tempkey.valid;
    case TO_SLOT:
        return virtual_accepts_result(chip, kdf->target_slot) &&
               (is_aead(kdf) || product_len(kdf) <= virtual_slot_size(kdf->target_slot));
    case TO_OUTPUT:
        return protection == VIRTUAL_OUTPUT_CLEAR;
    case TO_OUTPUT_ENCRYPTED:
        return protection <= VIRTUAL_OUTPUT_ENCRYPTED && virtual_io_key(chip) != NULL;
    case TO_TEMPKEY:
    case TO_ALTERNATE_KEY:
    case TO_NOWHERE:
        break;
    }
    return true;
}

/* The source from its beginning, and how many of its bytes are defined. NULL: it may not be used. Counts a slot's use.
 */
static const uint8_t *use_source(struct virtual_chip *chip, const struct kdf *kdf, size_t *len)
{
    const struct virtual_registers *registers = &chip->registers;
    const struct virtual_tempkey *tempkey = &registers->tempkey;

    *len = 32;
    switch (kdf->source) {
    case FROM_TEMPKEY:
        if (tempkey->is_64)
            *len = 64;
        return tempkey->valid ? tempkey->value : NULL;
    case FROM_TEMPKEY_UPPER:
        return tempkey->valid && tempkey->is_64 ? tempkey->value + 32 : NULL;
    case FROM_ALTERNATE_KEY:
        return registers->alternate_key_valid ? registers->alternate_key : NULL;
    case FROM_SLOT:
        break;
    }
    *len = virtual_slot_size(kdf->source_slot);
    if (virtual_is_private(&chip->memory, kdf->source_slot) ||
        (kdf->algorithm == KDF_AES && !virtual_is_aes_key(chip, kdf->source_slot)) ||
        !virtual_use_key(chip, kdf->source_slot, VIRTUAL_USE_LATCH | VIRTUAL_USE_COUNT))
        return NULL;
    return virtual_slot_bytes(&chip->memory, kdf->source_slot);
}

/* RFC 5246, 5: A(1) = HMAC(key, message), then HMAC(key, A(i) | message) for each block. The chip adds no label. */
static bool run_prf(struct virtual_chip *chip, const struct kdf *kdf, const uint8_t *key, size_t available,
                    uint8_t product[static 64])
{
    const size_t key_len = 16 * ((kdf->details & 3u) + 1);
    uint8_t a[32];

    if (key_len > available)
        return false;
    virtual_hmac(chip->crypto, key, key_len, kdf->message, kdf->message_len, NULL, 0, a);
    virtual_hmac(chip->crypto, key, key_len, a, 32, kdf->message, kdf->message_len, product);
    if (product_len(kdf) == 64) {
        virtual_hmac(chip->crypto, key, key_len, a, 32, NULL, 0, a);
        virtual_hmac(chip->crypto, key, key_len, a, 32, kdf->message, kdf->message_len, product + 32);
    }
    virtual_wipe(a, sizeof a);
    return true;
}

static bool run_aes(struct virtual_chip *chip, const struct kdf *kdf, const uint8_t *key, size_t available,
                    uint8_t product[static 64])
{
    const size_t at = 16 * (kdf->details & 3u);

    if (at + 16 > available)
        return false;
    virtual_aes(chip->crypto, true, key + at, kdf->message, product); /* the other 16 bytes stay zeros */
    return true;
}

/* The message of HKDF and its length. NULL: not there, or not allowed. */
static const uint8_t *hkdf_message(struct virtual_chip *chip, const struct kdf *kdf, size_t *len)
{
    const struct virtual_tempkey *tempkey = &chip->registers.tempkey;
    const uint8_t *iv = chip->memory.config + VIRTUAL_AT_KDF_IV;
    const unsigned slot = kdf->details >> 8 & 0x0fu;

    *len = kdf->details >> 24;
    switch ((enum kdf_message)(kdf->details & 3u)) {
    case IN_SLOT:
        return *len <= virtual_slot_size(slot) && !virtual_is_private(&chip->memory, slot)
                   ? virtual_slot_bytes(&chip->memory, slot)
                   : NULL;
    case IN_TEMPKEY:
        return tempkey->valid && *len <= (tempkey->is_64 ? 64u : 32u) ? tempkey->value : NULL;
    case IN_COMMAND:
        return kdf->message;
    case IN_COMMAND_WITH_IV:
        break;
    }
    if (iv[0] < IV_OFF && (iv[0] + 2u > *len || memcmp(kdf->message + iv[0], iv + 1, 2) != 0))
        return NULL;
    return kdf->message;
}

static bool run_hkdf(struct virtual_chip *chip, const struct kdf *kdf, const uint8_t *key, uint8_t product[static 64])
{
    size_t len = 0;
    const uint8_t *message = hkdf_message(chip, kdf, &len);

    if (message == NULL)
        return false;
    virtual_hmac(chip->crypto, key, 32, message, len, NULL, 0, product);
    return true;
}

static bool run(struct virtual_chip *chip, const struct kdf *kdf, uint8_t product[static 64])
{
    static const uint8_t zero_key[32];
    const bool zero = kdf->algorithm == KDF_HKDF && (kdf->details & HKDF_ZERO_KEY) != 0;
    size_t len = 32;
    const uint8_t *key = zero ? zero_key : use_source(chip, kdf, &len);

    if (key == NULL)
        return false;
    switch (kdf->algorithm) {
    case KDF_PRF:
        return run_prf(chip, kdf, key, len, product);
    case KDF_AES:
        return run_aes(chip, kdf, key, len, product);
    case KDF_HKDF:
        return run_hkdf(chip, kdf, key, product);
    case KDF_NONE:
        break;
    }
    return false;
}

static void deliver(struct virtual_chip *chip, const struct kdf *kdf, const uint8_t product[static 64],
                    struct virtual_reply *reply)
{
    struct virtual_registers *registers = &chip->registers;
    const size_t len = is_aead(kdf) ? 32 : product_len(kdf);

    switch (kdf->target) {
    case TO_TEMPKEY:
        virtual_load_tempkey(chip, product, len, true);
        break;
    case TO_TEMPKEY_UPPER:
        memcpy(registers->tempkey.value + 32, product, 32);
        registers->tempkey.is_64 = true;
        break;
    case TO_SLOT:
        memcpy(virtual_slot_bytes(&chip->memory, kdf->target_slot), product, len);
        break;
    case TO_ALTERNATE_KEY:
        memcpy(registers->alternate_key, product, 32);
        registers->alternate_key_valid = true;
        break;
    case TO_OUTPUT_ENCRYPTED:
        virtual_reply_encrypted(chip, virtual_io_key(chip), product, len, reply);
        break;
    case TO_OUTPUT:
    case TO_NOWHERE:
        memcpy(reply->bytes, product, len);
        reply->len = len;
        break;
    }
    if (is_aead(kdf)) {
        memcpy(reply->bytes, product + 32, 32);
        reply->len = 32;
    }
}

VIRTUAL_HANDLER(virtual_command_kdf)
{
    struct kdf kdf;
    uint8_t product[64] = {0};
    enum virtual_answer answer = VIRTUAL_ANSWER_EXECUTION;

    if (!parse(chip, call, &kdf) || !target_is_legal(&kdf))
        return VIRTUAL_ANSWER_PARSE;
    if (virtual_config_locked(chip) && virtual_data_locked(chip) && target_is_allowed(chip, &kdf) &&
        run(chip, &kdf, product)) {
        deliver(chip, &kdf, product, reply);
        answer = VIRTUAL_ANSWER_OK;
    } else {
        chip->memory = chip->committed; /* a KDF that is refused does not count as a use */
    }
    virtual_wipe(product, sizeof product);
    return answer;
}
