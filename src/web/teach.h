/* SPDX-License-Identifier: Apache-2.0 */
/* Teaching sockets at the page Set-up: a lead plugs one device in, sees which it is, and names it. */
#ifndef IMPRINT_WEB_TEACH_H
#define IMPRINT_WEB_TEACH_H

#include <stdio.h>

#include "web/desk.h"

/* What a lead sees of it on the page. */
void web_put_teaching(FILE *out, const struct desk *desk, const struct session *session);

#endif
