/* SPDX-License-Identifier: Apache-2.0 */
#include "virtual/trace/observer.h"

static void observe_wake(void *context, uint64_t now_ns, uint32_t low_us)
{
    trace_wake(context, now_ns, low_us);
}

static void observe_start(void *context, uint64_t now_ns, uint8_t address_byte, bool acknowledged)
{
    trace_start(context, now_ns, address_byte, acknowledged);
}

static void observe_written(void *context, uint8_t byte, bool acknowledged)
{
    trace_written(context, byte, acknowledged);
}

static void observe_read(void *context, uint8_t byte)
{
    trace_read(context, byte);
}

static void observe_stop(void *context)
{
    trace_stop(context);
}

struct transport_virtual_observer trace_observer(struct trace *trace)
{
    return (struct transport_virtual_observer){.context = trace,
                                               .wake = observe_wake,
                                               .start = observe_start,
                                               .written = observe_written,
                                               .read = observe_read,
                                               .stop = observe_stop};
}
