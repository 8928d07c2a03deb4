/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How many Info commands a second a virtual chip takes: in process and over a Unix socket, by a host that waits the
 * published 5 ms and then reads (two trips a command), and by our chip layer, which polls as it does a real part (some
 * thirty trips a command). Virtual time for the chip, wall time for the figures, so they depend on the machine. Wanted
 * are 20,000 a second over the socket.
 *
 * usage: bench_serve DIRECTORY [COMMANDS]   the directory must exist and be empty
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "chip/operations.h"
#include "serve/listen.h"
#include "serve/server.h"
#include "transport/socket.h"
#include "transport/virtual.h"
#include "virtual/virtual.h"

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

/* Commands a second by a host that waits. Every 100 commands, within the watchdog's 1.3 s, the chip idles. */
static double measure_waiting(const struct transport *transport, unsigned long commands)
{
    static const uint8_t info[] = {0x07, 0x30, 0x00, 0x00, 0x00, 0x03, 0x5D};
    const struct transport_operations *bus = transport->operations;
    uint8_t memory[TRANSPORT_GROUP_MAX];
    struct bytes_out reply = {.data = memory, .cap = sizeof memory};
    double began = seconds();

    for (unsigned long i = 0; i < commands; i++) {
        if (i % 100 == 0) {
            (void)bus->idle(transport->context);
            if (bus->wake(transport->context) != TRANSPORT_OK)
                fail("wake");
        }
        if (bus->send(transport->context, bytes_of(info, sizeof info)) != TRANSPORT_OK)
            fail("sending Info");
        bus->delay_us(transport->context, 5000);
        if (bus->receive(transport->context, &reply) != TRANSPORT_OK || reply.len != 7)
            fail("its reply");
    }
    (void)bus->sleep(transport->context);
    return (double)commands / (seconds() - began);
}

/* The same by our chip layer. */
static double measure_polling(const struct transport *transport, unsigned long commands)
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

int main(int argc, char **argv)
{
    static struct transport_socket socket_bus;
    static struct serve_listener listener;
    const struct virtual_making making = {.part = VIRTUAL_TRUST_AND_GO, .has_seed = true, .seed = 1};
    unsigned long commands = argc == 3 ? strtoul(argv[2], NULL, 10) : 100000;
    struct virtual_problem problem;
    struct transport_virtual virtual_bus;
    struct transport transport;
    struct virtual_chip *chip;
    struct error err = {.reason = ERROR_NONE};
    char path[4096], socket_path[4096];
    double here, here_polling, served, served_polling;
    int stop[2];
    pid_t child;

    if (argc < 2 || argc > 3 || commands == 0) {
        fprintf(stderr, "usage: bench_serve DIRECTORY [COMMANDS]\n");
        return 2;
    }
    snprintf(path, sizeof path, "%s/chip.virtual", argv[1]);
    snprintf(socket_path, sizeof socket_path, "%s/socket", argv[1]);
    if (virtual_create(path, &making, &problem) != VIRTUAL_OK)
        fail("making the chip");
    chip = open_chip(path);
    transport = transport_virtual_init(&virtual_bus, chip);
    here = measure_waiting(&transport, commands);
    here_polling = measure_polling(&transport, commands);
    virtual_close(chip);

    if (!serve_listen_unix(&listener, socket_path, &err) || pipe(stop) != 0)
        fail("listening");
    child = fork();
    if (child < 0)
        fail("fork");
    if (child == 0) {
        close(stop[1]);
        serve(path, listener.fd, stop[0]);
    }
    close(stop[0]);
    if (!transport_socket_open_unix(&socket_bus, socket_path, 0, &transport, &err))
        fail("connecting");
    served = measure_waiting(&transport, commands);
    served_polling = measure_polling(&transport, commands / 50 + 1);
    transport_socket_close(&socket_bus);
    close(stop[1]);
    waitpid(child, NULL, 0);
    serve_listener_close(&listener);
    printf("Info commands a second            waiting    polling\n"
           "  in process                   %10.0f %10.0f\n"
           "  over a Unix socket           %10.0f %10.0f   (%s %.0f waiting)\n",
           here, here_polling, served, served_polling, served >= WANTED_PER_SECOND ? "at least" : "BELOW",
           WANTED_PER_SECOND);
    return served >= WANTED_PER_SECOND ? 0 : 1;
}
