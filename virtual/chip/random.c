/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Random numbers and new keys. A part with a seed makes the same key in the same slot after the same number of
 * changes to its memory (`sequence`), and the same random numbers after each power-up in that state.
 */
#include "virtual/chip/random.h"
#include "virtual/chip/crypto.h"
#include "virtual/chip/policy.h"

#include <string.h>

static void put_number(uint8_t *at, uint64_t value)
{
    for (unsigned i = 0; i < 8; i++)
        at[i] = (uint8_t)(value >> (8 * i));
}

void virtual_derive(struct virtual_crypto *crypto, const struct virtual_image *image, const char *purpose,
                    uint32_t number, uint64_t draw, uint8_t out[static 32])
{
    const size_t len = strlen(purpose); /* 32 at most */
    uint8_t message[64] = {0};

    if (!image->has_seed) {
        virtual_secret_bytes(crypto, out, 32);
        return;
    }
    for (size_t i = 0; i < len; i++)
        message[i] = (uint8_t)purpose[i];
    put_number(message + 32, image->seed);
    put_number(message + 40, number);
    put_number(message + 48, image->sequence);
    put_number(message + 56, draw);
    virtual_sha256(message, sizeof message, out);
    virtual_wipe(message, sizeof message);
}

bool virtual_derive_scalar(struct virtual_crypto *crypto, const struct virtual_image *image, const char *purpose,
                           uint32_t slot, uint64_t draw, uint8_t scalar[static 32])
{
    /* One in 2^32 values is out of range; then the next hash or other random bytes are tried. */
    for (uint64_t attempt = 0; attempt < 4; attempt++) {
        virtual_derive(crypto, image, purpose, slot, draw + (attempt << 48), scalar);
        if (virtual_scalar_is_valid(scalar))
            return true;
    }
    return false;
}

void virtual_generate(struct virtual_chip *chip, uint8_t out[static 32])
{
    static const uint8_t pattern[4] = {0xff, 0xff, 0x00, 0x00};

    chip->registers.generator_seeded = true;
    if (!virtual_config_locked(chip)) {
        for (unsigned i = 0; i < 32; i++)
            out[i] = pattern[i % 4];
        return;
    }
    virtual_derive(chip->crypto, &chip->image, "random", 0, chip->random_draws++, out);
}
