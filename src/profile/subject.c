/* SPDX-License-Identifier: Apache-2.0 */
#include "profile/profile.h"

#include <string.h>

#include "base/hex.h"

static const char serial_mark[] = "{serial}";

bool profile_csr_subject(const struct profile_key *key, const uint8_t serial[static CHIP_SERIAL_BYTES],
                         char text[static PROFILE_SUBJECT_TEXT_MAX])
{
    const char *from = key->csr_subject;
    size_t len = 0;

    while (*from != '\0') {
        const bool is_mark = strncmp(from, serial_mark, sizeof serial_mark - 1) == 0;
        const size_t takes = is_mark ? HEX_SIZE(CHIP_SERIAL_BYTES) - 1 : 1;

        if (len + takes >= PROFILE_SUBJECT_TEXT_MAX) {
            text[0] = '\0';
            return false;
        }
        if (is_mark)
            hex_encode(bytes_of(serial, CHIP_SERIAL_BYTES), text + len);
        else
            text[len] = *from;
        len += takes;
        from += is_mark ? sizeof serial_mark - 1 : 1;
    }
    text[len] = '\0';
    return true;
}
