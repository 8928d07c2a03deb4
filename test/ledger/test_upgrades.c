/* SPDX-License-Identifier: Apache-2.0 */
/* A ledger of each older version has, once it is upgraded, the same schema as a new one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>
#include <gnutls/crypto.h>

#include "ledger/derived.h"
#include "ledger/tables.h"
#include "test/support/scratch.h"

#define HASH_BYTES 32
#define HASH_CHARS (2 * HASH_BYTES)

/*
 * SHA-256 of the SQL that a file of each version has: what stations have on their disks. An upgrade that is edited
 * later would let `ledger verify` find fault with them. A new version adds a line.
 */
static const char *const schema_hashes[] = {
    "012653348a8a3761b428ad82426e5549faf417c18f2faa6b992ab27048b39335",
    "53f8345814e820102c35298220af47028749e49c21ef2b8afaa61744463dfa9a",
    "257db14ee54c6fe195e863d689be26e5fbe0bdc65e17f604ff38d08afab55d10",
    "021646396e55db7aecf53ae16b061b96416f8c9c75d2bb2ead11d7413634ea81",
    "f4a7551fd57989ee99761bfba9d93978ff806ed5916a590bc2640b5dd4cc2b65",
    "7d6e809e6ba52d2d39b9b2e3da531ebaa3a466c887eb1880cca06321d6936f81",
    "e25a35879a05ce7e650d1bc9aaef7bb643976b848488f7136c798ea6947a73f0",
};

static char folder[SCRATCH_PATH_MAX], room[ERROR_ROOM];

static int begin(void **state)
{
    (void)state;
    scratch_make(folder);
    return 0;
}

static int end(void **state)
{
    (void)state;
    scratch_remove(folder);
    return 0;
}

static void open_file(struct database *database, const char *path, const struct database_kind *kind,
                      enum database_mode mode)
{
    struct error err = ERROR_IN(room);

    if (!database_open(database, path, kind, mode, &err))
        fail_msg("%s: %s", path, err.cause);
}

static void hash_schema(struct database *database, char hash[static HASH_CHARS + 1])
{
    static const char sql[] = "SELECT group_concat(sql, ';') FROM (SELECT sql FROM sqlite_schema ORDER BY type, name)";
    struct error err = ERROR_IN(room);
    uint8_t digest[HASH_BYTES];
    struct statement query;
    struct bytes text;

    assert_true(statement_prepare(&query, database, sql, &err));
    assert_int_equal(statement_step(&query, &err), STATEMENT_ROW);
    text = statement_bytes(&query, 0);
    assert_true(text.len > 0);
    assert_int_equal(gnutls_hash_fast(GNUTLS_DIG_SHA256, text.data, text.len, digest), 0);
    statement_finish(&query);
    for (size_t i = 0; i < HASH_BYTES; i++)
        snprintf(hash + 2 * i, 3, "%02x", digest[i]);
}

static void on_difference(void *context, const struct ledger_difference *difference)
{
    fail_msg("of version %u: %s: %s", *(unsigned *)context, difference->key,
             difference->has != NULL ? difference->has : "missing");
}

static void test_each_older_version_becomes_the_newest(void **state)
{
    (void)state;
    assert_int_equal(sizeof schema_hashes / sizeof schema_hashes[0], tables_kind.version);
    for (unsigned version = 1; version <= tables_kind.version; version++) {
        struct ledger_derived derived = {.context = &version, .differs = on_difference};
        struct database_kind older = tables_kind;
        struct ledger ledger = {.choice = {.is_p256 = false}};
        struct error err = ERROR_IN(room);
        char path[SCRATCH_PATH_MAX + 32], hash[HASH_CHARS + 1];

        snprintf(path, sizeof path, "%s/%u.db", folder, version);
        older.version = version;
        open_file(&ledger.database, path, &older, DATABASE_MAKE);
        hash_schema(&ledger.database, hash);
        assert_string_equal(hash, schema_hashes[version - 1]);
        database_close(&ledger.database);
        open_file(&ledger.database, path, &tables_kind, DATABASE_USE);
        assert_true(ledger_compare_schema(&ledger, &derived, &err));
        assert_int_equal(derived.rows, 31);
        database_close(&ledger.database);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_each_older_version_becomes_the_newest, begin, end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
