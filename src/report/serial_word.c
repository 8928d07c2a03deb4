/* SPDX-License-Identifier: Apache-2.0 */
#include "report/serial_word.h"

#include <string.h>

#include "base/hex.h"
#include "report/check_char.h"

#define SERIAL_DIGITS (2 * ERROR_SERIAL_BYTES)

/* Without the hyphens and blanks of a label, in capitals. False: too long. */
static bool copy_plain(const char *word, char plain[static SERIAL_DIGITS + 2])
{
    size_t len = 0;

    for (; *word != '\0'; word++) {
        if (*word == '-' || *word == ' ')
            continue;
        if (len == SERIAL_DIGITS + 1)
            return false;
        plain[len++] = *word >= 'a' && *word <= 'z' ? (char)(*word - 'a' + 'A') : *word;
    }
    plain[len] = '\0';
    return true;
}

bool serial_word_read(const char *word, char serial[static LEDGER_DEVICE_SIZE], struct error *err)
{
    uint8_t bytes[ERROR_SERIAL_BYTES];
    struct bytes_out out = {.data = bytes, .cap = sizeof bytes};
    char plain[SERIAL_DIGITS + 2] = "", check;

    if (copy_plain(word, plain) && strlen(plain) >= SERIAL_DIGITS && hex_decode(plain, SERIAL_DIGITS, &out, NULL) &&
        out.len == ERROR_SERIAL_BYTES) {
        hex_encode(bytes_written(&out), serial);
        check = plain[SERIAL_DIGITS];
        if (check == '\0' || check == check_char_of(serial))
            return true;
        error_set(err, ERROR_USAGE, "the check character does not match: a character of the serial number is wrong",
                  "compare it with the label, character by character");
        error_with_subject(err, word);
        return false;
    }
    error_set(err, ERROR_USAGE, "not a serial number: expected 18 hex digits, with or without the check character",
              "see which devices the ledger has: imprint ledger list");
    error_with_subject(err, word);
    return false;
}
