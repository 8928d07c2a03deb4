/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A board gets its certificate on the bench: power fails at every operation of the flash and at every group on the
 * chip's bus while it takes the certificate and writes it. Each time the next run, to which the station has sent the
 * same again, ends with that certificate in the slots and in the key store, and with the same key. So with a small
 * certificate, as ours are, and with one as long as a board takes.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include <openssl/sha.h>

#include "base/hex.h"
#include "cert/algorithm.h"
#include "cert/der.h"
#include "cert/parts.h"
#include "cert/signature.h"
#include "test/firmware/bench.h"

#define SMALL_BLOCK 1024
#define BLOCK 2048 /* holds the longest certificate */
#define PIECE 48
#define SMALL 0 /* no extension */
#define NONCE "5A5A5A5A5A5A5A5A5A5A5A5A5A5A5A5A5A5A5A5A5A5A5A5A5A5A5A5A5A5A5A5A"

extern const struct profile_compiled identity_profile; /* profiles/trust-flex-identity.yaml, armed */

static struct {
    char public_key[HEX_SIZE(P256_POINT_BYTES)];
    uint8_t der[CERT_ISSUED_MAX + 1], slots[2][72];
    size_t der_len, der_most; /* `der_most`: how long it is made, SMALL or up to one byte too long */
    uint32_t block;           /* of the flash */
    char script[8192];        /* what the station sends: the certificate, then run */
} setup;

/* --- a certificate ------------------------------------------------------------------------------------------------
 */

static void put(struct bytes_out *out, enum der_tag tag, const void *data, size_t len)
{
    assert_true(der_put(out, tag, bytes_of(data, len)));
}

static void put_raw(struct bytes_out *out, const void *data, size_t len)
{
    assert_true(bytes_append(out, bytes_of(data, len)));
}

/* An extension that says nothing, in `len` bytes. */
static void put_extension(struct bytes_out *tbs, size_t len)
{
    static const uint8_t id[] = {0x2a, 3, 4}, nothing[CERT_ISSUED_MAX] = {0};
    uint8_t inner[CERT_ISSUED_MAX], outer[CERT_ISSUED_MAX];
    struct bytes_out extension = {.data = inner, .cap = sizeof inner}, list = {.data = outer, .cap = sizeof outer};

    put(&extension, DER_OID, id, sizeof id);
    put(&extension, DER_OCTET_STRING, nothing, len);
    put(&list, DER_SEQUENCE, inner, extension.len);
    extension.len = 0;
    put(&extension, DER_SEQUENCE, outer, list.len);
    put(tbs, DER_CONTEXT_3, inner, extension.len);
}

/* For this key; nobody has signed it: who did is the station's to know. */
static void make_certificate_with(const uint8_t point[static P256_POINT_BYTES], size_t extension)
{
    static const uint8_t version[] = {0xa0, 3, 2, 1, 2}, serial[16] = {0x42}, name[] = {0x30, 0};
    uint8_t room[sizeof setup.der], bits[CERT_SIGNATURE_MAX], raw[P256_SIGNATURE_BYTES], times[64];
    struct bytes_out tbs = {.data = room, .cap = sizeof room}, all = {.data = setup.der, .cap = sizeof setup.der};
    struct bytes_out validity = {.data = times, .cap = sizeof times};
    uint8_t content[sizeof setup.der];
    struct bytes_out inside = {.data = content, .cap = sizeof content};

    put(&validity, DER_UTC_TIME, "261129130000Z", 13);
    put(&validity, DER_UTC_TIME, "461129130000Z", 13);
    put_raw(&tbs, version, sizeof version);
    put(&tbs, DER_INTEGER, serial, sizeof serial);
    put_raw(&tbs, cert_signature_algorithm, sizeof cert_signature_algorithm);
    put_raw(&tbs, name, sizeof name);
    put(&tbs, DER_SEQUENCE, times, validity.len);
    put_raw(&tbs, name, sizeof name);
    put_raw(&tbs, cert_spki_head, sizeof cert_spki_head);
    put_raw(&tbs, point, P256_POINT_BYTES);
    if (extension != 0)
        put_extension(&tbs, extension);
    memset(raw, 0x33, sizeof raw);
    put(&inside, DER_SEQUENCE, room, tbs.len);
    put_raw(&inside, cert_signature_algorithm, sizeof cert_signature_algorithm);
    put_raw(&inside, bits, cert_write_signature(bits, raw));
    put(&all, DER_SEQUENCE, content, inside.len);
    setup.der_len = all.len;
    memset(setup.slots, 0x5a, sizeof setup.slots);
    memcpy(setup.slots[0], raw, sizeof raw);
}

static void make_certificate(const uint8_t point[static P256_POINT_BYTES])
{
    size_t extension = 0;

    make_certificate_with(point, extension);
    if (setup.der_most == SMALL)
        return;
    for (extension = setup.der_most - setup.der_len - 64; setup.der_len < setup.der_most; extension++)
        make_certificate_with(point, extension);
    assert_int_equal(setup.der_len, setup.der_most);
}

/* --- what the station sends ---------------------------------------------------------------------------------------
 */

static void make_script(void)
{
    uint8_t body[sizeof setup.der + sizeof setup.slots], hash[SHA256_DIGEST_LENGTH];
    const size_t len = setup.der_len + sizeof setup.slots;
    char hex[HEX_SIZE(PIECE)];
    size_t n = 0;

    memcpy(body, setup.der, setup.der_len);
    memcpy(body + setup.der_len, setup.slots, sizeof setup.slots);
    for (size_t at = 0; at < len; at += PIECE) {
        hex_encode(bytes_of(body + at, len - at < PIECE ? len - at : PIECE), hex);
        n += (size_t)snprintf(setup.script + n, sizeof setup.script - n, "certificate 16 %zu %zu %s\n", at, len, hex);
    }
    SHA256(body, len, hash);
    hex_encode(bytes_of(hash, 8), hex);
    (void)snprintf(setup.script + n, sizeof setup.script - n, "certificate 16 %s\nrun\n", hex);
}

/* A new board, whose run has stopped for its certificate. The same each time. */
static void make_board(void)
{
    bench_make(VIRTUAL_TRUST_FLEX, setup.block);
    bench_factory(&identity_profile, "run 01230015D655592701 " NONCE "\n");
    bench_expect("@error run reason=certificate-awaited");
    bench_expect("@proof id=16 hash=33554441 challenge=" NONCE);
}

static void prepare(size_t der_most, uint32_t block)
{
    uint8_t point[P256_POINT_BYTES];
    struct bytes_out out = {.data = point, .cap = sizeof point};
    const char *found;

    setup.der_most = der_most;
    setup.block = block;
    make_board();
    found = strstr(bench.output, " public=");
    assert_non_null(found);
    (void)snprintf(setup.public_key, sizeof setup.public_key, "%s", found + strlen(" public="));
    assert_true(hex_decode(setup.public_key, 2 * sizeof point, &out, NULL) && out.len == sizeof point);
    make_certificate(point);
    make_script();
    bench_remove();
}

/* Everything is where it belongs, and a further run changes nothing. */
static void expect_finished(const char *id)
{
    static const struct {
        const char *before;
        size_t slot;
    } slots[] = {{"@certificate id=16 slot=10 data=", 0}, {"@certificate id=16 slot=11 data=", 1}};
    char wanted[64 + HEX_SIZE(96)], hex[HEX_SIZE(96)];
    bool good;

    flash_sim_restart(&bench.flash);
    bench.cut_group = 0;
    bench_factory(&identity_profile, setup.script);
    good = bench_said("@ok run") && bench_said(setup.public_key);
    for (size_t i = 0; i < sizeof slots / sizeof slots[0]; i++) {
        hex_encode(bytes_of(setup.slots[slots[i].slot], sizeof setup.slots[0]), hex);
        (void)snprintf(wanted, sizeof wanted, "%s%s", slots[i].before, hex);
        good = good && bench_said(wanted);
    }
    for (size_t at = 0; at < setup.der_len; at += 96) {
        hex_encode(bytes_of(setup.der + at, setup.der_len - at < 96 ? setup.der_len - at : 96), hex);
        (void)snprintf(wanted, sizeof wanted, "@certificate id=16 at=%zu of=%zu data=%s", at, setup.der_len, hex);
        good = good && bench_said(wanted);
    }
    if (!good)
        fail_msg("%s:\n%s", id, bench.output);
    bench_factory(&identity_profile, setup.script);
    if (!bench_said("changes=0 keys=1") || bench.flash.violation != NULL)
        fail_msg("%s: not finished:\n%s", id, bench.output);
}

/* --- power ----------------------------------------------------------------------------------------------------------
 */

static void test_unbroken(void **state)
{
    (void)state;
    prepare(SMALL, SMALL_BLOCK);
    make_board();
    expect_finished("unbroken");
    bench_remove();
}

/* One byte more than a board takes: it says so at the first piece, and nothing is written. */
static void test_too_long(void **state)
{
    (void)state;
    prepare(CERT_ISSUED_MAX + 1, BLOCK);
    make_board();
    bench_factory(&identity_profile, setup.script);
    bench_expect("a board takes no certificate that long");
    bench_expect("@error run reason=certificate-awaited");
    bench_remove();
}

/* A certificate that the flash cannot keep: told before the slots, which hold the maker's, are written. */
static void test_no_room(void **state)
{
    static const char still_loses[] = "action=get-certificate done=no started=no persistent=yes forever=yes";

    (void)state;
    prepare(CERT_ISSUED_MAX, SMALL_BLOCK);
    make_board();
    bench_factory(&identity_profile, setup.script);
    bench_expect("@error run reason=storage-full");
    bench_expect(still_loses);
    bench_factory(&identity_profile, setup.script);
    bench_expect(still_loses);
    bench_remove();
}

/* In every way that a cut can leave the flash; or, `one_way`, in one of them for each operation, in turn. */
static void cut_at_each_flash_operation(size_t der_most, uint32_t block, bool one_way)
{
    unsigned operations, before;

    prepare(der_most, block);
    make_board();
    before = bench.flash.operations;
    bench_factory(&identity_profile, setup.script);
    bench_expect("@ok run");
    operations = bench.flash.operations - before;
    assert_true(operations > 5);
    bench_remove();
    for (unsigned at = 1; at <= operations; at++) {
        for (int cut = 0; cut < FLASH_SIM_CUTS; cut++) {
            char id[64];

            if (one_way && cut != (int)(at % FLASH_SIM_CUTS))
                continue;
            (void)snprintf(id, sizeof id, "flash operation %u of %u, cut %d", at, operations, cut);
            make_board();
            flash_sim_plan(&bench.flash, at, (enum flash_sim_cut)cut, at * 31 + (unsigned)cut);
            bench_factory(&identity_profile, setup.script);
            assert_false(bench.flash.powered);
            expect_finished(id);
            bench_remove();
        }
    }
}

static void test_power_fails_at_each_flash_operation(void **state)
{
    (void)state;
    cut_at_each_flash_operation(SMALL, SMALL_BLOCK, false);
}

static void test_power_fails_while_a_long_one_is_stored(void **state)
{
    (void)state;
    cut_at_each_flash_operation(CERT_ISSUED_MAX, BLOCK, true);
}

static void test_power_fails_at_each_group(void **state)
{
    bool cut = true;

    (void)state;
    prepare(SMALL, SMALL_BLOCK);
    for (unsigned at = 1; cut; at++) {
        for (int after = 0; after < 2; after++) {
            char id[64];

            (void)snprintf(id, sizeof id, "%s group %u", after != 0 ? "after" : "before", at);
            make_board();
            bench.cut_group = at;
            bench.cut_after = after != 0;
            bench_factory(&identity_profile, setup.script);
            cut = !bench.flash.powered;
            if (cut)
                expect_finished(id);
            bench_remove();
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_unbroken),
        cmocka_unit_test(test_too_long),
        cmocka_unit_test(test_no_room),
        cmocka_unit_test(test_power_fails_at_each_flash_operation),
        cmocka_unit_test(test_power_fails_while_a_long_one_is_stored),
        cmocka_unit_test(test_power_fails_at_each_group),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
