/* SPDX-License-Identifier: Apache-2.0 */
/* The public headers as an application uses them: imprint/store.h and imprint/psa.h. */
#include "test/support/p256.h"
#include "test/support/world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include <imprint/psa.h>
#include <imprint/store.h>

#include "psa/reason.h"

#define HIDDEN 18   /* in a slot whose public key the chip never computes: the driver refuses to export it */
#define VERIFIER 19 /* a key pair whose policy in PSA does not permit signing: the core refuses */
#define NO_KEY 20
#define BOARD 21
#define ALGORITHM PSA_ALG_ECDSA(PSA_ALG_SHA_256)

static struct world world;
static uint8_t point[65], signature[64];
static size_t len;

static void make(psa_key_id_t id, int slot, psa_key_usage_t usage)
{
    psa_key_attributes_t attributes = world_key_pair(id, slot);

    psa_set_key_usage_flags(&attributes, usage);
    assert_int_equal(psa_generate_key(&attributes, &id), PSA_SUCCESS);
    assert_null(imprint_psa_reason(PSA_SUCCESS));
}

static int begin(void **state)
{
    (void)state;
    world_make(&world, WORLD_VARIED_LOCKED);
    world_start(&world);
    make(HIDDEN, VARIED_HIDDEN, PSA_KEY_USAGE_SIGN_HASH);
    make(VERIFIER, VARIED_SIGN, PSA_KEY_USAGE_VERIFY_HASH);
    return 0;
}

static int end(void **state)
{
    (void)state;
    world_remove(&world);
    return 0;
}

static const char *of_core(psa_status_t status)
{
    struct error err = {.reason = ERROR_NONE};

    reason_of_core(status, &err);
    return err.cause;
}

static psa_status_t export_hidden(void)
{
    return psa_export_public_key(HIDDEN, point, sizeof point, &len);
}

static psa_status_t sign(psa_key_id_t key)
{
    static const uint8_t hash[32] = {1, 2, 3};

    return psa_sign_hash(key, ALGORITHM, hash, sizeof hash, signature, sizeof signature, &len);
}

static void each_call_has_its_own_reason(void **state)
{
    const char *drivers;

    (void)state;
    assert_int_equal(export_hidden(), PSA_ERROR_NOT_PERMITTED);
    drivers = imprint_psa_reason(PSA_ERROR_NOT_PERMITTED);
    assert_non_null(drivers);
    assert_string_not_equal(drivers, of_core(PSA_ERROR_NOT_PERMITTED));

    /* Asked after each call: the core refuses with the same status, then with another. */
    assert_int_equal(sign(VERIFIER), PSA_ERROR_NOT_PERMITTED);
    assert_string_equal(imprint_psa_reason(PSA_ERROR_NOT_PERMITTED), of_core(PSA_ERROR_NOT_PERMITTED));
    assert_int_equal(sign(NO_KEY), PSA_ERROR_INVALID_HANDLE);
    assert_string_equal(imprint_psa_reason(PSA_ERROR_INVALID_HANDLE), of_core(PSA_ERROR_INVALID_HANDLE));

    /* Not asked after the driver's refusal: another status is not explained by it. */
    assert_int_equal(export_hidden(), PSA_ERROR_NOT_PERMITTED);
    assert_int_equal(sign(NO_KEY), PSA_ERROR_INVALID_HANDLE);
    assert_string_equal(imprint_psa_reason(PSA_ERROR_INVALID_HANDLE), of_core(PSA_ERROR_INVALID_HANDLE));

    /* Success uses up what was known. */
    assert_int_equal(export_hidden(), PSA_ERROR_NOT_PERMITTED);
    assert_null(imprint_psa_reason(PSA_SUCCESS));
    assert_int_equal(sign(VERIFIER), PSA_ERROR_NOT_PERMITTED);
    assert_string_equal(imprint_psa_reason(PSA_ERROR_NOT_PERMITTED), of_core(PSA_ERROR_NOT_PERMITTED));
}

static void without_a_driver_the_status_has_a_sentence(void **state)
{
    (void)state;
    assert_null(driver_bound());
    assert_null(imprint_psa_reason(PSA_SUCCESS));
    assert_string_equal(imprint_psa_reason(PSA_ERROR_BAD_STATE), of_core(PSA_ERROR_BAD_STATE));
}

static void a_store_in_a_directory(void **state)
{
    struct imprint_store store = {{0}}, second = {{0}};
    const char *problem = NULL;
    char path[300];

    (void)state;
    world_make(&world, WORLD_BLANK);
    snprintf(path, sizeof path, "%s/records", world.directory);
    assert_false(imprint_store_open_directory(&store, path, false, "test", &problem));
    assert_non_null(problem);
    imprint_store_close(&store); /* is closed already */
    assert_true(imprint_store_open_directory(&store, path, true, "test", &problem));
    problem = NULL;
    assert_false(imprint_store_open_directory(&second, path, false, "test", &problem));
    assert_non_null(problem);
    imprint_store_close(&store);
    assert_true(imprint_store_open_directory(&second, path, false, "test", &problem));
    imprint_store_close(&second);
    world_remove(&world);
}

/* A whole application on the public headers: makes a key, stops, starts as the original example does, and uses it. */
static void an_application(void **state)
{
    static const struct imprint_psa_settings settings = {.replace_unclaimed = true};
    struct virtual_problem problem_of_chip = {.cause = NULL};
    struct imprint_store store = {{0}};
    struct imprint_psa psa = {{0}};
    psa_key_attributes_t attributes = world_key_pair(BOARD, -1);
    psa_key_id_t id = 0;
    const char *problem = NULL;
    char path[300];

    (void)state;
    world_make(&world, WORLD_TRUST_AND_GO);
    assert_int_equal(virtual_open(world.chip_path, &world.part, &problem_of_chip), VIRTUAL_OK);
    const struct imprint_transport transport = transport_virtual_init(&world.transport, world.part);
    snprintf(path, sizeof path, "%s/records", world.directory);
    assert_true(imprint_store_open_directory(&store, path, true, "test", &problem));

    /* A Trust&GO part has a key in each slot: one is only replaced with the platform's permission. */
    assert_int_equal(imprint_psa_start(&psa, &transport, &store, NULL, &atecc608a_drv_info), PSA_SUCCESS);
    assert_int_equal(psa_generate_key(&attributes, &id), PSA_ERROR_INSUFFICIENT_STORAGE);
    assert_non_null(strstr(imprint_psa_reason(PSA_ERROR_INSUFFICIENT_STORAGE), "no key id points to"));
    imprint_psa_stop(&psa);
    assert_int_equal(imprint_psa_start(&psa, &transport, &store, &settings, &atecc608a_drv_info), PSA_SUCCESS);
    assert_int_equal(psa_generate_key(&attributes, &id), PSA_SUCCESS);
    imprint_psa_stop(&psa);
    imprint_psa_stop(&psa); /* is stopped already */
    imprint_store_close(&store);

    assert_true(imprint_store_open_directory(&store, path, false, "test", &problem));
    imprint_psa_attach(&psa, &transport, &store, NULL);
    world_start_table(&atecc608a_drv_info_use_only);
    assert_int_equal(sign(BOARD), PSA_SUCCESS);
    imprint_psa_stop(&psa);
    assert_null(driver_bound());
    imprint_store_close(&store);
    virtual_close(world.part);
    world.part = NULL;
    world_remove(&world);
}

/* An import into a slot that takes encrypted keys only: possible with the secret, and with it alone. */
static void an_encrypted_import(void **state)
{
    struct imprint_write_key write_key = {.slot = 15};
    const struct imprint_psa_settings with_secret = {.write_keys = &write_key, .write_key_count = 1};
    struct virtual_problem problem_of_chip = {.cause = NULL};
    struct imprint_store store = {{0}};
    struct imprint_psa psa = {{0}};
    psa_key_attributes_t attributes = world_key_pair(BOARD, VARIED_IMPORT);
    uint8_t scalar[32];
    psa_key_id_t id = 0;
    const char *problem = NULL;
    char path[300];

    (void)state;
    memcpy(write_key.secret, world_write_key, sizeof write_key.secret);
    world_make(&world, WORLD_VARIED_LOCKED);
    assert_int_equal(virtual_open(world.chip_path, &world.part, &problem_of_chip), VIRTUAL_OK);
    const struct imprint_transport transport = transport_virtual_init(&world.transport, world.part);
    snprintf(path, sizeof path, "%s/records", world.directory);
    assert_true(imprint_store_open_directory(&store, path, true, "test", &problem));
    p256_make_key(scalar, point);
    assert_int_equal(imprint_psa_start(&psa, &transport, &store, NULL, &atecc608a_drv_info), PSA_SUCCESS);
    assert_int_equal(psa_import_key(&attributes, scalar, sizeof scalar, &id), PSA_ERROR_NOT_PERMITTED);
    assert_non_null(strstr(imprint_psa_reason(PSA_ERROR_NOT_PERMITTED), "WriteKey"));
    imprint_psa_stop(&psa);
    assert_int_equal(imprint_psa_start(&psa, &transport, &store, &with_secret, &atecc608a_drv_info), PSA_SUCCESS);
    assert_int_equal(psa_import_key(&attributes, scalar, sizeof scalar, &id), PSA_SUCCESS);
    assert_int_equal(sign(BOARD), PSA_SUCCESS);
    imprint_psa_stop(&psa);
    imprint_store_close(&store);
    virtual_close(world.part);
    world.part = NULL;
    world_remove(&world);
}

#define BLOCK 512
static uint8_t flash[4 * BLOCK];

static bool flash_read(void *context, uint32_t at, uint8_t *data, size_t size)
{
    (void)context;
    memcpy(data, flash + at, size);
    return true;
}

static bool flash_program(void *context, uint32_t at, const uint8_t *data, size_t size)
{
    (void)context;
    for (size_t i = 0; i < size; i++)
        flash[at + i] &= data[i];
    return true;
}

static bool flash_erase(void *context, uint32_t block)
{
    (void)context;
    memset(flash + (size_t)block * BLOCK, 0xff, BLOCK);
    return true;
}

static void a_store_on_flash(void **state)
{
    static const struct imprint_flash_device device_of_port = {
        .block_size = BLOCK,
        .block_count = sizeof flash / BLOCK,
        .unit = 4,
        .blank_is_erased = true,
        .read = flash_read,
        .program = flash_program,
        .erase = flash_erase,
    };
    struct imprint_store store = {{0}};
    const char *problem = NULL;

    (void)state;
    memset(flash, 0xff, sizeof flash);
    assert_false(imprint_store_open_flash(&store, &device_of_port, false, &problem));
    assert_non_null(problem);
    assert_true(imprint_store_open_flash(&store, &device_of_port, true, &problem));
    imprint_store_close(&store);
    assert_true(imprint_store_open_flash(&store, &device_of_port, false, &problem));
    imprint_store_close(&store);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(each_call_has_its_own_reason, begin, end),
        cmocka_unit_test(without_a_driver_the_status_has_a_sentence),
        cmocka_unit_test(a_store_in_a_directory),
        cmocka_unit_test(an_application),
        cmocka_unit_test(an_encrypted_import),
        cmocka_unit_test(a_store_on_flash),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
