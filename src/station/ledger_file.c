/* SPDX-License-Identifier: Apache-2.0 */
#include "station/ledger_file.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "chip/chip.h"
#include "issuer/settings_file.h"
#include "station/folder.h"
#include "transport/kinds.h"

#define VIRTUAL "virtual:"
#define TIMEOUT_S 5
#define TIMEOUT_S_MAX 60
#define EVERY_S 60
#define EVERY_S_MAX (24 * 3600)
#define STAMP_EVERY_S (24 * 3600)
#define STAMP_EVERY_S_MAX (366 * 24 * 3600)

struct witness_values {
    char url[LEDGER_FILE_URL_SIZE], key[NOTE_VKEY_SIZE];
    uint32_t line;
};

struct key_values {
    char device[PATH_MAX];
    uint32_t slot;
};

struct stamp_values {
    char url[LEDGER_FILE_URL_SIZE], ca[PATH_MAX];
    uint32_t every; /* seconds */
};

struct document {
    uint32_t version; /* cppcheck-suppress unusedStructMember ; the schema reads it */
    struct witness_values witnesses[LEDGER_FILE_WITNESSES_MAX];
    size_t witness_count;
    uint32_t timeout, every; /* seconds */
    struct stamp_values stamp;
    struct key_values key;
};

/* ---- what a file can have ---- */

#define VALUE(type, member) .at = offsetof(type, member), .size = sizeof(((type *)0)->member)

static const struct schema_field schema_witness[] = {
    {.key = "url",
     .kind = SCHEMA_TEXT,
     .required = true,
     VALUE(struct witness_values, url),
     .help = "where the witness is; http:// will do, for its answers are signed",
     .example = "url: http://witness.example:8446"},
    {.key = "key",
     .kind = SCHEMA_TEXT,
     .required = true,
     VALUE(struct witness_values, key),
     .help = "the witness's public key, as witness new printed it",
     .example = "key: witness.example/w1+a1b2c3d4+BASE64"},
    {.key = NULL},
};

static const struct schema_field schema_stamp[] = {
    {.key = "url",
     .kind = SCHEMA_TEXT,
     .required = true,
     VALUE(struct document, stamp.url),
     .help = "where the authority answers; http:// will do, for its answers are signed",
     .example = "url: http://tsa.example/tsr"},
    {.key = "ca",
     .kind = SCHEMA_FILE,
     .required = true,
     VALUE(struct document, stamp.ca),
     .help = "the PEM file with the certificates that vouch for the authority",
     .example = "ca: tsa.pem"},
    {.key = "every",
     .kind = SCHEMA_NUMBER,
     VALUE(struct document, stamp.every),
     .min = 1,
     .max = STAMP_EVERY_S_MAX,
     .otherwise = STAMP_EVERY_S,
     .help = "seconds after which a run asks for the next stamp",
     .example = "every: 86400"},
    {.key = NULL},
};

static const struct schema_field schema_key[] = {
    {.key = "device",
     .kind = SCHEMA_TEXT,
     .required = true,
     VALUE(struct document, key.device),
     .help = "how the station's own chip is reached, as --device says it",
     .example = "device: i2c:/dev/i2c-1@0x6a"},
    {.key = "slot",
     .kind = SCHEMA_NUMBER,
     .required = true,
     VALUE(struct document, key.slot),
     .min = 0,
     .max = CHIP_SLOTS - 1,
     .help = "the slot of the private key",
     .example = "slot: 2"},
    {.key = NULL},
};

static const struct schema_field schema_file[] = {
    SETTINGS_VERSION(struct document),
    {.key = "key",
     .kind = SCHEMA_MAPPING,
     .fields = schema_key,
     .help = "where the key is that signs this ledger's checkpoints, if it is in a chip",
     .example = "key: {device: 'i2c:/dev/i2c-1@0x6a', slot: 2}"},
    {.key = "witnesses",
     .kind = SCHEMA_ENTRIES,
     .at = offsetof(struct document, witnesses),
     .size = sizeof(struct witness_values),
     .min = 1,
     .max = LEDGER_FILE_WITNESSES_MAX,
     .fields = schema_witness,
     .count_at = offsetof(struct document, witness_count),
     .line_at = offsetof(struct witness_values, line),
     .help = "who cosigns this ledger's checkpoints",
     .example = "witnesses: [{url: 'http://witness.example:8446', key: witness.example/w1+a1b2c3d4+BASE64}]"},
    {.key = "time-stamp",
     .kind = SCHEMA_MAPPING,
     .fields = schema_stamp,
     .help = "the authority that stamps this ledger's checkpoints",
     .example = "time-stamp: {url: 'http://tsa.example/tsr', ca: tsa.pem}"},
    {.key = "timeout",
     .kind = SCHEMA_NUMBER,
     VALUE(struct document, timeout),
     .min = 1,
     .max = TIMEOUT_S_MAX,
     .otherwise = TIMEOUT_S,
     .help = "seconds for each request",
     .example = "timeout: 5"},
    {.key = "every",
     .kind = SCHEMA_NUMBER,
     VALUE(struct document, every),
     .min = 1,
     .max = EVERY_S_MAX,
     .otherwise = EVERY_S,
     .help = "seconds after which a run asks again",
     .example = "every: 60"},
    {.key = NULL},
};

/* ---- reading ---- */

static bool read_key(const char *text, struct cosigned_witness *witness)
{
    struct error ignored = {.reason = ERROR_NONE};

    return note_key_from_text(bytes_of(text, strlen(text)), witness->name, &witness->key, &ignored) &&
           witness->key.type == NOTE_COSIGNED;
}

static const char *virtual_file(const char *device)
{
    return strncmp(device, VIRTUAL, strlen(VIRTUAL)) == 0 ? device + strlen(VIRTUAL) : NULL;
}

static bool check_device(const struct document *document, const struct tree_node *root,
                         struct profile_complaint *complaint)
{
    const struct complain_path path = {.key = "key"};
    const char *device = document->key.device, *file = virtual_file(device);

    if (device[0] == '\0' || (file != NULL ? file[0] != '\0' : transport_kind_of(device) != NULL))
        return true;
    return settings_file_refuse(complaint, schema_key, tree_get(root, "key"), &path, "device",
                                "is no device: i2c:, swi:, kit:, unix:, tcp: or virtual:FILE");
}

/* A wrong key is told when the file is read, with its place. */
static bool check_file(const void *context, const void *values, const struct tree_node *root,
                       struct profile_complaint *complaint)
{
    const struct document *document = values;
    const struct complain_path list = {.key = "witnesses"};
    struct cosigned_witness witness;

    (void)context;
    if (!check_device(document, root, complaint))
        return false;
    for (size_t i = 0; i < document->witness_count; i++) {
        const struct complain_path path = {.outer = &list, .index = i};

        if (!read_key(document->witnesses[i].key, &witness))
            return settings_file_refuse(complaint, schema_witness, tree_item(tree_get(root, "witnesses"), i), &path,
                                        "key", "is not the public key of a witness");
    }
    return true;
}

static const struct settings_kind kind = {
    .help = "a ledger file",
    .doing = "read the ledger file",
    .next = "correct the ledger file at that place: docs/reference/ledger.md",
    .most = (size_t)64 * 1024,
    .fields = schema_file,
    .check = check_file,
};

static void take(const struct document *document, struct ledger_file *file)
{
    file->timeout_s = document->timeout;
    file->every_s = document->every;
    file->key.slot = document->key.slot;
    memcpy(file->key.device, document->key.device, sizeof file->key.device);
    file->witness_count = document->witness_count;
    memcpy(file->stamp_url, document->stamp.url, sizeof file->stamp_url);
    memcpy(file->stamp_ca, document->stamp.ca, sizeof file->stamp_ca);
    file->stamp_every_s = document->stamp.every;
    for (size_t i = 0; i < document->witness_count; i++) {
        struct ledger_file_witness *witness = &file->witnesses[i];

        memcpy(witness->url, document->witnesses[i].url, sizeof witness->url);
        (void)read_key(document->witnesses[i].key, &witness->witness);
    }
}

/* A relative name starts in the folder of the file. */
static bool complete_device(struct document *document, const char *path, struct error *err)
{
    char *device = document->key.device;

    return virtual_file(device) == NULL ||
           settings_file_complete(device + strlen(VIRTUAL), sizeof document->key.device - strlen(VIRTUAL), path, err);
}

bool ledger_file_read(const struct station_config *config, struct ledger_file *file, struct error *err)
{
    struct document *document;
    struct stat found;
    char path[PATH_MAX];
    bool ok;

    memset(file, 0, sizeof *file);
    if (!folder_in_state(config, "ledger.yaml", path, err))
        return false;
    if (lstat(path, &found) != 0 && (errno == ENOENT || errno == ENOTDIR))
        return true;
    document = calloc(1, sizeof *document);
    if (document == NULL) {
        error_set(err, ERROR_UNEXPECTED, "out of memory", NULL);
        return false;
    }
    ok = settings_file_read(&kind, path, document, err) &&
         settings_file_complete(document->stamp.ca, sizeof document->stamp.ca, path, err) &&
         complete_device(document, path, err);
    if (ok)
        take(document, file);
    free(document);
    return ok;
}
