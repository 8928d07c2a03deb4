/* SPDX-License-Identifier: Apache-2.0 */
#include "profile/profile.h"

#include <string.h>

#include "bytes/hex.h"

static const char serial_mark[] = "{serial}";

bool profile_csr_subject(const struct profile_key *key, const uint8_t serial[static CHIP_SERIAL_BYTES],
                         char text[static PROFILE_SUBJECT_TEXT_MAX])
{
    char digits[HEX_SIZE(CHIP_SERIAL_BYTES)];
    struct bytes_out out = {.data = (uint8_t *)text, .cap = PROFILE_SUBJECT_TEXT_MAX - 1};
    bool fits = true;

    hex_encode(bytes_of(serial, CHIP_SERIAL_BYTES), digits);
    for (const char *from = key->csr_subject; *from != '\0' && fits; from++) {
        if (strncmp(from, serial_mark, sizeof serial_mark - 1) == 0) {
            fits = bytes_append(&out, bytes_of(digits, sizeof digits - 1));
            from += sizeof serial_mark - 2;
        } else {
            fits = bytes_append_byte(&out, (uint8_t)*from);
        }
    }
    text[fits ? out.len : 0] = '\0';
    return fits;
}
