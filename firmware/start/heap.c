/* SPDX-License-Identifier: Apache-2.0 */
#include "firmware/start/start.h"

#include <stdint.h>
#include <string.h>

#include <mbedtls/build_info.h>
#include <mbedtls/memory_buffer_alloc.h>

/* What memory holds that has never been given out. */
#define PAINT 0xA5

/* What the allocator keeps at the beginning of all free memory, and more. */
#define HEADER_BYTES 64

static unsigned char heap[IMPRINT_HEAP_BYTES];

void start_heap(void)
{
    mbedtls_memory_buffer_alloc_init(heap, sizeof(heap));
    memset(heap + HEADER_BYTES, PAINT, sizeof(heap) - HEADER_BYTES);
}

/* Blocks are taken from the beginning on, so what matters is how far they have ever reached. */
size_t start_heap_used(void)
{
    size_t used = sizeof(heap);

    while (used > 0 && heap[used - 1] == PAINT)
        used--;
    return used;
}
