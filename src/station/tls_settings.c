/* SPDX-License-Identifier: Apache-2.0 */
#include "station/tls_settings.h"

#include <string.h>

static bool refuse(const char *cause, const char *subject, struct error *err)
{
    error_set(err, ERROR_USAGE, cause, NULL);
    error_with_subject(err, subject);
    return false;
}

bool tls_settings_alpn(const char *text, char room[static TLS_ALPN_SIZE], struct tls_settings *settings,
                       struct error *err)
{
    size_t count = 0;
    char *rest;

    if (strlen(text) >= TLS_ALPN_SIZE)
        return refuse("the list of application protocols (alpn) is longer than 255 bytes", text, err);
    memcpy(room, text, strlen(text) + 1);
    for (char *name = strtok_r(room, ",", &rest); name != NULL; name = strtok_r(NULL, ",", &rest)) {
        if (count == TLS_ALPN_MAX)
            return refuse("at most four application protocols (alpn) can be offered", text, err);
        settings->alpn[count++] = name;
    }
    return count > 0 || refuse("alpn needs a name, such as x-amzn-mqtt-ca", text, err);
}

bool tls_settings_name(const char *name, struct tls_settings *settings, struct error *err)
{
    settings->name = name != NULL ? name : settings->place.host;
    return (settings->name[0] != '\0' && strlen(settings->name) < NET_HOST_SIZE) ||
           refuse("the name of the server is empty or longer than 255 bytes", settings->name, err);
}
