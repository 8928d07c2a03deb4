/* SPDX-License-Identifier: Apache-2.0 */
#include "virtual/serve/stream.h"

#include <errno.h>
#include <poll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

/* The shortest command on a single wire: flag and a group of 8 bytes, one UART byte a bit. Less is not using the chip.
 */
#define COMMAND_UART_BYTES 72

/* The host that is connected. */
struct host {
    int fd;            /* -1: none */
    bool waited_for;   /* another host has connected since */
    uint64_t since_ms; /* since then, or since the last whole command, it has sent `sent` bytes */
    size_t sent;
};

static uint64_t now_ms(void)
{
    struct timespec now = {.tv_sec = 0};

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static void put(void *context, struct bytes bytes)
{
    const int *host_fd = context;

    (void)!send(*host_fd, bytes.data, bytes.len, MSG_NOSIGNAL | MSG_DONTWAIT);
}

static void count_sent(struct host *host, size_t len)
{
    host->sent += len;
    if (host->sent >= COMMAND_UART_BYTES) {
        host->since_ms = now_ms();
        host->sent = 0;
    }
}

/* Passes what the host has sent to the peer. False if the host has disconnected. */
static bool receive(struct host *host, const struct serve_peer *peer)
{
    const struct serve_outlet outlet = {.put = put, .context = &host->fd};
    uint8_t data[256];
    ssize_t got = recv(host->fd, data, sizeof data, MSG_DONTWAIT);

    if (got > 0) {
        count_sent(host, (size_t)got);
        peer->receive(peer->context, bytes_of(data, (size_t)got), &outlet);
        bytes_wipe(data, sizeof data);
        return true;
    }
    return got < 0 && (errno == EAGAIN || errno == EINTR);
}

static void disconnect(struct host *host, const struct serve_peer *peer)
{
    (void)close(host->fd);
    *host = (struct host){.fd = -1};
    peer->disconnected(peer->context);
}

/* How long the host may still do nothing while another waits, in milliseconds; -1: as long as it likes. */
static int silence_left_ms(const struct host *host)
{
    const uint64_t silent_ms = host->waited_for ? now_ms() - host->since_ms : 0;

    if (!host->waited_for)
        return -1;
    return silent_ms >= SERVE_STREAM_SILENCE_MS ? 0 : (int)(SERVE_STREAM_SILENCE_MS - silent_ms);
}

/* A host has connected, or waits behind the one that is there. */
static void note_arrival(const struct serve_stream *stream, struct host *host)
{
    if (host->fd < 0) {
        host->fd = accept(stream->listen_fd, NULL, NULL); /* -1 if the host has disconnected already */
        return;
    }
    host->waited_for = true;
    host->since_ms = now_ms();
    host->sent = 0;
}

bool serve_stream_run(const struct serve_stream *stream, const struct serve_peer *peer)
{
    struct host host = {.fd = -1};
    bool stopped = false, failed = false;

    while (!stopped && !failed) {
        struct pollfd fds[3] = {{.fd = stream->stop_fd, .events = POLLIN},
                                {.fd = host.fd, .events = POLLIN},
                                {.fd = host.waited_for ? -1 : stream->listen_fd, .events = POLLIN}};

        if (poll(fds, 3, silence_left_ms(&host)) < 0) {
            failed = errno != EINTR;
            continue;
        }
        stopped = fds[0].revents != 0;
        if (host.fd >= 0 && fds[1].revents != 0 && !receive(&host, peer)) {
            disconnect(&host, peer);
        } else if (silence_left_ms(&host) == 0) {
            disconnect(&host, peer);
            if (stream->callbacks.refused != NULL)
                stream->callbacks.refused(stream->callbacks.context,
                                          "sent no command for 5 seconds while another waited");
        }
        if (fds[2].revents != 0)
            note_arrival(stream, &host);
    }
    if (host.fd >= 0)
        (void)close(host.fd);
    return !failed;
}
