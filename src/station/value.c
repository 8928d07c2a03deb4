/* SPDX-License-Identifier: Apache-2.0 */
#include "station/value.h"

#include <stdlib.h>

#include "base/hex.h"

json_t *value_hex(struct bytes data)
{
    char *text = malloc(HEX_SIZE(data.len));
    json_t *value = NULL;

    if (text != NULL) {
        hex_encode(data, text);
        value = json_string(text);
    }
    free(text);
    return value;
}
