/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the ledger costs: bench_ledger FOLDER ENTRIES DEVICES, in an empty folder of the disk that is meant. Prints
 *
 *   - the bare store's commits per second (one row of the same size, one table), the ledger's appends, and their ratio;
 *   - how long verification of ENTRIES entries takes, and the program's memory;
 *   - how long a duplicate check takes among DEVICES devices;
 *   - what a run asks of a ledger with so many entries and devices (open, prepare, compare two keys twice, append,
 *     close), each in a process of its own, beside what the bare store takes for the same (open, commit a row, close),
 *     in turns; and the same with a new ledger.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "ledger/ledger.h"
#include "ledger/verify.h"

#define ROUNDS 250 /* of commits, in turns with the bare store's */
#define COMMITS 10 /* in a round */
#define APPENDED (ROUNDS * COMMITS)
#define CHECKS 10000
#define RUNS 200
#define BODY 1525 /* bytes of evidence, as in the demo plan's record */

static char room[ERROR_ROOM];
static struct error err = ERROR_IN(room);

static void require(bool ok)
{
    if (ok)
        return;
    fprintf(stderr, "bench_ledger: %s: %s\n", error_reason_name(err.reason), err.cause != NULL ? err.cause : "failed");
    exit(1);
}

static double now_s(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* Different in each run of the generator, and without order, as serial numbers and keys are. */
static uint64_t mix(uint64_t i)
{
    i = (i ^ (i >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    i = (i ^ (i >> 27)) * UINT64_C(0x94d049bb133111eb);
    return i ^ (i >> 31);
}

static json_t *content_of(uint64_t i)
{
    static char body[BODY + 1];
    char serial[32], point[140];
    json_t *key;

    if (body[0] == '\0')
        memset(body, 'A', BODY);
    snprintf(serial, sizeof serial, "0123%012" PRIX64 "EE", mix(i) >> 16);
    snprintf(point, sizeof point, "04%016" PRIX64 "%0112X", mix(i + 1), 1U);
    key = json_pack("{s:s, s:s, s:i}", "public_key", point, "method", "generate", "key_id", 18);
    return json_pack("{s:s, s:s, s:s, s:{s:b, s:[o], s:s}}", "kind", "provision", "device", serial, "result",
                     "provisioned", "evidence", "serial_checked", 1, "keys", key, "text", body);
}

static double append_entries(struct ledger *ledger, uint64_t from, uint64_t count)
{
    const double start = now_s();

    for (uint64_t i = from; i < from + count; i++) {
        json_t *content = content_of(i);
        struct ledger_conflict conflict;
        uint64_t seq;

        require(ledger_append(ledger, content, &seq, &conflict, &err));
        json_decref(content);
    }
    return now_s() - start;
}

/* The least that a durable record costs with this library on this disk. */
struct bare {
    struct database database;
    struct statement insert;
    char body[BODY + 512];
};

static void bare_open(struct bare *bare, const char *folder)
{
    static const char *const upgrades[] = {"CREATE TABLE entry (seq INTEGER PRIMARY KEY, body TEXT NOT NULL);"};
    static const struct database_kind kind = {.name = "bare", .application_id = 1, .upgrades = upgrades, .version = 1};
    char path[PATH_MAX];

    memset(bare->body, 'A', sizeof bare->body - 1);
    snprintf(path, sizeof path, "%s/bare.db", folder);
    require(database_open(&bare->database, path, &kind, DATABASE_MAKE, &err));
    require(statement_prepare(&bare->insert, &bare->database, "INSERT INTO entry (body) VALUES ($1)", &err));
}

static void bare_close(struct bare *bare)
{
    statement_finish(&bare->insert);
    database_close(&bare->database);
}

static double bare_commits(struct bare *bare, uint64_t count)
{
    const double start = now_s();

    for (uint64_t i = 0; i < count; i++) {
        statement_bind_text(&bare->insert, 1, bare->body);
        require(statement_run(&bare->insert, &err));
    }
    return now_s() - start;
}

/* In short turns, so that both share whatever else the disk does meanwhile. */
static void bench_commits(struct ledger *ledger, const char *folder)
{
    static struct bare bare;
    double bare_s = 0, ledger_s = 0;

    bare_open(&bare, folder);
    for (uint64_t i = 0; i < ROUNDS; i++) {
        bare_s += bare_commits(&bare, COMMITS);
        ledger_s += append_entries(ledger, i * COMMITS, COMMITS);
    }
    bare_close(&bare);
    printf("bare store: %.0f commits a second; ledger: %.0f entries a second; ratio %.2f\n", APPENDED / bare_s,
           APPENDED / ledger_s, bare_s / ledger_s);
}

static void on_finding(void *context, const struct ledger_finding *finding)
{
    (void)context;
    fprintf(stderr, "bench_ledger: %s: %s\n", finding->check, finding->text);
}

static void bench_verify(struct ledger *ledger, uint64_t entries)
{
    struct ledger_verify verify = {.finding = on_finding};
    struct rusage usage;
    double start;

    require(database_run(&ledger->database, "PRAGMA synchronous=OFF", &err)); /* only while the bench is filled */
    (void)append_entries(ledger, APPENDED, entries > APPENDED ? entries - APPENDED : 0);
    require(database_run(&ledger->database, "PRAGMA synchronous=FULL", &err));
    start = now_s();
    require(ledger_verify(ledger, &verify, &err) && verify.bad == 0);
    (void)getrusage(RUSAGE_SELF, &usage);
    printf("verification of %" PRIu64 " entries: %.1f s; memory of this program at most %ld MiB\n", verify.entries,
           now_s() - start, usage.ru_maxrss / 1024);
}

static void add_devices(struct ledger *ledger, uint64_t devices)
{
    struct statement insert;

    require(database_run(&ledger->database, "BEGIN", &err));
    require(statement_prepare(&insert, &ledger->database,
                              "INSERT OR IGNORE INTO device_key (x, serial) VALUES ($1, $2)", &err));
    for (uint64_t i = 0; i < devices; i++) {
        const uint64_t x[4] = {mix(i << 20), i, 0, 0};
        char serial[32];

        snprintf(serial, sizeof serial, "0123%012" PRIX64 "EE", mix(i << 20) >> 16);
        statement_bind_bytes(&insert, 1, bytes_of(x, sizeof x));
        statement_bind_text(&insert, 2, serial);
        require(statement_run(&insert, &err));
    }
    statement_finish(&insert);
    require(database_run(&ledger->database, "COMMIT", &err));
}

static int compare(const void *a, const void *b)
{
    const double left = *(const double *)a, right = *(const double *)b;

    return (left > right) - (left < right);
}

static void bench_check(struct ledger *ledger, uint64_t devices)
{
    static double times[CHECKS];
    char device[LEDGER_DEVICE_SIZE];

    for (uint64_t i = 0; i < CHECKS; i++) {
        const uint64_t known = mix(i) % devices, x[4] = {mix(known << 20), i % 2 == 0 ? known : UINT64_MAX, 0, 0};
        const double start = now_s();

        require(ledger_find_key(ledger, (const uint8_t *)x, device, &err));
        times[i] = now_s() - start;
        require((device[0] != '\0') == (i % 2 == 0));
    }
    qsort(times, CHECKS, sizeof times[0], compare);
    printf("duplicate check among %" PRIu64 " keys: median %.3f ms, 99 %% %.3f ms, longest %.3f ms\n", devices,
           times[CHECKS / 2] * 1e3, times[CHECKS * 99 / 100] * 1e3, times[CHECKS - 1] * 1e3);
}

/* As station/station_ledger.c does it for a device that is confirmed. */
static void run_once(const char *folder, uint64_t device)
{
    char other[LEDGER_DEVICE_SIZE];
    const uint64_t x[4] = {mix(device), 0, 0, 0};
    json_t *content = content_of(device);
    struct ledger_conflict conflict;
    struct ledger ledger;
    uint64_t seq;

    require(ledger_open(&ledger, folder, "bench", LEDGER_WRITE, &err) && database_begin(&ledger.database, &err));
    database_rollback(&ledger.database);
    for (int i = 0; i < 4; i++)
        require(ledger_find_key(&ledger, (const uint8_t *)x, other, &err));
    require(ledger_append(&ledger, content, &seq, &conflict, &err));
    ledger_close(&ledger);
    json_decref(content);
}

/* The least for a process that leaves one durable row. */
static void bare_once(const char *folder, uint64_t device)
{
    static struct bare bare;

    (void)device;
    bare_open(&bare, folder);
    (void)bare_commits(&bare, 1);
    bare_close(&bare);
}

static void nothing(const char *folder, uint64_t device)
{
    (void)folder;
    (void)device;
}

static double seconds_of(struct timeval time)
{
    return (double)time.tv_sec + (double)time.tv_usec / 1e6;
}

/* The processor time of a process that does this. */
static double process(const char *folder, uint64_t device, void (*work)(const char *folder, uint64_t device))
{
    struct rusage usage;
    int status = 1;
    pid_t child;

    (void)fflush(NULL);
    child = fork();
    require(child >= 0);
    if (child == 0) {
        work(folder, device);
        _exit(0);
    }
    require(wait4(child, &status, 0, &usage) == child && status == 0);
    return seconds_of(usage.ru_utime) + seconds_of(usage.ru_stime);
}

static double median(double *values)
{
    qsort(values, RUNS, sizeof values[0], compare);
    return values[RUNS / 2];
}

static void bench_run(const char *folder, const char *which)
{
    static double ledger[RUNS], bare[RUNS], added[RUNS], elapsed[RUNS];

    process(folder, 0, bare_once); /* makes the file */
    for (uint64_t i = 0; i < RUNS; i++) {
        const double idle = process(folder, i % 7, nothing), start = now_s();

        ledger[i] = process(folder, i % 7, run_once) - idle;
        elapsed[i] = now_s() - start;
        bare[i] = process(folder, i % 7, bare_once) - idle;
        added[i] = ledger[i] - bare[i];
    }
    printf("what a run asks of %s: median %.2f ms of processor time, %.2f ms elapsed; the bare store %.2f ms; added "
           "%.2f ms\n",
           which, median(ledger) * 1e3, median(elapsed) * 1e3, median(bare) * 1e3, median(added) * 1e3);
}

int main(int argc, char **argv)
{
    struct ledger ledger;
    char path[PATH_MAX];

    if (argc != 4) {
        fprintf(stderr, "usage: bench_ledger FOLDER ENTRIES DEVICES\n");
        return 2;
    }
    require(ledger_open(&ledger, argv[1], "bench", LEDGER_WRITE, &err));
    bench_commits(&ledger, argv[1]);
    bench_verify(&ledger, strtoull(argv[2], NULL, 10));
    add_devices(&ledger, strtoull(argv[3], NULL, 10));
    ledger_close(&ledger);
    require(ledger_open(&ledger, argv[1], "bench", LEDGER_READ, &err));
    bench_check(&ledger, strtoull(argv[3], NULL, 10));
    ledger_close(&ledger);
    bench_run(argv[1], "this ledger");
    snprintf(path, sizeof path, "%s/new", argv[1]);
    require(mkdir(path, 0700) == 0);
    bench_run(path, "a new ledger");
    return 0;
}
