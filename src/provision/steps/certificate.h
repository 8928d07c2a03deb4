/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the two steps about certificates share: the certificate of a step's key, compared with what the chip's slots and
 * the key store hold. The slots can be compared only after the data lock; before it the lock's CRC counts their bytes
 * (steps/fill_data.h).
 */
#ifndef IMPRINT_PROVISION_STEPS_CERTIFICATE_H
#define IMPRINT_PROVISION_STEPS_CERTIFICATE_H

#include "provision/provision.h"

/* What a place holds. */
enum certificate_place {
    CERTIFICATE_SAME,     /* the certificate */
    CERTIFICATE_BLANK,    /* nothing, or a part of the certificate that a power cut has left */
    CERTIFICATE_OTHER,    /* something else: what is no certificate */
    CERTIFICATE_STRANGER, /* another certificate, or one that is not this issuer's */
};

/* Whether writing would lose something. */
bool certificate_place_is_taken(enum certificate_place place);

/* The profile's certificate for the key with this index; it has one. `index` (may be NULL) gets its own. */
const struct profile_certificate *certificate_of_key(const struct profile *profile, int key, size_t *index);

/* Compares one slot with its content; `content` NULL: no certificate was issued yet. False with the reason. */
bool certificate_compare_slot(struct provision *provision, uint8_t slot, const uint8_t *content,
                              enum certificate_place *place, struct error *err);

/* Compares the raw data under the certificate's PSA key id with `der`, empty where none was issued yet. Likewise. */
bool certificate_compare_psa(struct provision *provision, uint32_t key_id, struct bytes der,
                             enum certificate_place *place, struct error *err);

/* The slots of a certificate, 0 for one that it does not use. */
#define CERTIFICATE_SLOTS 3
void certificate_slots(const struct profile_certificate *certificate, uint8_t slots[static CERTIFICATE_SLOTS]);

#endif
