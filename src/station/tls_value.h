/* SPDX-License-Identifier: Apache-2.0 */
/* A connection that proved a device, as JSON. */
#ifndef IMPRINT_STATION_TLS_VALUE_H
#define IMPRINT_STATION_TLS_VALUE_H

#include <jansson.h>

#include "station/tls.h"

/*
 * Server, version, suite, both certificates, answer and times: the fields from `host` on of docs/reference/json.md,
 * `tls`. The caller's reference; NULL without memory.
 */
json_t *tls_value(const struct tls_settings *settings, const struct tls_result *result);

#endif
