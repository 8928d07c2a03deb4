/* SPDX-License-Identifier: Apache-2.0 */
#include "station/value.h"

#include <stdlib.h>
#include <string.h>

#include "base/hex.h"
#include "database/utf8.h"

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
        const size_t len = utf8_character(bytes_of(text, strnlen(text, 4)));

        memcpy(out, len != 0 ? text : replacement, len != 0 ? len : sizeof replacement - 1);
        out += len != 0 ? len : sizeof replacement - 1;
        text += len != 0 ? len : 1;
    }
    *out = '\0';
    value = json_string(mended);
    free(mended);
    return value;
}

static void add_text(json_t *object, const char *name, const char *text)
{
    if (text != NULL)
        json_object_set_new(object, name, value_text(text));
}

static void add_number(json_t *object, const char *name, json_int_t number)
{
    json_object_set_new(object, name, json_integer(number));
}

json_t *value_error(const struct error *err)
{
    json_t *object = json_pack("{s:s}", "reason", error_reason_name(err->reason));

    add_text(object, "doing", err->doing);
    add_text(object, "cause", err->cause);
    add_text(object, "subject", err->subject);
    if (err->line != 0)
        add_number(object, "line", err->line);
    if (err->column != 0)
        add_number(object, "column", err->column);
    if (err->has_slot)
        add_number(object, "slot", err->slot);
    if (err->key_id != 0)
        add_number(object, "key_id", err->key_id);
    add_text(object, "command", err->command);
    if (err->has_chip_status)
        add_number(object, "chip_status", err->chip_status);
    if (err->psa_status != 0)
        add_number(object, "psa_status", err->psa_status);
    if (err->system_errno != 0)
        add_text(object, "system", strerror(err->system_errno));
    if (err->has_config_offset)
        add_number(object, "config_byte", err->config_offset);
    /* Of a busy device, `found` is the process that holds it. */
    if (err->reason != ERROR_DEVICE_BUSY && (err->has_config_offset || err->expected != 0 || err->found != 0)) {
        add_number(object, "expected", err->expected);
        add_number(object, "found", err->found);
    }
    return object;
}
