/* SPDX-License-Identifier: Apache-2.0 */
/* What a manifest says of one part. */
#ifndef IMPRINT_MANIFEST_PART_H
#define IMPRINT_MANIFEST_PART_H

#include "base/bytes.h"
#include "base/p256.h"

#define MANIFEST_SERIAL_BYTES 9
#define MANIFEST_KEYS_MAX 16
#define MANIFEST_CHAIN_MAX 4  /* certificates of a key, the device's first and without the root */
#define MANIFEST_TEXT_SIZE 64 /* of model, part number and time, with a NUL */

/* A public key, and the slot that has its private one. */
struct manifest_key {
    uint8_t slot;
    uint8_t point[P256_POINT_BYTES];
    /* DER, for who writes a manifest: each is signed by the next. Of a part that was read it is empty. */
    struct bytes chain[MANIFEST_CHAIN_MAX];
    size_t chain_count;
};

struct manifest_part {
    uint8_t serial[MANIFEST_SERIAL_BYTES];
    char model[MANIFEST_TEXT_SIZE];       /* "ATECC608B" */
    char part_number[MANIFEST_TEXT_SIZE]; /* "ATECC608B-TNGTLS" */
    char time[MANIFEST_TEXT_SIZE];        /* when it was provisioned: "2026-11-29T17:18:36.529Z" */
    struct manifest_key keys[MANIFEST_KEYS_MAX];
    size_t key_count;
};

#endif
