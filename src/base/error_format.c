/* SPDX-License-Identifier: Apache-2.0 */
#include "base/error_format.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

const char *error_keep_format(struct error *err, const char *format, ...)
{
    char text[1024];
    va_list arguments;
    int len;

    va_start(arguments, format);
    len = vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    if (len < 0)
        return NULL;
    if ((size_t)len >= sizeof text)
        memcpy(text + sizeof text - sizeof "...", "...", sizeof "...");
    return error_keep(err, text);
}
