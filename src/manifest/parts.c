/* SPDX-License-Identifier: Apache-2.0 */
#include "manifest/parts.h"

#include <string.h>

#include "base/error_format.h"
#include "base/hex.h"

/* A key is told by its X, as in the ledger: a key and its negative have one secret. */
static const char *const upgrades[] = {
    "CREATE TABLE manifest (id INTEGER PRIMARY KEY, name TEXT NOT NULL, time TEXT NOT NULL);"
    "CREATE TABLE part (serial BLOB PRIMARY KEY, manifest BIGINT NOT NULL REFERENCES manifest (id),"
    "  model TEXT NOT NULL, part_number TEXT NOT NULL, time TEXT NOT NULL) WITHOUT ROWID;"
    "CREATE TABLE part_key (serial BLOB NOT NULL REFERENCES part (serial), slot BIGINT NOT NULL,"
    "  x BLOB NOT NULL UNIQUE, y BLOB NOT NULL, PRIMARY KEY (serial, slot)) WITHOUT ROWID;",
};

static const struct database_kind parts_kind = {
    .name = "list of parts",
    .application_id = 0x494d504d, /* "IMPM" */
    .upgrades = upgrades,
    .version = sizeof upgrades / sizeof upgrades[0],
};

static const char *const texts[PARTS_STATEMENT_COUNT] = {
    [PARTS_ADD_MANIFEST] = "INSERT INTO manifest (name, time) VALUES ($1, $2) RETURNING id",
    [PARTS_GET_PART] = ("SELECT part.model, part.part_number, part.time, manifest.name FROM part"
                        " JOIN manifest ON manifest.id = part.manifest WHERE part.serial = $1"),
    [PARTS_ADD_PART] = "INSERT INTO part (serial, manifest, model, part_number, time) VALUES ($1, $2, $3, $4, $5)",
    [PARTS_GET_OWNER] = "SELECT serial FROM part_key WHERE x = $1",
    [PARTS_ADD_KEY] = "INSERT INTO part_key (serial, slot, x, y) VALUES ($1, $2, $3, $4)",
    [PARTS_GET_KEYS] = "SELECT slot, x, y FROM part_key WHERE serial = $1 ORDER BY slot LIMIT 16",
};

bool parts_open(struct parts *parts, const char *path, enum database_mode mode, struct error *err)
{
    memset(parts, 0, sizeof *parts);
    return database_open(&parts->database, path, &parts_kind, mode, err);
}

void parts_close(struct parts *parts)
{
    for (unsigned i = 0; i < PARTS_STATEMENT_COUNT; i++)
        statement_finish(&parts->statements[i]);
    database_close(&parts->database);
}

/* The statement, ready to be bound; NULL with a reason. */
static struct statement *prepared(struct parts *parts, enum parts_statement which, struct error *err)
{
    struct statement *statement = &parts->statements[which];

    if (statement->handle != NULL)
        statement_reset(statement);
    else if (!statement_prepare(statement, &parts->database, texts[which], err))
        return NULL;
    return statement;
}

bool parts_begin(struct parts *parts, const char *name, const char *time, int64_t *manifest, struct error *err)
{
    struct statement *add;
    bool ok = database_begin(&parts->database, err);

    add = ok ? prepared(parts, PARTS_ADD_MANIFEST, err) : NULL;
    if (add == NULL)
        return false;
    statement_bind_text(add, 1, name);
    statement_bind_text(add, 2, time);
    ok = statement_step(add, err) == STATEMENT_ROW;
    if (ok)
        *manifest = statement_number(add, 0);
    statement_reset(add);
    return ok;
}

bool parts_commit(struct parts *parts, struct error *err)
{
    return database_commit(&parts->database, err);
}

/* --- reading --- */

static bool is_damaged(struct parts *parts, struct error *err)
{
    error_set(err, ERROR_DATABASE_DAMAGED, "the list of parts is damaged",
              "delete the file, and import the manifests again: imprint manifest import FILE");
    error_with_subject(err, parts->database.path);
    return false;
}

static bool copy_bytes(struct statement *row, int column, uint8_t *to, size_t len)
{
    const struct bytes found = statement_bytes(row, column);

    if (found.len == len)
        memcpy(to, found.data, len);
    return found.len == len;
}

/* A longer text ends where `to` does. */
static void copy_text(struct statement *row, int column, char *to, size_t size)
{
    const struct bytes found = statement_bytes(row, column);
    const size_t len = found.len < size ? found.len : size - 1;

    if (len > 0)
        memcpy(to, found.data, len);
    to[len] = '\0';
}

static bool read_keys(struct parts *parts, struct manifest_part *part, struct error *err)
{
    struct statement *keys = prepared(parts, PARTS_GET_KEYS, err);
    enum statement_result result = STATEMENT_FAILED;
    bool ok = true;

    if (keys == NULL)
        return false;
    statement_bind_bytes(keys, 1, bytes_of(part->serial, sizeof part->serial));
    while (ok && (result = statement_step(keys, err)) == STATEMENT_ROW) {
        struct manifest_key *key = &part->keys[part->key_count++];
        const int64_t slot = statement_number(keys, 0);

        key->slot = (uint8_t)slot;
        key->point[0] = P256_UNCOMPRESSED;
        ok = (slot >= 0 && slot < MANIFEST_KEYS_MAX && copy_bytes(keys, 1, key->point + 1, P256_BYTES) &&
              copy_bytes(keys, 2, key->point + 1 + P256_BYTES, P256_BYTES)) ||
             is_damaged(parts, err);
    }
    statement_reset(keys);
    return ok && result == STATEMENT_DONE;
}

bool parts_find(struct parts *parts, const uint8_t serial[static MANIFEST_SERIAL_BYTES], bool *found,
                struct manifest_part *part, char manifest[static PARTS_NAME_SIZE], struct error *err)
{
    struct statement *get = prepared(parts, PARTS_GET_PART, err);
    enum statement_result result;

    *part = (struct manifest_part){.key_count = 0};
    memcpy(part->serial, serial, sizeof part->serial);
    *found = false;
    if (get == NULL)
        return false;
    statement_bind_bytes(get, 1, bytes_of(serial, MANIFEST_SERIAL_BYTES));
    result = statement_step(get, err);
    *found = result == STATEMENT_ROW;
    if (*found) {
        copy_text(get, 0, part->model, sizeof part->model);
        copy_text(get, 1, part->part_number, sizeof part->part_number);
        copy_text(get, 2, part->time, sizeof part->time);
        copy_text(get, 3, manifest, PARTS_NAME_SIZE);
    }
    statement_reset(get);
    return *found ? read_keys(parts, part, err) : result == STATEMENT_DONE;
}

bool parts_count(struct parts *parts, uint64_t *count, struct error *err)
{
    struct statement get;
    bool ok = statement_prepare(&get, &parts->database, "SELECT count(*) FROM part", err) &&
              statement_step(&get, err) == STATEMENT_ROW;

    *count = ok ? (uint64_t)statement_number(&get, 0) : 0;
    statement_finish(&get);
    return ok;
}

static const char *text_of(struct statement *row, int column)
{
    const char *text = statement_text(row, column);

    return text != NULL ? text : "";
}

bool parts_list_manifests(struct parts *parts, void (*each)(void *context, const struct parts_manifest *manifest),
                          void *context, struct error *err)
{
    enum statement_result result = STATEMENT_FAILED;
    struct statement get;

    if (statement_prepare(&get, &parts->database,
                          "SELECT name, time, (SELECT count(*) FROM part WHERE part.manifest = manifest.id)"
                          " FROM manifest ORDER BY id",
                          err)) {
        while ((result = statement_step(&get, err)) == STATEMENT_ROW) {
            const struct parts_manifest manifest = {text_of(&get, 0), text_of(&get, 1),
                                                    (uint64_t)statement_number(&get, 2)};

            each(context, &manifest);
        }
    }
    statement_finish(&get);
    return result == STATEMENT_DONE;
}

bool parts_list(struct parts *parts, void (*each)(void *context, const struct parts_row *part), void *context,
                struct error *err)
{
    enum statement_result result = STATEMENT_FAILED;
    struct statement get;

    if (statement_prepare(&get, &parts->database,
                          "SELECT part.serial, model, part_number, name,"
                          " (SELECT count(*) FROM part_key WHERE part_key.serial = part.serial)"
                          " FROM part JOIN manifest ON manifest.id = part.manifest ORDER BY part.serial",
                          err)) {
        while ((result = statement_step(&get, err)) == STATEMENT_ROW) {
            const struct bytes serial = statement_bytes(&get, 0);
            const struct parts_row part = {serial.data, text_of(&get, 1), text_of(&get, 2), text_of(&get, 3),
                                           (uint64_t)statement_number(&get, 4)};

            if (serial.len == MANIFEST_SERIAL_BYTES)
                each(context, &part);
        }
    }
    statement_finish(&get);
    return result == STATEMENT_DONE;
}

/* --- adding --- */

static enum parts_result conflict(const char *cause, struct error *err)
{
    error_set(err, ERROR_MANIFEST_REFUTED, cause, NULL);
    return PARTS_CONFLICT;
}

static bool has_key(const struct manifest_part *part, const struct manifest_key *key)
{
    for (size_t i = 0; i < part->key_count; i++)
        if (part->keys[i].slot == key->slot)
            return memcmp(part->keys[i].point, key->point, sizeof key->point) == 0;
    return false;
}

static bool same_keys(const struct manifest_part *one, const struct manifest_part *other)
{
    for (size_t i = 0; i < one->key_count; i++)
        if (!has_key(other, &one->keys[i]))
            return false;
    return one->key_count == other->key_count;
}

/* Who has the key already. */
static enum parts_result check_owner(struct parts *parts, const struct manifest_part *part,
                                     const struct manifest_key *key, struct error *err)
{
    struct statement *get = prepared(parts, PARTS_GET_OWNER, err);
    char text[HEX_SIZE(MANIFEST_SERIAL_BYTES)];
    uint8_t owner[MANIFEST_SERIAL_BYTES];
    enum statement_result result;
    bool ok;

    if (get == NULL)
        return PARTS_FAILED;
    statement_bind_bytes(get, 1, bytes_of(key->point + 1, P256_BYTES));
    result = statement_step(get, err);
    ok = result == STATEMENT_ROW && copy_bytes(get, 0, owner, sizeof owner);
    statement_reset(get);
    if (!ok)
        return result == STATEMENT_DONE ? PARTS_ADDED : PARTS_FAILED;
    if (memcmp(owner, part->serial, sizeof owner) == 0)
        return conflict(error_keep_format(err, "the key of slot %u is that of another of its slots too", key->slot),
                        err);
    hex_encode(bytes_of(owner, sizeof owner), text);
    return conflict(error_keep_format(err, "the key of slot %u is listed as that of part %s", key->slot, text), err);
}

static enum parts_result add_key(struct parts *parts, const struct manifest_part *part, const struct manifest_key *key,
                                 struct error *err)
{
    const enum parts_result result = check_owner(parts, part, key, err);
    struct statement *add;

    if (result != PARTS_ADDED)
        return result;
    add = prepared(parts, PARTS_ADD_KEY, err);
    if (add == NULL)
        return PARTS_FAILED;
    statement_bind_bytes(add, 1, bytes_of(part->serial, sizeof part->serial));
    statement_bind_number(add, 2, key->slot);
    statement_bind_bytes(add, 3, bytes_of(key->point + 1, P256_BYTES));
    statement_bind_bytes(add, 4, bytes_of(key->point + 1 + P256_BYTES, P256_BYTES));
    return statement_run(add, err) ? PARTS_ADDED : PARTS_FAILED;
}

static bool add_part(struct parts *parts, int64_t manifest, const struct manifest_part *part, struct error *err)
{
    struct statement *add = prepared(parts, PARTS_ADD_PART, err);

    if (add == NULL)
        return false;
    statement_bind_bytes(add, 1, bytes_of(part->serial, sizeof part->serial));
    statement_bind_number(add, 2, manifest);
    statement_bind_text(add, 3, part->model);
    statement_bind_text(add, 4, part->part_number);
    statement_bind_text(add, 5, part->time);
    return statement_run(add, err);
}

enum parts_result parts_add(struct parts *parts, int64_t manifest, const struct manifest_part *part, struct error *err)
{
    enum parts_result result = PARTS_ADDED;
    char name[PARTS_NAME_SIZE];
    struct manifest_part known;
    bool found;

    if (!parts_find(parts, part->serial, &found, &known, name, err))
        return PARTS_FAILED;
    if (found && same_keys(part, &known))
        return PARTS_KNOWN;
    if (found)
        return conflict(error_keep_format(err, "%s lists the part with other keys", name), err);
    if (!add_part(parts, manifest, part, err))
        return PARTS_FAILED;
    for (size_t i = 0; i < part->key_count && result == PARTS_ADDED; i++)
        result = add_key(parts, part, &part->keys[i], err);
    return result;
}
