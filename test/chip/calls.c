/* SPDX-License-Identifier: Apache-2.0 */
#include "test/chip/calls.h"

#include "base/hex.h"
#include "chip/command.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

const struct call call_info = {&chip_command_info, 0, 0, "", 4};
const struct call call_genkey = {&chip_command_genkey, 4, 2, "", 64};
const struct call call_sign = {&chip_command_sign, 0xA0, 2, "", 64};
const struct call call_write = {&chip_command_write, 0, 5, "C1C2C3C4", 0};
const struct call call_nonce = {&chip_command_nonce, 0x43, 0, "A1A2A3A4", 0};

enum chip_status make_call(struct chip *chip, const struct call *call, struct bytes_out *reply, struct error *err)
{
    uint8_t memory[16];
    struct bytes_out data = {.data = memory, .cap = sizeof(memory)};

    assert_true(hex_decode(call->data, strlen(call->data), &data, NULL));
    return chip_execute(chip, call->command, call->param1, call->param2, bytes_written(&data),
                        call->cap != 0 ? reply : NULL, err);
}
