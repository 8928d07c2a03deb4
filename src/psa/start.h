/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Starting and stopping PSA Crypto on one chip and one store: written here and nowhere else. There is one PSA core per
 * process, so one driver at a time can be started.
 *
 * The layers of src/psa/, each of which includes and calls only those above it:
 *
 *   location, p256, status, storage_status    numbers
 *   scrap; transaction, se_session; its       the store as the PSA core uses it; no chip
 *   driver                                    one chip with its store: settings, cached config zone, the last refusal
 *   records, slots, operations, recovery      what is stored, which slot, what is done to it, what is mended; no core
 *   settle                                    the transaction that an interrupted run has left
 *   call, creation                            what the shells share: how a call begins and ends, the checks of a new
 * key se_c/                                     Mbed TLS's secure element interface (SE_C) on top of all that opaque/
 * the unified driver interface on top of all that start, keys                               how the rest of imprint
 * starts PSA and uses keys, whatever the core
 */
#ifndef IMPRINT_PSA_START_H
#define IMPRINT_PSA_START_H

#include <psa/crypto.h>

#include "psa/driver.h"
#include "psa/its.h"

/*
 * What the program can do with keys. Only the code of the shell that a program names is linked: a program that only
 * uses keys contains no code that could make, import or destroy one.
 */
struct driver_shell;
extern const struct driver_shell driver_shell_all;
extern const struct driver_shell driver_shell_make_only; /* registers, generates, uses */
extern const struct driver_shell driver_shell_use_only;

/* The opaque shell, for programs that link imprint_psa_opaque: all that can be done with keys. */
extern const struct driver_shell driver_shell_opaque;

/*
 * Connects PSA to the driver's chip and store: PSA ITS uses the store, the driver's methods use the chip. `driver`
 * (after driver_init()) and `its` must not move until driver_stop(). For programs that register the driver table and
 * call psa_crypto_init() themselves.
 */
void driver_attach(struct driver *driver, struct its *its);

/*
 * The same, then connects the shell and starts PSA Crypto. `shell` must outlive PSA. After a failure nothing is started
 * or attached; keys_explain() or driver->last_error gives the reason.
 */
psa_status_t driver_start(struct driver *driver, struct its *its, const struct driver_shell *shell);

/*
 * Ends PSA Crypto and detaches chip and store. May also be called after driver_attach(), or when nothing was started.
 */
void driver_stop(void);

#endif
