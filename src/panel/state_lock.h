/* SPDX-License-Identifier: Apache-2.0 */
/* One station has a state folder. */
#ifndef IMPRINT_PANEL_STATE_LOCK_H
#define IMPRINT_PANEL_STATE_LOCK_H

#include "base/error.h"

/*
 * Makes the folder where it is not there, and locks it: `*lock` gets the descriptor that holds the lock, the caller's
 * to close, or -1. The lock ends with the process. False with a reason.
 */
bool state_lock_take(const char *state, int *lock, struct error *err);

/*
 * The same, and makes nothing: where no station has been before, `*lock` is -1 and there is nothing to lock. False with
 * ERROR_DATABASE_BUSY while a station runs.
 */
bool state_lock_try(const char *state, int *lock, struct error *err);

#endif
