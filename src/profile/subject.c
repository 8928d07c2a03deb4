/* SPDX-License-Identifier: Apache-2.0 */
#include "profile/profile.h"

#include <string.h>

#include "base/hex.h"

/* What a subject can have in braces. */
static const struct placeholder {
    const char *text;
    bool lower;
} placeholders[] = {{"{serial}", false}, {"{serial:lower}", true}};

static bool refuse(const char *cause, const char *next, const char *at, struct error *err)
{
    error_set(err, ERROR_USAGE, cause, next);
    error_with_subject(err, at);
    return false;
}

/* The placeholder that begins at `at`; NULL if none does. */
static const struct placeholder *find(const char *at)
{
    for (size_t i = 0; i < sizeof placeholders / sizeof placeholders[0]; i++)
        if (strncmp(at, placeholders[i].text, strlen(placeholders[i].text)) == 0)
            return &placeholders[i];
    return NULL;
}

static void put_serial(const struct placeholder *placeholder, const uint8_t serial[static CHIP_SERIAL_BYTES], char *to)
{
    hex_encode(bytes_of(serial, CHIP_SERIAL_BYTES), to);
    for (; placeholder->lower && *to != '\0'; to++)
        if (*to >= 'A' && *to <= 'F')
            *to = (char)(*to - 'A' + 'a');
}

bool profile_fill_subject(const char *pattern, const uint8_t serial[static CHIP_SERIAL_BYTES],
                          char text[static PROFILE_SUBJECT_TEXT_MAX], struct error *err)
{
    size_t len = 0;

    text[0] = '\0';
    for (const char *from = pattern; *from != '\0';) {
        const struct placeholder *placeholder = *from == '{' ? find(from) : NULL;
        const size_t takes = placeholder != NULL ? HEX_SIZE(CHIP_SERIAL_BYTES) - 1 : 1;
        const bool fits = len + takes < PROFILE_SUBJECT_TEXT_MAX;

        if (!fits || (*from == '{' && placeholder == NULL)) {
            text[0] = '\0';
            return !fits ? refuse("the subject is longer than 255 bytes", "shorten it", pattern, err)
                         : refuse("unknown placeholder", "use {serial} or {serial:lower}, and \\7b for a brace itself",
                                  from, err);
        }
        if (placeholder != NULL)
            put_serial(placeholder, serial, text + len);
        else
            text[len] = *from;
        len += takes;
        from += placeholder != NULL ? strlen(placeholder->text) : 1;
        text[len] = '\0';
    }
    return true;
}
