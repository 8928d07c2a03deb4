/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a lead does at the page Set-up: teaches sockets (plugs one device in, sees which it is, and names it), and tries
 * the printer of labels.
 */
#ifndef IMPRINT_WEB_TEACH_H
#define IMPRINT_WEB_TEACH_H

#include <stdio.h>

#include <jansson.h>

#include "web/desk.h"

/* The test of printer and scanner, likewise, with what `state` says of the last one. */
void web_put_label_test(FILE *out, const struct desk *desk, const struct call *call, const json_t *state);

/* What a lead sees of it on the page. */
void web_put_teaching(FILE *out, struct desk *desk, const struct session *session);

#endif
