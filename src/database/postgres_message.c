/* SPDX-License-Identifier: Apache-2.0 */
#include "database/postgres_message.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "database/postgres.h"

#define MESSAGE_MAX ((size_t)64 * 1024 * 1024) /* more than any answer that a station asks for */
#define NONE (-1)                              /* the length of bytes that are not there */

void database_message_free(struct postgres_message *message)
{
    free(message->data);
    *message = (struct postgres_message){.data = NULL};
}

static void append(struct postgres_message *message, const void *data, size_t len)
{
    if (len > MESSAGE_MAX || message->len + len > MESSAGE_MAX)
        message->has_failed = true;
    if (!message->has_failed && message->len + len > message->cap) {
        const size_t cap = 2 * (message->len + len);
        uint8_t *grown = realloc(message->data, cap);

        message->has_failed = grown == NULL;
        message->data = grown != NULL ? grown : message->data;
        message->cap = grown != NULL ? cap : message->cap;
    }
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

static bool receive_all(int socket, void *data, size_t len, int64_t deadline, bool *in_time)
{
    for (size_t done = 0; done < len;) {
        const ssize_t got = recv(socket, (uint8_t *)data + done, len - done, MSG_DONTWAIT);

        if (got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR))
            return false;
        done += got > 0 ? (size_t)got : 0;
        *in_time = got > 0 || database_postgres_wait(socket, POLLIN, deadline);
        if (!*in_time)
            return false;
    }
    return true;
}

bool database_message_receive(int socket, struct postgres_message *message, int64_t deadline, bool *in_time)
{
    int32_t len = 0;

    *in_time = true;
    if (!receive_all(socket, &len, sizeof len, deadline, in_time) || len < 0 || (size_t)len > MESSAGE_MAX)
        return false;
    message->data = malloc((size_t)len + 1);
    if (message->data == NULL)
        return false;
    message->len = (size_t)len;
    return receive_all(socket, message->data, message->len, deadline, in_time);
}
