/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The steps of certificates against a virtual TrustFLEX part, with an issuer that the test plays: it is asked after the
 * key's proof and at no other time, nothing is written before it has answered, and what is in a slot or under a key id
 * is not lost without a word of the profile's.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "chip/operations.h"
#include "test/provision/bench.h"
#include "virtual/chip/virtual_invasive.h"

static const char profile[] =
    "imprint: 1\nname: t\nrehearsal: allowed\nchip: {parts: [ATECC608B], configuration: trust-flex}\nkeys:\n"
    "  - {name: one, id: 16, method: generate, slot: 2, type: ecc-key-pair(secp-r1), bits: 256, algorithm: "
    "ecdsa(any-hash),\n     usage: [sign-hash], replace: unclaimed}\ncertificates:\n"
    "  - {name: client, key: one, issuer: factory, kind: tls-client, subject: CN=x, valid: 20, slot: 10,\n"
    "     signer-key-slot: 11, replace: unclaimed, psa-id: 0x1001}\n";

/* The issuer. */
struct issuer {
    struct bench *bench;
    bool has_issued, refuses;
    unsigned asked;
    uint8_t digest[32]; /* of the chip when it was asked */
};

static const uint8_t whole[] = "a certificate";

static bool get(void *context, size_t index, const uint8_t serial[static CHIP_SERIAL_BYTES],
                const uint8_t point[static P256_POINT_BYTES], bool issue, struct bytes *der, struct error *err)
{
    struct issuer *issuer = context;
    uint8_t shown[CHIP_PUBLIC_KEY_BYTES];

    (void)serial;
    assert_int_equal(index, 0);
    if (issue && !issuer->has_issued) {
        issuer->asked++;
        assert_int_equal(chip_read_public_key(&issuer->bench->world.chip, 2, shown, NULL), CHIP_OK);
        assert_memory_equal(point + 1, shown, sizeof shown);
        virtual_digest(issuer->bench->world.part, issuer->digest);
        if (issuer->refuses) {
            error_set(err, ERROR_ISSUER_REFUSED, "no", NULL);
            return false;
        }
        issuer->has_issued = true;
    }
    *der = issuer->has_issued ? bytes_of(whole, sizeof whole) : BYTES_NONE;
    return true;
}

static bool get_slot(void *context, uint8_t slot, uint8_t content[static PROVISION_CERTIFICATE_BYTES])
{
    const struct issuer *issuer = context;

    if (!issuer->has_issued || (slot != 10 && slot != 11))
        return false;
    memset(content, slot, PROVISION_CERTIFICATE_BYTES);
    return true;
}

static struct provision_certificates certificates = {.get = get, .slot = get_slot};

static void open_bench(struct bench *bench, struct issuer *issuer, const char *yaml)
{
    bench_open(bench, VIRTUAL_TRUST_FLEX, yaml);
    *issuer = (struct issuer){.bench = bench};
    certificates.context = issuer;
    bench->provision.certificates = &certificates;
}

static void read_slot(struct bench *bench, uint8_t slot, uint8_t content[96])
{
    for (uint8_t block = 0; block < 3; block++)
        assert_int_equal(chip_read_slot_block(&bench->world.chip, slot, block, content + 32 * block, NULL), CHIP_OK);
}

static void test_it_arrives(void **state)
{
    struct bench bench;
    struct issuer issuer;
    uint8_t content[96], wanted[PROVISION_CERTIFICATE_BYTES], data[64], before[32], after[32];
    size_t len = 0;

    (void)state;
    open_bench(&bench, &issuer, profile);
    bench_expect(&bench, PROVISION_OK, bench_run(&bench));
    assert_int_equal(issuer.asked, 1);
    for (uint8_t slot = 10; slot <= 11; slot++) {
        memset(wanted, slot, sizeof wanted);
        read_slot(&bench, slot, content);
        assert_memory_equal(content, wanted, sizeof wanted);
    }
    assert_int_equal(psa_export_key(0x1001, data, sizeof data, &len), PSA_SUCCESS);
    assert_int_equal(len, sizeof whole);
    assert_memory_equal(data, whole, sizeof whole);

    bench_restart(&bench);
    bench.provision.certificates = &certificates;
    virtual_digest(bench.world.part, before);
    chip_forbid_changes(&bench.world.chip);
    bench_expect(&bench, PROVISION_OK, bench_run(&bench));
    virtual_digest(bench.world.part, after);
    assert_memory_equal(before, after, sizeof before);
    assert_int_equal(bench.plan.changes_left, 0);
    assert_int_equal(issuer.asked, 1);
    bench_close(&bench);
}

/* An issuer that says no: the chip is as it was when it was asked, and its key stays for the next time. */
static void test_refused(void **state)
{
    struct bench bench;
    struct issuer issuer;
    uint8_t after[32];

    (void)state;
    open_bench(&bench, &issuer, profile);
    issuer.refuses = true;
    assert_int_not_equal(bench_run(&bench), PROVISION_OK);
    assert_int_equal(bench.err.reason, ERROR_ISSUER_REFUSED);
    assert_int_equal(bench.err.key_id, 16);
    virtual_digest(bench.world.part, after);
    assert_memory_equal(issuer.digest, after, sizeof after);
    issuer.refuses = false;
    bench_expect(&bench, PROVISION_OK, bench_run(&bench));
    assert_false(bench.evidence.keys[0].created);
    assert_int_equal(issuer.asked, 2);
    bench_close(&bench);
}

/* Refused while looking: nobody to ask, not armed, another's slot, another's data. */
static void test_looking_refuses(void **state)
{
    static char never[sizeof profile];
    const char *at = strstr(profile, ", replace: unclaimed, psa-id");
    psa_key_attributes_t attributes = PSA_KEY_ATTRIBUTES_INIT;
    psa_key_id_t id;
    struct bench bench;
    struct issuer issuer;

    (void)state;
    open_bench(&bench, &issuer, profile);
    bench.provision.certificates = NULL;
    assert_int_not_equal(provision_observe(&bench.provision, &bench.plan, &bench.err), PROVISION_OK);
    assert_int_equal(bench.err.reason, ERROR_UNEXPECTED);
    bench.provision.certificates = &certificates;
    bench.is_armed = false;
    assert_int_equal(bench_run(&bench), PROVISION_NOT_ARMED);
    psa_set_key_id(&attributes, 0x1001);
    psa_set_key_type(&attributes, PSA_KEY_TYPE_RAW_DATA);
    psa_set_key_usage_flags(&attributes, PSA_KEY_USAGE_EXPORT);
    assert_int_equal(psa_import_key(&attributes, whole, 3, &id), PSA_SUCCESS);
    error_clear(&bench.err);
    assert_int_not_equal(provision_observe(&bench.provision, &bench.plan, &bench.err), PROVISION_OK);
    assert_int_equal(bench.err.reason, ERROR_FOREIGN_KEY);
    bench_close(&bench);

    assert_non_null(at);
    (void)snprintf(never, sizeof never, "%.*s%s", (int)(at - profile), profile, at + strlen(", replace: unclaimed"));
    open_bench(&bench, &issuer, never);
    assert_int_not_equal(provision_observe(&bench.provision, &bench.plan, &bench.err), PROVISION_OK);
    assert_int_equal(bench.err.reason, ERROR_SLOT_FILLED);
    assert_int_equal(bench.err.slot, 10);
    assert_int_equal(issuer.asked, 0);
    bench_close(&bench);
}

/* What a torn write leaves is taken for ours, whatever the bits; another certificate is not. */
static void test_torn_slot(void **state)
{
    struct bench bench;
    struct issuer issuer;
    uint8_t block[32];

    (void)state;
    open_bench(&bench, &issuer, profile);
    bench_expect(&bench, PROVISION_OK, bench_run(&bench));
    memset(block, 10 | 0x50, sizeof block); /* some bits old (1), all others new */
    assert_int_equal(chip_write_slot_block(&bench.world.chip, 10, 1, block, NULL), CHIP_OK);
    assert_int_equal(provision_observe(&bench.provision, &bench.plan, &bench.err), PROVISION_OK);
    assert_int_equal(bench.plan.changes_left, 1);
    for (size_t i = 0; i < bench.plan.step_count; i++)
        if (!bench.plan.steps[i].done && bench.plan.steps[i].is_persistent)
            assert_false(bench.plan.steps[i].forever);
    memset(block, 0x35, sizeof block); /* bits that neither blank nor certificate has */
    assert_int_equal(chip_write_slot_block(&bench.world.chip, 10, 1, block, NULL), CHIP_OK);
    bench.is_armed = false;
    assert_int_equal(bench_run(&bench), PROVISION_NOT_ARMED);
    bench.is_armed = true;
    bench_expect(&bench, PROVISION_OK, bench_run(&bench));
    bench_close(&bench);
}

/* ---- the signer's slots ---- */

/* Its content in slots 11 and 12 is known from the start; slot 10 is the device's. */
static bool get_signer_slot(void *context, uint8_t slot, uint8_t content[static PROVISION_CERTIFICATE_BYTES])
{
    const struct issuer *issuer = context;

    if ((slot == 10 && !issuer->has_issued) || slot < 10 || slot > 12)
        return false;
    memset(content, slot, PROVISION_CERTIFICATE_BYTES);
    return true;
}

/* What a slot of 72 bytes holds before the run: every byte, but for what is there in the third block alone. */
enum held { HELD_BLANK, HELD_SAME, HELD_PART, HELD_OTHER };

static void fill_slot(struct bench *bench, uint8_t slot, enum held held)
{
    uint8_t block[32];

    for (uint8_t i = 0; i < 3; i++) {
        /* A part of a write that was cut: the first block new, the others still blank. */
        const bool is_new = held == HELD_SAME || (held == HELD_PART && i == 0);

        memset(block, held == HELD_OTHER ? 0x35 : is_new ? slot : 0xff, sizeof block);
        assert_int_equal(chip_write_slot_block(&bench->world.chip, slot, i, block, NULL), CHIP_OK);
    }
}

static const struct signer_row {
    const char *name;
    enum held key, signer; /* slots 11 and 12 */
    bool locked;           /* slot 12, for ever */
    bool replace;          /* the profile says unclaimed */
    enum error_reason reason;
    uint8_t slot; /* that the refusal names; 0: none */
    bool forever; /* the step needs arming */
} signer_rows[] = {
    {"both blank", HELD_BLANK, HELD_BLANK, false, false, ERROR_NONE, 0, false},
    {"the same signer", HELD_SAME, HELD_SAME, false, false, ERROR_NONE, 0, false},
    {"the same signer, locked", HELD_SAME, HELD_SAME, true, false, ERROR_NONE, 0, false},
    {"the rest of a cut write", HELD_SAME, HELD_PART, false, false, ERROR_NONE, 0, false},
    {"another signer", HELD_SAME, HELD_OTHER, false, false, ERROR_SLOT_FILLED, 12, false},
    {"another signer's key", HELD_OTHER, HELD_SAME, false, false, ERROR_SLOT_FILLED, 11, false},
    {"another signer, to be replaced", HELD_OTHER, HELD_OTHER, false, true, ERROR_NONE, 0, true},
    {"another signer, locked", HELD_SAME, HELD_OTHER, true, true, ERROR_SLOT_POLICY, 12, false},
    {"blank and locked", HELD_SAME, HELD_BLANK, true, true, ERROR_SLOT_POLICY, 12, false},
};

static const struct provision_step *step_of(const struct bench *bench, const char *name)
{
    for (size_t i = 0; i < bench->plan.step_count; i++)
        if (strcmp(bench->plan.steps[i].kind->name, name) == 0)
            return &bench->plan.steps[i];
    return NULL;
}

/* The device's own slot is blank, so that the signer's alone decide. */
static void test_signer_slots(void **state)
{
    static char text[sizeof profile + 64];

    (void)state;
    for (size_t i = 0; i < sizeof signer_rows / sizeof signer_rows[0]; i++) {
        const struct signer_row *row = &signer_rows[i];
        struct bench bench;
        struct issuer issuer;
        uint8_t content[96], wanted[PROVISION_CERTIFICATE_BYTES];
        const char *at = strstr(profile, "replace: unclaimed, psa-id");

        (void)snprintf(text, sizeof text, "%.*ssigner-slot: 12, %s%s", (int)(at - profile), profile,
                       row->replace ? "replace: unclaimed, " : "", at + strlen("replace: unclaimed, "));
        open_bench(&bench, &issuer, text);
        certificates.slot = get_signer_slot;
        fill_slot(&bench, 10, HELD_BLANK);
        fill_slot(&bench, 11, row->key);
        fill_slot(&bench, 12, row->signer);
        if (row->locked)
            world_lock_slot(&bench.world, 12);
        bench_restart(&bench);
        bench.provision.certificates = &certificates;
        (void)provision_observe(&bench.provision, &bench.plan, &bench.err);
        if (bench.err.reason != row->reason || (row->slot != 0 && bench.err.slot != row->slot))
            fail_msg("%s: %s, slot %u", row->name, error_reason_name(bench.err.reason), (unsigned)bench.err.slot);
        assert_int_equal(issuer.asked, 0);
        if (row->reason == ERROR_NONE) {
            if (step_of(&bench, "get-certificate")->loses_data != row->forever)
                fail_msg("%s: loses data, or not", row->name);
            bench_expect(&bench, PROVISION_OK, bench_run(&bench));
            for (uint8_t slot = 10; slot <= 12; slot++) {
                memset(wanted, slot, sizeof wanted);
                read_slot(&bench, slot, content);
                assert_memory_equal(content, wanted, sizeof wanted);
            }
        }
        bench_close(&bench);
        certificates.slot = get_slot;
    }
}

/* ---- proven by a connection ---- */

/* The server. */
struct server {
    struct bench *bench;
    bool is_unknown, refuses, cannot_keep;
    unsigned checked, kept, asked;
};

static bool check_connection(void *context, size_t index, struct error *err)
{
    struct server *server = context;

    assert_int_equal(index, 0);
    server->checked++;
    if (!server->is_unknown)
        return true;
    error_set(err, ERROR_INPUT_FILE, "no such connection", NULL);
    return false;
}

static bool is_recorded(void *context, size_t index)
{
    (void)context;
    (void)index;
    return false;
}

/* Everything that is not the server's is done by then. */
static bool keep(void *context, const struct provision_evidence *evidence, struct error *err)
{
    struct server *server = context;

    assert_true(evidence->complete);
    assert_true(evidence->keys[0].proven);
    assert_int_equal(server->bench->plan.changes_left, 0);
    server->kept++;
    if (!server->cannot_keep)
        return true;
    error_set(err, ERROR_RECORD_FAILED, "no room", NULL);
    return false;
}

static bool prove_connection(void *context, size_t index, bool sign, struct error *err)
{
    struct server *server = context;

    (void)index;
    assert_true(sign);
    assert_int_equal(server->kept, server->asked + 1);
    server->asked++;
    if (!server->refuses)
        return true;
    error_set(err, ERROR_SERVER_REFUSED, "no", NULL);
    return false;
}

static struct provision_connections connections = {
    .check = check_connection, .recorded = is_recorded, .keep = keep, .prove = prove_connection};

static void test_proof_by_connection(void **state)
{
    static char text[sizeof profile + 64];
    struct bench bench;
    struct issuer issuer;
    struct server server = {.bench = &bench, .is_unknown = true};
    uint8_t before[32], after[32];

    (void)state;
    (void)snprintf(text, sizeof text, "%.*s, prove: tls, connection: broker}\n", (int)(sizeof profile - 3), profile);
    open_bench(&bench, &issuer, text);
    virtual_digest(bench.world.part, before);
    /* A program that cannot connect, as a board; and a server that this station does not know. */
    assert_int_not_equal(provision_observe(&bench.provision, &bench.plan, &bench.err), PROVISION_OK);
    assert_int_equal(bench.err.reason, ERROR_UNEXPECTED);
    assert_non_null(strstr(bench.err.cause, "cannot connect to a server"));
    connections.context = &server;
    bench.provision.connections = &connections;
    error_clear(&bench.err);
    assert_int_not_equal(bench_run(&bench), PROVISION_OK);
    assert_int_equal(bench.err.reason, ERROR_INPUT_FILE);
    virtual_digest(bench.world.part, after);
    assert_memory_equal(before, after, sizeof before);
    /* A record that cannot be kept: the server is not asked. */
    server.is_unknown = false;
    server.cannot_keep = true;
    error_clear(&bench.err);
    assert_int_not_equal(bench_run(&bench), PROVISION_OK);
    assert_int_equal(bench.err.reason, ERROR_RECORD_FAILED);
    assert_int_equal(server.asked, 0);
    /* A server that refuses: all else is done. */
    server.cannot_keep = false;
    server.refuses = true;
    server.kept = 0;
    error_clear(&bench.err);
    assert_int_not_equal(bench_run(&bench), PROVISION_OK);
    assert_int_equal(bench.err.reason, ERROR_SERVER_REFUSED);
    assert_int_equal(bench.err.key_id, 16);
    assert_true(bench.evidence.complete);
    server.refuses = false;
    error_clear(&bench.err);
    chip_forbid_changes(&bench.world.chip);
    bench_expect(&bench, PROVISION_OK, bench_run(&bench));
    assert_int_equal(bench.evidence.changes, 0);
    assert_int_equal(server.asked, 2);
    assert_int_equal(issuer.asked, 1);
    bench_close(&bench);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_it_arrives),      cmocka_unit_test(test_refused),
        cmocka_unit_test(test_looking_refuses), cmocka_unit_test(test_torn_slot),
        cmocka_unit_test(test_signer_slots),    cmocka_unit_test(test_proof_by_connection),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
