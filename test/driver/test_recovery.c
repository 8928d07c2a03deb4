/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Power that fails while a key is registered, generated, imported or destroyed: at every moment that makes a
 * difference, and then again at every moment of the next run. After that an application that only registers the driver
 * and starts PSA has everything in order: every key is there whole or not at all, the others are what they were, and
 * the same command ends as the unbroken run does, with no slot lost. A failure names "row @first @second"; each run is
 * the same every time.
 */
#include "test/driver/cuts.h"
#include "test/driver/device.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <psa/internal_trusted_storage.h>

#include "driver/slots.h"
#include "storage/scrap.h"
#include "storage/transaction.h"

enum { MAKERS = 16, NEIGHBOUR = 17, SUBJECT = 18, SHARER = 19 };
#define NO_SLOT (-1)

enum deed { DEED_REGISTER, DEED_GENERATE, DEED_IMPORT, DEED_IMPORT_PUBLIC, DEED_DESTROY };

static const struct row {
    const char *name;
    enum device_kind kind;
    enum deed deed; /* of DEED_DESTROY: `made` is how the key got there */
    int slot;       /* NO_SLOT: the driver chooses */
    enum deed made;
    bool replace, shared;
} rows[] = {
    {"register", DEVICE_TRUST_AND_GO, DEED_REGISTER, 3, DEED_REGISTER, false, false},
    {"generate anywhere", DEVICE_BLANK_LOCKED, DEED_GENERATE, NO_SLOT, DEED_GENERATE, false, false},
    {"generate in an empty slot", DEVICE_BLANK_LOCKED, DEED_GENERATE, 2, DEED_GENERATE, false, false},
    {"generate in a filled slot", DEVICE_TRUST_AND_GO, DEED_GENERATE, 4, DEED_GENERATE, false, false},
    {"generate in any filled slot", DEVICE_TRUST_AND_GO, DEED_GENERATE, NO_SLOT, DEED_GENERATE, true, false},
    {"generate with a hidden public key", DEVICE_VARIED_LOCKED, DEED_GENERATE, VARIED_HIDDEN, DEED_GENERATE, false,
     false},
    {"import in clear", DEVICE_BLANK_CONFIG_LOCKED, DEED_IMPORT, 1, DEED_IMPORT, false, false},
    {"import encrypted", DEVICE_VARIED_LOCKED, DEED_IMPORT, VARIED_IMPORT, DEED_IMPORT, false, false},
    {"import a public key", DEVICE_VARIED_LOCKED, DEED_IMPORT_PUBLIC, NO_SLOT, DEED_IMPORT_PUBLIC, false, false},
    {"import a public key before the data lock", DEVICE_VARIED, DEED_IMPORT_PUBLIC, VARIED_PUBLIC, DEED_IMPORT_PUBLIC,
     false, false},
    {"destroy", DEVICE_BLANK_LOCKED, DEED_DESTROY, NO_SLOT, DEED_GENERATE, false, false},
    {"destroy one of two ids", DEVICE_TRUST_AND_GO, DEED_DESTROY, 3, DEED_REGISTER, false, true},
    {"destroy a registered key", DEVICE_TRUST_AND_GO, DEED_DESTROY, 3, DEED_REGISTER, false, false},
    {"destroy a key that stays", DEVICE_VARIED_LOCKED, DEED_DESTROY, NO_SLOT, DEED_IMPORT_PUBLIC, false, false},
};
#define ROWS (sizeof rows / sizeof rows[0])

/* How the device looks to whoever may take a slot. */
struct view {
    uint32_t claimed_by[CHIP_SLOTS];
    bool usable[CHIP_SLOTS]; /* automatic choice would take it without permission */
};

/* What the children tell. */
struct report {
    unsigned moments;
    bool done;             /* the deed was reported as done */
    int slot;              /* of the subject, when it was */
    struct view view;      /* at the end */
    uint8_t neighbour[65]; /* public keys, which never change */
    uint8_t makers[65];
    uint8_t subject[64]; /* X | Y of what is in the subject's slot before a destruction */
};

struct scene {
    const struct row *row;
    struct device device;
    unsigned cut;
    bool expect_whole; /* the deed must be done by now, before it is tried again */
    struct report *report;
};

static const struct driver_write_key write_keys[] = {
    {.slot = 15,
     .secret = {0x01, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef, 0x10, 0x32, 0x54, 0x76, 0x98, 0xba, 0xdc, 0xfe,
                0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 0x88, 0x99, 0xaa, 0xbb, 0xcc, 0xdd, 0xee, 0xf0, 0x0f}}};
static const uint8_t scalar[32] = {0x42, [31] = 0x17};
/* The curve's generator: as good as any point. */
static const uint8_t point[65] = {0x04, 0x6b, 0x17, 0xd1, 0xf2, 0xe1, 0x2c, 0x42, 0x47, 0xf8, 0xbc, 0xe6, 0xe5,
                                  0x63, 0xa4, 0x40, 0xf2, 0x77, 0x03, 0x7d, 0x81, 0x2d, 0xeb, 0x33, 0xa0, 0xf4,
                                  0xa1, 0x39, 0x45, 0xd8, 0x98, 0xc2, 0x96, 0x4f, 0xe3, 0x42, 0xe2, 0xfe, 0x1a,
                                  0x7f, 0x9b, 0x8e, 0xe7, 0xeb, 0x4a, 0x7c, 0x0f, 0x9e, 0x16, 0x2b, 0xce, 0x33,
                                  0x57, 0x6b, 0x31, 0x5e, 0xce, 0xcb, 0xb6, 0x40, 0x68, 0x37, 0xbf, 0x51, 0xf5};

/* --- what an application does ---------------------------------------------------------------------------------- */

static psa_status_t make_key(enum deed deed, psa_key_id_t id, int slot)
{
    psa_key_attributes_t attributes =
        deed == DEED_IMPORT_PUBLIC ? device_public_key(id, slot) : device_key_pair(id, slot);
    psa_key_id_t made;

    if (slot == VARIED_HIDDEN) /* to verify needs the public key */
        psa_set_key_usage_flags(&attributes, PSA_KEY_USAGE_SIGN_HASH);
    switch (deed) {
    case DEED_REGISTER:
        return mbedtls_psa_register_se_key(&attributes);
    case DEED_GENERATE:
        return psa_generate_key(&attributes, &made);
    case DEED_IMPORT:
        return psa_import_key(&attributes, scalar, sizeof scalar, &made);
    case DEED_IMPORT_PUBLIC:
        return psa_import_key(&attributes, point, sizeof point, &made);
    case DEED_DESTROY:
        break;
    }
    return PSA_ERROR_NOT_SUPPORTED;
}

/* The slot of a key, NO_SLOT when there is none with this id. */
static int slot_of(psa_key_id_t id)
{
    psa_key_attributes_t attributes = PSA_KEY_ATTRIBUTES_INIT;
    psa_key_slot_number_t number = CHIP_SLOTS;
    psa_status_t status = psa_get_key_attributes(id, &attributes);

    if (status == PSA_ERROR_INVALID_HANDLE)
        return NO_SLOT;
    assert_int_equal(status, PSA_SUCCESS);
    assert_int_equal(psa_get_key_slot_number(&attributes, &number), PSA_SUCCESS);
    psa_reset_key_attributes(&attributes);
    return (int)number;
}

static psa_status_t do_deed(const struct row *row)
{
    return row->deed == DEED_DESTROY ? psa_destroy_key(SUBJECT) : make_key(row->deed, SUBJECT, row->slot);
}

static void export(const struct device *device, psa_key_id_t id, uint8_t key[static 65])
{
    size_t len = 0;

    device_expect(device, psa_export_public_key(id, key, 65, &len), PSA_SUCCESS);
    assert_int_equal(len, 65);
}

/* PSA is whole: random numbers, and a local key that is made, used and forgotten. */
static void expect_started(void)
{
    psa_key_attributes_t attributes = device_key_pair(0, NO_SLOT);
    uint8_t hash[32] = {1}, signature[64];
    psa_key_id_t id;
    size_t len;

    assert_int_equal(psa_generate_random(hash, sizeof hash), PSA_SUCCESS);
    psa_set_key_lifetime(&attributes, PSA_KEY_LIFETIME_VOLATILE);
    assert_int_equal(psa_generate_key(&attributes, &id), PSA_SUCCESS);
    assert_int_equal(psa_sign_hash(id, PSA_ALG_ECDSA(PSA_ALG_SHA_256), hash, 32, signature, sizeof signature, &len),
                     PSA_SUCCESS);
    assert_int_equal(psa_destroy_key(id), PSA_SUCCESS);
}

static void start(struct scene *scene)
{
    struct device *device = &scene->device;

    device->settings = (struct driver_settings){
        .replace_unclaimed = scene->row->replace, .write_keys = write_keys, .write_key_count = 1};
    device_start_unregistered(device);
    cuts_install(&device->storage, &device->chip, scene->cut);
    assert_int_equal(psa_register_se_driver(PSA_ATECC608A_LOCATION, &atecc608a_drv_info), PSA_SUCCESS);
    assert_int_equal(psa_crypto_init(), PSA_SUCCESS);
    expect_started();
}

static enum storage_status transaction_status(const struct device *device)
{
    struct storage_transaction transaction;

    return storage_transaction_read(&device->storage, &transaction);
}

static bool signs(const struct row *row)
{
    return row->kind != DEVICE_BLANK_CONFIG_LOCKED && row->kind != DEVICE_VARIED;
}

static bool has_makers_key(const struct row *row)
{
    return row->kind == DEVICE_TRUST_AND_GO;
}

static void read_view(struct device *device, struct view *view)
{
    struct driver_map map;
    struct error err = {.reason = ERROR_NONE};

    if (driver_read_map(&device->driver, true, &map, &err) != PSA_SUCCESS)
        fail_msg("no map: %s", err.cause);
    for (size_t i = 0; i < CHIP_SLOTS; i++) {
        view->claimed_by[i] = map.slots[i].claimed_by;
        view->usable[i] =
            map.slots[i].claimed_by == 0 && (map.slots[i].fill == DRIVER_FILL_EMPTY || map.slots[i].scrap);
        assert_false(map.slots[i].claimed_by != 0 && map.slots[i].scrap);
    }
}

static void expect_same_view(const struct view *view, const struct view *expected, const char *id)
{
    for (size_t i = 0; i < CHIP_SLOTS; i++) {
        if (view->claimed_by[i] != expected->claimed_by[i] || view->usable[i] != expected->usable[i])
            fail_msg("%s: slot %zu: claimed by %u and %s, not by %u and %s", id, i, (unsigned)view->claimed_by[i],
                     view->usable[i] ? "usable" : "not usable", (unsigned)expected->claimed_by[i],
                     expected->usable[i] ? "usable" : "not usable");
    }
}

/* The other keys of the device are what they were, and no two ids share a slot but those that are to. */
static void expect_neighbours(struct scene *scene)
{
    const struct device *device = &scene->device;
    uint8_t key[65];

    export(device, NEIGHBOUR, key);
    assert_memory_equal(key, scene->report->neighbour, sizeof key);
    if (signs(scene->row))
        device_prove(device, NEIGHBOUR, key);
    if (has_makers_key(scene->row)) {
        export(device, MAKERS, key);
        assert_memory_equal(key, scene->report->makers, sizeof key);
        assert_int_not_equal(slot_of(MAKERS), slot_of(NEIGHBOUR));
    }
    if (slot_of(SUBJECT) != NO_SLOT) {
        assert_int_not_equal(slot_of(SUBJECT), slot_of(NEIGHBOUR));
        assert_int_not_equal(slot_of(SUBJECT), 0);
    }
}

/* The subject, when it is there, is a whole key. */
static void expect_subject_works(struct scene *scene)
{
    uint8_t key[65];
    bool is_public = scene->row->made == DEED_IMPORT_PUBLIC;

    if (slot_of(SUBJECT) == NO_SLOT || scene->row->slot == VARIED_HIDDEN || scene->row->kind == DEVICE_VARIED)
        return;
    export(&scene->device, SUBJECT, key);
    if (is_public)
        assert_memory_equal(key, point, sizeof key);
    else if (signs(scene->row))
        device_prove(&scene->device, SUBJECT, key);
}

/* --- the processes --------------------------------------------------------------------------------------------- */

static void prepare(void *context)
{
    struct scene *scene = context;
    const struct row *row = scene->row;

    scene->cut = 0;
    start(scene);
    if (has_makers_key(row)) {
        device_expect(&scene->device, make_key(DEED_REGISTER, MAKERS, 0), PSA_SUCCESS);
        device_expect(&scene->device, make_key(DEED_GENERATE, NEIGHBOUR, 2), PSA_SUCCESS);
        export(&scene->device, MAKERS, scene->report->makers);
    } else {
        device_expect(&scene->device, make_key(DEED_GENERATE, NEIGHBOUR, 0), PSA_SUCCESS);
    }
    export(&scene->device, NEIGHBOUR, scene->report->neighbour);
    if (row->deed == DEED_DESTROY) {
        device_expect(&scene->device, make_key(row->made, SUBJECT, row->slot), PSA_SUCCESS);
        if (row->shared)
            device_expect(&scene->device, make_key(DEED_REGISTER, SHARER, row->slot), PSA_SUCCESS);
        scene->report->slot = slot_of(SUBJECT);
        assert_true(device_slot_public(&scene->device, (uint8_t)scene->report->slot, scene->report->subject));
    }
    device_stop(&scene->device);
}

/* The deed, once or as often as needed: the second run of an interrupted one comes here too. */
static void act(void *context)
{
    struct scene *scene = context;
    const bool destroys = scene->row->deed == DEED_DESTROY;

    start(scene);
    assert_int_equal(transaction_status(&scene->device), STORAGE_ABSENT);
    assert_true(!scene->report->done || (slot_of(SUBJECT) == NO_SLOT) == destroys);
    expect_subject_works(scene);
    if ((slot_of(SUBJECT) == NO_SLOT) != destroys)
        device_expect(&scene->device, do_deed(scene->row), PSA_SUCCESS);
    scene->report->done = true;
    assert_int_equal((slot_of(SUBJECT) == NO_SLOT), destroys);
    scene->report->moments = cuts_passed();
    if (!destroys)
        scene->report->slot = slot_of(SUBJECT);
    device_stop(&scene->device);
}

static void look_at_end(void *context)
{
    struct scene *scene = context;
    const struct row *row = scene->row;
    uint8_t now[64];

    scene->cut = 0;
    start(scene);
    assert_int_equal(cuts_passed(), 0); /* everything is settled: starting changes nothing */
    assert_int_equal(transaction_status(&scene->device), STORAGE_ABSENT);
    expect_neighbours(scene);
    expect_subject_works(scene);
    assert_int_equal((slot_of(SUBJECT) == NO_SLOT), row->deed == DEED_DESTROY);
    if (row->deed == DEED_DESTROY) {
        bool stays = row->shared || row->made == DEED_IMPORT_PUBLIC;
        assert_true(device_slot_public(&scene->device, (uint8_t)scene->report->slot, now));
        assert_int_equal(memcmp(now, scene->report->subject, sizeof now) == 0, stays);
    }
    read_view(&scene->device, &scene->report->view);
    device_stop(&scene->device);
}

/* --- the harness ----------------------------------------------------------------------------------------------- */

/* A copy of the prepared device to cut; `scene` gets its places. */
static void take_copy(struct scene *scene, const struct device *prepared, const struct report *told)
{
    struct device *device = &scene->device;

    *device = *prepared;
    snprintf(device->directory, sizeof device->directory, "%.240s/cut", prepared->directory);
    snprintf(device->chip_path, sizeof device->chip_path, "%s/chip", device->directory);
    snprintf(device->store_path, sizeof device->store_path, "%s/store", device->directory);
    *scene->report = *told;
    scene->report->done = false;
    assert_int_equal(mkdir(device->directory, 0700), 0);
    cuts_copy_file(prepared->chip_path, device->chip_path);
    cuts_copy_directory(prepared->store_path, device->store_path);
}

/* The last second cut of each first one comes too late: that is the run which is cut once. */
static void sweep(const struct row *row)
{
    struct scene scene = {.row = row, .report = cuts_share(sizeof *scene.report)};
    struct device prepared;
    struct report told, unbroken;
    unsigned runs = 0;
    char id[128];

    device_make(&scene.device, row->kind);
    assert_true(cuts_run_child(prepare, &scene, row->name));
    prepared = scene.device;
    told = *scene.report;

    take_copy(&scene, &prepared, &told);
    scene.cut = 0;
    assert_true(cuts_run_child(act, &scene, row->name));
    assert_true(cuts_run_child(look_at_end, &scene, row->name));
    unbroken = *scene.report;
    device_remove(&scene.device);

    for (unsigned first = 1; first <= unbroken.moments; first++) {
        bool whole = false;
        for (unsigned second = 1; !whole; second++) {
            snprintf(id, sizeof id, "%s @%u @%u", row->name, first, second);
            take_copy(&scene, &prepared, &told);
            scene.cut = first;
            assert_false(cuts_run_child(act, &scene, id));
            scene.cut = second;
            whole = cuts_run_child(act, &scene, id);
            scene.cut = 0;
            if (!whole)
                assert_true(cuts_run_child(act, &scene, id));
            assert_true(cuts_run_child(look_at_end, &scene, id));
            if (scene.report->slot != unbroken.slot)
                fail_msg("%s: slot %d, not %d", id, scene.report->slot, unbroken.slot);
            expect_same_view(&scene.report->view, &unbroken.view, id);
            device_remove(&scene.device);
            runs++;
        }
    }
    print_message("  %-45s %2u moments, %4u runs\n", row->name, unbroken.moments, runs);
    device_remove(&prepared);
}

static void every_two_cuts(void **state)
{
    (void)state;
    for (size_t i = 0; i < ROWS; i++)
        sweep(&rows[i]);
}

/* Made and destroyed, cut somewhere else each time: the slots are as free at the end as at the beginning. */
static void make_and_destroy(void *context)
{
    struct scene *scene = context;
    psa_status_t status;

    start(scene);
    if (slot_of(SUBJECT) == NO_SLOT)
        device_expect(&scene->device, make_key(DEED_GENERATE, SUBJECT, NO_SLOT), PSA_SUCCESS);
    status = psa_destroy_key(SUBJECT);
    device_expect(&scene->device, status, PSA_SUCCESS);
    read_view(&scene->device, &scene->report->view);
    scene->report->moments = cuts_passed();
    device_stop(&scene->device);
}

static void no_slot_leaks(void **state)
{
    static const struct row row = {
        "no slot leaks", DEVICE_BLANK_LOCKED, DEED_GENERATE, NO_SLOT, DEED_GENERATE, false, false};
    struct scene scene = {.row = &row, .report = cuts_share(sizeof *scene.report)};
    unsigned cuts = 0;

    (void)state;
    device_make(&scene.device, row.kind);
    assert_true(cuts_run_child(prepare, &scene, row.name));
    assert_true(cuts_run_child(make_and_destroy, &scene, row.name));
    const struct view free_again = scene.report->view;
    const unsigned moments = scene.report->moments;
    for (unsigned i = 0; i < 50; i++) {
        scene.cut = 1 + i % moments;
        cuts += !cuts_run_child(make_and_destroy, &scene, row.name);
    }
    assert_in_range(cuts, 40, 50);
    scene.cut = 0;
    assert_true(cuts_run_child(make_and_destroy, &scene, row.name));
    expect_same_view(&scene.report->view, &free_again, row.name);
    device_remove(&scene.device);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_slot_leaks),
        cmocka_unit_test(every_two_cuts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
