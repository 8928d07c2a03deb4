/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What psa/keys.c needs of the interface between the PSA core and the driver, and each shell brings (psa/se_c/shell.c):
 * how a slot number travels in a key's attributes, how a key is registered, what an interrupted run has left.
 */
#ifndef IMPRINT_PSA_SHELL_H
#define IMPRINT_PSA_SHELL_H

#include <psa/crypto.h>

#include "psa/driver.h"

/* The attributes ask for this slot from now on. */
void shell_name_slot(psa_key_attributes_t *attributes, uint8_t slot);

/* The slot in attributes that the core has given; `otherwise` where there is none. */
uint8_t shell_slot_of(const psa_key_attributes_t *attributes, uint8_t otherwise);

/* A key id for the key that is in the slot of `attributes`. */
psa_status_t shell_register(const psa_key_attributes_t *attributes);

/* keys_settle() */
psa_status_t shell_settle(struct driver *driver, struct error *err);

#endif
