/* SPDX-License-Identifier: Apache-2.0 */
#include "firmware/start/start.h"

#include <mbedtls/build_info.h>
#include <mbedtls/memory_buffer_alloc.h>

/* As much as a certificate request takes, which is the most that the factory image asks for, and half again. */
static unsigned char heap[IMPRINT_HEAP_BYTES];

void start_heap(void)
{
    mbedtls_memory_buffer_alloc_init(heap, sizeof(heap));
}

size_t start_heap_used(void)
{
#if defined(MBEDTLS_MEMORY_DEBUG)
    size_t most = 0, blocks = 0;

    mbedtls_memory_buffer_alloc_max_get(&most, &blocks);
    return most + blocks;
#else
    return 0;
#endif
}
