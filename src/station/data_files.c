/* SPDX-License-Identifier: Apache-2.0 */
#include "station/data_files.h"

#include <string.h>

#include "base/error_format.h"
#include "base/hex.h"
#include "profile/words.h"
#include "provision/steps/datum.h"
#include "station/input.h"
#include "station/published_keys.h"
#include "station/value.h"

/* A secret is a line of hex digits; other data has the size of a slot at most. Anything beyond this is another file. */
#define DATA_FILE_MAX ((size_t)64 * 1024)

static bool refuse(struct data_files *data, const char *cause, const char *next, struct error *err)
{
    error_set(err, ERROR_INPUT_FILE, cause, next);
    error_with_subject(err, data->files->path);
    return false;
}

/* ---- reading ---- */

/* A text with blanks or NULs after it, as people write passwords: of random bytes, one in 10 million looks so. */
static bool is_typed(struct bytes secret)
{
    while (secret.len > 0 && (secret.data[secret.len - 1] == 0 || secret.data[secret.len - 1] == ' '))
        secret.len--;
    for (size_t i = 0; i < secret.len; i++)
        if (secret.data[i] < 0x20 || secret.data[i] > 0x7e)
            return false;
    return true;
}

static bool take_secret(struct data_files *data, const struct profile_datum *datum, const struct input *input,
                        struct bytes_out *out, struct error *err)
{
    const size_t bytes = profile_datum_bytes(datum);

    if (!hex_decode((const char *)input->data, input->len, out, NULL) || out->len != bytes)
        return refuse(data,
                      bytes == PROFILE_AES_BYTES ? "the file does not hold an AES-128 key: 32 hex digits"
                                                 : "the file does not hold a secret of 32 bytes: 64 hex digits",
                      error_keep_format(err, "make one with: openssl rand -hex %zu", bytes), err);
    if (is_typed(bytes_written(out)) && published_keys_name(bytes_written(out)) == NULL)
        return refuse(data, "the secret is typed text, which can be guessed",
                      error_keep_format(err, "make a random one with: openssl rand -hex %zu", bytes), err);
    return key_files_is_private(data->files, bytes_written(out), err);
}

static bool take_bytes(struct data_files *data, const struct profile_datum *datum, const struct input *input,
                       struct bytes_out *out, struct error *err)
{
    const size_t most = profile_datum_bytes(datum);

    if (input->len > 0 && input->len <= most && bytes_append(out, bytes_of(input->data, input->len)))
        return true;
    return refuse(data, input->len == 0 ? "the file is empty" : "the file is longer than its slot",
                  error_keep_format(err, "the slot has room for %zu bytes", most), err);
}

/* A later run needs the file, too: without it nothing would tell this device from one with another secret. */
static bool load_file(const struct data_files *data, const struct profile_datum *datum, struct input *input,
                      struct error *err)
{
    if (input_read(input, data->files->path, DATA_FILE_MAX, err))
        return true;
    if (err != NULL && profile_datum_is_secret(datum))
        err->next = "put the file back: every run proves the secret with it; for what an earlier run proved: imprint "
                    "verify-record";
    return false;
}

static bool read_file(struct data_files *data, const struct profile_datum *datum,
                      const uint8_t serial[static CHIP_SERIAL_BYTES], struct bytes_out *out, struct error *err)
{
    struct input input = {.data = NULL};
    bool ok = profile_fill_subject(datum->source, serial, data->name, err) &&
              key_files_find(data->files, data->name, err) && load_file(data, datum, &input, err);

    ok = ok && (profile_datum_is_secret(datum) ? take_secret(data, datum, &input, out, err)
                                               : take_bytes(data, datum, &input, out, err));
    input_release(&input);
    return ok;
}

static bool read_content(struct data_files *data, size_t index, const uint8_t serial[static CHIP_SERIAL_BYTES],
                         struct error *err)
{
    const struct profile_datum *datum = &data->profile->data[index];
    struct bytes_out out = {.data = data->contents[index], .cap = PROFILE_DATUM_MOST};
    const bool ok = datum->form == PROFILE_DATUM_FILE ? read_file(data, datum, serial, &out, err)
                                                      : profile_datum_literal(datum, serial, &out, err);

    if (ok) {
        data->lengths[index] = out.len;
        return true;
    }
    bytes_wipe(data->contents[index], PROFILE_DATUM_MOST);
    error_doing(err, "read the content for a slot");
    error_at_slot(err, datum->slot);
    return false;
}

static bool get(void *context, size_t index, const uint8_t serial[static CHIP_SERIAL_BYTES], struct bytes_out *out,
                struct error *err)
{
    struct data_files *data = context;

    return (data->lengths[index] != 0 || read_content(data, index, serial, err)) &&
           bytes_append(out, bytes_of(data->contents[index], data->lengths[index]));
}

static void note_proven(void *context, size_t index, const struct provision_datum_evidence *evidence)
{
    struct data_files *data = context;

    data->evidence[index] = *evidence;
    data->proven[index] = true;
}

struct provision_contents data_files_functions(struct data_files *data)
{
    return (struct provision_contents){
        .context = data, .get = get, .proven = note_proven, .block = provision_datum_block};
}

bool data_files_check(struct data_files *data, struct rehearsal *rehearsal,
                      const uint8_t serial[static CHIP_SERIAL_BYTES], struct error *err)
{
    for (size_t i = 0; i < data->profile->data_count; i++) {
        const struct profile_datum *datum = &data->profile->data[i];

        if (profile_datum_is_io_key(datum)) /* the engine makes it */
            continue;
        if (data->lengths[i] == 0 && !read_content(data, i, serial, err))
            return false;
        if (profile_datum_is_secret(datum) &&
            !rehearsal_check_secret(rehearsal, bytes_of(data->contents[i], data->lengths[i]), err)) {
            error_at_slot(err, datum->slot);
            return false;
        }
    }
    return true;
}

static bool is_write_key(const struct profile *profile, uint8_t slot)
{
    bool any = false;

    for (size_t i = 0; i < profile->data_count; i++)
        any = any || profile->data[i].write_key == slot;
    return any;
}

bool data_files_add_write_keys(struct data_files *data, const uint8_t serial[static CHIP_SERIAL_BYTES],
                               struct imprint_write_key keys[static CHIP_SLOTS], size_t *count, struct error *err)
{
    for (size_t i = 0; i < data->profile->data_count && *count < CHIP_SLOTS; i++) {
        const struct profile_datum *datum = &data->profile->data[i];
        struct imprint_write_key *key = &keys[*count];

        if (!is_write_key(data->profile, datum->slot))
            continue;
        if (data->lengths[i] == 0 && !read_content(data, i, serial, err))
            return false;
        key->slot = datum->slot;
        memcpy(key->secret, data->contents[i], sizeof key->secret);
        *count += 1;
    }
    return true;
}

/* ---- the record ---- */

/* How an entry proves itself, as the record names it. */
static const char *method_of(const struct profile_datum *datum)
{
    if (!profile_datum_is_secret(datum))
        return "read-back";
    if (profile_datum_is_io_key(datum))
        return "mac";
    return datum->type == PROFILE_DATUM_AES ? "aes-block" : "hmac-sha-256";
}

static json_t *proof_object(const struct profile_datum *datum, const struct provision_datum_evidence *evidence,
                            const struct run_facts *facts)
{
    json_t *object = json_pack("{s:b, s:b, s:s, s:s}", "written", (int)evidence->written, "proven", 1, "method",
                               method_of(datum), "time", facts->ended);

    if (!profile_datum_is_secret(datum))
        return object;
    json_object_set_new(object, "challenge", value_hex(bytes_of(evidence->challenge, sizeof evidence->challenge)));
    json_object_set_new(object, "answer", value_hex(bytes_of(evidence->answer, evidence->answer_bytes)));
    return object;
}

json_t *data_files_entry(const struct profile_datum *datum, size_t bytes,
                         const struct provision_datum_evidence *evidence, const struct run_facts *facts)
{
    json_t *object = json_pack("{s:s, s:s, s:i, s:i}", "name", datum->name, "type",
                               profile_word_of(profile_words_datum, (uint32_t)datum->type), "slot", (int)datum->slot,
                               "bytes", (int)bytes);

    if (profile_datum_is_key(datum))
        json_object_set_new(object, "key_id", json_integer(datum->id));
    else if (!profile_datum_is_secret(datum))
        json_object_set_new(object, "sha_256", value_hex(bytes_of(evidence->answer, evidence->answer_bytes)));
    json_object_set_new(object, "proof", proof_object(datum, evidence, facts));
    return object;
}

json_t *data_files_record(const struct data_files *data, const struct run_facts *facts)
{
    json_t *list = data->profile->data_count != 0 ? json_array() : NULL;

    for (size_t i = 0; i < data->profile->data_count; i++) {
        const struct profile_datum *datum = &data->profile->data[i];
        const size_t bytes = profile_datum_is_io_key(datum) ? profile_datum_bytes(datum) : data->lengths[i];

        if (data->proven[i])
            json_array_append_new(list, data_files_entry(datum, bytes, &data->evidence[i], facts));
    }
    return list;
}

void data_files_wipe(struct data_files *data)
{
    bytes_wipe(data->contents, sizeof data->contents);
    memset(data->lengths, 0, sizeof data->lengths);
}
