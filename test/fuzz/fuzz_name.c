/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Anything at all as a distinguished name. What must hold of one that is accepted: it fits CERT_NAME_MAX, it is one DER
 * SEQUENCE of SETs that fills its length, it has no more parts than bare commas can separate, and it is read again to
 * the same bytes. What is refused leaves nothing.
 */
#include "test/fuzz/fuzz.h"

#include <string.h>

#include "cert/name.h"

/* The length after the tag at `at`; `*head` gets the bytes of tag and length. */
static size_t content_size(const uint8_t *at, size_t *head)
{
    *head = at[1] < 0x80 ? 2 : at[1] == 0x81 ? 3 : 4;
    return *head == 2 ? at[1] : *head == 3 ? at[2] : (size_t)at[2] << 8 | at[3];
}

static void check_der(struct bytes der, size_t parts_most)
{
    size_t head = 0, parts = 0, at;

    require(der.data[0] == 0x30 && content_size(der.data, &head) + head == der.len);
    for (at = head; at < der.len; parts++) {
        require(der.data[at] == 0x31);
        at += content_size(der.data + at, &head);
        at += head;
    }
    require(at == der.len && parts >= 1 && parts <= parts_most);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t der[CERT_NAME_MAX], again[CERT_NAME_MAX];
    struct bytes_out out = {.data = der, .cap = sizeof der}, second = {.data = again, .cap = sizeof again};
    char *text = malloc(size + 1);
    size_t commas = 0;

    require(text != NULL);
    if (text == NULL)
        return 0;
    memcpy(text, data, size);
    text[size] = '\0';
    for (const char *at = text; *at != '\0'; at++)
        commas += *at == ',';
    if (cert_read_name(text, &out, NULL)) {
        check_der(bytes_written(&out), commas + 1);
        require(cert_read_name(text, &second, NULL) && bytes_equal(bytes_written(&out), bytes_written(&second)));
    } else {
        require(out.len == 0);
    }
    free(text);
    return 0;
}
