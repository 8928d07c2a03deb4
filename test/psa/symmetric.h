/* SPDX-License-Identifier: Apache-2.0 */
/* What the tests of symmetric keys share: a part with such keys, attributes for them, and their results by libcrypto.
 */
#ifndef IMPRINT_TEST_PSA_SYMMETRIC_H
#define IMPRINT_TEST_PSA_SYMMETRIC_H

#include "test/support/world.h"

#define BUILTIN(slot) ((psa_key_id_t)0x7fff0000 + (slot))
#define HMAC_KEY 0x21 /* key ids, with some free behind each */
#define AES_KEY 0x31
#define SYMMETRIC_TEXT 96 /* bytes of a message */

/* The slots, and what is to know of each. */
enum {
    IN_HMAC = 3,
    IN_AES = 4,
    IN_NO_MAC = 5,
    IN_LIMITED_HMAC = 6,
    IN_LIMITED_AES = 7,
    IN_BLANK_AES = 9,
    IN_BLANK_HMAC = 10,
    IN_READABLE = 11,
    IN_LATCHED = 12,
};

extern struct world symmetric_world;
extern uint8_t symmetric_secret[32];           /* what the filled slots begin with */
extern uint8_t symmetric_text[SYMMETRIC_TEXT]; /* distinct bytes */

/* A new part with these slots, both zones locked, and PSA started. */
void symmetric_begin(void);
/* The same with the data zone unlocked, the chip powered and PSA not started. */
void symmetric_begin_before_lock(void);

/* Attributes of a registered key, for all its uses; the slot as an application names it. */
psa_key_attributes_t symmetric_hmac_key(psa_key_id_t id, uint8_t slot);
psa_key_attributes_t symmetric_aes_key(psa_key_id_t id, uint8_t slot, psa_algorithm_t algorithm);
void symmetric_register(psa_key_attributes_t attributes);

/* A volatile AES key of the core's own, with the bytes of the chip's. */
psa_key_id_t symmetric_software_key(psa_algorithm_t algorithm);

/* HMAC-SHA-256 by libcrypto, with the secret in the slots. */
void symmetric_mac(const uint8_t *message, size_t len, uint8_t mac[static 32]);

#endif
