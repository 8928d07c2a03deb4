/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The list of parts that may come in, and of the maker's keys in them, as manifests say: a database of its own
 * (docs/decisions/0042-manifests.md), since it is no evidence of what this station did: it can be deleted and imported
 * again at any time. Who verified what goes in is manifest/element.h.
 */
#ifndef IMPRINT_MANIFEST_PARTS_H
#define IMPRINT_MANIFEST_PARTS_H

#include "database/database.h"
#include "database/statement.h"
#include "manifest/part.h"

#define PARTS_NAME_SIZE 256 /* of a manifest, with a NUL: the name of its file */

enum parts_statement {
    PARTS_ADD_MANIFEST,
    PARTS_GET_PART,
    PARTS_ADD_PART,
    PARTS_GET_OWNER,
    PARTS_ADD_KEY,
    PARTS_GET_KEYS,
    PARTS_STATEMENT_COUNT
};

/* Zero-initialised: closed. Must not move while open. */
struct parts {
    struct database database;
    /* Private. */
    struct statement statements[PARTS_STATEMENT_COUNT];
};

/* What became of a part that was to be added. */
enum parts_result {
    PARTS_FAILED,   /* with a reason */
    PARTS_ADDED,    /* it was not there */
    PARTS_KNOWN,    /* it is there, with the same keys */
    PARTS_CONFLICT, /* ERROR_MANIFEST_REFUTED: it is there with other keys, or another part has one of its keys */
};

/*
 * Opens the list in the file `path`. With DATABASE_READ nothing is made: ERROR_STORAGE_FAILED with errno ENOENT where
 * there is none. False with a reason, and closed.
 */
bool parts_open(struct parts *parts, const char *path, enum database_mode mode, struct error *err);
void parts_close(struct parts *parts);

/*
 * Begins to import the manifest `name`: all of it, with parts_commit(), or nothing. `time` is now.
 * `*manifest` is its number. False with a reason.
 */
bool parts_begin(struct parts *parts, const char *name, const char *time, int64_t *manifest, struct error *err);
enum parts_result parts_add(struct parts *parts, int64_t manifest, const struct manifest_part *part, struct error *err);
bool parts_commit(struct parts *parts, struct error *err);

/*
 * The part with this serial number: `*found` false where no manifest lists it. `manifest` gets the name of the one that
 * does, `part` all but the certificates. False with a reason.
 */
bool parts_find(struct parts *parts, const uint8_t serial[static MANIFEST_SERIAL_BYTES], bool *found,
                struct manifest_part *part, char manifest[static PARTS_NAME_SIZE], struct error *err);

/* A manifest that was imported. Texts are valid during the call. */
struct parts_manifest {
    const char *name, *time; /* of its file; when it was imported */
    uint64_t parts;
};

/* Calls for each manifest in the order in which they were imported. False with a reason. */
bool parts_list_manifests(struct parts *parts, void (*each)(void *context, const struct parts_manifest *manifest),
                          void *context, struct error *err);

/* A part. Texts are valid during the call. */
struct parts_row {
    const uint8_t *serial; /* MANIFEST_SERIAL_BYTES */
    const char *model, *part_number, *manifest;
    uint64_t keys;
};

/* Calls for each part, by serial number. False with a reason. */
bool parts_list(struct parts *parts, void (*each)(void *context, const struct parts_row *part), void *context,
                struct error *err);

/* How many parts there are. False with a reason. */
bool parts_count(struct parts *parts, uint64_t *count, struct error *err);

#endif
