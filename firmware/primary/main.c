/* SPDX-License-Identifier: Apache-2.0 */
#include <imprint/board.h>
#include "firmware/primary/primary.h"

int main(void)
{
    struct primary primary;

    imprint_board_start();
    primary_serve(&primary);
    imprint_board_end(0);
}
