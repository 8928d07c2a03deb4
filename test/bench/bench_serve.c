/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How many Info commands a second a virtual chip takes, in process and over a Unix socket: sent by a bare host that
 * waits for the command's end as its transport likes best, and by our chip layer. Virtual time for the chip, wall time
 * for the figures, so they depend on the machine and on what else it does: each is the median of several runs, taken in
 * turns, and the ratios say more than the numbers. Wanted are 20,000 a second over the socket.
 *
 * usage: bench_serve DIRECTORY [COMMANDS]        the directory must exist and be empty
 *        bench_serve DIRECTORY COMMANDS served   only our chip layer over the socket, once: to count instructions
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "chip/operations.h"
#include "virtual/serve/listen.h"
#include "virtual/serve/server.h"
#include "transport/socket.h"
#include "transport/virtual.h"
#include "virtual/chip/virtual.h"

#define WANTED_PER_SECOND 20000.0

static void fail(const char *what)
{
    fprintf(stderr, "bench_serve: %s failed\n", what);
    exit(1);
}

static double seconds(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static struct virtual_chip *open_chip(const char *path)
{
    struct virtual_problem problem;
    struct virtual_chip *chip = NULL;

    if (virtual_open(path, &chip, &problem) != VIRTUAL_OK)
        fail("opening the chip");
    return chip;
}

static enum imprint_transport_status await_reply(const struct imprint_transport *transport, struct bytes_out *reply)
{
    const struct imprint_transport_operations *bus = transport->operations;

    if (bus->await != NULL)
        return bus->await(transport->context, reply->data, reply->cap, &reply->len, 100, 5000);
    bus->delay_us(transport->context, 5000);
    return bus->receive(transport->context, reply->data, reply->cap, &reply->len);
}

/* Commands a second by a bare host. Every 100 commands, within the watchdog's 1.3 s, the chip idles. */
static double measure_bare(const struct imprint_transport *transport, unsigned long commands)
{
    static const uint8_t info[] = {0x07, 0x30, 0x00, 0x00, 0x00, 0x03, 0x5D};
    const struct imprint_transport_operations *bus = transport->operations;
    uint8_t memory[IMPRINT_TRANSPORT_GROUP_MAX];
    struct bytes_out reply = {.data = memory, .cap = sizeof memory};
    double began = seconds();

    for (unsigned long i = 0; i < commands; i++) {
        if (i % 100 == 0) {
            (void)bus->idle(transport->context);
            if (bus->wake(transport->context) != IMPRINT_TRANSPORT_OK)
                fail("wake");
        }
        if (bus->send(transport->context, info, sizeof info) != IMPRINT_TRANSPORT_OK)
            fail("sending Info");
        if (await_reply(transport, &reply) != IMPRINT_TRANSPORT_OK || reply.len != 7)
            fail("its reply");
    }
    (void)bus->sleep(transport->context);
    return (double)commands / (seconds() - began);
}

/* The same by our chip layer. */
static double measure_layer(const struct imprint_transport *transport, unsigned long commands)
{
    struct chip chip;
    struct error err = {.reason = ERROR_NONE};
    uint8_t revision[4];
    double began = seconds(), took;

    chip_init(&chip, transport);
    for (unsigned long i = 0; i < commands; i++) {
        if (chip_read_revision(&chip, revision, &err) != CHIP_OK)
            fail("Info");
    }
    took = seconds() - began;
    chip_sleep(&chip);
    return (double)commands / took;
}

/* The server, in a process of its own; it ends when `stop` does. */
static void serve(const char *path, int listen_fd, int stop)
{
    struct serve_bus bus;
    struct serve_server server = {.bus = &bus, .listen_fd = listen_fd, .stop_fd = stop};
    struct virtual_chip *chip = open_chip(path);

    serve_bus_init(&bus, false);
    serve_bus_add(&bus, chip);
    serve_run(&server);
    serve_close(&server);
    virtual_close(chip);
    _exit(0);
}

#define RUNS 7

enum { BARE_HERE, LAYER_HERE, BARE_SERVED, LAYER_SERVED, FIGURES };

static int compare(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

/* Sorts what the runs gave and prints it: the median, the least and the most. */
static double print(const char *what, double runs[static RUNS])
{
    qsort(runs, RUNS, sizeof runs[0], compare);
    printf("  %-38s %10.0f   (%.0f to %.0f)\n", what, runs[RUNS / 2], runs[0], runs[RUNS - 1]);
    return runs[RUNS / 2];
}

static int measure_all(const struct imprint_transport *here, const struct imprint_transport *served,
                       unsigned long commands)
{
    static double figures[FIGURES][RUNS];
    double bare, layer;

    for (unsigned run = 0; run < RUNS; run++) {
        figures[BARE_HERE][run] = measure_bare(here, commands);
        figures[LAYER_HERE][run] = measure_layer(here, commands);
        figures[BARE_SERVED][run] = measure_bare(served, commands);
        figures[LAYER_SERVED][run] = measure_layer(served, commands);
    }
    printf("Info commands a second, median of %d runs\n", RUNS);
    bare = print("in process, bare host", figures[BARE_HERE]);
    layer = print("in process, our chip layer (it polls)", figures[LAYER_HERE]);
    printf("  %-38s %10.2f\n", "ratio", layer / bare);
    bare = print("over a Unix socket, bare host", figures[BARE_SERVED]);
    layer = print("over a Unix socket, our chip layer", figures[LAYER_SERVED]);
    printf("  %-38s %10.2f\n", "ratio", layer / bare);
    printf("  %s the %.0f a second that are wanted of a served chip\n",
           layer >= WANTED_PER_SECOND && bare >= WANTED_PER_SECOND ? "at least" : "BELOW", WANTED_PER_SECOND);
    return layer >= WANTED_PER_SECOND && bare >= WANTED_PER_SECOND ? 0 : 1;
}

int main(int argc, char **argv)
{
    static struct serve_listener listener;
    const struct virtual_making making = {.part = VIRTUAL_TRUST_AND_GO, .has_seed = true, .seed = 1};
    unsigned long commands = argc >= 3 ? strtoul(argv[2], NULL, 10) : 20000;
    struct virtual_problem problem;
    struct transport_virtual virtual_bus;
    struct imprint_transport here, served;
    struct virtual_chip *chip;
    struct error err = {.reason = ERROR_NONE};
    char path[2][4096], socket_path[4096];
    int stop[2], result = 0;
    pid_t child;

    if (argc < 2 || argc > 4 || commands == 0 || (argc == 4 && strcmp(argv[3], "served") != 0)) {
        fprintf(stderr, "usage: bench_serve DIRECTORY [COMMANDS [served]]\n");
        return 2;
    }
    snprintf(socket_path, sizeof socket_path, "%s/socket", argv[1]);
    for (int i = 0; i < 2; i++) {
        snprintf(path[i], sizeof path[i], "%s/chip%d.virtual", argv[1], i);
        if (virtual_create(path[i], &making, &problem) != VIRTUAL_OK)
            fail("making the chip");
    }
    if (!serve_listen_unix(&listener, socket_path, &err) || pipe(stop) != 0)
        fail("listening");
    child = fork();
    if (child < 0)
        fail("fork");
    if (child == 0) {
        close(stop[1]);
        serve(path[1], listener.fd, stop[0]);
    }
    close(stop[0]);
    if (!transport_socket_open_unix(socket_path, 0, &served, &err))
        fail("connecting");
    if (argc == 4) {
        (void)measure_layer(&served, commands);
    } else {
        chip = open_chip(path[0]);
        here = transport_virtual_init(&virtual_bus, chip);
        result = measure_all(&here, &served, commands);
        virtual_close(chip);
    }
    imprint_transport_close(&served);
    close(stop[1]);
    waitpid(child, NULL, 0);
    serve_listener_close(&listener);
    return result;
}
