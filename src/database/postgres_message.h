/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Messages between processes of this machine that share one connection to a server: numbers and bytes one after the
 * other, with their length in front. Both ends are this program, so what arrives is as trusted as its own memory; it is
 * checked all the same. For the files of this folder.
 */
#ifndef IMPRINT_DATABASE_POSTGRES_MESSAGE_H
#define IMPRINT_DATABASE_POSTGRES_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Zero-initialised: empty. The first failure stays: one look at the end is enough. */
struct postgres_message {
    uint8_t *data;
    size_t len, cap;
    size_t at; /* what was read of it */
    bool has_failed;
};

void database_message_free(struct postgres_message *message);

void database_message_add_number(struct postgres_message *message, int32_t number);

/* With a NUL after them. `data` NULL: that there are none. */
void database_message_add(struct postgres_message *message, const void *data, size_t len);

/* 0 past its end. */
int32_t database_message_number(struct postgres_message *message);

/* Bytes within the message and their number, a NUL after them; NULL for none, and past its end. */
char *database_message_bytes(struct postgres_message *message, size_t *len);

/* Both wait until the deadline (database_postgres_deadline()). False: it is not whole, and the socket of no more use.
 */
bool database_message_send(int socket, const struct postgres_message *message, int64_t deadline);

/* Into a message that is empty. `*in_time` false: the other end is there, and sent nothing, or not all. */
bool database_message_receive(int socket, struct postgres_message *message, int64_t deadline, bool *in_time);

#endif
