/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Anything at all as a manifest. The first byte chooses what it is: the file (f), of which every element is read and
 * judged; a payload as if its signature held (p); or the text of base64url (b). What must hold: elements lie in the
 * file, in their order; nobody is trusted, so no element is good; a payload that is good has keys on the curve, each in
 * its slot; a text that is decoded is the one that its content has.
 */
#include "test/fuzz/fuzz.h"

#include <stdio.h>
#include <string.h>

#include "manifest/base64url.h"
#include "manifest/payload.h"
#include "manifest/reader.h"

static void judge_element(struct bytes text)
{
    struct manifest_trust nobody = {.signer_count = 0};
    const struct manifest_signer *signer;
    struct manifest_part part;
    bool has_serial;
    struct error err = {.reason = ERROR_NONE};
    const enum manifest_fault fault = manifest_element_verify(text, &nobody, &part, &has_serial, &signer, &err);

    require(fault != MANIFEST_GOOD && fault < MANIFEST_FAULT_COUNT && signer == NULL);
    require(err.reason == ERROR_MANIFEST_REFUTED && manifest_fault_name(fault) != NULL);
}

static void read_file(uint8_t *data, size_t size)
{
    struct manifest_reader reader = {.file = fmemopen(data, size, "r")};
    enum manifest_reading reading;
    struct error err = {.reason = ERROR_NONE};
    struct bytes text;
    uint64_t count = 0;

    require(reader.file != NULL);
    if (reader.file == NULL)
        return;
    while ((reading = manifest_read(&reader, &text, &err)) == MANIFEST_READ || reading == MANIFEST_TOO_LONG) {
        require(reader.count == ++count && text.len <= MANIFEST_ELEMENT_MAX);
        require(text.len == 0 || memmem(data, size, text.data, text.len) != NULL);
        if (reading == MANIFEST_READ)
            judge_element(text);
    }
    require((reading == MANIFEST_BROKEN) == (err.reason == ERROR_INPUT_FILE));
    manifest_reader_release(&reader);
    (void)fclose(reader.file);
}

static void read_payload(const uint8_t *data, size_t size)
{
    const struct manifest_signer signer = {.not_before = 0, .not_after = INT64_MAX};
    struct manifest_trust nobody = {.signer_count = 0};
    struct manifest_part part = {.key_count = 0};
    struct error err = {.reason = ERROR_NONE};
    unsigned slots = 0;
    json_t *payload = json_loadb((const char *)data, size, JSON_REJECT_DUPLICATES, NULL);

    (void)payload_read_serial(json_object_get(payload, "uniqueId"), part.serial);
    if (payload_read(payload, &signer, &nobody, &part, &err) == MANIFEST_GOOD) {
        require(part.key_count > 0 && part.key_count <= MANIFEST_KEYS_MAX);
        for (size_t i = 0; i < part.key_count; i++) {
            require((slots & 1U << part.keys[i].slot) == 0 && part.keys[i].point[0] == P256_UNCOMPRESSED);
            slots |= 1U << part.keys[i].slot;
        }
    }
    json_decref(payload);
}

static void read_text(const char *text)
{
    const size_t room = strlen(text);
    struct bytes_out out = {.data = malloc(room + 1), .cap = room};
    char *again = malloc(BASE64URL_SIZE(room));

    require(out.data != NULL && again != NULL);
    if (base64url_decode(text, &out)) {
        base64url_encode(bytes_written(&out), again);
        require(strcmp(again, text) == 0);
    }
    free(again);
    free(out.data);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t *copy;

    if (size < 2)
        return 0;
    copy = malloc(size); /* its end is the end of what may be read */
    require(copy != NULL);
    if (copy == NULL)
        return 0;
    memcpy(copy, data + 1, size - 1);
    copy[size - 1] = '\0';
    if (data[0] == 'f')
        read_file(copy, size - 1);
    else if (data[0] == 'p')
        read_payload(copy, size - 1);
    else if (data[0] == 'b')
        read_text((const char *)copy);
    free(copy);
    return 0;
}
