/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Keeps virtual chips, published TEST keys and test roots away from a real line. What makes a run a rehearsal is noted
 * where it is found; without the profile's `rehearsal: allowed` or --rehearsal it is refused there. What was noted goes
 * into the record.
 *
 * Virtual chips are made to look like real ones on the bus, so they are recognised by the way that leads to them: see
 * rehearsal_check_device().
 */
#ifndef IMPRINT_STATION_REHEARSAL_H
#define IMPRINT_STATION_REHEARSAL_H

#include <jansson.h>

#include "provision/provision.h"
#include "psa/driver.h"
#include "station/key_files.h"

enum rehearsal_sign { REHEARSAL_VIRTUAL_CHIP, REHEARSAL_TEST_KEY, REHEARSAL_TEST_ROOT, REHEARSAL_SIGN_COUNT };

/* Zero-initialised: nothing is allowed, nothing is found. */
struct rehearsal {
    bool allowed; /* by the profile or the command line */
    bool found[REHEARSAL_SIGN_COUNT];
    const char *test_key; /* the last published key that was met, as published_keys_name() names it; NULL: none */
};

/* Notes a sign, of which `subject` is the example. False with ERROR_REHEARSAL where rehearsals are not allowed. */
bool rehearsal_note(struct rehearsal *rehearsal, enum rehearsal_sign sign, const char *subject, struct error *err);

/*
 * Whether a virtual chip is behind DEVICE: one in this process (virtual:FILE); one that is served (unix:PATH,
 * tcp:HOST:PORT); one that a program plays on a pseudo terminal (swi:, kit:); and I2C under `imprint virtual run`.
 * A virtual kit on USB HID looks like a real one and is not recognised.
 */
bool rehearsal_is_virtual(const char *device);

/* Notes such a chip. */
bool rehearsal_check_device(struct rehearsal *rehearsal, const char *device, struct error *err);

/* The same for a board's console: behind a pseudo terminal an emulator plays the board. */
bool rehearsal_is_virtual_console(const char *console);
bool rehearsal_check_console(struct rehearsal *rehearsal, const char *console, struct error *err);

/* Notes published keys among the write keys, and among the keys still to be imported, which it reads and wipes. */
bool rehearsal_check_write_keys(struct rehearsal *rehearsal, const struct imprint_write_key *keys, size_t count,
                                struct error *err);
/* The same for one secret that goes into the device. */
bool rehearsal_check_secret(struct rehearsal *rehearsal, struct bytes secret, struct error *err);
bool rehearsal_check_imports(struct rehearsal *rehearsal, const struct profile *profile,
                             const struct provision_plan *plan, struct key_files *files, struct error *err);

/* Notes published keys among those that the device holds, whoever put them there. */
bool rehearsal_check_evidence(struct rehearsal *rehearsal, const struct provision_evidence *evidence,
                              struct error *err);

/*
 * Notes an issuer whose name (CN) begins with TEST, as `imprint ca new` makes it. `certificate` is the issuer's, in
 * DER; who opened it has checked it. False with ERROR_REHEARSAL.
 */
bool rehearsal_check_issuer(struct rehearsal *rehearsal, struct bytes certificate, struct error *err);

/* What was found, as a list of words: [] for the real thing, else "virtual-chip", "test-key", "test-root". */
json_t *rehearsal_value(const struct rehearsal *rehearsal);

/* The same for people: "virtual chip, TEST key"; empty for the real thing. */
#define REHEARSAL_TEXT_SIZE 64
void rehearsal_text(const struct rehearsal *rehearsal, char text[static REHEARSAL_TEXT_SIZE]);

#endif
