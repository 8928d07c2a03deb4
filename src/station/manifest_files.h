/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Manifests that come to a station: verified element by element, and kept in STATE/manifests/parts.db, the list of
 * parts that may come in (manifest/parts.h).
 */
#ifndef IMPRINT_STATION_MANIFEST_FILES_H
#define IMPRINT_STATION_MANIFEST_FILES_H

#include "manifest/element.h"
#include "manifest/parts.h"
#include "manifest/seen.h"
#include "station/station.h"

#define MANIFEST_PROGRESS 10000 /* elements from one call of `progress` to the next */

/* A fault of one element. */
struct manifest_finding {
    uint64_t index; /* of the element in its file, from 0 */
    bool has_serial;
    uint8_t serial[MANIFEST_SERIAL_BYTES]; /* as the element says */
    enum manifest_fault fault;
    const char *cause;
};

/* Zero-initialised but for the settings. manifest_files_release() at the end. */
struct manifest_pass {
    void *context;
    void (*finding)(void *context, const struct manifest_finding *finding);
    void (*progress)(void *context, uint64_t elements); /* of this file; NULL: nobody wants to know */
    struct manifest_trust trust;
    struct seen seen; /* of all files that were read */
    /* Results, of the newest file. */
    uint64_t elements, bad, added, known;
};

/* Trusts those whose certificates are in the file. False with a reason, which names the file. */
bool manifest_files_trust_signers(struct manifest_pass *pass, const char *path, struct error *err);
/* Roots of device certificates: Microchip's is always one, the virtual maker's in a rehearsal; `path` may be NULL. */
bool manifest_files_trust_roots(struct manifest_pass *pass, const char *path, bool is_rehearsal, struct error *err);

/*
 * Verifies every element of the file ("-": stdin). False with a reason: it cannot be read to its end, or a signal
 * stopped it. What is wrong with elements is a finding, and counted in `bad`.
 */
bool manifest_files_verify(struct manifest_pass *pass, const char *path, struct error *err);

/*
 * The same, and keeps the parts: all of them, or with a finding none. False with a reason, and nothing was kept;
 * ERROR_MANIFEST_REFUTED where an element has a fault.
 */
bool manifest_files_import(struct manifest_pass *pass, const struct station_config *config, const char *path,
                           struct error *err);

void manifest_files_release(struct manifest_pass *pass);

/*
 * Opens the list of parts. With DATABASE_MAKE, makes folder and list where they are not there. False with a reason,
 * and closed; with errno ENOENT where there is none.
 */
bool manifest_files_open(const struct station_config *config, enum database_mode mode, struct parts *parts,
                         struct error *err);

#endif
