/* SPDX-License-Identifier: Apache-2.0 */
#include "virtual/serve/stream.h"

#include <errno.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

static void put(void *context, struct bytes bytes)
{
    const int *host_fd = context;

    (void)!send(*host_fd, bytes.data, bytes.len, MSG_NOSIGNAL | MSG_DONTWAIT);
}

/* Passes what the host has sent to the peer. False if the host has disconnected. */
static bool receive(int host_fd, const struct serve_peer *peer)
{
    const struct serve_outlet outlet = {.put = put, .context = &host_fd};
    uint8_t data[256];
    ssize_t got = recv(host_fd, data, sizeof data, MSG_DONTWAIT);

    if (got > 0) {
        peer->receive(peer->context, bytes_of(data, (size_t)got), &outlet);
        bytes_wipe(data, sizeof data);
        return true;
    }
    return got < 0 && (errno == EAGAIN || errno == EINTR);
}

bool serve_stream_run(int listen_fd, const struct serve_peer *peer, int stop_fd)
{
    int host_fd = -1;
    bool stopped = false, failed = false;

    while (!stopped && !failed) {
        struct pollfd fds[2] = {{.fd = stop_fd, .events = POLLIN},
                                {.fd = host_fd >= 0 ? host_fd : listen_fd, .events = POLLIN}};

        if (poll(fds, 2, -1) < 0) {
            failed = errno != EINTR;
            continue;
        }
        stopped = fds[0].revents != 0;
        if (fds[1].revents == 0)
            continue;
        if (host_fd < 0) {
            host_fd = accept(listen_fd, NULL, NULL); /* -1 if the host has disconnected already */
        } else if (!receive(host_fd, peer)) {
            (void)close(host_fd);
            host_fd = -1;
            peer->disconnected(peer->context);
        }
    }
    if (host_fd >= 0)
        (void)close(host_fd);
    return !failed;
}
