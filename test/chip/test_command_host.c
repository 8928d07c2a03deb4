/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A host whose SHA-256 fails, at each hash of each call that computes on both sides: the call says so, and is right
 * again when the host is.
 */
#include "chip/operations_agreement.h"
#include "chip/operations_encrypted.h"

#include "test/chip/failing_hash.h"
#include "test/chip/full.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

/* Secrets come out here: none may be left behind by a call that failed. */
static uint8_t out[64];

static enum chip_status run_write(struct full *full, struct error *err)
{
    return chip_write_slot_block_encrypted(full->chip, 8, 0, full->secrets[8], FULL_KEY, full->secrets[FULL_KEY],
                                           full->serial, err);
}

static enum chip_status run_ecdh(struct full *full, struct error *err)
{
    return chip_ecdh_encrypted(full->chip, 2, full->public_keys[7], full->secrets[FULL_KEY], out, err);
}

static const struct {
    const char *name;
    enum chip_status (*run)(struct full *full, struct error *err);
    unsigned hashes;
} calls[] = {
    {"encrypted write", run_write, 4},
    {"encrypted ECDH", run_ecdh, 1},
};

static void test_host_failures(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
        struct full full;

        full_init(&full, FULL_608, NULL, 0);
        for (unsigned hashes = 0; hashes <= calls[i].hashes; hashes++) {
            struct error err = {.reason = ERROR_NONE};
            enum chip_status status;
            bool fails = hashes < calls[i].hashes;

            memset(out, 0, sizeof(out));
            failing_hash_left = hashes;
            status = calls[i].run(&full, &err);
            if (status != (fails ? CHIP_HOST_FAILED : CHIP_OK) || failing_hash_left != 0)
                fail_msg("%s with %u hashes: %d", calls[i].name, hashes, (int)status);
            assert_int_equal(err.reason, fails ? ERROR_PSA : ERROR_NONE);
            assert_int_equal(err.doing != NULL, fails);
            if (fails)
                assert_true(bytes_all(bytes_of(out, sizeof(out)), 0));
            failing_hash_left = 1000;
        }
        full_release(&full);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_host_failures),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
