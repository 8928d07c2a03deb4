/* SPDX-License-Identifier: Apache-2.0 */
#include "witness/request.h"

#include <string.h>

#include "base/number.h"
#include "ledger/base64_text.h"

#define OLD "old "

/* Takes a line off the front of `rest`, without its line feed. False when there is none. */
static bool take_line(struct bytes *rest, struct bytes *line)
{
    const uint8_t *end = rest->len == 0 ? NULL : memchr(rest->data, '\n', rest->len);

    if (end == NULL)
        return false;
    *line = bytes_of(rest->data, (size_t)(end - rest->data));
    *rest = bytes_of(end + 1, rest->len - line->len - 1);
    return true;
}

/* Decimal, without a sign and without leading zeros. */
static bool read_old(struct bytes line, uint64_t *old)
{
    char digits[24];
    const size_t len = line.len - (line.len < strlen(OLD) ? line.len : strlen(OLD));

    if (len == 0 || len >= sizeof digits || memcmp(line.data, OLD, strlen(OLD)) != 0)
        return false;
    memcpy(digits, line.data + strlen(OLD), len);
    digits[len] = '\0';
    return (digits[0] != '0' || len == 1) && strspn(digits, "0123456789") == len &&
           number_parse(digits, 0, INT64_MAX, old) == NUMBER_OK;
}

bool request_read(struct bytes text, struct request *request)
{
    struct error ignored = {.reason = ERROR_NONE};
    struct bytes line;

    *request = (struct request){.old = 0};
    if (!take_line(&text, &line) || !read_old(line, &request->old))
        return false;
    while (take_line(&text, &line) && line.len > 0) {
        if (request->count == REQUEST_HASHES_MAX ||
            !base64_text_read_exactly(line, request->hashes[request->count], MERKLE_BYTES))
            return false;
        request->count++;
    }
    request->note = text;
    return line.len == 0 && note_read(text, &request->checkpoint, &request->body, &ignored) &&
           request->old <= request->checkpoint.size;
}
