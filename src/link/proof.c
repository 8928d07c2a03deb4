/* SPDX-License-Identifier: Apache-2.0 */
#include "link/proof.h"

#include <string.h>

#include "base/hex.h"
#include "link/frame.h"

static bool add(struct bytes_out *out, const char *text)
{
    return bytes_append(out, bytes_of(text, strlen(text)));
}

bool link_proof_text(const uint8_t serial[static LINK_SERIAL_BYTES], uint32_t key_id, struct bytes challenge,
                     struct bytes_out *out)
{
    char serial_text[HEX_SIZE(LINK_SERIAL_BYTES)], key_text[LINK_NUMBER_SIZE];
    char challenge_text[HEX_SIZE(LINK_CHALLENGE_MAX)];

    out->len = 0;
    if (challenge.len < LINK_CHALLENGE_MIN || challenge.len > LINK_CHALLENGE_MAX)
        return false;
    hex_encode(bytes_of(serial, LINK_SERIAL_BYTES), serial_text);
    link_format_number(key_id, key_text);
    hex_encode(challenge, challenge_text);
    return add(out, "imprint proof of possession 1\nchip ") && add(out, serial_text) && add(out, "\nkey ") &&
           add(out, key_text) && add(out, "\nchallenge ") && add(out, challenge_text) && add(out, "\n");
}
