/* SPDX-License-Identifier: Apache-2.0 */
#include "station/value.h"

#include <stdlib.h>
#include <string.h>

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

/* The length of the UTF-8 character at `text`, 1 to 4; 0 where none begins. `text` is closed with a NUL. */
static size_t character_length(const char *text)
{
    const unsigned char first = (unsigned char)text[0];
    const size_t len = first < 0x80 ? 1 : first < 0xc2 ? 0 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : first < 0xf5 ? 4 : 0;
    char alone[5] = "";
    json_t *value;

    if (len < 2)
        return len;
    if (strnlen(text, len) < len)
        return 0;
    /* Overlong forms and surrogates: the library that will print the text has the last word. */
    memcpy(alone, text, len);
    value = json_string(alone);
    json_decref(value);
    return value != NULL ? len : 0;
}

json_t *value_text(const char *text)
{
    static const char replacement[] = "\xef\xbf\xbd"; /* U+FFFD */
    json_t *value;
    char *mended, *out;

    if (text == NULL)
        return json_null();
    value = json_string(text);
    if (value != NULL)
        return value;
    mended = malloc(strlen(text) * (sizeof replacement - 1) + 1);
    if (mended == NULL)
        return NULL;
    out = mended;
    while (*text != '\0') {
        const size_t len = character_length(text);

        memcpy(out, len != 0 ? text : replacement, len != 0 ? len : sizeof replacement - 1);
        out += len != 0 ? len : sizeof replacement - 1;
        text += len != 0 ? len : 1;
    }
    *out = '\0';
    value = json_string(mended);
    free(mended);
    return value;
}
