/* SPDX-License-Identifier: Apache-2.0 */
/* Lets a trace record what passes on the bus of a virtual chip in the same process. */
#ifndef IMPRINT_TRACE_OBSERVER_H
#define IMPRINT_TRACE_OBSERVER_H

#include "transport/virtual.h"
#include "virtual/trace/trace.h"

/* An observer that writes to `trace`, which stays the caller's and must outlive the transport that uses it. */
struct transport_virtual_observer trace_observer(struct trace *trace);

#endif
