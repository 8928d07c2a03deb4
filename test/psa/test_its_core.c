/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Mbed TLS itself, with a driver that has no defences of its own, over a store that fails. Only Mbed TLS's own API is
 * used on keys. Whatever fails: a key that is reported as created is there after a restart, one that is not is not, and
 * a full disk is reported before the chip makes a key.
 */
#include "test/support/faults.h"
#include "psa/its.h"
#include "test/support/scratch.h"
#include "test/support/toy_driver.h"

#include <errno.h>
#include <string.h>

#include "storage/file_name.h"

static struct {
    char directory[SCRATCH_PATH_MAX];
    struct storage_file file;
    struct storage storage;
    struct its its;
    unsigned at;
} run;

static void start_psa(void)
{
    struct error err = {.reason = ERROR_NONE};
    faults_plan(FAULTS_NONE, 0, 0);
    if (!storage_file_open(&run.file, run.directory, true, "test", &faults_system, &run.storage, &err))
        fail_msg("cannot open: %s", err.cause);
    its_mount(&run.its, &run.storage);
    assert_int_equal(psa_register_se_driver(TOY_LOCATION, &toy_driver), PSA_SUCCESS);
    assert_int_equal(psa_crypto_init(), PSA_SUCCESS);
    uint8_t random;
    assert_int_equal(psa_generate_random(&random, 1), PSA_SUCCESS);
}

static void stop_psa(void)
{
    mbedtls_psa_crypto_free();
    its_unmount();
    storage_file_close(&run.file);
    faults_reap();
}

static void restart_psa(void)
{
    stop_psa();
    start_psa();
}

static int start(void **state)
{
    (void)state;
    scratch_make(run.directory);
    toy = (struct toy){.destroy_status = PSA_SUCCESS};
    start_psa();
    return 0;
}

static int stop(void **state)
{
    (void)state;
    stop_psa();
    scratch_remove(run.directory);
    return 0;
}

static psa_status_t generate(psa_key_id_t id)
{
    const psa_key_attributes_t attributes = toy_attributes(id);
    psa_key_id_t made;
    return psa_generate_key(&attributes, &made);
}

static psa_status_t import(psa_key_id_t id)
{
    const psa_key_attributes_t attributes = toy_attributes(id);
    static const uint8_t key[32] = {1, 2, 3};
    psa_key_id_t made;
    return psa_import_key(&attributes, key, sizeof key, &made);
}

static psa_status_t register_slot(psa_key_id_t id)
{
    psa_key_attributes_t attributes = toy_attributes(id);
    psa_set_key_slot_number(&attributes, 3);
    return mbedtls_psa_register_se_key(&attributes);
}

static psa_status_t look(psa_key_id_t id, psa_key_slot_number_t *slot)
{
    psa_key_attributes_t attributes = PSA_KEY_ATTRIBUTES_INIT;
    psa_status_t status = psa_get_key_attributes(id, &attributes);
    if (status == PSA_SUCCESS && slot != NULL)
        assert_int_equal(psa_get_key_slot_number(&attributes, slot), PSA_SUCCESS);
    return status;
}

static const struct {
    const char *name;
    psa_status_t (*create)(psa_key_id_t id);
} ways[] = {{"generate", generate}, {"import", import}, {"register", register_slot}};
enum { WAYS = sizeof ways / sizeof ways[0] };

static void check(bool good, const char *way, const char *what)
{
    if (!good)
        fail_msg("%s, call %u: %s", way, run.at, what);
}

/* Removes whatever is there, so that the next round begins anew. */
static void clear(void)
{
    stop_psa();
    scratch_remove(run.directory);
    scratch_make(run.directory);
    toy = (struct toy){.destroy_status = PSA_SUCCESS};
    start_psa();
}

static unsigned count_calls(psa_status_t (*act)(psa_key_id_t id), psa_key_id_t id)
{
    faults_plan(FAULTS_NONE, 0, 0);
    assert_int_equal(act(id), PSA_SUCCESS);
    const unsigned calls = faults_calls();
    assert_null(faults_not_durable());
    assert_in_range(calls, 20, 400);
    return calls;
}

static void test_keys_stay(void **state)
{
    (void)state;
    psa_key_slot_number_t slot = 99;
    for (unsigned i = 0; i < WAYS; i++)
        assert_int_equal(ways[i].create(18 + i), PSA_SUCCESS);
    restart_psa();
    static const psa_key_slot_number_t slots[WAYS] = {0, 1, 3};
    for (unsigned i = 0; i < WAYS; i++) {
        assert_int_equal(look(18 + i, &slot), PSA_SUCCESS);
        assert_int_equal(slot, slots[i]);
    }
    for (unsigned i = 0; i < WAYS; i++)
        assert_int_equal(psa_destroy_key(18 + i), PSA_SUCCESS);
    restart_psa();
    for (unsigned i = 0; i < WAYS; i++)
        assert_int_equal(look(18 + i, NULL), PSA_ERROR_INVALID_HANDLE);
    assert_int_equal(toy.destroyed, WAYS);
    stop_psa();
    expect_only_records(run.directory, 0);
    start_psa();
}

/* Starting, also for the first time, changes nothing in the store. */
static void test_starting_writes_nothing(void **state)
{
    (void)state;
    for (unsigned round = 0; round < 2; round++) {
        stop_psa();
        struct error err = {.reason = ERROR_NONE};
        assert_true(storage_file_open(&run.file, run.directory, true, "test", &faults_system, &run.storage, &err));
        its_mount(&run.its, &run.storage);
        faults_plan(FAULTS_NONE, 0, 0);
        assert_int_equal(psa_register_se_driver(TOY_LOCATION, &toy_driver), PSA_SUCCESS);
        assert_int_equal(psa_crypto_init(), PSA_SUCCESS);
        assert_int_equal(faults_changes(), 0);
        if (round == 0)
            assert_int_equal(generate(18), PSA_SUCCESS);
    }
}

/* The disk becomes full at any moment: before the chip is asked, or not at all. */
static void test_disk_becomes_full(void **state)
{
    (void)state;
    for (unsigned w = 0; w < WAYS; w++) {
        clear();
        const unsigned calls = count_calls(ways[w].create, 18);
        unsigned refused = 0;
        for (run.at = 1; run.at <= calls; run.at++) {
            clear();
            faults_plan(FAULTS_FULL_FROM, run.at, 0);
            psa_status_t status = ways[w].create(18);
            if (status != PSA_SUCCESS) {
                refused++;
                check(status == PSA_ERROR_INSUFFICIENT_STORAGE, ways[w].name, "not the right status");
                check(toy.generated + toy.imported == 0, ways[w].name, "the chip made a key that has no record");
            }
            restart_psa();
            check(look(18, NULL) == (status == PSA_SUCCESS ? PSA_SUCCESS : PSA_ERROR_INVALID_HANDLE), ways[w].name,
                  "what was reported is not what is there");
            if (status != PSA_SUCCESS)
                check(ways[w].create(18) == PSA_SUCCESS, ways[w].name, "did not succeed with room again");
        }
        assert_true(refused > 5 && refused < calls);
    }
}

/* Any one call fails, with or without having done its work: what was reported is what is there. */
static void test_any_call_fails(void **state)
{
    (void)state;
    static const struct {
        enum faults_mode mode;
        int error;
    } rows[] = {{FAULTS_ERROR, EIO}, {FAULTS_ERROR, ENOSPC}, {FAULTS_ERROR, EROFS}, {FAULTS_LATE_ERROR, EIO}};
    for (unsigned w = 0; w < WAYS; w++) {
        clear();
        const unsigned calls = count_calls(ways[w].create, 18);
        for (size_t r = 0; r < sizeof rows / sizeof rows[0]; r++) {
            unsigned failed = 0;
            for (run.at = 1; run.at <= calls; run.at++) {
                clear();
                faults_plan(rows[r].mode, run.at, rows[r].error);
                psa_status_t status = ways[w].create(18);
                failed += status != PSA_SUCCESS;
                faults_plan(FAULTS_NONE, 0, 0);
                for (int restarted = 0; restarted < 2; restarted++) {
                    check(look(18, NULL) == (status == PSA_SUCCESS ? PSA_SUCCESS : PSA_ERROR_INVALID_HANDLE),
                          ways[w].name, "what was reported is not what is there");
                    restart_psa();
                }
                if (status != PSA_SUCCESS)
                    check(ways[w].create(18) == PSA_SUCCESS, ways[w].name, "did not succeed when made again");
                check(look(18, NULL) == PSA_SUCCESS, ways[w].name, "is not there when made again");
            }
            assert_true(failed > 10);
        }
    }
}

/* The medium fails for good, or the process dies: no success without the key, and the core starts again. */
static void test_medium_dies(void **state)
{
    (void)state;
    static const enum faults_mode modes[] = {FAULTS_ERROR_FROM, FAULTS_CRASH, FAULTS_TORN};
    for (unsigned w = 0; w < WAYS; w++) {
        clear();
        const unsigned calls = count_calls(ways[w].create, 18);
        for (size_t m = 0; m < sizeof modes / sizeof modes[0]; m++) {
            for (run.at = 1; run.at <= calls; run.at++) {
                clear();
                faults_plan(modes[m], run.at, EIO);
                psa_status_t status = ways[w].create(18);
                restart_psa();
                psa_status_t found = look(18, NULL);
                check(found == PSA_SUCCESS || found == PSA_ERROR_INVALID_HANDLE, ways[w].name, "a damaged record");
                check(status != PSA_SUCCESS || found == PSA_SUCCESS, ways[w].name, "reported, but not there");
            }
        }
    }
}

/* The core takes an id that is in use, for keys in chips; the storage does not. */
static void test_duplicate_ids(void **state)
{
    (void)state;
    psa_key_attributes_t local = PSA_KEY_ATTRIBUTES_INIT;
    psa_key_slot_number_t slot = 99;
    psa_key_id_t made;
    psa_set_key_id(&local, 19);
    psa_set_key_type(&local, PSA_KEY_TYPE_HMAC);
    psa_set_key_bits(&local, 256);
    assert_int_equal(psa_generate_key(&local, &made), PSA_SUCCESS);
    assert_int_equal(generate(18), PSA_SUCCESS);
    for (unsigned w = 0; w < WAYS; w++) {
        for (psa_key_id_t id = 18; id <= 19; id++)
            assert_int_equal(ways[w].create(id), PSA_ERROR_ALREADY_EXISTS);
    }
    assert_int_equal(toy.generated, 1);
    assert_int_equal(toy.imported, 0);
    assert_int_equal(look(18, &slot), PSA_SUCCESS);
    assert_int_equal(slot, 0);
    assert_int_equal(psa_destroy_key(18), PSA_SUCCESS);
    assert_int_equal(look(18, NULL), PSA_ERROR_INVALID_HANDLE);
    assert_int_equal(psa_generate_key(&local, &made), PSA_ERROR_ALREADY_EXISTS);
    assert_int_equal(generate(18), PSA_SUCCESS);
}

/* A damaged record is an error for its id only: no key is made over it, and it is not taken for absent. */
static void test_damaged_record(void **state)
{
    (void)state;
    char name[STORAGE_FILE_NAME_SIZE];
    assert_int_equal(generate(18), PSA_SUCCESS);
    stop_psa();
    storage_file_name(18, name);
    file_store(path_in(run.directory, name), bytes_of("IREC", 4));
    start_psa();
    assert_int_equal(look(18, NULL), PSA_ERROR_DATA_CORRUPT);
    for (unsigned w = 0; w < WAYS; w++)
        assert_int_equal(ways[w].create(18), PSA_ERROR_DATA_CORRUPT);
    assert_int_equal(toy.generated, 1);
    assert_int_equal(toy.imported, 0);
    assert_int_equal(generate(19), PSA_SUCCESS);
}

/* The core drops a key's record even when the chip could not destroy the key. */
static void test_hold(void **state)
{
    (void)state;
    assert_int_equal(generate(18), PSA_SUCCESS);
    toy.destroy_status = PSA_ERROR_COMMUNICATION_FAILURE;
    toy.hold = true;
    assert_int_equal(psa_destroy_key(18), PSA_ERROR_COMMUNICATION_FAILURE);
    assert_int_equal(look(18, NULL), PSA_SUCCESS);
    restart_psa();
    assert_int_equal(look(18, NULL), PSA_SUCCESS);
    assert_int_equal(psa_destroy_key(18), PSA_ERROR_COMMUNICATION_FAILURE);
    toy.destroy_status = PSA_SUCCESS;
    assert_int_equal(psa_destroy_key(18), PSA_SUCCESS);
    assert_int_equal(look(18, NULL), PSA_ERROR_INVALID_HANDLE);
    /* Without the hold it is gone: this is what the driver has to prevent. */
    assert_int_equal(generate(18), PSA_SUCCESS);
    toy.destroy_status = PSA_ERROR_COMMUNICATION_FAILURE;
    toy.hold = false;
    assert_int_equal(psa_destroy_key(18), PSA_ERROR_COMMUNICATION_FAILURE);
    assert_int_equal(look(18, NULL), PSA_ERROR_INVALID_HANDLE);
}

/* Any one call fails while a key is destroyed: a key that is reported as destroyed is gone. */
static void test_destroying_fails(void **state)
{
    (void)state;
    clear();
    assert_int_equal(generate(18), PSA_SUCCESS);
    const unsigned calls = count_calls(psa_destroy_key, 18);
    static const enum faults_mode modes[] = {FAULTS_ERROR, FAULTS_LATE_ERROR};
    for (size_t m = 0; m < sizeof modes / sizeof modes[0]; m++) {
        for (run.at = 1; run.at <= calls; run.at++) {
            clear();
            assert_int_equal(generate(18), PSA_SUCCESS);
            faults_plan(modes[m], run.at, EIO);
            psa_status_t status = psa_destroy_key(18);
            restart_psa();
            psa_status_t found = look(18, NULL);
            check(found == PSA_SUCCESS || found == PSA_ERROR_INVALID_HANDLE, "destroy", "a damaged record");
            if (status == PSA_SUCCESS)
                check(found == PSA_ERROR_INVALID_HANDLE && toy.destroyed == 1, "destroy", "reported, but still there");
            if (toy.destroyed == 0)
                check(found == PSA_SUCCESS, "destroy", "the record is gone and the key is not");
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_keys_stay, start, stop),
        cmocka_unit_test_setup_teardown(test_starting_writes_nothing, start, stop),
        cmocka_unit_test_setup_teardown(test_disk_becomes_full, start, stop),
        cmocka_unit_test_setup_teardown(test_any_call_fails, start, stop),
        cmocka_unit_test_setup_teardown(test_medium_dies, start, stop),
        cmocka_unit_test_setup_teardown(test_duplicate_ids, start, stop),
        cmocka_unit_test_setup_teardown(test_damaged_record, start, stop),
        cmocka_unit_test_setup_teardown(test_hold, start, stop),
        cmocka_unit_test_setup_teardown(test_destroying_fails, start, stop),
    };
    return cmocka_run_group_tests_name("Mbed TLS over the storage", tests, NULL, NULL);
}
