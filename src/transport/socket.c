/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Word addresses and sequences as in transport/i2c_linux.c. Waits are added up and sent with the next request. If the
 * server supports BUS_AWAIT, the requests to wait for the end of a command and to read its reply are sent together with
 * the command, in one round trip. Their replies are read by await(), or dropped before the next request.
 */
#include "transport/socket.h"

#include "base/error_format.h"
#include "base/number.h"
#include "base/order.h"
#include "transport/bus_client.h"
#include "transport/clock_linux.h"
#include "transport/place.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* ATECC608B-TNGTLS data sheet, section 7. */
#define WORD_RESET 0x00
#define WORD_SLEEP 0x01
#define WORD_IDLE 0x02
#define WORD_COMMAND 0x03
#define WAKE_LOW_US 80    /* tWLO is at least 60 us */
#define WAKE_HIGH_US 1500 /* tWHI */

/* Longer than any command takes (SelfTest at clock divider M2: 2.3 s). */
#define AWAIT_NS UINT64_C(2500000000)

#define GROUP_MIN 4

/* Allocated when opened, freed by close(). */
struct transport_socket {
    struct bus_client client;
    uint8_t address;     /* 7-bit; 0: that of the only chip on the bus, which may change it */
    uint8_t other;       /* second address at which the chip may answer; 0: none */
    uint64_t pending_ns; /* waits not sent yet */
    size_t ahead;        /* unread replies to requests sent together with the last command */
    bool held;
    bool gone;
};

static enum imprint_transport_status gone(struct transport_socket *self)
{
    self->gone = true;
    return IMPRINT_TRANSPORT_GONE;
}

static bool put(struct transport_socket *self, enum bus_request type, struct bytes body)
{
    return bus_client_queue(&self->client, type, body) == BUS_CLIENT_OK;
}

/* Queues what has been waited since the last request. `*replies` grows when that takes a request of its own. */
static bool put_wait(struct transport_socket *self, size_t *replies)
{
    uint8_t wait[8];

    if (self->pending_ns == 0)
        return true;
    store64_le(wait, self->pending_ns);
    self->pending_ns = 0;
    ++*replies;
    return put(self, BUS_TIME, bytes_of(wait, sizeof wait));
}

static uint8_t address_of(const struct transport_socket *self)
{
    return self->address != 0 ? self->address : (uint8_t)(self->client.addresses[0] >> 1);
}

static bool put_message(struct transport_socket *self, uint8_t flags, size_t len, struct bytes data)
{
    uint8_t body[1 + BUS_MESSAGE_HEADER_BYTES + 1 + IMPRINT_TRANSPORT_GROUP_MAX] = {1, flags};
    bool queued;

    body[2] = address_of(self);
    store16_le(body + 3, (uint16_t)len);
    if (data.len != 0)
        memcpy(body + 1 + BUS_MESSAGE_HEADER_BYTES, data.data, data.len);
    queued = put(self, BUS_TRANSFER, bytes_of(body, 1 + BUS_MESSAGE_HEADER_BYTES + data.len));
    bytes_wipe(body, sizeof body);
    return queued;
}

/* Sends the queue and passes over the replies to all but the last `keep` of `replies` requests. */
static bool exchange(struct transport_socket *self, size_t replies, size_t keep)
{
    struct bus_reply reply;

    if (bus_client_flush(&self->client) != BUS_CLIENT_OK)
        return false;
    for (; replies > keep; replies--) {
        if (bus_client_receive(&self->client, &reply) != BUS_CLIENT_OK)
            return false;
    }
    return true;
}

/* The reply to one BUS_TRANSFER of one message; `*read` gets what a read brought. */
static enum imprint_transport_status receive_result(struct transport_socket *self, struct bytes *read)
{
    struct bus_reply reply;
    const uint8_t *data;
    size_t len;

    *read = BYTES_NONE;
    if (bus_client_receive(&self->client, &reply) != BUS_CLIENT_OK || reply.body.len < BUS_TRANSFER_REPLY_BYTES)
        return gone(self);
    data = reply.body.data;
    len = reply.body.len - BUS_TRANSFER_REPLY_BYTES;
    if (data[0] == BUS_TOO_LONG)
        return IMPRINT_TRANSPORT_TOO_LONG;
    if (data[0] != BUS_ACKNOWLEDGED)
        return IMPRINT_TRANSPORT_NO_ANSWER;
    if (len >= 2 && load16_le(data + BUS_TRANSFER_REPLY_BYTES) == len - 2)
        *read = bytes_of(data + BUS_TRANSFER_REPLY_BYTES + 2, len - 2);
    else if (len != 0)
        return gone(self);
    return IMPRINT_TRANSPORT_OK;
}

/* Reads and drops the unread replies to requests sent together with the last command. */
static bool drop_unread_replies(struct transport_socket *self)
{
    struct bus_reply reply;

    for (; self->ahead > 0; self->ahead--) {
        if (bus_client_receive(&self->client, &reply) != BUS_CLIENT_OK)
            return false;
    }
    return true;
}

/* Requests for a reply: reset the address counter, read a group of at most `cap` bytes. */
static bool put_reading(struct transport_socket *self, size_t cap)
{
    const uint8_t reset = WORD_RESET;

    return put_message(self, 0, 1, bytes_of(&reset, 1)) &&
           put_message(self, BUS_MESSAGE_READ | BUS_MESSAGE_GROUP, cap, BYTES_NONE);
}

/* Receives the replies to these two requests. */
static enum imprint_transport_status receive_group(struct transport_socket *self, struct bytes_out *group)
{
    struct bytes read;
    enum imprint_transport_status status = receive_result(self, &read), read_status;

    if (status == IMPRINT_TRANSPORT_GONE)
        return status;
    read_status = receive_result(self, &read); /* must be read even if the first was refused */
    if (status != IMPRINT_TRANSPORT_OK || read_status != IMPRINT_TRANSPORT_OK)
        return status != IMPRINT_TRANSPORT_OK ? status : read_status;
    if (read.len == 0 || read.len > group->cap || read.data[0] < GROUP_MIN || read.data[0] > group->cap ||
        read.data[0] < read.len)
        return IMPRINT_TRANSPORT_GARBLED;
    if (read.data[0] != read.len) /* the server ends a group read where its message limit is */
        return IMPRINT_TRANSPORT_TOO_LONG;
    (void)bytes_append(group, read);
    return IMPRINT_TRANSPORT_OK;
}

/* Queues the requests that follow a command: wait for its end, read its reply. */
static bool put_ahead(struct transport_socket *self)
{
    uint8_t await[BUS_AWAIT_BYTES] = {address_of(self)};

    store64_le(await + 1, AWAIT_NS);
    return put(self, BUS_AWAIT, bytes_of(await, sizeof await)) && put_reading(self, IMPRINT_TRANSPORT_GROUP_MAX);
}

static enum imprint_transport_status write_transaction(struct transport_socket *self, uint8_t word_address,
                                                       struct bytes group)
{
    const size_t ahead = word_address == WORD_COMMAND && self->client.can_await ? 3 : 0;
    uint8_t data[1 + IMPRINT_TRANSPORT_GROUP_MAX] = {word_address};
    enum imprint_transport_status status = IMPRINT_TRANSPORT_OK;
    struct bytes none;
    size_t replies = 1;

    if (self->gone)
        return IMPRINT_TRANSPORT_GONE;
    if (group.len > IMPRINT_TRANSPORT_GROUP_MAX)
        return IMPRINT_TRANSPORT_GARBLED;
    if (group.len != 0)
        memcpy(data + 1, group.data, group.len);
    if (!drop_unread_replies(self) || !put_wait(self, &replies) ||
        !put_message(self, 0, 1 + group.len, bytes_of(data, 1 + group.len)) || (ahead != 0 && !put_ahead(self)) ||
        !exchange(self, replies, 1))
        status = gone(self);
    self->ahead = ahead;
    if (status == IMPRINT_TRANSPORT_OK)
        status = receive_result(self, &none);
    bytes_wipe(data, sizeof data);
    return status;
}

static void socket_delay_us(void *context, uint32_t microseconds)
{
    struct transport_socket *self = context;

    if (self->client.real_time)
        clock_linux_delay_us(NULL, microseconds);
    else
        self->pending_ns += microseconds * UINT64_C(1000);
}

static uint64_t socket_now_us(void *context)
{
    const struct transport_socket *self = context;

    return self->client.real_time ? clock_linux_now_us(NULL) : (self->client.now_ns + self->pending_ns) / 1000;
}

static bool socket_is_taken(void *context, uint8_t address)
{
    const struct transport_socket *self = context;
    bool taken = false;

    for (size_t i = 0; i < self->client.address_count; i++)
        taken |= self->client.addresses[i] >> 1 == address;
    return taken;
}

static void socket_also_at(void *context, uint8_t address)
{
    struct transport_socket *self = context;

    if (self->address != 0 && address != self->address)
        self->other = address;
}

/* After a wake: if only `other` is on the bus, the chip has moved there; uses that address from now on. */
static void find(struct transport_socket *self)
{
    const uint8_t old = self->address;

    if (self->other != 0 && !socket_is_taken(self, old) && socket_is_taken(self, self->other)) {
        self->address = self->other;
        self->other = old;
    }
}

static enum imprint_transport_status socket_wake(void *context)
{
    struct transport_socket *self = context;
    struct bus_reply reply;
    uint8_t low[4];
    size_t replies = 1;

    if (self->gone || !drop_unread_replies(self))
        return gone(self);
    store32_le(low, WAKE_LOW_US);
    if (!self->held) {
        replies++;
        if (!put(self, BUS_HOLD, BYTES_NONE))
            return gone(self);
    }
    if (!put_wait(self, &replies) || !put(self, BUS_WAKE, bytes_of(low, sizeof low)) || !exchange(self, replies, 1) ||
        bus_client_receive(&self->client, &reply) != BUS_CLIENT_OK ||
        bus_client_note_addresses(&self->client, reply.body) != BUS_CLIENT_OK || self->client.address_count == 0)
        return gone(self);
    self->held = true;
    find(self);
    socket_delay_us(context, WAKE_HIGH_US);
    return IMPRINT_TRANSPORT_OK;
}

static enum imprint_transport_status socket_send(void *context, const uint8_t *group, size_t len)
{
    return write_transaction(context, WORD_COMMAND, bytes_of(group, len));
}

/* The server looks at the length before anything is sent. What it sends begins with a reset: the chip executes nothing.
 */
static bool socket_carries(void *context, size_t sent, size_t received)
{
    struct transport_socket *self = context;
    uint8_t data[1 + IMPRINT_TRANSPORT_GROUP_MAX];
    enum imprint_transport_status written, read;
    struct bytes ignored;
    size_t replies = 2;

    if (sent > IMPRINT_TRANSPORT_GROUP_MAX || received > IMPRINT_TRANSPORT_GROUP_MAX)
        return false;
    if (self->gone)
        return true;                 /* the next command says so */
    memset(data, 0xFF, sizeof data); /* zeros could wake other chips on the bus */
    data[0] = WORD_RESET;
    if (!drop_unread_replies(self) || !put_wait(self, &replies) ||
        !put_message(self, 0, 1 + sent, bytes_of(data, 1 + sent)) ||
        !put_message(self, BUS_MESSAGE_READ, received, BYTES_NONE) || !exchange(self, replies, 2)) {
        (void)gone(self);
        return true;
    }
    written = receive_result(self, &ignored);
    read = written == IMPRINT_TRANSPORT_GONE ? written : receive_result(self, &ignored);
    return written != IMPRINT_TRANSPORT_TOO_LONG && read != IMPRINT_TRANSPORT_TOO_LONG;
}

static enum imprint_transport_status receive(struct transport_socket *self, struct bytes_out *group)
{
    size_t replies = 2;

    group->len = 0;
    if (self->gone)
        return IMPRINT_TRANSPORT_GONE;
    if (!drop_unread_replies(self) || !put_wait(self, &replies) || !put_reading(self, group->cap) ||
        !exchange(self, replies, 2))
        return gone(self);
    return receive_group(self, group);
}

static enum imprint_transport_status socket_receive(void *context, uint8_t *group, size_t cap, size_t *len)
{
    struct bytes_out out = {.data = group, .cap = cap};
    enum imprint_transport_status status = receive(context, &out);

    *len = out.len;
    return status;
}

static enum imprint_transport_status await_end(struct transport_socket *self, struct bytes_out *group,
                                               uint32_t first_us)
{
    struct bus_reply reply;

    if (self->ahead == 0) {
        socket_delay_us(self, first_us);
        return receive(self, group);
    }
    if (self->gone)
        return IMPRINT_TRANSPORT_GONE;
    self->ahead = 0;
    if (bus_client_receive(&self->client, &reply) != BUS_CLIENT_OK)
        return gone(self);
    return receive_group(self, group);
}

static enum imprint_transport_status socket_await(void *context, uint8_t *group, size_t cap, size_t *len,
                                                  uint32_t first_us, uint32_t worst_us)
{
    struct bytes_out out = {.data = group, .cap = cap};
    enum imprint_transport_status status = await_end(context, &out, first_us);

    (void)worst_us;
    *len = out.len;
    return status;
}

static enum imprint_transport_status socket_idle(void *context)
{
    return write_transaction(context, WORD_IDLE, BYTES_NONE);
}

/* Ends the conversation: releases the bus for other clients. */
static enum imprint_transport_status socket_sleep(void *context)
{
    struct transport_socket *self = context;
    enum imprint_transport_status status = write_transaction(self, WORD_SLEEP, BYTES_NONE);

    if (status == IMPRINT_TRANSPORT_GONE || !self->held)
        return status;
    self->held = false;
    if (!put(self, BUS_RELEASE, BYTES_NONE) || !exchange(self, 1, 0))
        return gone(self);
    return status;
}

static uint8_t socket_address(void *context)
{
    const struct transport_socket *self = context;

    return self->address;
}

static void socket_close(void *context)
{
    struct transport_socket *self = context;

    bus_client_close(&self->client);
    free(self);
}

static const struct imprint_transport_operations socket_operations = {
    .name = "socket",
    .wake = socket_wake,
    .send = socket_send,
    .receive = socket_receive,
    .await = socket_await,
    .idle = socket_idle,
    .sleep = socket_sleep,
    .address = socket_address,
    .also_at = socket_also_at,
    .is_taken = socket_is_taken,
    .carries = socket_carries,
    .delay_us = socket_delay_us,
    .now_us = socket_now_us,
    .close = socket_close,
};

static const struct open_error {
    enum bus_client_status status;
    enum error_reason reason;
    const char *cause, *next;
} open_errors[] = {
    {BUS_CLIENT_SYSTEM, ERROR_DEVICE_MISSING, "no server is listening there",
     "start one with: imprint virtual serve --unix PATH FILE"},
    {BUS_CLIENT_CLOSED, ERROR_DEVICE_GARBLED, "the server closed the connection",
     "check that the server is imprint virtual serve"},
    {BUS_CLIENT_TIMEOUT, ERROR_DEVICE_SILENT, "a server is listening there but does not answer",
     "check that the server is imprint virtual serve"},
    {BUS_CLIENT_NOT_PROTOCOL, ERROR_DEVICE_GARBLED, "the server does not use the bus protocol",
     "check that the server is imprint virtual serve"},
    {BUS_CLIENT_REFUSED, ERROR_DEVICE_BUSY, "the server refused the connection",
     "use the same version of imprint on both sides"},
};

static void note_open_error(const struct bus_client *client, enum bus_client_status status, struct error *err)
{
    for (size_t i = 0; i < sizeof open_errors / sizeof open_errors[0]; i++) {
        if (open_errors[i].status == status) {
            error_set(err, open_errors[i].reason, open_errors[i].cause, open_errors[i].next);
            error_with_errno(err, status == BUS_CLIENT_SYSTEM ? client->system_errno : 0);
        }
    }
    error_set(err, ERROR_UNEXPECTED, "unexpected status of the connection", NULL); /* a status without a row */
}

/* Over a Unix socket if `host` is NULL, else over TCP. */
static bool open_socket(const char *host, const char *place, uint8_t address, struct imprint_transport *transport,
                        struct error *err)
{
    struct transport_socket *self = calloc(1, sizeof *self);
    enum bus_client_status status;
    unsigned first;

    if (self == NULL) {
        error_set(err, ERROR_UNEXPECTED, "no memory", NULL);
        return false;
    }
    self->address = address;
    status =
        host == NULL ? bus_client_open_unix(&self->client, place) : bus_client_open_tcp(&self->client, host, place);
    first = self->client.addresses[0] >> 1;
    if (status == BUS_CLIENT_OK && (address != 0 || self->client.address_count == 1)) {
        *transport = (struct imprint_transport){.operations = &socket_operations, .context = self};
        return true;
    }
    if (status == BUS_CLIENT_OK)
        error_set(err, ERROR_USAGE, "there are several chips on this bus",
                  host == NULL ? error_keep_format(err, "name one, such as --device unix:%s@0x%02x", place, first)
                  : strchr(host, ':') != NULL
                      ? error_keep_format(err, "name one, such as --device tcp:[%s]:%s@0x%02x", host, place, first)
                      : error_keep_format(err, "name one, such as --device tcp:%s:%s@0x%02x", host, place, first));
    else
        note_open_error(&self->client, status, err);
    error_doing(err, "connect to a served bus");
    socket_close(self);
    return false;
}

bool transport_socket_open_unix(const char *path, uint8_t address, struct imprint_transport *transport,
                                struct error *err)
{
    return open_socket(NULL, path, address, transport, err);
}

bool transport_socket_open_tcp(const char *host, const char *port, uint8_t address, struct imprint_transport *transport,
                               struct error *err)
{
    return open_socket(host, port, address, transport, err);
}

bool transport_socket_split_host(char **host, char **port)
{
    char *colon = strrchr(*host, ':'), *bracket = strchr(*host, ']');
    uint64_t number;

    if (colon == NULL || colon == *host || colon[1] == '\0' || (bracket != NULL && bracket + 1 != colon))
        return false;
    if (bracket != NULL) {
        if (**host != '[')
            return false;
        ++*host;
        *bracket = '\0';
    }
    *colon = '\0';
    *port = colon + 1;
    /* getaddrinfo() would truncate a number above 65535; a name is looked up. */
    return strspn(*port, "0123456789") != strlen(*port) || number_parse(*port, 0, 65535, &number) == NUMBER_OK;
}

bool transport_socket_open_unix_place(const char *place, uint8_t also_at, struct imprint_transport *transport,
                                      struct error *err)
{
    struct transport_place parts;

    (void)also_at; /* wake() tries it */
    if (!transport_place_read(&parts, place, true, "expected a socket after unix:", err))
        return false;
    if (transport_socket_open_unix(parts.path, parts.address, transport, err))
        return true;
    error_with_subject(err, parts.path);
    return false;
}

bool transport_socket_open_tcp_place(const char *place, uint8_t also_at, struct imprint_transport *transport,
                                     struct error *err)
{
    static const char form[] = "expected HOST:PORT after tcp:";
    struct transport_place parts;
    char text[sizeof parts.path], *host = text, *port;

    (void)also_at;
    if (!transport_place_read(&parts, place, false, form, err))
        return false;
    memcpy(text, parts.path, sizeof text); /* it is cut into host and port; errors name it whole */
    if (!transport_socket_split_host(&host, &port)) {
        error_set(err, ERROR_USAGE, form, NULL);
        return false;
    }
    if (transport_socket_open_tcp(host, port, parts.address, transport, err))
        return true;
    error_with_subject(err, parts.path);
    return false;
}
