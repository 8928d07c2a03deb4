/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The virtual chip's file: what is refused and how it is told apart, and that a part is whole after every truncation
 * that leaves it usable, every damaged half, every killed process and every full disk.
 */
#define _XOPEN_SOURCE 700
#include "test/virtual/lab.h"
#include "virtual/chip/virtual_invasive.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define FILE_BYTES 6144
#define PART_BYTES 2048

static const struct virtual_making flex = {.part = VIRTUAL_TRUST_FLEX, .has_seed = true, .seed = 3};

static void read_file(const char *path, uint8_t content[static FILE_BYTES])
{
    FILE *file = fopen(path, "rb");

    assert_non_null(file);
    assert_int_equal(fread(content, 1, FILE_BYTES, file), FILE_BYTES);
    assert_int_equal(fgetc(file), EOF);
    (void)fclose(file);
}

static void write_file(const char *path, const uint8_t *content, size_t len)
{
    FILE *file = fopen(path, "wb");
    bool closed;

    assert_non_null(file);
    assert_int_equal(fwrite(content, 1, len, file), len);
    closed = fclose(file) == 0;
    assert_true(closed);
}

static enum virtual_status try_open(const struct lab *lab, struct virtual_problem *problem)
{
    struct virtual_chip *chip = NULL;
    const enum virtual_status status = virtual_open(lab->path, &chip, problem);

    assert_true((status == VIRTUAL_OK) == (chip != NULL));
    if (status != VIRTUAL_OK)
        assert_non_null(problem->cause);
    virtual_close(chip);
    return status;
}

/* A part with two halves that differ: one write after the other has been done. */
static void open_used(struct lab *lab)
{
    uint8_t data[32] = {1};

    lab_open_part(lab, &flex);
    assert_int_equal(lab_command(lab, 0x12, 0x82, 0x40, data, 32).status, 0);
    data[0] = 2;
    assert_int_equal(lab_command(lab, 0x12, 0x82, 0x40, data, 32).status, 0);
}

/* The same without power, and its file. */
static void read_used(struct lab *lab, uint8_t content[static FILE_BYTES])
{
    open_used(lab);
    lab_power_off(lab);
    read_file(lab->path, content);
}

static uint8_t slot8_byte(struct lab *lab)
{
    const struct answer answer = lab_command(lab, 0x02, 0x02, 0x40, NULL, 0);

    assert_int_equal(answer.len, 4);
    return answer.bytes[0];
}

static void test_create(void **state)
{
    struct virtual_problem problem;
    struct stat about;
    struct lab lab;
    char nowhere[300];

    (void)state;
    lab_open_part(&lab, &flex);
    assert_int_equal(stat(lab.path, &about), 0);
    assert_int_equal(about.st_mode & 0777, 0600);
    assert_int_equal(about.st_size, FILE_BYTES);
    assert_int_equal(virtual_create(lab.path, &flex, &problem), VIRTUAL_EXISTS);
    (void)snprintf(nowhere, sizeof nowhere, "%s/no/such/folder", lab.folder);
    assert_int_equal(virtual_create(nowhere, &flex, &problem), VIRTUAL_SYSTEM);
    assert_int_equal(problem.system_errno, ENOENT);
    lab_close(&lab);
}

/* A create that cannot finish leaves nothing behind. */
static void test_create_on_a_full_disk(void **state)
{
    struct rlimit limit;
    struct rlimit small;
    struct virtual_problem problem;
    struct lab lab;

    (void)state;
    lab_open_empty(&lab);
    (void)signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
    small = limit;
    small.rlim_cur = 3000;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    const enum virtual_status status = virtual_create(lab.path, &flex, &problem);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
    assert_int_equal(status, VIRTUAL_SYSTEM);
    assert_int_not_equal(problem.system_errno, 0);
    assert_int_equal(rmdir(lab.folder), 0); /* empty */
    assert_int_equal(mkdir(lab.folder, 0700), 0);
    lab_close(&lab);
}

static void test_what_is_no_chip(void **state)
{
    struct virtual_problem problem;
    uint8_t foreign[FILE_BYTES] = {0};
    struct lab lab;

    (void)state;
    lab_open_empty(&lab);
    assert_int_equal(try_open(&lab, &problem), VIRTUAL_NO_FILE);
    write_file(lab.path, foreign, 0);
    assert_int_equal(try_open(&lab, &problem), VIRTUAL_NOT_CHIP);
    memset(foreign, 0x55, sizeof foreign);
    write_file(lab.path, foreign, sizeof foreign);
    assert_int_equal(try_open(&lab, &problem), VIRTUAL_NOT_CHIP);
    assert_int_equal(unlink(lab.path), 0);
    assert_int_equal(mkdir(lab.path, 0700), 0);
    assert_int_equal(try_open(&lab, &problem), VIRTUAL_NOT_CHIP);
    assert_int_equal(rmdir(lab.path), 0);
    assert_int_equal(mkfifo(lab.path, 0600), 0);
    assert_int_equal(try_open(&lab, &problem), VIRTUAL_NOT_CHIP);
    lab_close(&lab);
}

static void test_truncation_at_every_length(void **state)
{
    uint8_t content[FILE_BYTES + 1] = {0};
    struct virtual_problem problem;
    struct lab lab;

    (void)state;
    read_used(&lab, content);
    for (size_t len = 1; len < FILE_BYTES; len++) {
        assert_int_equal(truncate(lab.path, (off_t)(FILE_BYTES - len)), 0);
        assert_int_equal(try_open(&lab, &problem), VIRTUAL_DAMAGED);
    }
    write_file(lab.path, content, sizeof content); /* one byte too many */
    assert_int_equal(try_open(&lab, &problem), VIRTUAL_DAMAGED);
    lab_close(&lab);
}

/* Any flipped bit: in a half, the other half counts; in the header, the file is refused. */
static void test_flipped_bits(void **state)
{
    uint8_t content[FILE_BYTES];
    struct virtual_problem problem;
    struct lab lab;
    int fd = -1;

    (void)state;
    read_used(&lab, content);
    fd = open(lab.path, O_WRONLY);
    assert_true(fd >= 0);
    for (size_t at = 0; at < FILE_BYTES; at++) {
        const uint8_t flipped = content[at] ^ (uint8_t)(1u << at % 8);
        enum virtual_status status = VIRTUAL_OK;

        assert_int_equal(pwrite(fd, &flipped, 1, (off_t)at), 1);
        status = try_open(&lab, &problem);
        assert_int_equal(pwrite(fd, &content[at], 1, (off_t)at), 1);
        if (at >= PART_BYTES)
            assert_int_equal(status, VIRTUAL_OK);
        else
            assert_int_equal(status, at < 96 ? VIRTUAL_NOT_CHIP : VIRTUAL_DAMAGED);
    }
    (void)close(fd);
    lab_close(&lab);
}

static void test_damaged_halves(void **state)
{
    uint8_t content[FILE_BYTES];
    uint8_t seen[2];
    struct virtual_problem problem;
    struct lab lab;

    (void)state;
    read_used(&lab, content);
    for (unsigned half = 0; half < 2; half++) {
        content[PART_BYTES * (1 + half) + 500] ^= 1;
        write_file(lab.path, content, sizeof content);
        content[PART_BYTES * (1 + half) + 500] ^= 1;
        assert_int_equal(virtual_open(lab.path, &lab.chip, &problem), VIRTUAL_OK);
        seen[half] = slot8_byte(&lab);
        lab_power_off(&lab);
    }
    assert_int_equal(seen[0] + seen[1], 1 + 2); /* the newest state from one, the one before from the other */
    content[PART_BYTES + 500] ^= 1;
    content[2 * PART_BYTES + 500] ^= 1;
    write_file(lab.path, content, sizeof content);
    assert_int_equal(try_open(&lab, &problem), VIRTUAL_DAMAGED);
    lab_close(&lab);
}

static void test_later_version(void **state)
{
    uint8_t content[FILE_BYTES];
    struct virtual_problem problem;
    struct lab lab;

    (void)state;
    lab_open_part(&lab, &flex);
    lab_power_off(&lab);
    read_file(lab.path, content);
    content[96] = 2;
    content[100] = 0xfd;
    write_file(lab.path, content, sizeof content);
    assert_int_equal(try_open(&lab, &problem), VIRTUAL_VERSION);
    write_file(lab.path, content, 300); /* whatever its length */
    assert_int_equal(try_open(&lab, &problem), VIRTUAL_VERSION);
    content[96] = 0;
    content[100] = 0xff;
    write_file(lab.path, content, sizeof content);
    assert_int_equal(try_open(&lab, &problem), VIRTUAL_DAMAGED);
    lab_close(&lab);
}

static void test_one_user_at_a_time(void **state)
{
    struct virtual_problem problem;
    struct lab lab;
    int outcome = 0;
    pid_t child = 0;

    (void)state;
    lab_open_part(&lab, &flex);
    child = fork();
    if (child == 0) {
        struct virtual_chip *chip = NULL;
        const enum virtual_status status = virtual_open(lab.path, &chip, &problem);

        _exit(status == VIRTUAL_IN_USE && problem.holder_pid == (long)getppid() ? 0 : 1);
    }
    assert_int_equal(waitpid(child, &outcome, 0), child);
    assert_true(WIFEXITED(outcome) && WEXITSTATUS(outcome) == 0);
    /* This process too, twice. */
    assert_int_equal(try_open(&lab, &problem), VIRTUAL_IN_USE);
    assert_int_equal(try_open(&lab, &problem), VIRTUAL_IN_USE);
    lab_power_off(&lab);
    assert_int_equal(try_open(&lab, &problem), VIRTUAL_OK);
    lab_close(&lab);
}

/* Opening and reading leave the file byte for byte as it was. */
static void test_looking_does_not_write(void **state)
{
    uint8_t before[FILE_BYTES];
    uint8_t after[FILE_BYTES];
    struct lab lab;

    (void)state;
    open_used(&lab);
    read_file(lab.path, before);
    lab_reopen(&lab);
    (void)slot8_byte(&lab);
    (void)lab_command(&lab, 0x1b, 0, 0, NULL, 0);
    lab_nonce_fixed(&lab, lab_key);
    (void)lab_command(&lab, 0x41, 0x80, 0, NULL, 0);
    (void)lab_command(&lab, 0x40, 0x00, 0, NULL, 0);
    lab_reopen(&lab);
    read_file(lab.path, after);
    assert_memory_equal(before, after, FILE_BYTES);
    lab_close(&lab);
}

/* A disk that takes no change, or only part of one: refused, told, and the state before stays. */
static void test_full_disk(void **state)
{
    static const rlim_t limits[] = {PART_BYTES + 10, 2 * PART_BYTES + 10, PART_BYTES, 0};
    struct rlimit limit;
    struct rlimit small;
    struct virtual_problem problem;
    uint8_t data[32] = {9};
    uint8_t before[32];
    uint8_t after[32];
    unsigned refused = 0;
    struct lab lab;

    (void)state;
    (void)signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
    small = limit;
    for (size_t i = 0; i < sizeof limits / sizeof limits[0]; i++) {
        open_used(&lab);
        assert_false(virtual_file_failed(lab.chip, &problem));
        virtual_digest(lab.chip, before);
        small.rlim_cur = limits[i];
        assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
        const int first = lab_command(&lab, 0x12, 0x82, 0x40, data, 32).status;
        data[0]++;
        const int second = lab_command(&lab, 0x12, 0x82, 0x40, data, 32).status;
        assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
        virtual_digest(lab.chip, after);
        assert_int_equal(first, second);
        if (first == 0x0f) {
            refused++;
            assert_true(virtual_file_failed(lab.chip, &problem));
            assert_int_not_equal(problem.system_errno, 0);
            assert_memory_equal(before, after, 32);
            lab_reopen(&lab);
            virtual_digest(lab.chip, after);
            assert_memory_equal(before, after, 32);
            /* And it goes on when there is room again. */
            assert_int_equal(lab_command(&lab, 0x12, 0x82, 0x40, data, 32).status, 0);
            lab_reopen(&lab);
            assert_int_equal(slot8_byte(&lab), data[0]);
        }
        lab_close(&lab);
    }
    assert_int_equal(refused, 4);
}

/* A process killed at any moment of a loop of writes: the file opens, and holds the last or the next value. */
static void test_kill_in_a_loop_of_writes(void **state)
{
    struct lab lab;
    int pipes[2];

    (void)state;
    lab_open_part(&lab, &flex);
    lab_power_off(&lab);
    for (unsigned round = 0; round < 20; round++) {
        struct virtual_problem problem;
        uint8_t value = 0;
        uint8_t last = 0;
        int outcome = 0;
        pid_t child = 0;

        assert_int_equal(pipe(pipes), 0);
        child = fork();
        if (child == 0) {
            uint8_t data[32] = {0};

            (void)close(pipes[0]);
            if (virtual_open(lab.path, &lab.chip, &problem) != VIRTUAL_OK)
                _exit(1);
            for (;;) {
                data[0] = data[31] = ++value;
                if (lab_command(&lab, 0x12, 0x82, 0x40, data, 32).status != 0 || write(pipes[1], &value, 1) != 1)
                    _exit(1);
            }
        }
        (void)close(pipes[1]);
        for (unsigned i = 0; i < 5 + round * 3; i++)
            assert_int_equal(read(pipes[0], &last, 1), 1);
        assert_int_equal(kill(child, SIGKILL), 0);
        assert_int_equal(waitpid(child, &outcome, 0), child);
        assert_true(WIFSIGNALED(outcome));
        while (read(pipes[0], &value, 1) == 1)
            last = value;
        (void)close(pipes[0]);
        assert_int_equal(virtual_open(lab.path, &lab.chip, &problem), VIRTUAL_OK);
        value = slot8_byte(&lab);
        assert_true(value == last || value == (uint8_t)(last + 1));
        lab_power_off(&lab);
    }
    lab_close(&lab);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_create),
        cmocka_unit_test(test_create_on_a_full_disk),
        cmocka_unit_test(test_what_is_no_chip),
        cmocka_unit_test(test_truncation_at_every_length),
        cmocka_unit_test(test_flipped_bits),
        cmocka_unit_test(test_damaged_halves),
        cmocka_unit_test(test_later_version),
        cmocka_unit_test(test_one_user_at_a_time),
        cmocka_unit_test(test_looking_does_not_write),
        cmocka_unit_test(test_full_disk),
        cmocka_unit_test(test_kill_in_a_loop_of_writes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
