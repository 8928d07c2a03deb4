/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Anything at all as an entry of a ledger, or as a checkpoint that somebody kept. What must hold: what passes for
 * canonical JSON is, byte for byte, what the writer makes of the value that jansson reads in it; an entry that is
 * accepted says all that every entry says; and no checkpoint passes that this key has not signed.
 */
#include "test/fuzz/fuzz.h"

#include <string.h>

#include "ledger/canonical.h"
#include "ledger/entry.h"
#include "ledger/note.h"

static void check_canonical(const uint8_t *data, size_t size)
{
    static uint8_t again[2 * ENTRY_MAX];
    struct bytes_out out = {.data = again, .cap = sizeof again};
    const char *why;
    json_t *value;
    size_t at = SIZE_MAX;
    bool ok = canonical_check(bytes_of(data, size), NULL, NULL, &at);

    require(at <= size);
    if (!ok || size > ENTRY_MAX)
        return;
    value = json_loadb((const char *)data, size, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, NULL);
    require(value != NULL);
    require(canonical_write(value, &out, &why));
    require(bytes_equal(bytes_of(data, size), bytes_written(&out)));
    json_decref(value);
}

static void check_entry(const uint8_t *data, size_t size)
{
    struct entry entry;
    const char *why = NULL;

    if (!entry_read(bytes_of(data, size), &entry, &why)) {
        require(why != NULL);
        return;
    }
    require(entry.log[0] != '\0' && strlen(entry.time) == ENTRY_TIME_SIZE - 1 && entry.seq < UINT64_C(1) << 53);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct note_public key = {.type = NOTE_ED25519, .data = {1}, .len = NOTE_ED25519_BYTES};
    struct error err = {.reason = ERROR_NONE};
    struct checkpoint checkpoint;
    uint8_t *exact = malloc(size > 0 ? size : 1);

    if (exact == NULL)
        abort();
    if (size > 0)
        memcpy(exact, data, size);
    check_canonical(exact, size);
    check_entry(exact, size);
    require(!note_open(bytes_of(exact, size), &key, &checkpoint, &err) && err.reason != ERROR_NONE);
    free(exact);
    return 0;
}
