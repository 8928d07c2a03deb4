/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The factory application: brings the board to the state that its compiled-in profile asks for and proves it, by the
 * same engine as the station. It waits for commands on its console, from a person or from `imprint board provision`;
 * docs/reference/board-protocol.md lists them. Between commands nothing runs; what an
 * interrupted run leaves is finished by the next one.
 */
#ifndef IMPRINT_FIRMWARE_FACTORY_H
#define IMPRINT_FIRMWARE_FACTORY_H

#include "firmware/console.h"
#include "firmware/factory/certificates.h"
#include "firmware/factory/data.h"
#include "firmware/factory/known.h"
#include "firmware/platform.h"
#include "profile/compiled.h"
#include "provision/provision.h"

/* Made by `imprint compile PROFILE --c`: the profile, the kinds of steps it needs, the driver for its keys. */
extern const struct profile_compiled factory_profile;
extern const struct provision_step_kind *const factory_profile_steps[];
extern const struct driver_shell *const factory_profile_driver;
extern struct factory_certificates *const factory_profile_certificates; /* NULL: the profile has none */
extern struct factory_data *const factory_profile_data;                 /* likewise */

struct factory {
    const struct profile_compiled *compiled;
    const struct provision_step_kind *const *steps;
    const struct driver_shell *driver;
    struct factory_certificates *certificates;
    struct factory_data *data;
    struct console console;
    struct platform platform;
    struct provision provision;
    struct provision_plan plan;
    struct provision_evidence evidence;
    struct known known; /* what the station has on record: until it says `known`, or a reset */
    bool finished;      /* `evidence` is complete */
    bool waits;         /* the last run stopped for a certificate, and `finish` goes on with it ... */
    struct {            /* ... after it has done this much */
        bool created[PROFILE_KEYS_MAX];
        size_t changes;
        uint64_t chip_us;
    } before;
    bool armed;        /* by the console, for `armed_serial` and the next run */
    uint64_t armed_us; /* when, on the board's clock */
    bool run_is_armed; /* that run has begun: `armed` is false again, whatever comes of the run */
    bool came_late;    /* it would be armed, had it come in time */
    uint8_t armed_serial[CHIP_SERIAL_BYTES];
    uint8_t nonce[PROVISION_CHALLENGE_BYTES]; /* the station's, for one run */
    bool ended;                               /* by the console */
};

/* Serves commands until one of them says to end. `factory` is the caller's memory, of any content; the other arguments
 * are those of the profile's table. */
void factory_serve(struct factory *factory, const struct profile_compiled *compiled,
                   const struct provision_step_kind *const *steps, const struct driver_shell *driver,
                   struct factory_certificates *certificates, struct factory_data *data);

/*
 * Report of a finished device (report.c): its keys, their proofs, configuration and certificate requests. `again`: a
 * key that counts its uses does not sign its request once more.
 */
bool factory_report(struct factory *factory, bool again, struct error *err);

/* What a key has shown so far (report.c): its public key and its proof. */
void factory_report_key(const struct factory *factory, size_t index);

/*
 * Has the key sign a certificate request with this subject and these attributes (cert/request.h; BYTES_NONE: none), and
 * sends it (report.c). The platform is started.
 */
bool factory_send_request(struct factory *factory, const struct profile_key *key, const char *subject,
                          struct bytes attributes, struct error *err);

/* Sends data in frames of pieces, each with its place (report.c). `id` 0: of the board as a whole. */
void factory_send_data(const char *verb, uint32_t id, struct bytes data);

/* What a step is about: words of a frame and of a sentence (report.c). */
void factory_say_step(const struct factory *factory, const struct provision_step *step);
void factory_send_step(const struct factory *factory, const char *verb, const struct provision_step *step);

#endif
