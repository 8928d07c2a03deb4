/* SPDX-License-Identifier: Apache-2.0 */
#include "station/tls_value.h"

#include "station/value.h"

json_t *tls_value(const struct tls_settings *settings, const struct tls_result *result)
{
    json_t *device = x509_words_object(&result->device);

    json_object_set_new(device, "source", value_text(result->source));
    return json_pack("{s:o, s:s, s:s, s:s, s:s, s:s?, s:o, s:o, s:o, s:I, s:I, s:I, s:I}", "host",
                     value_text(settings->place.host), "port", settings->place.port, "address", result->address,
                     "version", result->version, "suite", result->suite, "alpn",
                     result->alpn[0] != '\0' ? result->alpn : NULL, "server", x509_words_object(&result->server),
                     "device", device, "answer", value_text(result->answer), "connect_us",
                     (json_int_t)result->connect_us, "handshake_us", (json_int_t)result->handshake_us, "answer_us",
                     (json_int_t)result->answer_us, "chip_commands", (json_int_t)result->chip_commands);
}
