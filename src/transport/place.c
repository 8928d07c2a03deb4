/* SPDX-License-Identifier: Apache-2.0 */
#include "transport/place.h"

#include <stdio.h>
#include <string.h>

#include "base/number.h"

#define ADDRESS_MIN 0x08
#define ADDRESS_MAX 0x77

static bool looks_like_number(const char *text)
{
    return text[0] >= '0' && text[0] <= '9' && text[strspn(text, "0123456789abcdefABCDEFxX")] == '\0';
}

static bool read_address(struct transport_place *place, const char *text, struct error *err)
{
    char next[64];
    uint64_t number;

    switch (number_parse(text, ADDRESS_MIN, 0xff, &number)) {
    case NUMBER_OK:
        if (number <= ADDRESS_MAX) {
            place->address = (uint8_t)number;
            return true;
        }
        break;
    case NUMBER_OUT_OF_RANGE:
        number = 0;
        break;
    default:
        error_set(err, ERROR_USAGE,
                  "the address after @ is not a number: write decimal without leading zeros, or 0x and hex digits",
                  NULL);
        return false;
    }
    error_set(err, ERROR_USAGE, "the address after @ is not a 7-bit address from 0x08 to 0x77", NULL);
    for (size_t i = 0; err != NULL && i < TRANSPORT_USUAL_ADDRESSES; i++) {
        if (number == 2u * transport_usual_addresses[i]) {
            (void)snprintf(next, sizeof next, "0x%02x is the 8-bit form: name the 7-bit one, @0x%02x", (unsigned)number,
                           (unsigned)transport_usual_addresses[i]);
            err->next = error_keep(err, next);
        }
    }
    return false;
}

bool transport_place_read(struct transport_place *place, const char *text, bool any_path, const char *form,
                          struct error *err)
{
    const char *at = text == NULL ? NULL : strrchr(text, '@');
    size_t len;

    place->address = 0;
    if (at != NULL && any_path && !looks_like_number(at + 1))
        at = NULL;
    len = text == NULL ? 0 : at == NULL ? strlen(text) : (size_t)(at - text);
    if (len == 0 || len >= sizeof place->path) {
        error_set(err, ERROR_USAGE, form, NULL);
        return false;
    }
    memcpy(place->path, text, len);
    place->path[len] = '\0';
    return at == NULL || read_address(place, at + 1, err);
}
