/* SPDX-License-Identifier: Apache-2.0 */
/* `configuration: bytes`: real parts' configurations as files of a profile, and what its entries need of their slots.
 */
#include "profile/profile.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "profile/text/text.h"

static struct profile profile;
static struct profile_complaint complaint;

/* A good profile for the TrustFLEX configuration, as text of which rows below replace parts. */
static const char good[] = "imprint: 1\n"                                   /* 1 */
                           "name: b\n"                                      /* 2 */
                           "chip:\n"                                        /* 3 */
                           "  parts: [ATECC608A, ATECC608B]\n"              /* 4 */
                           "  configuration: bytes\n"                       /* 5 */
                           "  configuration-file: 608b-tflxtls.hex\n"       /* 6 */
                           "  lock: [config, data]\n"                       /* 7 */
                           "  mark: 8\n"                                    /* 8 */
                           "keys:\n"                                        /* 9 */
                           "  - name: device\n"                             /* 10 */
                           "    id: 16\n"                                   /* 11 */
                           "    method: generate\n"                         /* 12 */
                           "    slot: 2\n"                                  /* 13 */
                           "    type: ecc-key-pair(secp-r1)\n"              /* 14 */
                           "    bits: 256\n"                                /* 15 */
                           "    algorithm: ecdsa(any-hash)\n"               /* 16 */
                           "    usage: [sign-hash, sign-message, derive]\n" /* 17 */
                           "certificates:\n"                                /* 18 */
                           "  - {name: identity, key: device, issuer: factory, kind: tls-client, valid: 20,\n"
                           "     subject: 'CN={serial}', slot: 10}\n" /* 20 */
                           "data:\n"                                  /* 21 */
                           "  - name: storage\n"                      /* 22 */
                           "    type: aes\n"                          /* 23 */
                           "    slot: 9\n"                            /* 24 */
                           "    id: 33\n"                             /* 25 */
                           "    algorithm: gcm\n"                     /* 26 */
                           "    file: aes.hex\n";                     /* 27 */

static bool read_with(const char *from, const char *to)
{
    char path[] = "bytes-test-XXXXXX"; /* in the folder that the test runs in */
    const char *at = from == NULL ? good : strstr(good, from);
    FILE *file;
    bool read;
    int fd;
    int closed;

    assert_non_null(at);
    fd = mkstemp(path);
    assert_true(fd >= 0);
    file = fdopen(fd, "w");
    assert_non_null(file);
    (void)fprintf(file, "%.*s%s%s", (int)(at - good), good, to, at + (from == NULL ? 0 : strlen(from)));
    closed = fclose(file);
    assert_int_equal(closed, 0);
    read = profile_read_file(path, &profile, &complaint);
    (void)unlink(path);
    return read;
}

/* The file is beside the profile: links to the dumps, in the folder that the test runs in. */
static int link_dumps(void **state)
{
    static const char *const names[] = {"608b-tflxtls.hex", "508a-blank-1.hex", "608a-riot-example.hex",
                                        "608a-coldcard.hex", "508a-mbed-dev-template.hex"};

    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        char target[512];

        (void)snprintf(target, sizeof target, "%s/configs/%s", IMPRINT_TEST_DATA, names[i]);
        (void)unlink(names[i]);
        if (symlink(target, names[i]) != 0)
            return -1;
    }
    return 0;
}

static void test_good(void **state)
{
    static uint8_t first[PROFILE_BINARY_MAX], second[PROFILE_BINARY_MAX];
    struct bytes_out one = {.data = first, .cap = sizeof first}, two = {.data = second, .cap = sizeof second};
    struct chip_config now = {.zone = {0}}, wanted;

    (void)state;
    if (!read_with(NULL, ""))
        fail_msg("%u:%u: %s", complaint.line, complaint.column, complaint.message);
    assert_int_equal(profile.i2c_address, 0x36);
    assert_true(profile_check(&profile, NULL));
    chip_config_model(&now, CHIP_PART_ATECC608B, &(struct chip_policy_bytes){.low = {0xC0}});
    assert_true(profile_wanted_config(&profile, &now, &wanted, NULL));
    assert_int_equal(wanted.zone[16], 0x6C);
    assert_int_equal(chip_slot_config(&wanted, 5), 0x468F);
    assert_int_equal(chip_key_config(&wanted, 14), 0x0012);
    /* The end of the binary form is the 90 bytes; the name of their file is not in it. */
    assert_true(profile_encode(&profile, &one));
    assert_int_equal(first[4], 6);
    assert_int_equal(first[6], 5);
    assert_memory_equal(first + one.len - 90, wanted.zone + 16, 36);
    assert_memory_equal(first + one.len - 54, wanted.zone + 68, 16);
    assert_memory_equal(first + one.len - 38, wanted.zone + 90, 38);
    assert_true(read_with("608b-tflxtls.hex", "./608b-tflxtls.hex"));
    assert_true(profile_encode(&profile, &two));
    assert_true(bytes_equal(bytes_written(&one), bytes_written(&two)));
    /* The same address in words, and the file named by its whole path. */
    assert_true(read_with("  mark: 8\n", "  mark: 8\n  i2c-address: 0x36\n"));
    assert_true(read_with("608b-tflxtls.hex", IMPRINT_TEST_DATA "/configs/608b-tflxtls.hex"));
}

static const struct bad_row {
    const char *from, *to;
    uint32_t line;
    enum error_reason reason;
    const char *message;
} bad_rows[] = {
    {"  configuration-file: 608b-tflxtls.hex\n", "", 5, ERROR_PROFILE_CONFLICT,
     "chip.configuration: configuration bytes needs a file"},
    {"configuration: bytes", "configuration: policy", 6, ERROR_PROFILE_CONFLICT,
     "chip.configuration-file: only configuration bytes reads a file"},
    {"608b-tflxtls.hex", "no-such.hex", 6, ERROR_INPUT_FILE,
     "chip.configuration-file: cannot read no-such.hex: No such file or directory"},
    {"608b-tflxtls.hex", ".", 6, ERROR_INPUT_FILE, "chip.configuration-file: cannot read .: Is a directory"},
    {"608b-tflxtls.hex", "/dev/null", 6, ERROR_INPUT_FILE, "chip.configuration-file: /dev/null: no bytes in hex found"},
    {"608b-tflxtls.hex", "/dev/zero", 6, ERROR_INPUT_FILE,
     "chip.configuration-file: /dev/zero is too large (limit 64 KiB)"},
    {"608b-tflxtls.hex", "caf\xC3\xA9.hex", 6, ERROR_INPUT_FILE,
     "chip.configuration-file: cannot read caf??.hex: No such file or directory"},
    {"608b-tflxtls.hex", "508a-blank-1.hex", 6, ERROR_PROFILE_CONFLICT,
     "chip.configuration-file: the file is of an ATECC508A"},
    {"parts: [ATECC608A, ATECC608B]", "parts: [ATECC508A]", 6, ERROR_PROFILE_CONFLICT,
     "chip.configuration-file: the file is of an ATECC608"},
    {"608b-tflxtls.hex", "608a-riot-example.hex", 6, ERROR_PROFILE_CONFLICT,
     "chip.configuration-file: a private-key slot of the file lacks IsSecret or KeyType P-256: nothing could ever use "
     "its key (slot 7)"},
    {"  mark: 8\n", "  mark: 8\n  i2c-address: 0x60\n", 9, ERROR_PROFILE_CONFLICT,
     "chip.i2c-address: the configuration file has another address in byte 16"},
    {"  mark: 8\n", "  mark: 8\n  genuine: required\n", 9, ERROR_PROFILE_CONFLICT, "chip.genuine: a part that"},
    {"  lock: [config, data]\n", "", 4, ERROR_PROFILE_CONFLICT, "chip.lock: the chip creates"},
    {"  lock: [config, data]\n", "  lock: [config]\n", 8, ERROR_PROFILE_CONFLICT, "chip.mark: a mark can only be read"},
    {"  mark: 8\n", "  mark: 14\n", 8, ERROR_PROFILE_CONFLICT,
     "chip.mark: its KeyConfig (PubInfo) is for a public key"},
    {"method: generate", "method: register", 12, ERROR_PROFILE_CONFLICT, "keys[0].method: a part that imprint"},
    {"    slot: 2\n", "    slot: 5\n", 13, ERROR_PROFILE_CONFLICT, "keys[0].slot: bit 0 of its KeyConfig (Private)"},
    {"    slot: 2\n", "    slot: 1\n", 13, ERROR_PROFILE_CONFLICT,
     "keys[0].slot: bit 0 of its SlotConfig (external Sign)"},
    {"    slot: 2\n", "    slot: 0\n    lock-slot: true\n", 14, ERROR_PROFILE_CONFLICT,
     "keys[0].lock-slot: bit 5 of its KeyConfig (Lockable)"},
    {"    slot: 2\n", "", 10, ERROR_PROFILE_CONFLICT, "keys[0].slot: imprint writes the configuration before"},
    {"slot: 10}", "slot: 14}", 20, ERROR_PROFILE_CONFLICT, "certificates[0].slot: its KeyConfig (PubInfo)"},
    {"    slot: 9\n", "    slot: 11\n", 24, ERROR_PROFILE_CONFLICT, "data[0].slot: bits 4-2 of its KeyConfig"},
    {"data:\n", "data:\n  - name: bus\n    type: io-protection\n    slot: 7\n", 24, ERROR_PROFILE_CONFLICT,
     "data[0].slot: bit 4 of its SlotConfig (NoMac)"},
    {"    file: aes.hex\n", "    file: aes.hex\n    write-key: 6\n", 28, ERROR_PROFILE_CONFLICT, "data[0].write-key: "},
};

static void test_bad(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof bad_rows / sizeof bad_rows[0]; i++) {
        const struct bad_row *row = &bad_rows[i];

        if (read_with(row->from, row->to))
            fail_msg("row %zu, %s: accepted", i, row->message);
        if (complaint.reason != row->reason || complaint.line != row->line || complaint.column == 0 ||
            strncmp(complaint.message, row->message, strlen(row->message)) != 0 || complaint.expected[0] == '\0')
            fail_msg("row %zu: %u:%u: %s; expected %s", i, complaint.line, complaint.column, complaint.message,
                     complaint.expected);
    }
}

/* The slot of the IO protection key is the one that the bytes name. */
static void test_io_key(void **state)
{
    struct error err = {.reason = ERROR_NONE};

    (void)state;
    if (!read_with("data:\n", "data:\n  - name: bus\n    type: io-protection\n    slot: 6\n    lock-slot: true\n"))
        fail_msg("%u:%u: %s", complaint.line, complaint.column, complaint.message);
    assert_true(profile_check(&profile, &err));
    profile.bytes.high[1] = 0x70; /* ChipOptions: in slot 7 */
    assert_false(profile_check(&profile, &err));
    assert_non_null(strstr(err.cause, "ChipOptions"));
    error_clear(&err);
    profile.bytes.high[1] = 0x60;
    profile.bytes.high[0] = 0x0C; /* not in use */
    assert_false(profile_check(&profile, &err));
    assert_non_null(strstr(err.cause, "ChipOptions"));
}

/* ECDH with the key in slot 2 can put its result into slot 3, whatever the policy there. */
static void test_io_key_beside_ecdh(void **state)
{
    struct error err = {.reason = ERROR_NONE};

    (void)state;
    assert_true(read_with("data:\n", "data:\n  - name: bus\n    type: io-protection\n    slot: 6\n"));
    profile.data[0].slot = 3;
    profile.bytes.high[1] = 0x30; /* ChipOptions: in slot 3 */
    profile.bytes.low[4 + 2 * 3] = profile.bytes.low[5 + 2 * 3] = 0x8F;
    profile.bytes.high[6 + 2 * 3] = 0x5C;
    profile.bytes.high[7 + 2 * 3] = 0;
    assert_false(profile_check(&profile, &err));
    assert_non_null(strstr(err.cause, "permits ECDH"));
    error_clear(&err);
    profile.bytes.low[4 + 2 * 2] &= (uint8_t)~4; /* no ECDH in slot 2 */
    profile.keys[0].usage &= ~PSA_KEY_USAGE_DERIVE;
    assert_true(profile_check(&profile, &err));
}

/* A profile that is in no file has no folder in which its configuration could be. */
static void test_from_memory(void **state)
{
    (void)state;
    assert_false(profile_read_text(good, strlen(good), &profile, &complaint));
    assert_int_equal(complaint.line, 6);
    assert_non_null(strstr(complaint.message, "a profile that is not in a file"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_good),        cmocka_unit_test(test_bad),
        cmocka_unit_test(test_io_key),      cmocka_unit_test(test_io_key_beside_ecdh),
        cmocka_unit_test(test_from_memory),
    };

    return cmocka_run_group_tests(tests, link_dumps, NULL);
}
