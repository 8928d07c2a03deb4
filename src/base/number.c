/* SPDX-License-Identifier: Apache-2.0 */
#include "base/number.h"

#include <stdbool.h>

#include "base/hex.h"

/* The digit's value, or -1 when `character` is not a digit in this base. */
static int digit_value(char character, bool hex)
{
    const int value = hex_digit_value(character);

    return value < (hex ? 16 : 10) ? value : -1;
}

/* Where the number at the start of `text` ends; NULL when none starts there. `*fits`: its value fits into 64 bits. */
static const char *scan(const char *text, uint64_t *value, bool *fits)
{
    const bool hex = text[0] == '0' && (text[1] == 'x' || text[1] == 'X') && digit_value(text[2], true) >= 0;
    const char *at = hex ? text + 2 : text;

    if (digit_value(*at, hex) < 0 || (!hex && at[0] == '0' && digit_value(at[1], hex) >= 0))
        return NULL;
    *value = 0;
    *fits = true;
    for (; digit_value(*at, hex) >= 0; at++) {
        const uint64_t digit = (uint64_t)digit_value(*at, hex);

        /* Divided by constants only: division by a variable is a library call on a Cortex-M. */
        if (*value > (hex ? UINT64_MAX / 16 : UINT64_MAX / 10) || *value * (hex ? 16 : 10) > UINT64_MAX - digit)
            *fits = false;
        else
            *value = *value * (hex ? 16 : 10) + digit;
    }
    return at;
}

enum number_status number_read(const char **text, uint64_t least, uint64_t most, uint64_t *number)
{
    uint64_t value;
    bool fits;
    const char *end = scan(*text, &value, &fits);

    if (end == NULL)
        return NUMBER_MALFORMED;
    if (!fits || value < least || value > most)
        return NUMBER_OUT_OF_RANGE;
    *text = end;
    *number = value;
    return NUMBER_OK;
}

enum number_status number_parse(const char *text, uint64_t least, uint64_t most, uint64_t *number)
{
    uint64_t value;
    bool fits;
    const char *end = scan(text, &value, &fits);

    if (end == NULL || *end != '\0')
        return NUMBER_MALFORMED;
    return number_read(&text, least, most, number);
}
