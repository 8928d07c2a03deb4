/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Loss of power: before, while and after a group is written and at every bus transaction; what a harness needs to
 * enumerate all of these places; and the faults that end in a reset or in another part.
 */
#include "test/virtual/lab.h"
#include "virtual/chip/virtual_invasive.h"

#include <stdio.h>

#define MS 1000000ull
#define PATTERNS 9 /* of a change of two pages */

static const struct virtual_making flex = {.part = VIRTUAL_TRUST_FLEX, .has_seed = true, .seed = 11};

static void open_with(struct lab *lab, const char *id)
{
    lab_open_part(lab, &flex);
    if (id != NULL)
        assert_true(virtual_arm_fault(lab->chip, id));
}

/* Two groups: an Info and the making of a key, which changes the two pages of slot 2. */
static int make_key(struct lab *lab)
{
    (void)lab_status(lab, 0x30, 0, 0);
    return lab_status(lab, 0x40, 0x04, 2);
}

/* Memory before and after an undisturbed make_key(). */
static void undisturbed(uint8_t before[32], uint8_t after[32])
{
    struct lab lab;

    open_with(&lab, NULL);
    virtual_digest(lab.chip, before);
    assert_int_equal(make_key(&lab), 0);
    virtual_digest(lab.chip, after);
    lab_close(&lab);
}

static void assert_dead(struct lab *lab)
{
    assert_int_equal(lab_status(lab, 0x30, 0, 0), NO_ANSWER);
    virtual_wait_ns(lab->chip, 20000 * MS);
    lab_wake(lab);
    assert_int_equal(lab_status(lab, 0x30, 0, 0), NO_ANSWER);
}

static void test_cut(void **state)
{
    static const struct {
        const char *id;
        bool written;
    } rows[] = {{"cut@2", false}, {"cut@2.before", false}, {"cut@2.after", true}};
    uint8_t before[32];
    uint8_t after[32];
    uint8_t found[32];

    (void)state;
    undisturbed(before, after);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        for (unsigned reopen = 0; reopen < 2; reopen++) {
            struct lab lab;

            open_with(&lab, rows[i].id);
            assert_int_equal(make_key(&lab), NO_ANSWER);
            assert_dead(&lab);
            if (reopen != 0)
                lab_reopen(&lab);
            else
                virtual_power_cycle(lab.chip);
            virtual_digest(lab.chip, found);
            assert_memory_equal(found, rows[i].written ? after : before, 32);
            assert_int_equal(lab_status(&lab, 0x30, 0, 0), 0);
            lab_close(&lab);
        }
}

/* The two pages of slot 2 in all nine patterns: old and new as asked, torn ones neither, and the same every time. */
static void test_tear(void **state)
{
    uint8_t found[2][PATTERNS][32];
    uint8_t before[32];
    uint8_t after[32];

    (void)state;
    undisturbed(before, after);
    for (unsigned round = 0; round < 2; round++)
        for (unsigned pattern = 0; pattern < PATTERNS; pattern++) {
            char id[32];
            struct lab lab;

            (void)snprintf(id, sizeof id, "tear@2.%u", pattern);
            open_with(&lab, id);
            assert_int_equal(make_key(&lab), NO_ANSWER);
            assert_dead(&lab);
            lab_reopen(&lab); /* what the file holds */
            virtual_digest(lab.chip, found[round][pattern]);
            lab_close(&lab);
        }
    assert_memory_equal(found[0], found[1], sizeof found[0]);
    assert_memory_equal(found[0][0], before, 32);
    assert_memory_equal(found[0][PATTERNS - 1], after, 32);
    for (unsigned i = 0; i < PATTERNS; i++)
        for (unsigned j = 0; j < i; j++)
            assert_memory_not_equal(found[0][i], found[0][j], 32);
}

/* A torn page holds only bits that were there before or were to be written; another K tears other bits. */
static void test_torn_bits(void **state)
{
    uint8_t seen[8][32];

    (void)state;
    for (unsigned i = 0; i < 8; i++) {
        const uint8_t old[32] = {0x0f, 0x0f, 0x55, 0xff, 0x00};
        const uint8_t new[32] = {0xf0, 0x0f, 0x55, 0x00, 0xff};
        char id[32];
        struct answer answer;
        struct lab lab;

        (void)snprintf(id, sizeof id, "tear@2.%u", 1 + 3 * i); /* one page: digit 1 and all patterns of more pages */
        open_with(&lab, id);
        assert_int_equal(lab_command(&lab, 0x12, 0x82, 0x40, old, 32).status, 0);
        assert_int_equal(lab_command(&lab, 0x12, 0x82, 0x40, new, 32).status, NO_ANSWER);
        virtual_power_cycle(lab.chip);
        answer = lab_command(&lab, 0x02, 0x82, 0x40, NULL, 0);
        assert_int_equal(answer.len, 32);
        for (unsigned at = 0; at < 32; at++)
            assert_int_equal((answer.bytes[at] ^ old[at]) & (answer.bytes[at] ^ new[at]), 0);
        assert_memory_not_equal(answer.bytes, old, 32);
        assert_memory_not_equal(answer.bytes, new, 32);
        memcpy(seen[i], answer.bytes, 32);
        for (unsigned j = 0; j < i; j++)
            assert_memory_not_equal(seen[i], seen[j], 32);
        lab_close(&lab);
    }
}

/* From 31 to 32 nearly all bytes of a counter change; no cut makes it less than it was or much more. */
static void test_counter_is_never_torn(void **state)
{
    (void)state;
    for (unsigned counter = 0; counter < 2; counter++)
        for (unsigned pattern = 0; pattern < PATTERNS; pattern++) {
            char id[32];
            struct answer answer;
            struct lab lab;

            (void)snprintf(id, sizeof id, "tear@32.%u", pattern);
            open_with(&lab, id);
            for (unsigned i = 0; i < 31; i++)
                assert_int_equal(lab_status(&lab, 0x24, 1, (uint16_t)counter), 0);
            assert_int_equal(lab_status(&lab, 0x24, 1, (uint16_t)counter), NO_ANSWER);
            virtual_power_cycle(lab.chip);
            answer = lab_command(&lab, 0x24, 0, (uint16_t)counter, NULL, 0);
            assert_int_equal(answer.bytes[0], pattern % 3 == 0 && (counter == 0 || pattern == 0) ? 31 : 32);
            lab_close(&lab);
        }
}

/* Power fails at every bus transaction of a run in turn: memory is as before or as after, and the chip works again. */
static void test_every_transaction(void **state)
{
    struct virtual_counters counters;
    uint8_t before[32];
    uint8_t after[32];
    uint8_t found[32];
    uint64_t transactions = 0;
    unsigned changed = 0;

    (void)state;
    undisturbed(before, after);
    for (uint64_t cut = 1; transactions == 0 || cut <= transactions; cut++) {
        char id[32];
        struct lab lab;

        (void)snprintf(id, sizeof id, "buscut@%llu", (unsigned long long)cut);
        open_with(&lab, cut == 1 ? NULL : id);
        (void)make_key(&lab);
        virtual_read_counters(lab.chip, &counters);
        if (cut == 1) /* first without a fault: how many there are */
            transactions = counters.transactions;
        virtual_power_cycle(lab.chip);
        virtual_digest(lab.chip, found);
        assert_true(memcmp(found, before, 32) == 0 || memcmp(found, after, 32) == 0);
        changed += memcmp(found, after, 32) == 0;
        assert_int_equal(lab_status(&lab, 0x30, 0, 0), 0);
        lab_close(&lab);
    }
    assert_in_range(transactions, 8, 1000);
    assert_in_range(changed, 2, transactions - 2);
}

static void test_busnack(void **state)
{
    struct lab lab;

    (void)state;
    open_with(&lab, "busnack@2");
    lab_wake(&lab);
    assert_true(lab_write(&lab, 0, NULL, 0));
    assert_false(lab_write(&lab, 0, NULL, 0));
    assert_true(lab_write(&lab, 0, NULL, 0));
    lab_close(&lab);
}

/* What a harness enumerates: which groups wrote, and how many pages. */
static void test_list_of_writes(void **state)
{
    struct virtual_write writes[4];
    struct virtual_counters counters;
    const uint8_t data[32] = {1};
    struct lab lab;

    (void)state;
    open_with(&lab, NULL);
    assert_int_equal(virtual_list_writes(lab.chip, NULL, 0), 0);
    assert_int_equal(make_key(&lab), 0);                                        /* group 2: two pages */
    assert_int_equal(lab_command(&lab, 0x12, 0x82, 0x40, data, 32).status, 0);  /* group 3: one */
    assert_int_equal(lab_command(&lab, 0x12, 0x82, 0x40, data, 32).status, 0);  /* group 4: nothing new */
    assert_int_equal(lab_command(&lab, 0x12, 0x82, 0x140, data, 32).status, 0); /* group 5: one */
    memset(writes, 0, sizeof writes);
    assert_int_equal(virtual_list_writes(lab.chip, writes, 2), 3);
    assert_int_equal(writes[2].group, 0);
    assert_int_equal(virtual_list_writes(lab.chip, writes, 4), 3);
    assert_int_equal(writes[0].group, 2);
    assert_int_equal(writes[0].pages, 2);
    assert_int_equal(writes[1].group, 3);
    assert_int_equal(writes[1].pages, 1);
    assert_int_equal(writes[2].group, 5);
    virtual_read_counters(lab.chip, &counters);
    assert_int_equal(counters.groups, 5);
    assert_int_equal(counters.nonvolatile_writes, 3);
    lab_close(&lab);
}

/* Executed, then reset: 11, and volatile state is gone. */
static void test_brownout(void **state)
{
    uint8_t before[32];
    uint8_t after[32];
    uint8_t found[32];
    struct lab lab;

    (void)state;
    undisturbed(before, after);
    open_with(&lab, "brownout@2");
    assert_int_equal(make_key(&lab), 0x11);
    virtual_digest(lab.chip, found);
    assert_memory_equal(found, after, 32);
    lab_close(&lab);

    open_with(&lab, "brownout@1");
    assert_int_equal(lab_command(&lab, 0x16, 0x03, 0, lab_key, 32).status, 0x11);
    assert_int_equal(lab_command(&lab, 0x30, 2, 0, NULL, 0).bytes[1] & 0x80, 0);
    lab_close(&lab);
}

static void test_watchdog(void **state)
{
    uint8_t before[32];
    uint8_t after[32];
    uint8_t found[32];
    struct lab lab;

    (void)state;
    undisturbed(before, after);
    open_with(&lab, "watchdog@2");
    assert_int_equal(make_key(&lab), NO_ANSWER); /* asleep */
    virtual_digest(lab.chip, found);
    assert_memory_equal(found, after, 32);
    assert_int_equal(lab_status(&lab, 0x30, 0, 0), 0);
    lab_close(&lab);
}

static void test_swap(void **state)
{
    uint8_t first_key[64];
    uint8_t key[64];
    uint8_t serial[12];
    uint8_t before[32];
    uint8_t found[32];
    struct answer answer;
    struct lab lab;

    (void)state;
    open_with(&lab, "swap@4");
    virtual_digest(lab.chip, before);
    lab_public_key(&lab, 0, first_key);
    memcpy(serial, lab_command(&lab, 0x02, 0x80, 0, NULL, 0).bytes, 12);
    lab_nonce_fixed(&lab, lab_key);
    assert_int_equal(lab_command(&lab, 0x30, 2, 0, NULL, 0).status, NO_ANSWER); /* group 4: it has never been woken */
    answer = lab_command(&lab, 0x30, 2, 0, NULL, 0);
    assert_int_equal(answer.bytes[1] & 0x80, 0);
    answer = lab_command(&lab, 0x02, 0x80, 0, NULL, 0);
    assert_memory_equal(answer.bytes, serial, 2);
    assert_memory_not_equal(answer.bytes + 2, serial + 2, 2);
    assert_memory_equal(answer.bytes + 4, serial + 4, 4);
    assert_memory_not_equal(answer.bytes + 8, serial + 8, 4);
    lab_public_key(&lab, 0, key);
    assert_memory_not_equal(key, first_key, 64);
    assert_int_equal(lab_command(&lab, 0x12, 0x82, 0x40, lab_key, 32).status, 0);
    virtual_power_cycle(lab.chip); /* still the other part, and its memory is its own */
    assert_memory_equal(lab_command(&lab, 0x02, 0x82, 0x40, NULL, 0).bytes, lab_key, 32);
    lab_reopen(&lab); /* the first one again, untouched */
    virtual_digest(lab.chip, found);
    assert_memory_equal(found, before, 32);
    lab_close(&lab);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cut),
        cmocka_unit_test(test_tear),
        cmocka_unit_test(test_torn_bits),
        cmocka_unit_test(test_counter_is_never_torn),
        cmocka_unit_test(test_every_transaction),
        cmocka_unit_test(test_busnack),
        cmocka_unit_test(test_list_of_writes),
        cmocka_unit_test(test_brownout),
        cmocka_unit_test(test_watchdog),
        cmocka_unit_test(test_swap),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
