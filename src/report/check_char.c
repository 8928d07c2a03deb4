/* SPDX-License-Identifier: Apache-2.0 */
#include "report/check_char.h"

#include <stddef.h>
#include <string.h>

#define MODULUS 36

static const char alphabet[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";

char check_char_of(const char *text)
{
    unsigned product = MODULUS;

    if (text[0] == '\0')
        return '\0';
    for (; *text != '\0'; text++) {
        const char *place = strchr(alphabet, *text);
        unsigned sum;

        if (place == NULL)
            return '\0';
        sum = (product + (unsigned)(place - alphabet)) % MODULUS;
        product = (sum == 0 ? MODULUS : sum) * 2 % (MODULUS + 1);
    }
    return alphabet[(MODULUS + 1 - product) % MODULUS];
}
