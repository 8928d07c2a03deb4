/* SPDX-License-Identifier: Apache-2.0 */
#include "firmware/board/board.h"
#include "firmware/primary/primary.h"

int main(void)
{
    struct primary primary;

    board_start();
    primary_serve(&primary);
    board_end(0);
}
