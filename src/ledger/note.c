/* SPDX-License-Identifier: Apache-2.0 */
#include "ledger/note.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/order.h"
#include "ledger/base64_text.h"

#define TIME_BYTES 8 /* of a cosignature: seconds since 1970, big-endian */
#define SIGNED_MAX (NOTE_KEY_ID_BYTES + TIME_BYTES + NOTE_SIGNATURE_MAX)
#define DASH "\xe2\x80\x94 " /* U+2014 */
#define COSIGNED_MAX (NOTE_MAX + 64)

static bool failed(const char *cause, struct error *err)
{
    error_set(err, ERROR_UNEXPECTED, cause, NULL);
    return false;
}

void note_hash_text(const uint8_t hash[static MERKLE_BYTES], char text[static NOTE_HASH_SIZE])
{
    if (!base64_text_write(bytes_of(hash, MERKLE_BYTES), text, NOTE_HASH_SIZE))
        text[0] = '\0';
}

/* --- signing --- */

/* "- NAME BASE64" with a line feed. */
static bool write_line(const char *name, struct bytes data, char *line, size_t size)
{
    char coded[SIGNED_MAX * 2];
    int n = -1;

    if (base64_text_write(data, coded, sizeof coded))
        n = snprintf(line, size, DASH "%s %s\n", name, coded);
    return n > 0 && (size_t)n < size;
}

bool note_sign(const struct note_key *key, const struct checkpoint *checkpoint, char text[static NOTE_MAX],
               struct error *err)
{
    char root[NOTE_HASH_SIZE], line[NOTE_LINE_MAX];
    uint8_t data[SIGNED_MAX];
    struct bytes_out out = {.data = data, .cap = sizeof data, .len = NOTE_KEY_ID_BYTES};
    int len, more;

    note_hash_text(checkpoint->root, root);
    len = snprintf(text, NOTE_MAX, "%s\n%" PRIu64 "\n%s\n", checkpoint->log, checkpoint->size, root);
    if (len <= 0 || len >= NOTE_MAX || !note_key_id(checkpoint->log, &key->public_key, data) ||
        !note_key_sign(key, bytes_of(text, (size_t)len), &out, err) ||
        !write_line(checkpoint->log, bytes_written(&out), line, sizeof line))
        return failed("GnuTLS cannot sign the checkpoint", err);
    more = snprintf(text + len, (size_t)(NOTE_MAX - len), "\n%s", line);
    if (more > 0 && more < NOTE_MAX - len)
        return true;
    return failed("the checkpoint is too long", err);
}

/* What a cosignature signs: C2SP tlog-cosignature, "Ed25519 signed message". */
static bool write_cosigned(struct bytes body, uint64_t time, char text[static COSIGNED_MAX], struct bytes *message)
{
    const int n = snprintf(text, COSIGNED_MAX, "cosignature/v1\ntime %" PRIu64 "\n", time);

    if (n <= 0 || body.len > COSIGNED_MAX - (size_t)n)
        return false;
    memcpy(text + n, body.data, body.len);
    *message = bytes_of(text, (size_t)n + body.len);
    return true;
}

bool note_cosign(const struct note_key *key, const char *name, struct bytes body, uint64_t time,
                 char line[static NOTE_LINE_MAX], struct error *err)
{
    struct note_public cosigner = key->public_key;
    char text[COSIGNED_MAX];
    uint8_t data[SIGNED_MAX];
    struct bytes_out out = {.data = data, .cap = sizeof data, .len = NOTE_KEY_ID_BYTES + TIME_BYTES};
    struct bytes message;

    cosigner.type = NOTE_COSIGNED;
    store64_be(data + NOTE_KEY_ID_BYTES, time);
    if (write_cosigned(body, time, text, &message) && note_key_id(name, &cosigner, data) &&
        note_key_sign(key, message, &out, err) && write_line(name, bytes_written(&out), line, NOTE_LINE_MAX))
        return true;
    return failed("GnuTLS cannot cosign the checkpoint", err);
}

/* --- reading --- */

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

static bool read_size(struct bytes line, uint64_t *size)
{
    *size = 0;
    if (line.len == 0 || line.len > 19 || (line.data[0] == '0' && line.len > 1)) /* 19 digits are below 2^64 */
        return false;
    for (size_t i = 0; i < line.len; i++) {
        if (line.data[i] < '0' || line.data[i] > '9')
            return false;
        *size = *size * 10 + (line.data[i] - '0');
    }
    return true;
}

/* The three lines of a checkpoint, the empty line after them, and no others before it. */
static bool read_body(struct bytes *rest, struct checkpoint *checkpoint)
{
    struct bytes line;

    if (!take_line(rest, &line) || line.len == 0 || line.len >= sizeof checkpoint->log ||
        memchr(line.data, '\0', line.len) != NULL)
        return false;
    memcpy(checkpoint->log, line.data, line.len);
    checkpoint->log[line.len] = '\0';
    return take_line(rest, &line) && read_size(line, &checkpoint->size) && take_line(rest, &line) &&
           base64_text_read_exactly(line, checkpoint->root, MERKLE_BYTES) && take_line(rest, &line) && line.len == 0;
}

/* The base64 of a signature line of this name; none where it is another's. */
static struct bytes coded_of(struct bytes line, const char *name)
{
    const size_t dash = strlen(DASH), len = strlen(name), before = dash + len + 1;

    if (line.len > before && memcmp(line.data, DASH, dash) == 0 && memcmp(line.data + dash, name, len) == 0 &&
        line.data[dash + len] == ' ')
        return bytes_of(line.data + before, line.len - before);
    return BYTES_NONE;
}

/* The next signature of this name and key in `rest`: what follows the key's id into `out`. False: there is none. */
static bool next_signature(struct bytes *rest, const char *name, const uint8_t id[static NOTE_KEY_ID_BYTES],
                           uint8_t data[static SIGNED_MAX], struct bytes *signature)
{
    struct bytes line;

    while (take_line(rest, &line)) {
        struct bytes_out out = {.data = data, .cap = SIGNED_MAX};
        const struct bytes coded = coded_of(line, name);

        if (coded.len == 0 || !base64_text_read(coded, &out) || out.len <= NOTE_KEY_ID_BYTES ||
            memcmp(data, id, NOTE_KEY_ID_BYTES) != 0)
            continue;
        *signature = bytes_of(data + NOTE_KEY_ID_BYTES, out.len - NOTE_KEY_ID_BYTES);
        return true;
    }
    return false;
}

/* The text that is signed, and the lines after the empty one. */
static bool split_note(struct bytes text, struct checkpoint *checkpoint, struct bytes *body, struct bytes *lines,
                       struct error *err)
{
    *lines = text;
    memset(checkpoint, 0, sizeof *checkpoint);
    if (text.len <= NOTE_MOST && read_body(lines, checkpoint)) {
        *body = bytes_of(text.data, text.len - lines->len - 1);
        return true;
    }
    error_set(err, ERROR_INPUT_FILE, "it is not a checkpoint", NULL);
    return false;
}

bool note_read(struct bytes text, struct checkpoint *checkpoint, struct bytes *body, struct error *err)
{
    struct bytes lines;

    return split_note(text, checkpoint, body, &lines, err);
}

bool note_open(struct bytes text, const struct note_public *key, struct checkpoint *checkpoint, struct error *err)
{
    uint8_t id[NOTE_KEY_ID_BYTES], data[SIGNED_MAX];
    struct bytes body, lines, signature;

    if (!split_note(text, checkpoint, &body, &lines, err))
        return false;
    if (!note_key_id(checkpoint->log, key, id))
        return failed("GnuTLS cannot compute the key's id", err);
    if (!next_signature(&lines, checkpoint->log, id, data, &signature)) {
        error_set(err, ERROR_RECORD_REFUTED, "the log's key has not signed the checkpoint", NULL);
        return false;
    }
    if (note_key_verify(key, body, signature))
        return true;
    error_set(err, ERROR_RECORD_REFUTED, "the checkpoint's signature does not verify", NULL);
    return false;
}

static bool verify_cosigned(struct bytes body, const struct note_public *key, struct bytes signature, uint64_t *time)
{
    char text[COSIGNED_MAX];
    struct bytes message;

    if (signature.len <= TIME_BYTES)
        return false;
    *time = load64_be(signature.data);
    return *time <= INT64_MAX && write_cosigned(body, *time, text, &message) &&
           note_key_verify(key, message, bytes_of(signature.data + TIME_BYTES, signature.len - TIME_BYTES));
}

bool note_open_cosigned(struct bytes text, const char *name, const struct note_public *key,
                        struct checkpoint *checkpoint, uint64_t *time, struct error *err)
{
    uint8_t id[NOTE_KEY_ID_BYTES], data[SIGNED_MAX];
    struct bytes body, lines, signature;

    if (!split_note(text, checkpoint, &body, &lines, err))
        return false;
    if (!note_key_id(name, key, id))
        return failed("GnuTLS cannot compute the key's id", err);
    if (!next_signature(&lines, name, id, data, &signature)) {
        error_set(err, ERROR_RECORD_REFUTED, "the witness has not cosigned the checkpoint", NULL);
        return false;
    }
    if (verify_cosigned(body, key, signature, time))
        return true;
    error_set(err, ERROR_RECORD_REFUTED, "the witness's cosignature does not verify", NULL);
    return false;
}
