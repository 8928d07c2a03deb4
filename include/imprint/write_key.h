/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The secret in one slot that encrypts imports into other slots: those whose SlotConfig names it as their WriteKey
 * (ATECC608A data sheet, SlotConfig). Wipe it after use.
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
