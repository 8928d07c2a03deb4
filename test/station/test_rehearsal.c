/* SPDX-License-Identifier: Apache-2.0 */
/* What makes a run a rehearsal is recognised, refused where none is allowed, and noted where one is. */
#include "station/rehearsal.h"

#include <setjmp.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "provision/steps.h"
#include "station/published_keys.h"
#include "station/verifier.h"
#include "transport/kit_hid.h"

static struct verifier verifier;

static const struct device_row {
    const char *device;
    bool is_virtual;
} device_rows[] = {
    {"virtual", true},
    {"virtual:a.virtual", true},
    {"unix:/run/bus", true},
    {"unix:/run/bus@0x35", true},
    {"tcp:localhost:4000", true},
    {"i2c:/dev/i2c-1", false},
    {"i2c:/dev/i2c-1@0x60", false},
    {"swi:/dev/ttyS1", false},
    {"kit:/dev/ttyACM0", false},
    {"kit:/dev/null@0x60", false},
    {"kit:hid", false},
    {"kit:hid:0123@0x35", false},
};

static void test_devices(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof device_rows / sizeof device_rows[0]; i++) {
        struct rehearsal rehearsal = {.allowed = false};
        struct error err = {.reason = ERROR_NONE};

        if (rehearsal_check_device(&rehearsal, device_rows[i].device, &err) == device_rows[i].is_virtual)
            fail_msg("%s: %s", device_rows[i].device, device_rows[i].is_virtual ? "passed" : "refused");
        assert_int_equal(err.reason, device_rows[i].is_virtual ? ERROR_REHEARSAL : ERROR_NONE);
        rehearsal.allowed = true;
        err = (struct error){.reason = ERROR_NONE};
        assert_true(rehearsal_check_device(&rehearsal, device_rows[i].device, &err));
        assert_int_equal(rehearsal.found[REHEARSAL_VIRTUAL_CHIP], device_rows[i].is_virtual);
    }
}

static void test_emulated_bus(void **state)
{
    struct rehearsal rehearsal = {.allowed = false};
    struct error err = {.reason = ERROR_NONE};

    (void)state;
    assert_int_equal(setenv("IMPRINT_RUN", "1=/run/bus", 1), 0);
    assert_false(rehearsal_check_device(&rehearsal, "i2c:/dev/i2c-1", &err));
    assert_true(rehearsal_check_device(&rehearsal, "kit:hid", &err));
    assert_int_equal(unsetenv("IMPRINT_RUN"), 0);
}

/* A program plays the chip, or the board, on a pseudo terminal. */
static void test_pseudo_terminals(void **state)
{
    struct rehearsal rehearsal = {.allowed = false};
    struct error err = {.reason = ERROR_NONE};
    int master = posix_openpt(O_RDWR | O_NOCTTY);
    char device[128];

    (void)state;
    assert_true(master >= 0 && grantpt(master) == 0 && unlockpt(master) == 0);
    (void)snprintf(device, sizeof device, "kit:%s@0x35", ptsname(master));
    assert_false(rehearsal_check_device(&rehearsal, device, &err));
    (void)snprintf(device, sizeof device, "swi:%s", ptsname(master));
    assert_false(rehearsal_check_device(&rehearsal, device, &err));
    assert_false(rehearsal_check_console(&rehearsal, ptsname(master), &err));
    assert_int_equal(err.reason, ERROR_REHEARSAL);
    err = (struct error){.reason = ERROR_NONE};
    assert_true(rehearsal_check_console(&rehearsal, "/dev/null", &err));
    assert_true(rehearsal_check_console(&rehearsal, "/dev/not-there", &err));
    close(master);
}

/* The IO protection key of Microchip's examples; cryptoauthlib calls it g_slot4_key. */
static const uint8_t io_key[32] = {0x37, 0x80, 0xe6, 0x3d, 0x49, 0x68, 0xad, 0xe5, 0xd8, 0x22, 0xc0,
                                   0x13, 0xfc, 0xc3, 0x23, 0x84, 0x5d, 0x1b, 0x56, 0x9f, 0xe7, 0x05,
                                   0xb6, 0x00, 0x06, 0xfe, 0xec, 0x14, 0x5a, 0x0d, 0xb1, 0xe3};

/* RFC 6979, A.2.5: private key x. */
static const uint8_t rfc_key[32] = {0xc9, 0xaf, 0xa9, 0xd8, 0x45, 0xba, 0x75, 0x16, 0x6b, 0x5c, 0x21,
                                    0x57, 0x67, 0xb1, 0xd6, 0x93, 0x4e, 0x50, 0xc3, 0xdb, 0x36, 0xe8,
                                    0x9b, 0x12, 0x7b, 0x8a, 0x62, 0x2b, 0x12, 0x0f, 0x67, 0x21};

static void test_published_secrets(void **state)
{
    uint8_t key[32];

    (void)state;
    assert_non_null(published_keys_name(bytes_of(io_key, sizeof io_key)));
    assert_non_null(published_keys_name(bytes_of(rfc_key, sizeof rfc_key)));
    for (size_t i = 0; i < sizeof key; i++) {
        memcpy(key, io_key, sizeof key);
        key[i] ^= 1;
        assert_null(published_keys_name(bytes_of(key, sizeof key)));
    }
    memset(key, 0xff, sizeof key);
    assert_non_null(published_keys_name(bytes_of(key, sizeof key)));
    for (size_t i = 0; i < sizeof key; i++)
        key[i] = (uint8_t)i;
    assert_non_null(published_keys_name(bytes_of(key, sizeof key)));
    key[31]++;
    assert_null(published_keys_name(bytes_of(key, sizeof key)));
}

/* A device without the chip: one step that imports the key of the test. */
static void expect_import(const char *file, psa_key_type_t type, bool is_done, bool is_refused)
{
    static struct profile profile;
    struct provision_plan plan = {.step_count = 1};
    struct key_files files;
    struct rehearsal rehearsal = {.allowed = false};
    struct error err = {.reason = ERROR_NONE};

    profile.key_count = 1;
    profile.keys[0] = (struct profile_key){.id = 7, .method = PROFILE_IMPORT, .type = type};
    (void)snprintf(profile.keys[0].source, sizeof profile.keys[0].source, "keys/%s", file);
    plan.steps[0] = (struct provision_step){.kind = &provision_step_import_key, .key = 0, .done = is_done};
    key_files_init(&files, IMPRINT_TEST_PROFILES "/a.yaml");
    assert_int_equal(rehearsal_check_imports(&rehearsal, &profile, &plan, &files, &err), !is_refused);
    assert_int_equal(err.reason, is_refused ? ERROR_REHEARSAL : ERROR_NONE);
    rehearsal.allowed = true;
    err = (struct error){.reason = ERROR_NONE};
    assert_true(rehearsal_check_imports(&rehearsal, &profile, &plan, &files, &err));
    assert_int_equal(rehearsal.found[REHEARSAL_TEST_KEY], is_refused);
}

static void test_shipped_keys(void **state)
{
    const psa_key_type_t pair = PSA_KEY_TYPE_ECC_KEY_PAIR(PSA_ECC_FAMILY_SECP_R1);
    const psa_key_type_t public_key = PSA_KEY_TYPE_ECC_PUBLIC_KEY(PSA_ECC_FAMILY_SECP_R1);

    (void)state;
    expect_import("TEST-service-private.pem", pair, false, true);
    expect_import("TEST-service-private.pem", pair, true, false);
    expect_import("TEST-update-root-public.pem", public_key, false, true);
}

static void test_write_keys(void **state)
{
    struct imprint_write_key keys[2] = {{.slot = 4}, {.slot = 6}};
    struct rehearsal rehearsal = {.allowed = false};
    struct error err = {.reason = ERROR_NONE};

    (void)state;
    memcpy(keys[0].secret, io_key, sizeof io_key);
    keys[0].secret[0] ^= 1;
    memcpy(keys[1].secret, io_key, sizeof io_key);
    assert_true(rehearsal_check_write_keys(&rehearsal, keys, 1, &err));
    assert_false(rehearsal_check_write_keys(&rehearsal, keys, 2, &err));
    assert_int_equal(err.reason, ERROR_REHEARSAL);
    assert_int_equal(err.slot, 6);
}

static void test_words(void **state)
{
    struct rehearsal rehearsal = {.allowed = true};
    struct error err = {.reason = ERROR_NONE};
    char text[REHEARSAL_TEXT_SIZE];
    json_t *words = rehearsal_value(&rehearsal);

    (void)state;
    assert_int_equal(json_array_size(words), 0);
    json_decref(words);
    rehearsal_text(&rehearsal, text);
    assert_string_equal(text, "");
    for (size_t i = 0; i < REHEARSAL_SIGN_COUNT; i++)
        assert_true(rehearsal_note(&rehearsal, (enum rehearsal_sign)i, "x", &err));
    words = rehearsal_value(&rehearsal);
    assert_int_equal(json_array_size(words), REHEARSAL_SIGN_COUNT);
    json_decref(words);
    rehearsal_text(&rehearsal, text);
    assert_string_equal(text, "virtual chip, TEST key, test root");
}

static int begin(void **state)
{
    struct error err = {.reason = ERROR_NONE};

    (void)state;
    return verifier_start(&verifier, &err) ? 0 : -1;
}

static int end(void **state)
{
    (void)state;
    verifier_stop(&verifier);
    return 0;
}

/* The kernel lists what has no hardware below devices/virtual: /dev/null has none, and the file system's root is none.
 */
static void test_a_kit_without_hardware(void **state)
{
    (void)state;
    assert_false(transport_kit_hid_is_without_hardware("/sys/class/mem/none such"));
    assert_false(transport_kit_hid_is_without_hardware("/sys/devices"));
    assert_false(transport_kit_hid_is_without_hardware("/"));
    assert_false(transport_kit_hid_is_emulated("hid"));
    assert_false(transport_kit_hid_is_emulated("/dev/ttyACM0"));
    if (access("/sys/class/mem/null", F_OK) == 0)
        assert_true(transport_kit_hid_is_without_hardware("/sys/class/mem/null"));
    else
        print_message("stepped aside: test_station_rehearsal: no /sys here, which says what has hardware\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_devices),           cmocka_unit_test(test_a_kit_without_hardware),
        cmocka_unit_test(test_emulated_bus),      cmocka_unit_test(test_pseudo_terminals),
        cmocka_unit_test(test_published_secrets), cmocka_unit_test(test_shipped_keys),
        cmocka_unit_test(test_write_keys),        cmocka_unit_test(test_words),
    };

    return cmocka_run_group_tests(tests, begin, end);
}
