/* SPDX-License-Identifier: Apache-2.0 */
/* The few calls that the executor's tests make, and the groups they send (without CRC). */
#ifndef IMPRINT_TEST_CHIP_CALLS_H
#define IMPRINT_TEST_CHIP_CALLS_H

#include "chip/chip.h"

#define INFO "0730000000"
#define GENKEY "0740040200"
#define SIGN "0741A00200"
#define WRITE_WORD "0B12000500C1C2C3C4"
#define NONCE "0B16430000A1A2A3A4"

/* A payload as a reply may carry it. */
#define FOUR "00006003"

struct call {
    const struct chip_command *command;
    uint8_t param1;
    uint16_t param2;
    const char *data; /* hex */
    size_t cap;       /* of the reply; 0: none is wanted */
};

extern const struct call call_info, call_genkey, call_sign, call_write, call_nonce;

enum chip_status make_call(struct chip *chip, const struct call *call, struct bytes_out *reply, struct error *err);

#endif
