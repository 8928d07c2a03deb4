/* SPDX-License-Identifier: Apache-2.0 */
#include "station/record_value.h"

#include <string.h>

#include "base/hex.h"

#define TIME_LENGTH (sizeof "2026-01-31T12:00:00Z" - 1)

bool record_value_bytes(const json_t *object, const char *name, uint8_t *bytes, size_t len)
{
    const json_t *value = json_object_get(object, name);
    const char *text = json_string_value(value);
    struct bytes_out out = {.data = bytes, .cap = len};

    return text != NULL && json_string_length(value) == 2 * len && hex_decode(text, 2 * len, &out, NULL) &&
           out.len == len;
}

const char *record_value_text(const json_t *object, const char *name)
{
    return json_string_value(json_object_get(object, name));
}

json_int_t record_value_number(const json_t *object, const char *name, json_int_t most)
{
    const json_t *value = json_object_get(object, name);
    json_int_t number = json_integer_value(value);

    return json_is_integer(value) && number >= 0 && number <= most ? number : -1;
}

bool record_value_is_true(const json_t *object, const char *name)
{
    return json_is_true(json_object_get(object, name));
}

bool record_value_has_word(const json_t *words, const char *word)
{
    const json_t *item;
    size_t i;

    json_array_foreach(words, i, item)
    {
        const char *text = json_string_value(item);

        if (text != NULL && strcmp(text, word) == 0)
            return true;
    }
    return false;
}

bool record_value_is_time(const char *text)
{
    static const char form[] = "dddd-dd-ddTdd:dd:ddZ";

    if (text == NULL || strlen(text) != TIME_LENGTH)
        return false;
    for (size_t i = 0; i < TIME_LENGTH; i++)
        if (form[i] == 'd' ? text[i] < '0' || text[i] > '9' : text[i] != form[i])
            return false;
    return true;
}
