/* SPDX-License-Identifier: Apache-2.0 */
#include "firmware/start/start.h"

#include <stdint.h>
#include <string.h>

#include <mbedtls/build_info.h>
#include <mbedtls/memory_buffer_alloc.h>

/* The pattern of memory that was never allocated. */
#define PAINT 0xA5

/* At least what the allocator stores at the start of the free memory. */
#define HEADER_BYTES 64

static unsigned char heap[IMPRINT_HEAP_BYTES];

void start_heap(void)
{
    mbedtls_memory_buffer_alloc_init(heap, sizeof(heap));
    memset(heap + HEADER_BYTES, PAINT, sizeof(heap) - HEADER_BYTES);
}

/* The allocator uses memory from its start, so the highest address ever used gives the need. */
size_t start_heap_used(void)
{
    size_t used = sizeof(heap);

    while (used > 0 && heap[used - 1] == PAINT)
        used--;
    return used;
}
