/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What psa/keys.c needs from the interface between the PSA core and the driver. Each shell implements it
 * (psa/se_c/shell.c): slot numbers in key attributes, registration of a key, recovery after an interrupted run.
 */
#ifndef IMPRINT_PSA_SHELL_H
#define IMPRINT_PSA_SHELL_H

#include <psa/crypto.h>

#include "psa/driver.h"

/* Sets the slot number in the attributes. */
void shell_name_slot(psa_key_attributes_t *attributes, uint8_t slot);

/* Whether the attributes name a slot, of whatever number. */
bool shell_names_slot(const psa_key_attributes_t *attributes);

/* The slot number in attributes that the core returned; `otherwise` if there is none. */
uint8_t shell_slot_of(const psa_key_attributes_t *attributes, uint8_t otherwise);

/* Registers the key that is already in the slot named in `attributes`. */
psa_status_t shell_register(const psa_key_attributes_t *attributes);

/* keys_settle() */
psa_status_t shell_settle(struct driver *driver, struct error *err);

#endif
