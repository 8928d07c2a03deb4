/* SPDX-License-Identifier: Apache-2.0 */
/* What a lead decides about a board that has failed: as imprint rework and imprint scrap do it. */
#ifndef IMPRINT_WEB_DECISION_H
#define IMPRINT_WEB_DECISION_H

#include <stdio.h>

#include "station/quarantine.h"
#include "web/sessions.h"

/*
 * The forms that this person may send about the device, which `found` says: none for who is not a lead, and where
 * nothing can be decided. `to_list`: they lead back to the list, not to the device's page.
 */
void decision_put_forms(FILE *out, const struct session *session, const char *serial, const struct quarantine *found,
                        bool to_list);

#endif
