/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Clients of a served bus that do nothing, or too little, cannot keep another from it. The server runs in a thread,
 * with its limits shortened; the clients speak the protocol byte by byte. test/e2e/test_transports.py does so with the
 * program's own limits.
 */
#include "virtual/serve/server.h"

#include <poll.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include <setjmp.h>
#include <cmocka.h>

#include "base/error.h"
#include "test/support/chip_file.h"
#include "test/support/scratch.h"
#include "virtual/chip/virtual.h"
#include "virtual/serve/listen.h"

#define HELLO_MS 1000 /* where a client says nothing */
#define SILENCE_MS 400
#define HOLD_MS 800
#define PATIENCE_MS 60000 /* of the client that must get the bus, on a busy machine */

struct place {
    char folder[SCRATCH_PATH_MAX], socket[96];
    struct virtual_chip *part;
    struct serve_bus bus;
    struct serve_listener listener;
    struct serve_server server;
    int stop[2];
    pthread_t thread;
};

static void *serve(void *context)
{
    struct place *place = context;

    (void)serve_run(&place->server);
    return NULL;
}

static int set_up(void **state)
{
    static const struct virtual_making blank = {.part = VIRTUAL_BLANK, .has_seed = true, .seed = 1};
    struct place *place = calloc(1, sizeof *place);
    struct error err = {.cause = NULL};

    if (place == NULL)
        return -1;
    scratch_make(place->folder);
    assert_in_range(snprintf(place->socket, sizeof place->socket, "%s/bus", place->folder), 1,
                    sizeof place->socket - 1);
    chip_file_make(path_in(place->folder, "chip"), &blank);
    place->part = chip_file_open(path_in(place->folder, "chip"));
    serve_bus_init(&place->bus, false);
    assert_true(serve_bus_add(&place->bus, place->part));
    assert_true(serve_listen_unix(&place->listener, place->socket, &err));
    assert_int_equal(pipe(place->stop), 0);
    place->server = (struct serve_server){
        .bus = &place->bus,
        .listen_fd = place->listener.fd,
        .stop_fd = place->stop[0],
        .limits = {.hello_ms = 2 * PATIENCE_MS, .silence_ms = SILENCE_MS, .hold_ms = HOLD_MS},
    };
    assert_int_equal(pthread_create(&place->thread, NULL, serve, place), 0);
    *state = place;
    return 0;
}

static int tear_down(void **state)
{
    struct place *place = *state;

    assert_int_equal(write(place->stop[1], "", 1), 1);
    assert_int_equal(pthread_join(place->thread, NULL), 0);
    serve_close(&place->server);
    serve_listener_close(&place->listener);
    virtual_close(place->part);
    (void)close(place->stop[0]);
    (void)close(place->stop[1]);
    scratch_remove(place->folder);
    free(place);
    return 0;
}

static int64_t now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void rest_ms(long milliseconds)
{
    const struct timespec time = {.tv_sec = milliseconds / 1000, .tv_nsec = milliseconds % 1000 * 1000000};

    nanosleep(&time, NULL);
}

static int connect_silently(const struct place *place)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);

    snprintf(address.sun_path, sizeof address.sun_path, "%s", place->socket);
    assert_true(fd >= 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof address), 0);
    return fd;
}

static void send_bytes(int fd, const void *data, size_t len)
{
    assert_int_equal(send(fd, data, len, MSG_NOSIGNAL), len);
}

/* To a server that may have refused this client and closed the connection already: its answer can still be read. */
static void send_if_open(int fd, const void *data, size_t len)
{
    (void)!send(fd, data, len, MSG_NOSIGNAL);
}

static void say(int fd, enum bus_request type)
{
    const uint8_t frame[BUS_HEADER_BYTES] = {1, 0, (uint8_t)type};

    send_bytes(fd, frame, sizeof frame);
}

/* Receives one frame within PATIENCE_MS: its type, with the first byte of its body in `*first`; -1: closed or too late.
 */
static int receive_frame(int fd, uint8_t *first)
{
    uint8_t frame[512] = {0};
    size_t len = 0, whole = BUS_LENGTH_BYTES;
    struct pollfd waiting = {.fd = fd, .events = POLLIN};

    while (len < whole) {
        if (poll(&waiting, 1, PATIENCE_MS) != 1)
            return -1;
        ssize_t n = recv(fd, frame + len, whole - len, 0);

        if (n <= 0)
            return -1;
        len += (size_t)n;
        if (len == BUS_LENGTH_BYTES)
            whole = BUS_LENGTH_BYTES + frame[0] + 256u * frame[1];
    }
    *first = frame[BUS_HEADER_BYTES];
    return frame[BUS_LENGTH_BYTES];
}

static int connect_client(const struct place *place)
{
    static const uint8_t hello[] = "\x0d\0\x01imprint-bus\x01";
    int fd = connect_silently(place);
    uint8_t first;

    send_bytes(fd, hello, sizeof hello - 1);
    assert_int_equal(receive_frame(fd, &first), BUS_OK);
    return fd;
}

/* A client that asks for the bus gets it within PATIENCE_MS, and uses it. How long it waited, in milliseconds. */
static int64_t assert_usable(const struct place *place)
{
    static const uint8_t wake[] = {5, 0, BUS_WAKE, 80, 0, 0, 0};
    int fd = connect_client(place);
    int64_t began = now_ms(), took;
    uint8_t first;

    say(fd, BUS_HOLD);
    assert_int_equal(receive_frame(fd, &first), BUS_OK);
    took = now_ms() - began;
    send_bytes(fd, wake, sizeof wake);
    assert_int_equal(receive_frame(fd, &first), BUS_OK);
    say(fd, BUS_RELEASE);
    assert_int_equal(receive_frame(fd, &first), BUS_OK);
    (void)close(fd);
    return took;
}

static void assert_refused(int fd, enum bus_refusal refusal)
{
    uint8_t first = 0;
    int type;

    do
        type = receive_frame(fd, &first);
    while (type == BUS_OK);
    assert_int_equal(type, BUS_ERROR);
    assert_int_equal(first, refusal);
    (void)close(fd);
}

static void test_client_without_hello_is_closed(void **state)
{
    struct place *place = *state;
    const int64_t began = now_ms();
    int silent, half;

    place->server.limits.hello_ms = HELLO_MS;
    silent = connect_silently(place);
    half = connect_silently(place);
    send_bytes(half, "\x0d", 1);
    assert_refused(silent, BUS_NOT_A_CLIENT);
    assert_true(now_ms() - began >= HELLO_MS);
    assert_refused(half, BUS_NOT_A_CLIENT);
}

/* Connecting alone does not use up the server. */
static void test_silent_connections_keep_nobody_out(void **state)
{
    const struct place *place = *state;
    static int silent[SERVE_CLIENTS_MAX];
    size_t count = 0;

    for (; count < 400; count++)
        silent[count] = connect_silently(place);
    assert_true(assert_usable(place) < PATIENCE_MS);
    for (size_t i = 0; i < count; i++)
        (void)close(silent[i]);
}

/* A frame of 3 bytes, a byte at a time: a request again and again, but the bus is not used. */
static void test_holder_that_only_asks_again_loses_the_bus(void **state)
{
    const struct place *place = *state;
    static const uint8_t hold[BUS_HEADER_BYTES] = {1, 0, BUS_HOLD};
    int slow = connect_client(place), waiting;
    uint8_t first;
    bool got = false;
    size_t sent = 0;
    const int64_t began = now_ms();

    say(slow, BUS_HOLD);
    assert_int_equal(receive_frame(slow, &first), BUS_OK);
    waiting = connect_client(place);
    say(waiting, BUS_HOLD);
    for (; !got && now_ms() - began < PATIENCE_MS; sent++) {
        struct pollfd ready = {.fd = waiting, .events = POLLIN};

        send_if_open(slow, hold + sent % sizeof hold, 1);
        got = poll(&ready, 1, SILENCE_MS / 8) == 1;
    }
    assert_true(got);
    for (; sent % sizeof hold != 0; sent++)
        send_if_open(slow, hold + sent % sizeof hold, 1);
    send_if_open(slow, hold, sizeof hold);
    assert_refused(slow, BUS_HOLD_LOST);
    (void)close(waiting);
}

/* One that does use the bus, again and again, is limited too; alone it may go on for as long as it likes. */
static void test_holder_is_limited_while_others_wait(void **state)
{
    const struct place *place = *state;
    static const uint8_t transfer[] = {6, 0, BUS_TRANSFER, 1, 0, 0x11, 0, 0};
    int busy = connect_client(place), waiting;
    const int64_t began = now_ms();
    struct pollfd ready = {.events = POLLIN};
    uint8_t first;

    say(busy, BUS_HOLD);
    assert_int_equal(receive_frame(busy, &first), BUS_OK);
    while (now_ms() - began < 3 * HOLD_MS / 2) {
        send_bytes(busy, transfer, sizeof transfer);
        assert_int_equal(receive_frame(busy, &first), BUS_OK);
        rest_ms(20);
    }
    waiting = connect_client(place);
    say(waiting, BUS_HOLD);
    ready.fd = waiting;
    for (int64_t from = now_ms(); poll(&ready, 1, 20) == 0;) {
        assert_true(now_ms() - from < PATIENCE_MS);
        send_if_open(busy, transfer, sizeof transfer);
    }
    send_if_open(busy, transfer, sizeof transfer);
    assert_refused(busy, BUS_HOLD_LOST);
    (void)close(waiting);
}

/* Many that take the bus one after the other and then fall silent do not add up. */
static void test_silent_holders_in_a_row(void **state)
{
    const struct place *place = *state;
    int silent[20];
    const int64_t began = now_ms();
    int64_t took;

    for (size_t i = 0; i < 20; i++) {
        silent[i] = connect_client(place);
        say(silent[i], BUS_HOLD);
    }
    (void)assert_usable(place);
    took = now_ms() - began;
    /* Whole, a half, a quarter, then an eighth each: 31/8. Twenty whole ones would be 160/8. */
    assert_in_range(took, 30 * SILENCE_MS / 8, 150 * SILENCE_MS / 8);
    for (size_t i = 0; i < 20; i++)
        (void)close(silent[i]);
}

/* Who releases the bus and asks for it in one breath waits for those that came before. */
static void test_bus_goes_round(void **state)
{
    struct place *place = *state;
    static const uint8_t again[2 * BUS_HEADER_BYTES] = {1, 0, BUS_RELEASE, 1, 0, BUS_HOLD};
    int greedy = connect_client(place), waiting;
    int64_t asked;
    uint8_t first;

    place->server.limits.silence_ms = 2 * PATIENCE_MS;
    say(greedy, BUS_HOLD);
    assert_int_equal(receive_frame(greedy, &first), BUS_OK);
    waiting = connect_client(place);
    say(waiting, BUS_HOLD);
    rest_ms(50);
    asked = now_ms();
    send_bytes(greedy, again, sizeof again);
    assert_int_equal(receive_frame(waiting, &first), BUS_OK);
    assert_true(now_ms() - asked < PATIENCE_MS); /* not because the greedy one fell silent */
    say(waiting, BUS_RELEASE);
    assert_int_equal(receive_frame(greedy, &first), BUS_OK);
    assert_int_equal(receive_frame(greedy, &first), BUS_OK);
    (void)close(greedy);
    (void)close(waiting);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_client_without_hello_is_closed, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_silent_connections_keep_nobody_out, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_holder_that_only_asks_again_loses_the_bus, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_holder_is_limited_while_others_wait, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_silent_holders_in_a_row, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_bus_goes_round, set_up, tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
