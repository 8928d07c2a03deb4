/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Both applications on a bench: what they say and refuse, a flash that is full or fails, and power that fails at every
 * operation of the flash, torn in every way that the flash's model knows, and at every group on the chip's bus; then
 * the recovery cut again. Each time the next whole run must end as an unbroken one.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "base/hex.h"
#include "storage/record.h"
#include "test/firmware/bench.h"
#include "test/support/sampled.h"

#define BLOCK 1024
#define FILLER UINT64_C(0x700000000) /* beyond all that PSA stores */

extern const struct profile_compiled board_profile; /* profiles/board-factory.yaml, armed */
extern const struct profile_compiled blank_profile; /* test/data/profiles/board-blank.yaml, armed */

static int begin(void **state)
{
    (void)state;
    bench_make(VIRTUAL_TRUST_AND_GO, BLOCK);
    return 0;
}

static int begin_blank(void **state)
{
    (void)state;
    bench_make(VIRTUAL_BLANK, BLOCK);
    return 0;
}

static int end(void **state)
{
    (void)state;
    if (bench.flash.violation != NULL)
        fail_msg("the flash's rules were broken: %s", bench.flash.violation);
    bench_remove();
    return 0;
}

/* --- looking, running, running again
 * ------------------------------------------------------------------------------------ */

static void test_looking_writes_nothing(void **state)
{
    (void)state;
    for (int i = 0; i < 2; i++) {
        bench_factory(&board_profile, "plan\nhello\nhelp\narm 0123 00\nnonsense\nplan\n");
        bench_expect("@chip serial=01230015D655592701 part=ATECC608B steps=6 changes=4");
        assert_int_equal(bench.flash.operations, 0);
        bench_primary("keys\nsign 18 00112233445566778899AABBCCDDEEFF\n");
        bench_expect("there is no key store in the board's flash");
        assert_int_equal(bench.flash.operations, 0);
    }
}

static void test_second_run_writes_nothing(void **state)
{
    unsigned long programs;
    unsigned operations;

    (void)state;
    bench_factory(&board_profile, "run\n");
    bench_expect("@ok run");
    bench_expect("changes=4 keys=2");
    programs = bench.flash.programs;
    operations = bench.flash.operations;
    assert_true(programs > 0);
    bench_factory(&board_profile, "run\nplan\nreport\nrun\n");
    bench_expect("changes=0 keys=2");
    assert_int_equal(bench.flash.programs, programs);
    bench_primary("keys\npublic 16\nsign 18 00112233445566778899AABBCCDDEEFF\n");
    bench_expect("@signature id=18");
    assert_int_equal(bench.flash.operations, operations);
}

static void test_report_needs_a_run(void **state)
{
    (void)state;
    bench_factory(&board_profile, "report\nrun\nreport\n");
    bench_expect("@error report reason=usage");
    bench_expect("@ok report");
}

static void test_runs_for_the_named_chip_only(void **state)
{
    (void)state;
    bench_factory(&board_profile, "run 0123FFFFFFFFFFFF01\nrun 0123\nrun x\n");
    bench_expect("@error run reason=wrong-part");
    assert_false(bench_said("@ok run"));
    assert_int_equal(bench.flash.operations, 0);
    bench_factory(&board_profile, "run 01230015D655592701\n");
    bench_expect("@ok run");
}

/* A table that was compiled for another layout: it would be another profile. */
static void test_table_of_another_build(void **state)
{
    struct profile_compiled other = board_profile;

    (void)state;
    other.profile.keys[1].slot = 3;
    bench_factory(&other, "run\n");
    bench_expect("does not have the digest that it was compiled with");
    assert_false(bench_said("@ok"));
}

/* --- arming
 * --------------------------------------------------------------------------------------------------------------- */

static void arm_line(char text[static 128], const char *serial, const struct profile_compiled *compiled, size_t digits)
{
    char digest[HEX_SIZE(PROFILE_DIGEST_BYTES)];

    hex_encode(bytes_of(compiled->digest, PROFILE_DIGEST_BYTES), digest);
    (void)snprintf(text, 128, "arm %s %.*s\n", serial, (int)digits, digest);
}

static void test_arming(void **state)
{
    struct profile_compiled unarmed = blank_profile;
    char text[256], line[128];

    (void)state;
    unarmed.armed = false;
    bench_factory(&unarmed, "run\n");
    bench_expect("reason=not-armed");
    assert_int_equal(bench.flash.operations, 0);

    arm_line(line, "0123FFFFFFFFFFFFEE", &unarmed, 64);
    (void)snprintf(text, sizeof text, "%srun\n", line);
    bench_factory(&unarmed, text);
    bench_expect("@ok arm");
    bench_expect("reason=not-armed");

    /* The word is for one run, even for one that fails; and for one boot. */
    arm_line(line, "01230015D6555927EE", &unarmed, 8);
    (void)snprintf(text, sizeof text, "%srun 0123FFFFFFFFFFFFEE\nrun\n", line);
    bench_factory(&unarmed, text);
    bench_expect("reason=wrong-part");
    bench_expect("reason=not-armed");
    (void)snprintf(text, sizeof text, "%srun\nrun\n", line);
    bench.lost_group = 1; /* the run cannot even look at the chip */
    bench_factory(&unarmed, text);
    bench.lost_group = 0;
    bench_expect("reason=device-missing");
    bench_expect("reason=not-armed");
    bench_factory(&unarmed, line);
    bench_factory(&unarmed, "run\n");
    bench_expect("reason=not-armed");
    assert_int_equal(bench.flash.operations, 0);

    (void)snprintf(text, sizeof text, "%srun\n", line);
    bench_factory(&unarmed, text);
    bench_expect("@locking n=2 action=lock-config");
    bench_expect("@ok run");
    bench_factory(&unarmed, "run\n");
    bench_expect("changes=0 keys=2");
}

/* The maker's key in slot 2 would be lost for ever: the plan names it, and nothing is done without a word for it. */
static void test_replacing_a_key_wants_arming(void **state)
{
    struct profile_compiled unarmed = board_profile;
    uint8_t before[64], after[64];
    char text[256], line[128];

    (void)state;
    unarmed.armed = false;
    bench_slot_public(2, before);
    bench_factory(&unarmed, "plan\nrun\n");
    bench_expect(
        "action=generate-key done=no started=no persistent=yes forever=yes lost=73B95327327F6F42 key=18 slot=2");
    bench_expect("slot 2, whose key is lost: 73B95327327F6F42");
    bench_expect("@error run reason=not-armed");
    bench_slot_public(2, after);
    assert_memory_equal(before, after, sizeof before);
    assert_int_equal(bench.flash.operations, 0);

    arm_line(line, "01230015D655592701", &unarmed, 64);
    (void)snprintf(text, sizeof text, "%srun\nrun\n", line);
    bench_factory(&unarmed, text);
    bench_expect("@locking n=3 action=generate-key");
    bench_expect("@ok run");
    bench_expect("changes=0 keys=2"); /* what is done needs no word */
}

/* A person who has armed and leaves: a minute later the arming is gone, and only for that reason. */
static void test_arming_expires(void **state)
{
    static const char minute[] = "~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~";
    struct profile_compiled unarmed = blank_profile;
    char text[1024], line[128];

    (void)state;
    unarmed.armed = false;
    arm_line(line, "01230015D6555927EE", &unarmed, 64);
    (void)snprintf(text, sizeof text, "%s%s~run\n", line, minute);
    bench_factory(&unarmed, text);
    bench_expect("reason=not-armed");
    bench_expect("the arming has expired");
    assert_int_equal(bench.flash.operations, 0);
    (void)snprintf(text, sizeof text, "%s%s~run\nrun\n%s%splan\n%srun\n", line, minute, line, minute, line);
    bench_factory(&unarmed, text); /* armed again, expired or not: the last word counts */
    bench_expect("the arming has expired");
    bench_expect("irreversible steps are not armed");
    bench_expect("@ok run");
}

static void test_arming_lasts(void **state)
{
    struct profile_compiled unarmed = blank_profile;
    char text[512], line[128];

    (void)state;
    unarmed.armed = false;
    arm_line(line, "01230015D6555927EE", &unarmed, 64);
    (void)snprintf(text, sizeof text, "%s~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~run\n", line);
    bench_factory(&unarmed, text);
    bench_expect("@ok run");
}

/* --- watchdog
 * ------------------------------------------------------------------------------------------------------------- */

/* The longest wait between two feeds of a whole life: idle, look, configure, make keys, lock, prove, report. */
static void test_watchdog_is_fed(void **state)
{
    (void)state;
    bench_factory(&blank_profile, "hello\n~~~plan\nrun\nreport\n~~run\n");
    bench_expect("@ok report");
    bench_expect("changes=0");
    assert_true(bench.feeds > 2 * bench.groups + bench.flash.operations);
    assert_in_range(bench.unfed_max_us, 1, 1000 * 1000);
    bench_primary("keys\n~~~sign 18 00112233445566778899AABBCCDDEEFF\n");
    assert_true(bench.feeds > 2 * bench.groups);
    assert_in_range(bench.unfed_max_us, 1, 1000 * 1000);
}

/* A transport that does not return: nothing else feeds the watchdog meanwhile. */
static void test_watchdog_bites_a_hang(void **state)
{
    (void)state;
    bench.hang_group = 12;
    bench_factory(&blank_profile, "run\n");
    bench.hang_group = 0;
    assert_true(bench.groups > 12);
    assert_true(bench.unfed_max_us >= BENCH_HANG_US);
}

/* --- flash
 * ---------------------------------------------------------------------------------------------------------------- */

/* Fills the store up with records of somebody else's, the last ones as small as can be; returns how many. */
static uint64_t fill_store(void)
{
    static const uint8_t content[STORAGE_RECORD_MAX];
    struct storage_flash flash;
    struct storage storage = {.operations = NULL};
    uint64_t uid = FILLER;

    assert_int_equal(storage_flash_open(&flash, &bench.flash.device, true, &storage, NULL), STORAGE_OK);
    for (size_t size = 256; size > 0; size /= 2)
        while (storage.operations->set(storage.context, uid, 0, bytes_of(content, size)) == STORAGE_OK)
            uid++;
    return uid;
}

static void test_flash_full(void **state)
{
    uint8_t before[64], after[64];
    struct storage_flash flash;
    struct storage storage = {.operations = NULL};
    uint64_t behind;

    (void)state;
    bench_slot_public(2, before);
    behind = fill_store();
    bench_factory(&board_profile, "run\n");
    bench_expect("@error run reason=storage-full");
    bench_slot_public(2, after);
    assert_memory_equal(before, after, sizeof before); /* known before the chip makes a key */

    assert_int_equal(storage_flash_open(&flash, &bench.flash.device, false, &storage, NULL), STORAGE_OK);
    for (uint64_t uid = FILLER; uid < behind; uid++)
        assert_int_equal(storage.operations->remove(storage.context, uid), STORAGE_OK);
    bench_factory(&board_profile, "run\n");
    bench_expect("@ok run");
}

static void test_flash_that_refuses(void **state)
{
    (void)state;
    bench.flash.bad_erase = 0xf;
    for (size_t i = 0; i < 4 * BLOCK; i++)
        bench.flash.held[i] = bench.flash.shown[i] = 0x5a; /* somebody else's; no store */
    bench_factory(&board_profile, "plan\nrun\n");
    bench_expect("@ok plan");
    bench_expect("@error run reason=storage-");
    bench.flash.bad_erase = 0;
    bench_factory(&board_profile, "run\n");
    bench_expect("@ok run");
}

/* --- power
 * ---------------------------------------------------------------------------------------------------------------- */

struct job {
    const char *name;
    enum virtual_part part;
    const struct profile_compiled *profile;
    const char *ends[2]; /* of the two keys */
};

static const struct job jobs[] = {
    {"trust-and-go",
     VIRTUAL_TRUST_AND_GO,
     &board_profile,
     {"@key id=16 name=maker slot=0", "@key id=18 name=board slot=2"}},
    {"blank", VIRTUAL_BLANK, &blank_profile, {"@key id=16 name=device slot=0", "@key id=17 name=update-root slot=9"}},
};

/* A whole run ends as it should, whatever was before; afterwards nothing is left to do, and the keys are there. */
static void expect_recovery(const struct job *job, const char *id)
{
    flash_sim_restart(&bench.flash);
    bench.cut_group = 0;
    bench_factory(job->profile, "run\n");
    if (!bench_said("@ok run") || !bench_said(job->ends[0]) || !bench_said(job->ends[1]))
        fail_msg("%s, %s:\n%s", job->name, id, bench.output);
    bench_factory(job->profile, "run\n");
    if (!bench_said("changes=0 keys=2"))
        fail_msg("%s, %s: not finished:\n%s", job->name, id, bench.output);
    bench_primary("keys\npublic 16\n");
    if (!bench_said("@ok public"))
        fail_msg("%s, %s: the primary application:\n%s", job->name, id, bench.output);
    if (bench.flash.violation != NULL)
        fail_msg("%s, %s: %s", job->name, id, bench.flash.violation);
}

static void cut_flash(const struct job *job, unsigned at, enum flash_sim_cut cut, uint32_t seed)
{
    flash_sim_plan(&bench.flash, at, cut, seed);
    bench_factory(job->profile, "run\n");
}

static unsigned count_operations(const struct job *job)
{
    unsigned operations;

    bench_make(job->part, BLOCK);
    cut_flash(job, 0, FLASH_SIM_AFTER, 0);
    bench_expect("@ok run");
    operations = bench.flash.operations;
    bench_remove();
    return operations;
}

static void test_power_fails_at_each_flash_operation(void **state)
{
    (void)state;
    for (size_t j = 0; j < sizeof jobs / sizeof jobs[0]; j++) {
        unsigned operations = count_operations(&jobs[j]);

        assert_true(operations > 20);
        for (unsigned at = 1; at <= operations; at++) {
            for (unsigned cut = sweep_first(at); cut < FLASH_SIM_CUTS; cut += SWEEP_STRIDE) {
                char id[64];

                (void)snprintf(id, sizeof id, "flash operation %u of %u, cut %u", at, operations, cut);
                bench_make(jobs[j].part, BLOCK);
                cut_flash(&jobs[j], at, (enum flash_sim_cut)cut, at * 31 + cut);
                assert_false(bench.flash.powered);
                expect_recovery(&jobs[j], id);
                bench_remove();
            }
        }
    }
}

static void test_power_fails_at_each_group(void **state)
{
    (void)state;
    for (size_t j = 0; j < sizeof jobs / sizeof jobs[0]; j++) {
        bool cut = true;
        /* The longer run has 300 groups and more: every third one, each way. */
        unsigned step = (j == 0 ? 1 : 3) * SWEEP_STRIDE;

        for (unsigned at = 1; cut; at += step) {
            for (int after = 0; after < 2; after++) {
                char id[64];

                (void)snprintf(id, sizeof id, "%s group %u", after != 0 ? "after" : "before", at);
                bench_make(jobs[j].part, BLOCK);
                bench.cut_group = at;
                bench.cut_after = after != 0;
                bench_factory(jobs[j].profile, "run\n");
                cut = !bench.flash.powered;
                if (cut)
                    expect_recovery(&jobs[j], id);
                bench_remove();
            }
        }
    }
}

/* The run that recovers is cut, too: a sample of all pairs. */
static void test_power_fails_twice(void **state)
{
    const struct job *job = &jobs[0];
    unsigned operations = count_operations(job);

    (void)state;
    for (unsigned first = 1; first <= operations; first += 2) {
        for (unsigned second = 1 + sweep_first(first); second <= operations; second += 5 * SWEEP_STRIDE) {
            char id[64];

            (void)snprintf(id, sizeof id, "flash operations %u and %u", first, second);
            bench_make(job->part, BLOCK);
            cut_flash(job, first, FLASH_SIM_RANDOM, first);
            flash_sim_restart(&bench.flash);
            cut_flash(job, second, FLASH_SIM_OTHER, second);
            expect_recovery(job, id);
            bench_remove();
        }
    }
}

/* Keys that nobody touched are the ones they were. */
static void test_other_slots_stay(void **state)
{
    uint8_t before[5][64], after[64];

    (void)state;
    for (uint8_t slot = 0; slot < 5; slot++)
        bench_slot_public(slot, before[slot]);
    for (unsigned at = 3; at < 60; at += 3) {
        flash_sim_plan(&bench.flash, at, FLASH_SIM_RANDOM, at);
        bench_factory(&board_profile, "run\n");
        flash_sim_restart(&bench.flash);
    }
    bench_factory(&board_profile, "run\n");
    bench_expect("@ok run");
    for (uint8_t slot = 0; slot < 5; slot++) {
        bench_slot_public(slot, after);
        assert_int_equal(memcmp(before[slot], after, sizeof after) == 0, slot != 2);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_looking_writes_nothing, begin, end),
        cmocka_unit_test_setup_teardown(test_second_run_writes_nothing, begin, end),
        cmocka_unit_test_setup_teardown(test_report_needs_a_run, begin, end),
        cmocka_unit_test_setup_teardown(test_runs_for_the_named_chip_only, begin, end),
        cmocka_unit_test_setup_teardown(test_table_of_another_build, begin, end),
        cmocka_unit_test_setup_teardown(test_arming, begin_blank, end),
        cmocka_unit_test_setup_teardown(test_replacing_a_key_wants_arming, begin, end),
        cmocka_unit_test_setup_teardown(test_arming_expires, begin_blank, end),
        cmocka_unit_test_setup_teardown(test_arming_lasts, begin_blank, end),
        cmocka_unit_test_setup_teardown(test_watchdog_is_fed, begin_blank, end),
        cmocka_unit_test_setup_teardown(test_watchdog_bites_a_hang, begin_blank, end),
        cmocka_unit_test_setup_teardown(test_flash_full, begin, end),
        cmocka_unit_test_setup_teardown(test_flash_that_refuses, begin, end),
        cmocka_unit_test(test_power_fails_at_each_flash_operation),
        cmocka_unit_test(test_power_fails_at_each_group),
        cmocka_unit_test(test_power_fails_twice),
        cmocka_unit_test_setup_teardown(test_other_slots_stay, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
