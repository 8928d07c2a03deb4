/* SPDX-License-Identifier: Apache-2.0 */
#include "station/manifest_export.h"

#include <stdlib.h>
#include <string.h>

#include "base/error_format.h"
#include "base/hex.h"
#include "ledger/made.h"
#include "manifest/certificate.h"
#include "manifest/element.h"
#include "station/issuers_file.h"
#include "station/manifest_files.h"
#include "station/stop.h"

#define PARTS_PREFIX "ATECC608" /* of the names of the maker's configured parts: ATECC608-TNGTLS */
#define MAKERS_SLOT 0           /* the key that the maker certifies */

/* The bytes of certificates while a part is written. */
struct room {
    uint8_t bytes[MANIFEST_KEYS_MAX * 4096];
    struct bytes_out out;
};

static const char *text_of(const json_t *object, const char *member)
{
    const char *text = json_string_value(json_object_get(object, member));

    return text == NULL ? "" : text;
}

bool manifest_export_is_date(const char *text)
{
    char whole[32];
    int64_t seconds;

    if (strlen(text) == strlen("2026-11-29"))
        return snprintf(whole, sizeof whole, "%sT00:00:00Z", text) > 0 && manifest_read_time(whole, &seconds);
    return strlen(text) == strlen("2026-11-29T12:00:00Z") && manifest_read_time(text, &seconds);
}

/* --- keys and certificates --- */

/* A certificate from hex digits into the room; no bytes where it is none. */
static struct bytes take_certificate(struct room *room, const char *hex)
{
    const size_t start = room->out.len;

    if (hex[0] == '\0' || !hex_decode(hex, strlen(hex), &room->out, NULL))
        return BYTES_NONE;
    return bytes_of(room->bytes + start, room->out.len - start);
}

static void add_certificate(struct manifest_key *key, struct bytes der)
{
    if (der.len > 0 && key->chain_count < MANIFEST_CHAIN_MAX)
        key->chain[key->chain_count++] = der;
}

static struct manifest_key *key_of_slot(struct manifest_part *part, uint8_t slot)
{
    for (size_t i = 0; i < part->key_count; i++)
        if (part->keys[i].slot == slot)
            return &part->keys[i];
    if (part->key_count == MANIFEST_KEYS_MAX)
        return NULL;
    part->keys[part->key_count].slot = slot;
    return &part->keys[part->key_count++];
}

/* Who issued a certificate, with the certificates above; NULL where the station does not know it (any more). */
static struct issuer *issuer_of(struct manifest_export *export, const char *name)
{
    struct manifest_export_issuer *known;
    char room[ERROR_ROOM];
    struct error ignored = ERROR_IN(room);

    for (size_t i = 0; i < export->issuer_count; i++)
        if (strcmp(export->issuers[i].name, name) == 0)
            return export->issuers[i].issuer;
    if (export->issuer_count == MANIFEST_EXPORT_ISSUERS || strlen(name) >= sizeof known->name)
        return NULL;
    known = &export->issuers[export->issuer_count++];
    memcpy(known->name, name, strlen(name) + 1);
    (void)issuers_file_open_certificates(export->config, name, &known->issuer, &ignored);
    return known->issuer;
}

/* The issuer's certificates behind the device's, up to the root, which is left out: a reader must have it anyway. */
static void add_issuers(struct manifest_export *export, struct manifest_key *key, const char *name)
{
    const struct issuer *issuer = issuer_of(export, name);

    if (issuer == NULL || !certificate_is_issued_by(key->chain[0], issuer_certificate(issuer))) {
        export->is_chain_missing = true;
        return;
    }
    for (size_t i = 0; issuer_chain(issuer, i).len > 0; i++)
        if (!certificate_is_root(issuer_chain(issuer, i)))
            add_certificate(key, issuer_chain(issuer, i));
}

/* The first certificate that the station had issued for the key. */
static void add_issued(struct manifest_export *export, const json_t *evidence, const json_t *key_id,
                       struct manifest_key *key, struct room *room)
{
    const json_t *value;
    size_t i;

    json_array_foreach(json_object_get(evidence, "certificates"), i, value)
    {
        if (key->chain_count > 0 || !json_equal(json_object_get(value, "key_id"), key_id))
            continue;
        add_certificate(key, take_certificate(room, text_of(value, "certificate")));
        if (key->chain_count > 0)
            add_issuers(export, key, text_of(value, "issuer"));
    }
}

static void add_key(struct manifest_export *export, const json_t *evidence, const json_t *value,
                    struct manifest_part *part, struct room *room)
{
    const json_int_t slot = json_integer_value(json_object_get(value, "slot"));
    const char *hex = text_of(value, "public_key");
    uint8_t point[P256_POINT_BYTES];
    struct bytes_out out = {.data = point, .cap = sizeof point};
    struct manifest_key *key;

    if (!hex_decode(hex, strlen(hex), &out, NULL) || out.len != sizeof point || slot < 0 || slot >= MANIFEST_KEYS_MAX)
        return; /* no P-256 key */
    key = key_of_slot(part, (uint8_t)slot);
    if (key == NULL)
        return;
    memcpy(key->point, point, sizeof point);
    add_issued(export, evidence, json_object_get(value, "key_id"), key, room);
}

/* The key that the maker certified, where the run verified who made the part. */
static void add_makers(const json_t *evidence, struct manifest_part *part, struct room *room)
{
    const json_t *maker = json_object_get(evidence, "maker");
    const struct bytes device = take_certificate(room, text_of(maker, "device_certificate"));
    struct manifest_key *key;
    uint8_t point[P256_POINT_BYTES];

    if (strcmp(text_of(maker, "result"), "genuine") != 0 && strcmp(text_of(maker, "result"), "virtual") != 0)
        return;
    if (!certificate_read_key(device, point))
        return;
    key = key_of_slot(part, MAKERS_SLOT);
    if (key == NULL || key->chain_count > 0)
        return;
    memcpy(key->point, point, sizeof point);
    add_certificate(key, device);
    add_certificate(key, take_certificate(room, text_of(maker, "signer_certificate")));
}

static int by_slot(const void *one, const void *other)
{
    const struct manifest_key *a = one, *b = other;

    return (int)a->slot - (int)b->slot;
}

/* --- a device --- */

/* "ATECC608B-TNGTLS": the part that was found, with the maker's word for its configuration where that is known. */
static void name_part(const json_t *evidence, struct manifest_part *part)
{
    const char *makers = text_of(json_object_get(evidence, "maker"), "part");

    snprintf(part->model, sizeof part->model, "%.40s", text_of(evidence, "part"));
    snprintf(part->part_number, sizeof part->part_number, "%s%.16s", part->model,
             strncmp(makers, PARTS_PREFIX, strlen(PARTS_PREFIX)) == 0 ? makers + strlen(PARTS_PREFIX) : "");
}

static bool is_wanted(struct manifest_export *export, const json_t *entry)
{
    const json_t *evidence = json_object_get(entry, "evidence");

    if (export->order != NULL && strcmp(text_of(entry, "order"), export->order) != 0)
        return false;
    if (export->since != NULL && strncmp(text_of(entry, "time"), export->since, strcspn(export->since, "Z")) < 0)
        return false;
    if (!json_is_true(json_object_get(evidence, "serial_checked"))) {
        export->unchecked++;
        return false;
    }
    if (json_array_size(json_object_get(evidence, "rehearsal")) > 0 && !export->is_rehearsal) {
        export->rehearsals++;
        return false;
    }
    return true;
}

static bool read_part(struct manifest_export *export, const json_t *entry, struct manifest_part *part,
                      struct room *room, struct error *err)
{
    const json_t *evidence = json_object_get(entry, "evidence"), *value;
    const char *device = text_of(entry, "device");
    struct bytes_out serial = {.data = part->serial, .cap = sizeof part->serial};
    size_t i;

    if (!hex_decode(device, strlen(device), &serial, NULL) || serial.len != sizeof part->serial) {
        error_set(err, ERROR_DATABASE_DAMAGED, "an entry has no serial number", "see which: imprint ledger verify");
        error_with_subject(err, device);
        return false;
    }
    snprintf(part->time, sizeof part->time, "%s", text_of(entry, "time"));
    name_part(evidence, part);
    json_array_foreach(json_object_get(evidence, "keys"), i, value) add_key(export, evidence, value, part, room);
    add_makers(evidence, part, room);
    qsort(part->keys, part->key_count, sizeof part->keys[0], by_slot);
    return true;
}

static bool add_device(void *context, const json_t *entry, struct error *err)
{
    struct manifest_export *export = context;
    struct manifest_part part = {.key_count = 0};
    struct room *room;
    bool ok;

    if (stop_is_wanted()) {
        error_set(err, ERROR_INTERRUPTED, "stopped before the manifest's end: there is no file", NULL);
        return false;
    }
    if (!is_wanted(export, entry))
        return true;
    room = malloc(sizeof *room);
    if (room == NULL) {
        error_set(err, ERROR_UNEXPECTED, "out of memory", NULL);
        return false;
    }
    room->out = (struct bytes_out){.data = room->bytes, .cap = sizeof room->bytes};
    ok = read_part(export, entry, &part, room, err) &&
         (part.key_count == 0 || manifest_writer_add(&export->writer, &part, err));
    free(room);
    export->parts = export->writer.count;
    if (ok && export->progress != NULL && export->parts > 0 && export->parts % MANIFEST_PROGRESS == 0)
        export->progress(export->context, export->parts);
    return ok;
}

/* Whom the user names must be in it, or nothing is written. */
static bool add_named(struct manifest_export *export, struct ledger *ledger, const char *device, struct error *err)
{
    const uint64_t before = export->parts;
    bool found;

    if (!ledger_made_of(ledger, device, &found, add_device, export, err))
        return false;
    if (export->parts > before)
        return true;
    error_set(err, ERROR_USAGE,
              !found ? "the ledger has no such device that is finished"
                     : "the device is not of those that can be in this manifest: see --order, --since and --rehearsal",
              "see which devices the ledger has: imprint ledger list");
    error_with_subject(err, device);
    return false;
}

static bool add_devices(struct manifest_export *export, struct ledger *ledger, struct error *err)
{
    if (export->device_count == 0)
        return ledger_each_made(ledger, add_device, export, err);
    for (size_t i = 0; i < export->device_count; i++)
        if (!add_named(export, ledger, export->devices[i], err))
            return false;
    return true;
}

bool manifest_export_write(struct manifest_export *export, struct ledger *ledger, struct issuer *signer,
                           const char *path, struct error *err)
{
    bool ok = manifest_writer_begin(&export->writer, path, signer, err) && add_devices(export, ledger, err);

    ok = manifest_writer_end(&export->writer, ok, err);
    for (size_t i = 0; i < export->issuer_count; i++)
        issuer_close(export->issuers[i].issuer);
    if (!ok)
        error_doing(err, "export the manifest");
    return ok;
}
