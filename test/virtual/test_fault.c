/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Armed faults: each kind once, what the host sees, what the chip has done, and that the same id does the same again.
 */
#define _XOPEN_SOURCE 700
#include "test/virtual/lab.h"
#include "virtual/chip/virtual_invasive.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#define MS 1000000ull

static const struct virtual_making flex = {.part = VIRTUAL_TRUST_FLEX, .has_seed = true, .seed = 11};

static void open_with(struct lab *lab, const char *id)
{
    lab_open_part(lab, &flex);
    assert_true(virtual_arm_fault(lab->chip, id));
}

static void test_ids(void **state)
{
    static const char *const good[] = {
        "silent@1", "nack@2",     "garbage@3", "badcrc@4",     "flip@5",      "lost@6",   "reset@7",  "slow@8",
        "swap@9",   "watchdog@1", "cut@1",     "cut@1.before", "cut@1.after", "tear@1.0", "buscut@1", "kill@999999999"};
    static const char *const bad[] = {"",
                                      "nack",
                                      "nack@",
                                      "nack@0",
                                      "nack@-1",
                                      "nack@1x",
                                      "nacks@1",
                                      "nac@1",
                                      "@1",
                                      "nack@ 1",
                                      "nack@9999999999",
                                      "NACK@1",
                                      "nack@1@2",
                                      "cut@1.",
                                      "cut@1.x",
                                      "nack@1.1",
                                      "tear@1",
                                      "tear@1.",
                                      "tear@1.x",
                                      "tear@1.1x",
                                      "tear@1.9999999999",
                                      "tear@0.1",
                                      "buscut@1.after"};
    struct lab lab;

    (void)state;
    lab_open_part(&lab, &flex);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_false(virtual_arm_fault(lab.chip, bad[i]));
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++)
        assert_true(virtual_arm_fault(lab.chip, good[i]));
    assert_false(virtual_arm_fault(lab.chip, "slow@1")); /* no more than 16 */
    lab_close(&lab);
}

static void test_silent(void **state)
{
    struct lab lab;

    (void)state;
    open_with(&lab, "silent@2");
    assert_int_equal(lab_status(&lab, 0x30, 0, 0), 0);
    assert_int_equal(lab_status(&lab, 0x30, 0, 0), NO_ANSWER);
    assert_int_equal(lab_status(&lab, 0x30, 0, 0), NO_ANSWER);
    virtual_wait_ns(lab.chip, 5000 * MS);
    assert_int_equal(lab_status(&lab, 0x30, 0, 0), NO_ANSWER);
    virtual_power_cycle(lab.chip);
    assert_int_equal(lab_status(&lab, 0x30, 0, 0), 0);
    lab_close(&lab);
}

static void test_nack(void **state)
{
    struct lab lab;

    (void)state;
    open_with(&lab, "nack@1");
    lab_wake(&lab);
    assert_false(lab_send(&lab, 0x30, 0, 0, NULL, 0));
    assert_true(lab_send(&lab, 0x30, 0, 0, NULL, 0)); /* once */
    assert_int_equal(lab_receive(&lab).len, 4);
    lab_close(&lab);
}

static void read_raw(struct lab *lab, uint8_t *bytes, size_t len)
{
    virtual_wait_ns(lab->chip, 600 * MS);
    assert_true(virtual_i2c_start(lab->chip, virtual_i2c_address(lab->chip) | 1));
    for (size_t i = 0; i < len; i++)
        bytes[i] = virtual_i2c_read(lab->chip);
    virtual_i2c_stop(lab->chip);
}

static void test_garbage(void **state)
{
    uint8_t first[64] = {0};
    uint8_t second[64] = {1};
    static const uint8_t clean[7] = {0x07, 0x00, 0x00, 0x60, 0x03, 0x83, 0xbb};
    struct lab lab;

    (void)state;
    for (unsigned round = 0; round < 2; round++) {
        open_with(&lab, "garbage@1");
        lab_wake(&lab);
        assert_true(lab_send(&lab, 0x30, 0, 0, NULL, 0));
        read_raw(&lab, round == 0 ? first : second, 64);
        assert_true(lab_send(&lab, 0x30, 0, 0, NULL, 0));
        assert_int_equal(lab_receive(&lab).len, 4);
        lab_close(&lab);
    }
    assert_memory_equal(first, second, 64);
    assert_memory_not_equal(first, clean, 7);
}

static void test_badcrc(void **state)
{
    static const uint8_t clean[7] = {0x07, 0x00, 0x00, 0x60, 0x03, 0x83, 0xbb};
    uint8_t got[7];
    struct lab lab;

    (void)state;
    open_with(&lab, "badcrc@1");
    lab_wake(&lab);
    assert_true(lab_send(&lab, 0x30, 0, 0, NULL, 0));
    for (unsigned round = 0; round < 2; round++) { /* every time it is read */
        unsigned changed = 0;

        read_raw(&lab, got, 7);
        assert_memory_equal(got, clean, 5);
        for (unsigned bits = (unsigned)(got[5] ^ clean[5]) << 8 | (unsigned)(got[6] ^ clean[6]); bits != 0; bits >>= 1)
            changed += bits & 1;
        assert_int_equal(changed, 1);
        assert_true(lab_write(&lab, 0, NULL, 0));
    }
    lab_close(&lab);
}

static void test_flip(void **state)
{
    struct lab lab;

    (void)state;
    open_with(&lab, "flip@1");
    assert_int_equal(lab_status(&lab, 0x30, 0, 0), 0xff);
    assert_int_equal(lab_status(&lab, 0x30, 0, 0), 0);
    lab_close(&lab);
}

static void test_lost(void **state)
{
    uint8_t before[64];
    uint8_t after[64];
    struct lab lab;

    (void)state;
    open_with(&lab, "lost@2");
    lab_public_key(&lab, 2, before); /* group 1 */
    lab_wake(&lab);
    assert_true(lab_send(&lab, 0x40, 0x04, 2, NULL, 0));
    assert_int_equal(lab_receive(&lab).status, NO_ANSWER); /* asleep */
    lab_public_key(&lab, 2, after);
    assert_memory_not_equal(before, after, 64); /* but done */
    lab_close(&lab);
}

static void test_reset(void **state)
{
    uint8_t before[64];
    uint8_t after[64];
    struct answer answer;
    struct lab lab;

    (void)state;
    open_with(&lab, "reset@3");
    lab_public_key(&lab, 2, before);
    lab_nonce_fixed(&lab, lab_key);
    answer = lab_command(&lab, 0x40, 0x04, 2, NULL, 0);
    assert_int_equal(answer.status, 0x11);
    answer = lab_command(&lab, 0x30, 2, 0, NULL, 0);
    assert_int_equal(answer.bytes[1] & 0x80, 0); /* TempKey is gone */
    lab_public_key(&lab, 2, after);
    assert_memory_equal(before, after, 64);
    lab_close(&lab);
}

static void test_slow(void **state)
{
    struct virtual_counters counters;
    struct lab lab;

    (void)state;
    open_with(&lab, "slow@1");
    lab_wake(&lab);
    assert_true(lab_send(&lab, 0x1b, 0, 0, NULL, 0));
    virtual_wait_ns(lab.chip, 110 * MS);
    assert_false(virtual_i2c_start(lab.chip, virtual_i2c_address(lab.chip) | 1));
    virtual_i2c_stop(lab.chip);
    assert_int_equal(lab_receive(&lab).len, 32);
    virtual_read_counters(lab.chip, &counters);
    assert_int_equal(counters.execution_ns, 5 * 23 * MS);
    lab_close(&lab);
}

static void test_kill(void **state)
{
    struct virtual_problem problem;
    struct lab lab;
    int outcome = 0;
    pid_t child = 0;

    (void)state;
    lab_open_part(&lab, &flex);
    lab_power_off(&lab);
    child = fork();
    if (child == 0) {
        const uint8_t data[32] = {0x77};

        if (virtual_open(lab.path, &lab.chip, &problem) != VIRTUAL_OK || !virtual_arm_fault(lab.chip, "kill@1"))
            _exit(1);
        (void)lab_command(&lab, 0x12, 0x82, 0x40, data, 32);
        _exit(2);
    }
    assert_int_equal(waitpid(child, &outcome, 0), child);
    assert_true(WIFSIGNALED(outcome) && WTERMSIG(outcome) == SIGKILL);
    assert_int_equal(virtual_open(lab.path, &lab.chip, &problem), VIRTUAL_OK);
    assert_int_equal(lab_command(&lab, 0x02, 0x02, 0x40, NULL, 0).bytes[0], 0x77); /* written before the kill */
    lab_close(&lab);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ids),     cmocka_unit_test(test_silent), cmocka_unit_test(test_nack),
        cmocka_unit_test(test_garbage), cmocka_unit_test(test_badcrc), cmocka_unit_test(test_flip),
        cmocka_unit_test(test_lost),    cmocka_unit_test(test_reset),  cmocka_unit_test(test_slow),
        cmocka_unit_test(test_kill),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
