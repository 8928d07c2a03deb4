/* SPDX-License-Identifier: Apache-2.0 */
#include "station/manifest_files.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "manifest/reader.h"
#include "station/device_chain.h"
#include "station/folder.h"
#include "station/input.h"
#include "station/stop.h"

#define CERTIFICATES_MAX ((size_t)256 * 1024)

bool manifest_files_open(const struct station_config *config, enum database_mode mode, struct parts *parts,
                         struct error *err)
{
    char folder[PATH_MAX], path[PATH_MAX];

    memset(parts, 0, sizeof *parts);
    if (!folder_in_state(config, "manifests", folder, err) ||
        !folder_in_state(config, "manifests/parts.db", path, err) ||
        (mode == DATABASE_MAKE && !folder_make(folder, err)) || !parts_open(parts, path, mode, err)) {
        error_doing(err, "open the list of parts");
        return false;
    }
    return true;
}

/* --- whom to trust --- */

typedef bool add_file(struct manifest_trust *trust, struct bytes file, struct error *err);

static bool trust_file(struct manifest_pass *pass, const char *path, add_file *add, struct error *err)
{
    struct input input = {.data = NULL};
    bool ok =
        input_read(&input, path, CERTIFICATES_MAX, err) && add(&pass->trust, bytes_of(input.data, input.len), err);

    input_release(&input);
    if (!ok) {
        error_doing(err, "read the certificates");
        error_with_subject(err, path);
    }
    return ok;
}

bool manifest_files_trust_signers(struct manifest_pass *pass, const char *path, struct error *err)
{
    return trust_file(pass, path, manifest_trust_add_signers, err);
}

bool manifest_files_trust_roots(struct manifest_pass *pass, const char *path, bool is_rehearsal, struct error *err)
{
    return manifest_trust_add_maker(&pass->trust, device_chain_roots_certificate(false), err) &&
           (!is_rehearsal || manifest_trust_add_maker(&pass->trust, device_chain_roots_certificate(true), err)) &&
           (path == NULL || trust_file(pass, path, manifest_trust_add_roots, err));
}

/* --- one file --- */

/* Where the parts go; NULL `parts`: they are only verified. */
struct destination {
    struct parts *parts;
    int64_t manifest;
};

static enum manifest_fault note_seen(struct manifest_pass *pass, const struct manifest_part *part, struct error *err)
{
    const enum seen_result result = seen_add(&pass->seen, part->serial);

    if (result == SEEN_NEW)
        return MANIFEST_GOOD;
    error_set(err, ERROR_MANIFEST_REFUTED,
              result == SEEN_BEFORE ? "the part was listed before" : "out of memory for the parts listed before", NULL);
    return MANIFEST_FAULT_DUPLICATE;
}

/* False with a reason, where the list cannot be written; a part that does not fit into it is a fault. */
static bool keep(struct manifest_pass *pass, const struct destination *to, const struct manifest_part *part,
                 enum manifest_fault *fault, struct error *finding, struct error *err)
{
    char room[ERROR_ROOM];
    struct error failure = ERROR_IN(room);
    const enum parts_result result = parts_add(to->parts, to->manifest, part, &failure);

    pass->added += result == PARTS_ADDED;
    pass->known += result == PARTS_KNOWN;
    if (result == PARTS_CONFLICT)
        *fault = MANIFEST_FAULT_DUPLICATE;
    error_pass(result == PARTS_CONFLICT ? finding : err, &failure);
    return result != PARTS_FAILED;
}

static void report(struct manifest_pass *pass, const struct manifest_part *part, bool has_serial,
                   enum manifest_fault fault, const struct error *why)
{
    struct manifest_finding finding = {
        .index = pass->elements - 1, .has_serial = has_serial, .fault = fault, .cause = why->cause};

    memcpy(finding.serial, part->serial, sizeof finding.serial);
    pass->bad++;
    if (pass->finding != NULL)
        pass->finding(pass->context, &finding);
}

/* An element; `is_whole` false: it is longer than can be read. False with a reason that ends the reading. */
static bool take_element(struct manifest_pass *pass, const struct destination *to, struct bytes text, bool is_whole,
                         struct error *err)
{
    const struct manifest_signer *signer;
    enum manifest_fault fault = MANIFEST_FAULT_JSON;
    char room[ERROR_ROOM];
    struct error why = ERROR_IN(room);
    struct manifest_part part = {.key_count = 0};
    bool has_serial = false, ok = true;

    if (is_whole)
        fault = manifest_element_verify(text, &pass->trust, &part, &has_serial, &signer, &why);
    else
        error_set(&why, ERROR_MANIFEST_REFUTED, "it is longer than 64 KiB", NULL);
    if (fault == MANIFEST_GOOD)
        fault = note_seen(pass, &part, &why);
    if (fault == MANIFEST_GOOD && to->parts != NULL)
        ok = keep(pass, to, &part, &fault, &why, err);
    if (ok && fault != MANIFEST_GOOD)
        report(pass, &part, has_serial, fault, &why);
    return ok;
}

static bool read_elements(struct manifest_pass *pass, const struct destination *to, struct manifest_reader *reader,
                          struct error *err)
{
    enum manifest_reading reading;
    struct bytes text;

    for (;;) {
        reading = manifest_read(reader, &text, err);
        pass->elements = reader->count;
        if (reading == MANIFEST_END || reading == MANIFEST_BROKEN)
            return reading == MANIFEST_END;
        if (!take_element(pass, to, text, reading == MANIFEST_READ, err))
            return false;
        if (pass->progress != NULL && pass->elements % MANIFEST_PROGRESS == 0)
            pass->progress(pass->context, pass->elements);
        if (stop_is_wanted()) {
            error_set(err, ERROR_INTERRUPTED, "stopped before the manifest's end", NULL);
            return false;
        }
    }
}

static bool read_file(struct manifest_pass *pass, const struct destination *to, const char *path, struct error *err)
{
    struct manifest_reader reader = {.file = NULL};
    const int fd = input_open(path, err);
    const int own = fd < 0 ? -1 : dup(fd); /* stdin is not ours to close */
    bool ok = false;

    pass->elements = pass->bad = pass->added = pass->known = 0;
    if (own >= 0)
        reader.file = fdopen(own, "r");
    if (reader.file != NULL) {
        ok = read_elements(pass, to, &reader, err);
        manifest_reader_release(&reader);
        (void)fclose(reader.file); /* it was only read */
    } else if (fd >= 0) {
        error_set(err, ERROR_INPUT_FILE, "the manifest cannot be read", NULL);
        error_with_errno(err, errno);
        if (own >= 0)
            (void)close(own);
    }
    if (fd >= 0)
        input_close(fd);
    if (!ok)
        error_with_subject(err, path);
    return ok;
}

bool manifest_files_verify(struct manifest_pass *pass, const char *path, struct error *err)
{
    const struct destination nowhere = {.parts = NULL};
    bool ok = read_file(pass, &nowhere, path, err);

    if (!ok)
        error_doing(err, "verify the manifest");
    return ok;
}

/* --- the list --- */

/* The file's name without its folder, as text that a table can hold. */
static void name_of(const char *path, char name[static PARTS_NAME_SIZE])
{
    const char *slash = strrchr(path, '/');
    size_t i = 0;

    for (path = slash == NULL ? path : slash + 1; i < PARTS_NAME_SIZE - 1 && path[i] != '\0'; i++)
        name[i] = path[i];
    name[i] = '\0';
    for (i = 0; name[i] != '\0'; i++)
        if (name[i] < ' ' || name[i] > '~')
            name[i] = '?';
}

static void time_now(char text[static 32])
{
    const time_t now = time(NULL);
    struct tm date;

    if (gmtime_r(&now, &date) == NULL || strftime(text, 32, "%Y-%m-%dT%H:%M:%SZ", &date) == 0)
        text[0] = '\0';
}

static bool import_into(struct manifest_pass *pass, struct parts *parts, const char *path, struct error *err)
{
    struct destination to = {.parts = parts};
    char name[PARTS_NAME_SIZE], time[32];

    name_of(path, name);
    time_now(time);
    if (!parts_begin(parts, name, time, &to.manifest, err) || !read_file(pass, &to, path, err))
        return false;
    if (pass->bad == 0)
        return parts_commit(parts, err);
    error_set(err, ERROR_MANIFEST_REFUTED, "elements of the manifest are not valid, so nothing was imported", NULL);
    error_with_subject(err, path);
    return false;
}

bool manifest_files_import(struct manifest_pass *pass, const struct station_config *config, const char *path,
                           struct error *err)
{
    struct parts parts;
    bool ok = manifest_files_open(config, DATABASE_MAKE, &parts, err) && import_into(pass, &parts, path, err);

    parts_close(&parts); /* what was not committed is rolled back */
    if (!ok)
        error_doing(err, "import the manifest");
    return ok;
}

void manifest_files_release(struct manifest_pass *pass)
{
    manifest_trust_release(&pass->trust);
    seen_release(&pass->seen);
}
