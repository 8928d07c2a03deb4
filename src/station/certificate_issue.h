/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Gets device certificates from issuers, for the engine (struct provision_certificates). Each is kept in the folder of
 * the device (station/certificate_files.h): what the issuer is asked, written before it is asked, and the certificate,
 * written before the engine gets it. So a run after a power cut asks for the same again, or has the certificate
 * already. A certificate that is there is never issued again: one that is not what the profile asks for is refused with
 * what differs.
 *
 * Every certificate is checked, when it is issued and each time it is read: station/certificate_check.h.
 *
 * An issuer of this station (a key file, a token) signs what the station builds. Somebody else's (EST) gets a request
 * that the device's key signs after its proof; it may answer that it has not decided yet. A run then waits for at most
 * CERTIFICATE_WAIT_MAX_S; a later one sends the same request.
 */
#ifndef IMPRINT_STATION_CERTIFICATE_ISSUE_H
#define IMPRINT_STATION_CERTIFICATE_ISSUE_H

#include <jansson.h>

#include "issuer/issuer.h"
#include "provision/provision.h"
#include "station/certificate_check.h"
#include "station/device.h"
#include "station/certificate_request.h"
#include "station/rehearsal.h"
#include "station/station.h"
#include "station/station_ledger.h"

#define CERTIFICATE_WAIT_MAX_S 60 /* of a run, for one certificate; an operator sees that something is going on */

/* Zero-initialised but for the first members, which are the caller's and must outlive it. */
struct certificate_issue {
    const struct station_config *config;
    struct station_ledger *ledger;
    const struct profile *profile;
    struct issuer_prompt prompt;
    const json_t *record;        /* of the device, which tells who issued what is there; NULL: none */
    struct rehearsal *rehearsal; /* notes an issuer for rehearsals, or refuses it */
    struct device *device;       /* what it holds of a certificate whose file is not here; NULL: it is not asked */
    struct certificate_signer
        signer; /* makes requests; `sign` NULL: nobody can, and issuers that need one are refused */
    /*
     * Waits, because the issuer of this name has asked to be asked again in so many seconds. False with the reason.
     * NULL: no run waits. `wait_context` is its first argument.
     */
    bool (*wait)(void *context, const char *issuer, unsigned seconds, struct error *err);
    void *wait_context;
    struct certificate_issued certificates[PROFILE_CERTIFICATES_MAX];
    /* Of the last failure: the issuer that was asked, and when it is to be asked again; NULL and 0: there was none. */
    const char *failed_issuer;
    unsigned retry_after_s;
    /* Private. */
    struct issuer *issuers[PROFILE_CERTIFICATES_MAX];          /* open, each at the first certificate that it issues */
    enum provision_request requests[PROFILE_CERTIFICATES_MAX]; /* as the plan was told */
};

/* The functions for the engine. */
struct provision_certificates certificate_issue_functions(struct certificate_issue *issue);

/*
 * Opens the issuers that the plan's steps need, and checks whether they can issue now: before anything is written to
 * the device. False with the reason. certificate_issue_close() is needed in either case.
 */
bool certificate_issue_open(struct certificate_issue *issue, const struct provision_plan *plan, struct error *err);

/*
 * The same for the profile's certificate `index`, without a plan: whether its issuer could issue it `days` from now.
 * certificate_issue_close() is needed in either case.
 */
bool certificate_issue_try(struct certificate_issue *issue, size_t index, unsigned days, struct error *err);

/*
 * Writes the files of the certificates that were put together again from the device, so that they are here from now on.
 * False with ERROR_RECORD_FAILED, or why the issuer's certificates cannot be read.
 */
bool certificate_issue_keep(struct certificate_issue *issue, struct error *err);

/* Closes what is open of issuers. The certificates stay. */
void certificate_issue_close(struct certificate_issue *issue);

/*
 * The public key of the certificate `index` that is kept for the chip with this serial number, as its file says. False
 * where none can be read. For a board, whose keys are not known before it has run.
 */
bool certificate_issue_kept_key(const struct certificate_issue *issue, size_t index,
                                const uint8_t serial[static CHIP_SERIAL_BYTES], uint8_t point[static P256_POINT_BYTES]);

/* Whether the profile's certificate `index` is there. */
bool certificate_issue_has(const struct certificate_issue *issue, size_t index);

#endif
