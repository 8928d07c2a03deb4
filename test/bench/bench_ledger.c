/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the ledger costs: bench_ledger FOLDER ENTRIES DEVICES, in an empty folder of the disk that is meant. Prints
 *
 *   - the bare store's commits per second (one row of the same size, one table), the ledger's appends, and their ratio;
 *   - how long verification of ENTRIES entries takes, and the program's memory;
 *   - how long a duplicate check takes among DEVICES devices.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include "ledger/ledger.h"
#include "ledger/verify.h"

#define COMMITS 2000
#define CHECKS 10000
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
static double bare_commits(const char *folder)
{
    static const char *const upgrades[] = {"CREATE TABLE entry (seq INTEGER PRIMARY KEY, body TEXT NOT NULL);"};
    static const struct database_kind kind = {.name = "bare", .application_id = 1, .upgrades = upgrades, .version = 1};
    struct database database;
    struct statement insert;
    char path[PATH_MAX], body[BODY + 512];
    double start;

    memset(body, 'A', sizeof body);
    body[sizeof body - 1] = '\0';
    snprintf(path, sizeof path, "%s/bare.db", folder);
    require(database_open(&database, path, &kind, DATABASE_MAKE, &err));
    require(statement_prepare(&insert, &database, "INSERT INTO entry (body) VALUES ($1)", &err));
    start = now_s();
    for (int i = 0; i < COMMITS; i++) {
        statement_bind_text(&insert, 1, body);
        require(statement_run(&insert, &err));
    }
    start = now_s() - start;
    statement_finish(&insert);
    database_close(&database);
    return start;
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
    (void)append_entries(ledger, COMMITS, entries > COMMITS ? entries - COMMITS : 0);
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

int main(int argc, char **argv)
{
    struct ledger ledger;
    double bare, own;

    if (argc != 4) {
        fprintf(stderr, "usage: bench_ledger FOLDER ENTRIES DEVICES\n");
        return 2;
    }
    require(ledger_open(&ledger, argv[1], "bench", LEDGER_WRITE, &err));
    bare = bare_commits(argv[1]);
    own = append_entries(&ledger, 0, COMMITS);
    printf("bare store: %.0f commits a second; ledger: %.0f entries a second; ratio %.2f\n", COMMITS / bare,
           COMMITS / own, bare / own);
    bench_verify(&ledger, strtoull(argv[2], NULL, 10));
    add_devices(&ledger, strtoull(argv[3], NULL, 10));
    ledger_close(&ledger);
    require(ledger_open(&ledger, argv[1], "bench", LEDGER_READ, &err));
    bench_check(&ledger, strtoull(argv[3], NULL, 10));
    ledger_close(&ledger);
    return 0;
}
