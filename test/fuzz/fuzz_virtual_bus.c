/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Arbitrary bus traffic against the virtual chip, for libFuzzer. The first input byte chooses the part, the others are
 * a script: an operation (see `operations`), then its arguments; what is missing at the end counts as zeros.
 *
 * Besides what the sanitizers find, these must hold after any traffic: the serial number is what it was, no lock has
 * opened, and a part without armed faults answers Info after a power cycle.
 */
#define _XOPEN_SOURCE 700 /* mkdtemp, pwrite */
#include "test/fuzz/fuzz.h"
#include "virtual/chip/virtual_invasive.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define PARTS 4
#define FILE_BYTES_MAX 16384
#define OPERATIONS_MAX 400 /* of one input: keeps a run short */
#define LONG_WAIT_NS 700000000u

/* A part with a slot for every kind of use, both zones locked; see test/virtual/cabinet.h for the policies. */
static const uint8_t locked_config[VIRTUAL_CONFIG_BYTES] = {
    0x01, 0x23, 0x45, 0x67, 0x00, 0x00, 0x60, 0x03, 0x89, 0xab, 0xcd, 0xef, 0xee, 0x61, 0x55, 0x00, /* 0 */
    0xc0, 0x00, 0x00, 0x00, 0x87, 0x20, 0x83, 0x64, 0x8c, 0x20, 0x0f, 0x24, 0x8f, 0x0f, 0x8f, 0x0f, /* 16 */
    0x9f, 0x0f, 0x8f, 0x0f, 0x80, 0x0f, 0xc4, 0x44, 0x0f, 0x0f, 0x0f, 0x0f, 0x0f, 0x0f, 0xaf, 0x0f, /* 32 */
    0x0d, 0x1f, 0x8f, 0x0f, 0xff, 0xff, 0xff, 0xff, 0x00, 0x00, 0x00, 0x00, 0xff, 0xff, 0xff, 0xff, /* 48 */
    0x00, 0x00, 0x00, 0x00, 0x00, 0x84, 0x03, 0xbc, 0x04, 0x69, 0x76, 0x00, 0x00, 0x00, 0x00, 0x00, /* 64 */
    0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0xff, 0xff, 0x06, 0xf0, 0x00, 0x00, 0x00, 0x00, /* 80 */
    0x33, 0x00, 0x33, 0x00, 0x33, 0x00, 0x1c, 0x00, 0x3c, 0x00, 0x38, 0x00, 0x1c, 0x00, 0x9c, 0x04, /* 96 */
    0x1c, 0x00, 0x1c, 0x00, 0x3c, 0x00, 0x10, 0x00, 0x1c, 0x00, 0x30, 0x00, 0x12, 0x00, 0x1c, 0x00, /* 112 */
};

/* What the runs share: the files of new parts, and one file that each run begins with one of them. */
struct workshop {
    char folder[32];
    char path[48];
    uint8_t parts[PARTS][FILE_BYTES_MAX];
    size_t part_len;
};
static struct workshop workshop;

static void must(bool holds, const char *what)
{
    if (holds)
        return;
    (void)fprintf(stderr, "fuzz_virtual_bus: %s\n", what);
    abort();
}

static void clean_up(void)
{
    (void)unlink(workshop.path);
    (void)rmdir(workshop.folder);
}

static void make_part(unsigned number, const struct virtual_making *making)
{
    struct virtual_problem problem;
    FILE *file = NULL;

    must(virtual_create(workshop.path, making, &problem) == VIRTUAL_OK, "a part cannot be made");
    file = fopen(workshop.path, "rb");
    must(file != NULL, "a new part cannot be read");
    if (file == NULL)
        return;
    workshop.part_len = fread(workshop.parts[number], 1, FILE_BYTES_MAX, file);
    (void)fclose(file);
    (void)unlink(workshop.path);
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    uint8_t config[VIRTUAL_CONFIG_BYTES];
    struct virtual_making making = {.part = VIRTUAL_BLANK, .has_seed = true, .seed = 1};
    int fd = -1;

    (void)argc;
    (void)argv;
    (void)snprintf(workshop.folder, sizeof workshop.folder, "fuzz-virtual-XXXXXX");
    must(mkdtemp(workshop.folder) != NULL, "no folder for the parts");
    (void)snprintf(workshop.path, sizeof workshop.path, "%s/chip", workshop.folder);
    must(atexit(clean_up) == 0, "no clean-up");

    make_part(0, &making);
    memcpy(config, locked_config, sizeof config);
    making.part = VIRTUAL_FROM_CONFIG;
    making.config = config;
    make_part(1, &making);
    config[14] = 0x54; /* single wire, GPIO as output */
    config[16] = 0x03;
    make_part(2, &making);
    memcpy(config, locked_config, sizeof config);
    config[6] = 0x50; /* ATECC508A with consumption mode */
    config[7] = 0x00;
    config[18] = 0x55;
    make_part(3, &making);
    fd = open(workshop.path, O_WRONLY | O_CREAT | O_EXCL, 0600);
    must(fd >= 0, "no file for the part");
    (void)close(fd);
    return 0;
}

/* ---- the script ---- */

struct run {
    struct virtual_chip *chip;
    const uint8_t *data;
    size_t len;
    bool faulty;
};

static uint8_t take(struct run *run)
{
    if (run->len == 0)
        return 0;
    run->len--;
    return *run->data++;
}

static uint16_t crc_of(const uint8_t *data, size_t len)
{
    uint16_t crc = 0;

    for (size_t i = 0; i < len; i++)
        for (unsigned bit = 0; bit < 8; bit++) {
            const unsigned feedback = ((unsigned)crc >> 15 ^ (unsigned)data[i] >> bit) & 1u;

            crc = (uint16_t)(crc << 1 ^ (feedback != 0 ? 0x8005 : 0));
        }
    return crc;
}

/* opcode, Param1, Param2, length, data: a group with its CRC. */
static size_t take_group(struct run *run, uint8_t group[static 262])
{
    size_t len = 0;
    uint16_t crc = 0;

    for (unsigned i = 1; i < 5; i++)
        group[i] = take(run);
    len = take(run) % 156u;
    for (size_t i = 0; i < len; i++)
        group[5 + i] = take(run);
    group[0] = (uint8_t)(len + 7);
    crc = crc_of(group, len + 5);
    group[len + 5] = (uint8_t)crc;
    group[len + 6] = (uint8_t)(crc >> 8);
    return len + 7;
}

static void read_bytes(struct run *run, size_t len)
{
    for (size_t i = 0; i < len; i++)
        (void)virtual_i2c_read(run->chip);
}

static void start_own(struct run *run)
{
    (void)virtual_i2c_start(run->chip, (uint8_t)(virtual_i2c_address(run->chip) | (take(run) & 1)));
}

static void start_any(struct run *run)
{
    (void)virtual_i2c_start(run->chip, take(run));
}

static void write_byte(struct run *run)
{
    (void)virtual_i2c_write(run->chip, take(run));
}

static void read_some(struct run *run)
{
    read_bytes(run, take(run));
}

static void stop(struct run *run)
{
    virtual_i2c_stop(run->chip);
}

static void sda_low(struct run *run)
{
    virtual_i2c_sda_low(run->chip, take(run));
}

static void wait_some(struct run *run)
{
    const uint64_t units = take(run);

    virtual_wait_ns(run->chip, units * units * 30000); /* up to 1.95 s */
}

/* One whole command: wake, group, wait, reply. */
static void command(struct run *run)
{
    uint8_t group[262];
    const size_t len = take_group(run, group);
    const uint8_t address = virtual_i2c_address(run->chip);

    virtual_i2c_sda_low(run->chip, 80);
    virtual_wait_ns(run->chip, 20000000);
    (void)virtual_i2c_start(run->chip, address);
    (void)virtual_i2c_write(run->chip, 0x03);
    for (size_t i = 0; i < len; i++)
        (void)virtual_i2c_write(run->chip, group[i]);
    virtual_i2c_stop(run->chip);
    virtual_wait_ns(run->chip, LONG_WAIT_NS);
    if (virtual_i2c_start(run->chip, address | 1))
        read_bytes(run, virtual_i2c_read(run->chip));
    virtual_i2c_stop(run->chip);
    (void)virtual_i2c_start(run->chip, address); /* idle: the next command has a whole watchdog period */
    (void)virtual_i2c_write(run->chip, 0x02);
    virtual_i2c_stop(run->chip);
}

static void swi_raw(struct run *run)
{
    const uint32_t baud = (take(run) & 1) != 0 ? 115200 : 230400;

    virtual_swi_send(run->chip, baud, take(run));
}

static void swi_wake(struct run *run)
{
    virtual_swi_send(run->chip, 115200, 0);
    virtual_wait_ns(run->chip, 20000000);
}

static void swi_send_byte(struct run *run, uint8_t byte)
{
    for (unsigned bit = 0; bit < 8; bit++)
        virtual_swi_send(run->chip, 230400, (byte >> bit & 1) != 0 ? 0x7f : 0x7d);
}

static void swi_byte(struct run *run)
{
    swi_send_byte(run, take(run));
}

static void swi_receive(struct run *run)
{
    uint8_t bytes[256];

    must(virtual_swi_receive(run->chip, bytes, take(run)) <= sizeof bytes, "more received than asked for");
}

static void swi_command(struct run *run)
{
    uint8_t group[262];
    uint8_t bytes[2048];
    const size_t len = take_group(run, group);

    swi_wake(run);
    swi_send_byte(run, 0x77);
    for (size_t i = 0; i < len; i++)
        swi_send_byte(run, group[i]);
    virtual_wait_ns(run->chip, LONG_WAIT_NS);
    (void)virtual_swi_receive(run->chip, bytes, sizeof bytes);
    swi_send_byte(run, 0x88);
    (void)virtual_swi_receive(run->chip, bytes, sizeof bytes);
    swi_send_byte(run, 0xbb);
}

static void power_cycle(struct run *run)
{
    virtual_power_cycle(run->chip);
}

/* All kinds but `kill`. */
static void arm_fault(struct run *run)
{
    static const char *const kinds[] = {"silent", "nack",     "garbage",  "badcrc", "flip", "lost",   "reset",
                                        "slow",   "watchdog", "brownout", "swap",   "cut",  "buscut", "busnack"};
    char id[48];
    const uint8_t kind = take(run);
    const unsigned at = take(run) % 32u + 1;
    const unsigned choice = take(run);

    if (kind % 16 == 14)
        (void)snprintf(id, sizeof id, "tear@%u.%u", at, choice);
    else if (kind % 16 == 15)
        (void)snprintf(id, sizeof id, "selftest@%u.%u", at, choice);
    else
        (void)snprintf(id, sizeof id, "%s@%u%s", kinds[kind % 16], at,
                       kind % 16 == 11 && choice % 2 != 0 ? ".after" : "");
    run->faulty |= virtual_arm_fault(run->chip, id);
}

static void set_speeds(struct run *run)
{
    static const uint32_t clocks[] = {0, 1, 10000, 100000, 133000, 400000, 1000000, 4000000};
    static const enum virtual_times times[] = {VIRTUAL_TIMES_MAXIMUM, VIRTUAL_TIMES_TYPICAL, VIRTUAL_TIMES_MAXIMUM,
                                               VIRTUAL_TIMES_NONE};

    virtual_i2c_set_clock(run->chip, clocks[take(run) % 8]);

    virtual_set_times(run->chip, times[take(run) % 4]);
    virtual_gpio_drive(run->chip, take(run) % 2 != 0);
}

static void (*const operations[])(struct run *run) = {
    command,  start_own, start_any, write_byte,  read_some,   stop,        sda_low,   wait_some,
    swi_wake, swi_raw,   swi_byte,  swi_receive, swi_command, power_cycle, arm_fault, set_speeds,
};

/* ---- what must hold ---- */

static void check_config(const uint8_t before[static VIRTUAL_CONFIG_BYTES],
                         const uint8_t after[static VIRTUAL_CONFIG_BYTES])
{
    must(memcmp(before, after, 16) == 0, "bytes 0 to 15 have changed");
    must(before[86] == 0x55 || after[86] != 0x55, "the data zone is open again");
    must(before[87] == 0x55 || after[87] != 0x55, "the config zone is open again");
    if (before[87] == 0x55)
        return;
    must((~before[88] & after[88]) == 0 && (~before[89] & after[89]) == 0, "a slot is open again");
    must(memcmp(before + 16, after + 16, 36) == 0 && memcmp(before + 90, after + 90, 38) == 0,
         "a policy has changed under the lock");
}

static void check_alive(struct run *run)
{
    static const uint8_t info[8] = {0x03, 0x07, 0x30, 0x00, 0x00, 0x00, 0x03, 0x5d};
    uint8_t address = 0;
    bool heard = true;

    virtual_power_cycle(run->chip);
    address = virtual_i2c_address(run->chip);
    virtual_i2c_set_clock(run->chip, 400000);
    virtual_i2c_sda_low(run->chip, 80);
    virtual_wait_ns(run->chip, 20000000);
    heard = virtual_i2c_start(run->chip, address);
    for (unsigned i = 0; i < 8; i++)
        heard = heard && virtual_i2c_write(run->chip, info[i]);
    virtual_i2c_stop(run->chip);
    virtual_wait_ns(run->chip, 5000000);
    heard = heard && virtual_i2c_start(run->chip, address | 1) && virtual_i2c_read(run->chip) == 7;
    must(heard, "no answer after a power cycle");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct run run = {.data = data, .len = size};
    const uint8_t *part = workshop.parts[take(&run) % PARTS];
    uint8_t before[VIRTUAL_CONFIG_BYTES];
    uint8_t after[VIRTUAL_CONFIG_BYTES];
    struct virtual_problem problem;
    const int fd = open(workshop.path, O_WRONLY);

    must(fd >= 0, "the part's file cannot be opened");
    must(pwrite(fd, part, workshop.part_len, 0) == (ssize_t)workshop.part_len, "the part cannot be put in place");
    (void)close(fd);
    must(virtual_open(workshop.path, &run.chip, &problem) == VIRTUAL_OK, "the part cannot be opened");
    virtual_peek_config(run.chip, before);
    for (unsigned i = 0; i < OPERATIONS_MAX && run.len != 0; i++)
        operations[take(&run) % (sizeof operations / sizeof operations[0])](&run);
    if (!run.faulty)
        check_alive(&run);
    virtual_close(run.chip);
    /* A swapped part has another serial number, but only in memory: the file tells. */
    must(virtual_open(workshop.path, &run.chip, &problem) == VIRTUAL_OK, "the part cannot be opened again");
    virtual_peek_config(run.chip, after);
    check_config(before, after);
    virtual_close(run.chip);
    return 0;
}
