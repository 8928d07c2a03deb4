/* SPDX-License-Identifier: Apache-2.0 */
#include "database/postgres_message.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "database/postgres.h"

#define MESSAGE_MAX ((size_t)64 * 1024 * 1024) /* more than any answer that a station asks for */
#define READ_BYTES ((size_t)4096)              /* more than most messages have */
#define NONE (-1)                              /* the length of bytes that are not there */

void database_message_free(struct postgres_message *message)
{
    free(message->data);
    *message = (struct postgres_message){.data = NULL};
}

static bool make_room(struct postgres_message *message, size_t len)
{
    const size_t wanted = message->len + len;
    uint8_t *grown;

    if (wanted <= message->cap)
        return true;
    grown = len > MESSAGE_MAX || wanted > MESSAGE_MAX ? NULL : realloc(message->data, 2 * wanted);
    if (grown == NULL)
        return false;
    message->data = grown;
    message->cap = 2 * wanted;
    return true;
}

static void append(struct postgres_message *message, const void *data, size_t len)
{
    message->has_failed = message->has_failed || !make_room(message, len);
    if (message->has_failed || len == 0)
        return;
    memcpy(message->data + message->len, data, len);
    message->len += len;
}

/* The message begins with the number of bytes that follow, so that one call sends all of it. */
static void add(struct postgres_message *message, const void *data, size_t len)
{
    int32_t follow = 0;

    if (message->len == 0)
        append(message, &follow, sizeof follow);
    append(message, data, len);
    if (message->has_failed)
        return;
    follow = (int32_t)(message->len - sizeof follow);
    memcpy(message->data, &follow, sizeof follow);
}

void database_message_add_number(struct postgres_message *message, int32_t number)
{
    add(message, &number, sizeof number);
}

void database_message_add(struct postgres_message *message, const void *data, size_t len)
{
    database_message_add_number(message, data == NULL ? NONE : (int32_t)len);
    if (data == NULL)
        return;
    add(message, data, len);
    add(message, "", 1);
}

int32_t database_message_number(struct postgres_message *message)
{
    int32_t number = 0;

    if (message->len - message->at < sizeof number)
        message->has_failed = true;
    if (message->has_failed)
        return 0;
    memcpy(&number, message->data + message->at, sizeof number);
    message->at += sizeof number;
    return number;
}

char *database_message_bytes(struct postgres_message *message, size_t *len)
{
    const int32_t count = database_message_number(message);
    char *found;

    *len = 0;
    if (count != NONE && (count < 0 || (size_t)count >= message->len - message->at ||
                          message->data[message->at + (size_t)count] != '\0'))
        message->has_failed = true;
    if (message->has_failed || count == NONE)
        return NULL;
    found = (char *)message->data + message->at;
    message->at += (size_t)count + 1;
    *len = (size_t)count;
    return found;
}

bool database_message_send(int socket, const struct postgres_message *message, int64_t deadline)
{
    size_t done = 0;
    bool ok = !message->has_failed;

    while (ok && done < message->len) {
        const ssize_t sent = send(socket, message->data + done, message->len - done, MSG_NOSIGNAL | MSG_DONTWAIT);

        done += sent > 0 ? (size_t)sent : 0;
        if (sent < 0)
            ok = (errno == EAGAIN || errno == EINTR) && database_postgres_wait(socket, POLLOUT, deadline);
    }
    return ok;
}

/* Whether a message that begins with these bytes may be one. Their number is at least that of its length. */
static bool is_possible(const struct postgres_message *message, size_t *wanted)
{
    int32_t follow;

    memcpy(&follow, message->data, sizeof follow);
    *wanted = sizeof follow + (size_t)follow;
    return follow >= 0 && *wanted <= MESSAGE_MAX && message->len <= *wanted;
}

/* Who sent one waits for the answer: nothing else follows it, and as a rule one call reads all of it. */
bool database_message_receive(int socket, struct postgres_message *message, int64_t deadline, bool *in_time)
{
    size_t wanted = sizeof(int32_t);

    while ((*in_time = database_postgres_wait(socket, POLLIN, deadline)) &&
           make_room(message, wanted - message->len + READ_BYTES)) {
        const ssize_t got = recv(socket, message->data + message->len, message->cap - message->len, MSG_DONTWAIT);

        if (got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR))
            return false;
        message->len += got > 0 ? (size_t)got : 0;
        if (message->len >= sizeof(int32_t) && !is_possible(message, &wanted))
            return false;
        if (message->len >= sizeof(int32_t) && message->len == wanted) {
            message->at = sizeof(int32_t);
            return true;
        }
    }
    return false;
}
