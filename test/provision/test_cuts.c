/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The power fails at every moment of provisioning that makes a difference: before and after each change of a record and
 * each chip command that writes. The next run of the same profile must end where the unbroken one does: same
 * configuration, same keys in the same slots, no slot lost; and the run after that writes nothing. For the part that is
 * only given keys the second run is cut at every moment too.
 */
#include "test/driver/cuts.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "profile/text.h"
#include "provision/provision.h"
#include "storage/file.h"
#include "transport/virtual.h"
#include "virtual/virtual.h"

#define KEY_PAIR                                                                                                       \
    "    type: ecc-key-pair(secp-r1)\n"                                                                                \
    "    bits: 256\n"                                                                                                  \
    "    algorithm: ecdsa(any-hash)\n"                                                                                 \
    "    usage: [sign-hash, verify-hash]\n"

/* profiles/mbed-factory-example.yaml. */
static const char example[] = "imprint: 1\n"
                              "name: example\n"
                              "chip:\n"
                              "  parts: [ATECC608A, ATECC608B]\n"
                              "  configuration: as-delivered\n"
                              "keys:\n"
                              "  - name: maker\n"
                              "    id: 16\n"
                              "    method: register\n"
                              "    slot: 0\n" KEY_PAIR "  - name: device\n"
                              "    id: 18\n"
                              "    method: generate\n" KEY_PAIR "    replace: unclaimed\n";

/* A part that is configured here, and no key of which may ever be replaced. */
static const char three_ways[] = "imprint: 1\n"
                                 "name: three-ways\n"
                                 "chip:\n"
                                 "  parts: [ATECC608B]\n"
                                 "  configuration: policy\n"
                                 "  lock: [config, data]\n"
                                 "keys:\n"
                                 "  - name: made\n"
                                 "    id: 1\n"
                                 "    method: generate\n"
                                 "    slot: 0\n" KEY_PAIR "    replace: never\n"
                                 "  - name: brought\n"
                                 "    id: 2\n"
                                 "    method: import\n"
                                 "    slot: 1\n" KEY_PAIR "    file: brought.pem\n"
                                 "    replace: never\n"
                                 "  - name: trusted\n"
                                 "    id: 3\n"
                                 "    method: import\n"
                                 "    slot: 11\n"
                                 "    type: ecc-public-key(secp-r1)\n"
                                 "    bits: 256\n"
                                 "    algorithm: ecdsa(any-hash)\n"
                                 "    usage: [verify-hash]\n"
                                 "    file: trusted.pem\n"
                                 "    replace: never\n";

static const uint8_t scalar[32] = {0x42, [31] = 0x17};
/* The curve's generator: as good as any point. */
static const uint8_t point[65] = {0x04, 0x6b, 0x17, 0xd1, 0xf2, 0xe1, 0x2c, 0x42, 0x47, 0xf8, 0xbc, 0xe6, 0xe5,
                                  0x63, 0xa4, 0x40, 0xf2, 0x77, 0x03, 0x7d, 0x81, 0x2d, 0xeb, 0x33, 0xa0, 0xf4,
                                  0xa1, 0x39, 0x45, 0xd8, 0x98, 0xc2, 0x96, 0x4f, 0xe3, 0x42, 0xe2, 0xfe, 0x1a,
                                  0x7f, 0x9b, 0x8e, 0xe7, 0xeb, 0x4a, 0x7c, 0x0f, 0x9e, 0x16, 0x2b, 0xce, 0x33,
                                  0x57, 0x6b, 0x31, 0x5e, 0xce, 0xcb, 0xb6, 0x40, 0x68, 0x37, 0xbf, 0x51, 0xf5};

/* What a run tells its parent. */
struct report {
    unsigned moments;
    struct provision_evidence evidence;
    bool usable[CHIP_SLOTS];
    uint64_t uids[32]; /* of the records there are */
    size_t uid_count;
};

struct bench {
    char folder[128], chip_path[160], store_path[160];
    const char *yaml;
    unsigned cut;
    bool expect_nothing_to_do;
    struct report *report;
};

static bool give_key(void *context, const struct profile_key *key, struct bytes_out *out, struct error *err)
{
    (void)context;
    (void)err;
    return PSA_KEY_TYPE_IS_PUBLIC_KEY(key->type) ? bytes_append(out, bytes_of(point, sizeof point))
                                                 : bytes_append(out, bytes_of(scalar, sizeof scalar));
}

static bool always_armed(void *context, const uint8_t *serial, const uint8_t *digest)
{
    (void)context;
    (void)serial;
    (void)digest;
    return true;
}

static void tell(struct bench *bench, struct driver *driver, const struct provision_evidence *evidence)
{
    struct report *report = bench->report;
    struct driver_map map;
    const struct storage *storage = driver->storage;
    uint64_t uid = 0;

    report->evidence = *evidence;
    assert_int_equal(driver_read_map(driver, true, &map, NULL), PSA_SUCCESS);
    for (size_t i = 0; i < CHIP_SLOTS; i++)
        report->usable[i] =
            map.slots[i].claimed_by == 0 && (map.slots[i].fill == DRIVER_FILL_EMPTY || map.slots[i].scrap);
    report->uid_count = 0;
    for (bool first = true; storage->operations->next(storage->context, first, &uid) == STORAGE_OK; first = false) {
        assert_in_range(report->uid_count, 0, 31);
        report->uids[report->uid_count++] = uid;
    }
}

/* One run of the program: a process from power on to the end, or to its cut. */
static void provision_once(void *context)
{
    struct bench *bench = context;
    static struct profile profile;
    static struct provision_plan plan;
    static struct provision_evidence evidence;
    struct profile_complaint complaint = {.line = 0};
    struct virtual_problem problem;
    struct virtual_chip *part;
    struct transport_virtual transport_virtual;
    struct chip chip;
    struct storage_file files;
    struct storage storage;
    struct driver driver;
    struct error err = {.reason = ERROR_NONE};

    if (!profile_read_text(bench->yaml, strlen(bench->yaml), &profile, &complaint))
        fail_msg("profile line %u: %s", complaint.line, complaint.message);
    assert_int_equal(virtual_open(bench->chip_path, &part, &problem), VIRTUAL_OK);
    struct transport transport = transport_virtual_init(&transport_virtual, part);
    chip_init(&chip, &transport);
    assert_true(storage_file_open(&files, bench->store_path, true, "test", NULL, &storage, &err));
    storage_mount(&storage);
    driver_init(&driver, &chip, &storage, NULL);
    driver_bind(&driver);
    cuts_install(&storage, &chip, bench->cut);
    assert_int_equal(psa_register_se_driver(PSA_ATECC608A_LOCATION, &atecc608a_drv_info), PSA_SUCCESS);
    assert_int_equal(psa_crypto_init(), PSA_SUCCESS);
    struct provision provision = {.driver = &driver,
                                  .profile = &profile,
                                  .skills = &provision_all_skills,
                                  .callbacks = {.import_key = give_key, .armed = always_armed}};
    enum provision_status status = provision_observe(&provision, &plan, &err);
    if (bench->expect_nothing_to_do)
        assert_int_equal(plan.todo, 0);
    if (status == PROVISION_OK)
        status = provision_execute(&provision, &plan, &evidence, &err);
    if (status != PROVISION_OK)
        fail_msg("status %d: %s: %s (slot %d, key %u)", status, err.doing != NULL ? err.doing : "-",
                 err.cause != NULL ? err.cause : "-", err.has_slot ? err.slot : -1, (unsigned)err.key_id);
    if (bench->expect_nothing_to_do)
        assert_int_equal(cuts_passed(), 0);
    for (size_t i = 0; i < evidence.key_count; i++)
        assert_true(evidence.keys[i].proven);
    bench->report->moments = cuts_passed();
    tell(bench, &driver, &evidence);
    mbedtls_psa_crypto_free();
    storage_file_close(&files);
    virtual_close(part);
}

static void make_part(struct bench *bench, enum virtual_part part)
{
    const struct virtual_making making = {.part = part, .has_seed = true, .seed = 7};
    struct virtual_problem problem;

    /* In memory where that is to be had: chip and storage sync every change. */
    snprintf(bench->folder, sizeof bench->folder, "%s/imprint-cuts-XXXXXX",
             access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
    assert_non_null(mkdtemp(bench->folder));
    snprintf(bench->chip_path, sizeof bench->chip_path, "%s/chip", bench->folder);
    snprintf(bench->store_path, sizeof bench->store_path, "%s/psa", bench->folder);
    assert_int_equal(virtual_create(bench->chip_path, &making, &problem), VIRTUAL_OK);
}

static void remove_part(const struct bench *bench)
{
    char command[160];

    snprintf(command, sizeof command, "rm -rf %s", bench->folder);
    assert_int_equal(system(command), 0);
}

/* All that is not fresh by nature is the same. */
static void compare(const struct report *found, const struct report *expected, const char *id)
{
    bool same = memcmp(found->evidence.config.bytes, expected->evidence.config.bytes, CHIP_CONFIG_BYTES) == 0 &&
                memcmp(found->usable, expected->usable, sizeof found->usable) == 0 &&
                found->uid_count == expected->uid_count &&
                memcmp(found->uids, expected->uids, expected->uid_count * sizeof found->uids[0]) == 0;

    if (!same)
        fail_msg("%s: configuration, free slots or records differ from the unbroken run's", id);
    for (size_t i = 0; i < expected->evidence.key_count; i++) {
        const struct provision_key_evidence *key = &found->evidence.keys[i], *wanted = &expected->evidence.keys[i];

        if (key->key_id != wanted->key_id || key->slot != wanted->slot)
            fail_msg("%s: key %u is in slot %u, not %u", id, (unsigned)key->key_id, key->slot, wanted->slot);
    }
}

static void sweep(const char *name, enum virtual_part part, const char *yaml, unsigned depth)
{
    struct bench bench = {.yaml = yaml, .report = cuts_share(sizeof *bench.report)};
    struct report unbroken;
    unsigned runs = 0;
    char id[64];

    make_part(&bench, part);
    assert_true(cuts_run_child(provision_once, &bench, name));
    unbroken = *bench.report;
    remove_part(&bench);
    for (unsigned first = 1; first <= unbroken.moments; first++) {
        bool whole = false;
        for (unsigned second = depth > 1; !whole; second++) {
            snprintf(id, sizeof id, "%s @%u @%u", name, first, second);
            make_part(&bench, part);
            bench.cut = first;
            assert_false(cuts_run_child(provision_once, &bench, id));
            bench.cut = second;
            whole = cuts_run_child(provision_once, &bench, id);
            bench.cut = 0;
            if (!whole)
                assert_true(cuts_run_child(provision_once, &bench, id));
            bench.expect_nothing_to_do = true;
            assert_true(cuts_run_child(provision_once, &bench, id));
            bench.expect_nothing_to_do = false;
            compare(bench.report, &unbroken, id);
            remove_part(&bench);
            runs++;
        }
    }
    print_message("  %-20s %3u moments, %4u runs\n", name, unbroken.moments, runs);
}

static void the_example(void **state)
{
    (void)state;
    sweep("example", VIRTUAL_TRUST_AND_GO, example, 2);
}

static void three_ways_on_a_blank_part(void **state)
{
    (void)state;
    sweep("three ways", VIRTUAL_BLANK, three_ways, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_example),
        cmocka_unit_test(three_ways_on_a_blank_part),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
