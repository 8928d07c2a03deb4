/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The part of `imprint station --check` that is about the shift: what its first board would find missing (station/
 * shift_check.h), and what the station file itself leaves out for this order and profile.
 */
#ifndef IMPRINT_PANEL_READY_H
#define IMPRINT_PANEL_READY_H

#include "panel/check.h"

/* Reports the profile and each thing that boards will need. Writes nothing. */
void ready_check(struct check *check);

#endif
