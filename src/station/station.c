/* SPDX-License-Identifier: Apache-2.0 */
#include "station/station.h"

#include <stdarg.h>
#include <stdio.h>

/* Paths and a sentence around them. */
#define MESSAGE_MAX (PATH_MAX + 512)

void station_say(const struct station *station, enum station_message kind, const char *format, ...)
{
    char text[MESSAGE_MAX];
    va_list arguments;

    if (station->events.message == NULL)
        return;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    station->events.message(station->events.context, kind, text);
}
