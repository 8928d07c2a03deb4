/* SPDX-License-Identifier: Apache-2.0 */
/* Anything at all as what is posted to a witness. What must hold: a request that is good has what it says. */
#include "test/fuzz/fuzz.h"

#include <string.h>

#include "witness/request.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t *exact = malloc(size > 0 ? size : 1);
    struct request request;

    require(exact != NULL);
    if (size > 0)
        memcpy(exact, data, size);
    if (request_read(bytes_of(exact, size), &request)) {
        require(request.count <= REQUEST_HASHES_MAX && request.old <= request.checkpoint.size);
        require(request.body.data >= exact && request.body.data + request.body.len <= exact + size);
        require(request.checkpoint.log[0] != '\0' && memchr(request.checkpoint.log, '\n', ENTRY_LOG_SIZE) == NULL);
    }
    free(exact);
    return 0;
}
