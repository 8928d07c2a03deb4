/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Random numbers and keys of the virtual chip. They come from the operating system, or, for a part with a seed, from
 * hashes that can be repeated: these are a test pattern, not random.
 */
#ifndef IMPRINT_VIRTUAL_RANDOM_H
#define IMPRINT_VIRTUAL_RANDOM_H

#include "virtual/chip/model.h"

/*
 * 32 bytes for `purpose` (a literal of at most 32 characters) and `number`. With a seed: SHA-256 of seed, purpose,
 * number, image sequence and `draw`; without: fresh secret bytes.
 */
void virtual_derive(struct virtual_crypto *crypto, const struct virtual_image *image, const char *purpose,
                    uint32_t number, uint64_t draw, uint8_t out[static 32]);

/* A private key for `slot`. False when libcrypto failed. */
bool virtual_derive_scalar(struct virtual_crypto *crypto, const struct virtual_image *image, const char *purpose,
                           uint32_t slot, uint64_t draw, uint8_t scalar[static 32]);

/* A number of the chip's generator: FF FF 00 00 repeated while the config zone is unlocked. */
void virtual_generate(struct virtual_chip *chip, uint8_t out[static 32]);

#endif
