/* SPDX-License-Identifier: Apache-2.0 */
/* The devices of a ledger as a manifest in Microchip's format: what of an entry becomes what of a part. */
#ifndef IMPRINT_STATION_MANIFEST_EXPORT_H
#define IMPRINT_STATION_MANIFEST_EXPORT_H

#include "issuer/issuers.h"
#include "ledger/ledger.h"
#include "manifest/writer.h"
#include "station/station.h"

#define MANIFEST_EXPORT_ISSUERS 8 /* of device certificates, whose own certificates are remembered */

/* An issuer of device certificates. */
struct manifest_export_issuer {
    char name[64];
    struct issuer *issuer; /* NULL: the station does not know it */
};

/* Zero-initialised but for the settings. */
struct manifest_export {
    const struct station_config *config;
    const char *order;          /* only devices of this order; NULL: of any */
    const char *since;          /* "2026-11-29" or "2026-11-29T12:00:00Z": only those made then or later; NULL: all */
    const char *const *devices; /* serial numbers; NULL: all */
    size_t device_count;
    bool is_rehearsal; /* devices of rehearsals too */
    void *context;
    void (*progress)(void *context, uint64_t parts); /* after every MANIFEST_PROGRESS; NULL: nobody wants to know */
    /* Results: parts in the manifest, and devices that are not. */
    uint64_t parts, rehearsals, unchecked;
    bool is_chain_missing; /* of some certificate the issuer's own is not in the manifest: it is not known here */
    /* Private. */
    struct manifest_writer writer;
    struct manifest_export_issuer issuers[MANIFEST_EXPORT_ISSUERS];
    size_t issuer_count;
};

/* Whether `text` is a date that `since` can be. */
bool manifest_export_is_date(const char *text);

/* Writes the manifest to `path`, which must not be there, signed by `signer`. False with a reason, and no file. */
bool manifest_export_write(struct manifest_export *export, struct ledger *ledger, struct issuer *signer,
                           const char *path, struct error *err);

#endif
