/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Writes a manifest, a part at a time: each is signed by an issuer's key. The file is there whole, durably and mode
 * 0600, or not at all.
 */
#ifndef IMPRINT_MANIFEST_WRITER_H
#define IMPRINT_MANIFEST_WRITER_H

#include <limits.h>
#include <stdio.h>

#include <jansson.h>

#include "issuer/issuer.h"
#include "manifest/part.h"
#include "manifest/trust.h"

/* Zero-initialised: closed. */
struct manifest_writer {
    uint64_t count; /* of parts that were added */
    /* Private. */
    struct issuer *issuer;
    struct manifest_signer signer;
    json_t *owner;   /* who provisioned and delivers the parts: EntityName of the signer's certificate */
    char *protected; /* base64url of the protected header, the same for all elements */
    char path[PATH_MAX], temp[PATH_MAX];
    FILE *file;
};

/*
 * Begins the file `path`, which must not be there. `issuer` signs, and must outlive the writer; it was opened for
 * manifests. False with a reason, ERROR_USAGE where there is a file; manifest_writer_end() is needed in either case.
 */
bool manifest_writer_begin(struct manifest_writer *writer, const char *path, struct issuer *issuer, struct error *err);

/*
 * Adds a part with its keys and their certificates. False with a reason; ERROR_ISSUER_INVALID where the part was
 * provisioned outside of the signer's validity, since no reader would accept it.
 */
bool manifest_writer_add(struct manifest_writer *writer, const struct manifest_part *part, struct error *err);

/* Ends the file; with `ok` false nothing of it stays. False with a reason, and no file. */
bool manifest_writer_end(struct manifest_writer *writer, bool ok, struct error *err);

#endif
