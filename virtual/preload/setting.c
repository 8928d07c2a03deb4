/* SPDX-License-Identifier: Apache-2.0 */
#include "virtual/preload/setting.h"

#include <stdlib.h>

bool preload_read_setting(struct preload_setting *setting)
{
    const char *text = getenv("IMPRINT_RUN");
    char *end = NULL;

    if (text == NULL || text[0] < '0' || text[0] > '9')
        return false;
    setting->number = strtol(text, &end, 10);
    if (*end != ':')
        return false;
    setting->nack = (int)strtol(end + 1, &end, 10);
    setting->socket_path = end + 1;
    return *end == ':';
}
