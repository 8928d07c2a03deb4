/* SPDX-License-Identifier: Apache-2.0 */
/* What the tables derive from an entry: the device, its keys, its certificates. */
#include <string.h>

#include "base/hex.h"
#include "base/p256.h"
#include "ledger/derive_order.h"
#include "ledger/ledger.h"
#include "ledger/mcus.h"
#include "order/claim.h"

#define ATTEMPTS_MAX 1000 /* of a device, among which the one is looked for that gives something up */

/* Bytes from hex digits, as entries have them. False when they are not `least` to `most` bytes. */
static bool read_hex(const json_t *value, struct bytes_out *out, size_t least)
{
    const char *text = json_string_value(value);

    return text != NULL && hex_decode(text, strlen(text), out, NULL) && out->len >= least;
}

static bool note_conflict(const char *what, const char *device, const char *other, struct ledger_conflict *conflict)
{
    if (strcmp(device, other) == 0 || conflict->what != NULL)
        return true;
    conflict->what = what;
    memcpy(conflict->other, other, LEDGER_DEVICE_SIZE);
    return true;
}

/* In a rehearsal many devices may get one key from outside: the published TEST key is there for that. */
static bool may_be_shared(const json_t *evidence, const json_t *key)
{
    const char *method = json_string_value(json_object_get(key, "method"));

    return json_array_size(json_object_get(evidence, "rehearsal")) > 0 && method != NULL &&
           strcmp(method, "import") == 0;
}

static bool derive_key(struct ledger *ledger, const json_t *key, const char *device, struct ledger_conflict *conflict,
                       struct error *err)
{
    uint8_t point[P256_POINT_BYTES];
    struct bytes_out out = {.data = point, .cap = sizeof point};
    char other[LEDGER_DEVICE_SIZE];
    struct statement *add;

    if (!read_hex(json_object_get(key, "public_key"), &out, sizeof point))
        return true;
    if (!ledger_find_key(ledger, point + 1, other, err))
        return false;
    if (other[0] != '\0')
        return note_conflict("public key", device, other, conflict);
    add = ledger_prepared(ledger, LEDGER_ADD_KEY, err);
    if (add == NULL)
        return false;
    statement_bind_bytes(add, 1, bytes_of(point + 1, LEDGER_KEY_BYTES));
    statement_bind_text(add, 2, device);
    return statement_run(add, err);
}

static bool derive_certificate(struct ledger *ledger, const json_t *certificate, const char *device,
                               struct ledger_conflict *conflict, struct error *err)
{
    uint8_t number[LEDGER_NUMBER_MAX];
    struct bytes_out out = {.data = number, .cap = sizeof number};
    char other[LEDGER_DEVICE_SIZE];
    struct statement *add;

    if (!read_hex(json_object_get(certificate, "serial_number"), &out, 1))
        return true;
    if (!ledger_find_certificate(ledger, bytes_written(&out), other, err))
        return false;
    if (other[0] != '\0')
        return note_conflict("certificate serial number", device, other, conflict);
    add = ledger_prepared(ledger, LEDGER_ADD_CERTIFICATE, err);
    if (add == NULL)
        return false;
    statement_bind_bytes(add, 1, bytes_written(&out));
    statement_bind_text(add, 2, device);
    return statement_run(add, err);
}

static bool derive_mcu(struct ledger *ledger, const json_t *entry, const char *device, struct ledger_conflict *conflict,
                       struct error *err)
{
    struct ledger_mcu found;

    if (!ledger_derive_mcu(ledger, entry, device, &found, err))
        return false;
    return found.device[0] == '\0' || note_conflict("microcontroller", device, found.device, conflict);
}

static bool derive_device(struct ledger *ledger, const char *device, uint64_t seq, bool is_made, struct error *err)
{
    struct statement *attempt = ledger_prepared(ledger, LEDGER_ADD_ATTEMPT, err);
    struct statement *add = ledger_prepared(ledger, LEDGER_ADD_DEVICE, err);

    if (attempt == NULL || add == NULL)
        return false;
    statement_bind_number(attempt, 1, (int64_t)seq);
    statement_bind_text(attempt, 2, device);
    statement_bind_text(add, 1, device);
    statement_bind_number(add, 2, (int64_t)seq);
    if (is_made)
        statement_bind_number(add, 3, (int64_t)seq);
    return statement_run(attempt, err) && statement_run(add, err);
}

static bool is_result(const json_t *entry, const char *result)
{
    const char *text = json_string_value(json_object_get(entry, "result"));

    return text != NULL && strcmp(text, result) == 0;
}

bool ledger_derive(struct ledger *ledger, const json_t *entry, uint64_t seq, struct ledger_conflict *conflict,
                   struct error *err)
{
    const char *device = json_string_value(json_object_get(entry, "device"));
    const json_t *evidence = json_object_get(entry, "evidence");
    const bool is_made = is_result(entry, "provisioned") || is_result(entry, "confirmed");
    const json_t *value;
    size_t i;

    if (!ledger_apply_order(&ledger->database, entry, conflict, err))
        return false;
    if (device == NULL || device[0] == '\0' || strlen(device) >= LEDGER_DEVICE_SIZE)
        return true;
    if (!derive_device(ledger, device, seq, is_made, err) || !derive_mcu(ledger, entry, device, conflict, err))
        return false;
    /* What is a board's word alone makes no device the owner of a key. */
    if (!json_is_true(json_object_get(evidence, "serial_checked")))
        return true;
    json_array_foreach(json_object_get(evidence, "keys"), i, value)
    {
        if (!may_be_shared(evidence, value) && !derive_key(ledger, value, device, conflict, err))
            return false;
    }
    json_array_foreach(json_object_get(evidence, "certificates"), i, value)
    {
        if (!derive_certificate(ledger, value, device, conflict, err))
            return false;
    }
    return true;
}

/* --- asking again --- */

static bool find_key_conflict(struct ledger *ledger, const json_t *key, const char *device,
                              struct ledger_conflict *conflict, struct error *err)
{
    uint8_t point[P256_POINT_BYTES];
    struct bytes_out out = {.data = point, .cap = sizeof point};
    char other[LEDGER_DEVICE_SIZE];

    if (!read_hex(json_object_get(key, "public_key"), &out, sizeof point))
        return true;
    if (!ledger_find_key(ledger, point + 1, other, err))
        return false;
    return other[0] == '\0' || note_conflict("public key", device, other, conflict);
}

static bool find_certificate_conflict(struct ledger *ledger, const json_t *certificate, const char *device,
                                      struct ledger_conflict *conflict, struct error *err)
{
    uint8_t number[LEDGER_NUMBER_MAX];
    struct bytes_out out = {.data = number, .cap = sizeof number};
    char other[LEDGER_DEVICE_SIZE];

    if (!read_hex(json_object_get(certificate, "serial_number"), &out, 1))
        return true;
    if (!ledger_find_certificate(ledger, bytes_written(&out), other, err))
        return false;
    return other[0] == '\0' || note_conflict("certificate serial number", device, other, conflict);
}

/* Whether the entry gives up the device's microcontroller, or its board number. */
static bool gives_up_mcu(const json_t *entry)
{
    return is_result(entry, "retired");
}

static bool gives_up_board(const json_t *entry)
{
    const char *kind = json_string_value(json_object_get(entry, "kind"));

    return is_result(entry, "retired") || (kind != NULL && strcmp(kind, "order release") == 0);
}

/* The entry with this number; NULL where it cannot be read, which is for `ledger verify` to find. */
static json_t *read_entry(struct ledger *ledger, uint64_t seq, struct error *err)
{
    struct statement *get = ledger_prepared(ledger, LEDGER_GET_ENTRY, err);
    json_t *entry = NULL;

    if (get == NULL)
        return NULL;
    statement_bind_number(get, 1, (int64_t)seq);
    if (statement_step(get, err) == STATEMENT_ROW) {
        const struct bytes body = statement_bytes(get, 0);

        entry = json_loadb((const char *)body.data, body.len, JSON_REJECT_DUPLICATES, NULL);
    }
    statement_reset(get);
    return entry;
}

/* Whether a later entry of the device gives up what the one with number `seq` said. False with a reason. */
static bool find_given_up(struct ledger *ledger, const char *device, uint64_t seq,
                          bool (*gives_up)(const json_t *entry), bool *given_up, struct error *err)
{
    uint64_t seqs[ATTEMPTS_MAX];
    const size_t count = ledger_attempts(ledger, device, seqs, ATTEMPTS_MAX, err);

    *given_up = false;
    for (size_t i = 0; i < count && seqs[i] > seq && !*given_up; i++) {
        json_t *entry = read_entry(ledger, seqs[i], err);

        *given_up = gives_up(entry);
        json_decref(entry);
    }
    return err->reason == ERROR_NONE;
}

static bool find_board_conflict(struct ledger *ledger, const json_t *entry, uint64_t seq, const char *device,
                                struct ledger_conflict *conflict, struct error *err)
{
    const char *board = json_string_value(json_object_get(entry, "board"));
    char other[LEDGER_DEVICE_SIZE] = "";
    bool given_up;

    if (board == NULL)
        return true;
    if (!order_board_owner(&ledger->database, board, other, err))
        return false;
    if (other[0] == '\0' || strcmp(other, device) == 0)
        return true;
    return find_given_up(ledger, device, seq, gives_up_board, &given_up, err) &&
           (given_up || note_conflict("board number", device, other, conflict));
}

static bool find_mcu_conflict(struct ledger *ledger, const json_t *entry, uint64_t seq, const char *device,
                              struct ledger_conflict *conflict, struct error *err)
{
    const char *number = ledger_entry_mcu(entry);
    struct ledger_mcu found;
    bool given_up;

    if (number == NULL)
        return true;
    if (!ledger_find_mcu(ledger, number, device, &found, err))
        return false;
    if (found.device[0] == '\0' || strcmp(found.device, device) == 0)
        return true;
    return find_given_up(ledger, device, seq, gives_up_mcu, &given_up, err) &&
           (given_up || note_conflict("microcontroller", device, found.device, conflict));
}

bool ledger_find_conflict(struct ledger *ledger, const json_t *entry, uint64_t seq, struct ledger_conflict *conflict,
                          struct error *err)
{
    const char *device = json_string_value(json_object_get(entry, "device"));
    const json_t *evidence = json_object_get(entry, "evidence"), *value;
    size_t i;

    *conflict = (struct ledger_conflict){.what = NULL};
    if (device == NULL || !json_is_true(json_object_get(evidence, "serial_checked")))
        return true;
    json_array_foreach(json_object_get(evidence, "keys"), i, value)
    {
        if (!may_be_shared(evidence, value) && !find_key_conflict(ledger, value, device, conflict, err))
            return false;
    }
    json_array_foreach(json_object_get(evidence, "certificates"), i, value)
    {
        if (!find_certificate_conflict(ledger, value, device, conflict, err))
            return false;
    }
    return find_board_conflict(ledger, entry, seq, device, conflict, err) &&
           find_mcu_conflict(ledger, entry, seq, device, conflict, err);
}
