/* SPDX-License-Identifier: Apache-2.0 */
/* Shared by the opaque shell's files. */
#ifndef IMPRINT_PSA_OPAQUE_OPAQUE_H
#define IMPRINT_PSA_OPAQUE_OPAQUE_H

#include <psa/crypto.h>

#include "psa/driver.h"
#include "psa/se_session.h"

/* The key context: the slot's number, little-endian, as in the key records that Mbed TLS's SE_C writes. */
#define OPAQUE_CONTEXT_BYTES 8

/*
 * Read-only: psa_destroy_key() refuses, where it would otherwise report success and do nothing. Such keys have no
 * record.
 */
#define OPAQUE_BUILTIN_LIFETIME                                                                                        \
    PSA_KEY_LIFETIME_FROM_PERSISTENCE_AND_LOCATION(PSA_KEY_PERSISTENCE_READ_ONLY, DRIVER_LOCATION)

/* Begins a call that uses a key (psa/call.h). NULL when no driver is bound. */
struct driver *opaque_begin_use(void);

/* The slot of a key context; CHIP_SLOTS, which every operation refuses, for one that this driver has not written. */
uint8_t opaque_slot_of_context(const uint8_t *context, size_t length);

/* struct se_session's `destroy` */
enum storage_status opaque_destroy(struct se_session *session, void *context, uint64_t uid);

#endif
