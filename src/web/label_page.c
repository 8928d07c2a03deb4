/* SPDX-License-Identifier: Apache-2.0 */
/* What people do about labels at the sockets' page. */
#include "report/serial_word.h"
#include "web/pages.h"

void web_label_again(struct desk *desk, const struct call *call, struct reply *reply)
{
    struct error err = {.reason = ERROR_NONE};
    char serial[LEDGER_DEVICE_SIZE];

    if (!serial_word_read(request_field(&call->form, "serial"), serial, &err))
        reply_text(reply, 400, "that is no serial number");
    else if (!asks_put(&desk->asks, PAGE_ASK_LABEL, serial))
        reply_text(reply, 503, "too many people ask at once: try again");
    else
        reply_redirect(reply, "/");
}
