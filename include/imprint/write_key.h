/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A write key: the 32-byte secret in one slot of the chip that encrypts imports into other slots. A slot needs it if
 * its SlotConfig names that slot as WriteKey (ATECC608A data sheet, SlotConfig). The caller owns the secret and wipes
 * it after use.
 */
#ifndef IMPRINT_WRITE_KEY_H
#define IMPRINT_WRITE_KEY_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct imprint_write_key {
    uint8_t slot; /* 0 to 15: the slot that holds the secret */
    uint8_t secret[32];
};

#ifdef __cplusplus
}
#endif

#endif
