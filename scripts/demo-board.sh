# shellcheck shell=sh
# SPDX-License-Identifier: Apache-2.0
# The tour of ./demo --board: sourced by it, with its helpers, $board and $work. Three things run beside it, and end with
# it: the virtual chip at one end of the wire, the board that QEMU plays at the other, and what waits for the board.
# shellcheck disable=SC2154 # work, board, bold, plain, ready, began: ./demo's

chip=$work/chip.virtual flash=$work/board.flash images=build/firmware-demo/$board
running=''
# shellcheck disable=SC2317,SC2329 # called by the trap
stop_all() {
    code=$?
    for process in $running; do
        kill "$process" 2>/dev/null || true
    done
    (exit $code)
    finish
}
trap stop_all EXIT

# waiting FILE: the first line that a program has written there, once it has
waiting() {
    tries=0
    until [ -s "$1" ]; do
        tries=$((tries + 1))
        [ $tries -lt 100 ] || die "cannot start the tour: nothing arrived in $1 within 10 s"
        sleep 0.1
    done
    head -n 1 "$1"
}

# beside NAME COMMAND: prints and starts one that goes on beside the tour; what it says first goes to $work/NAME
beside() {
    printf '%s$ %s &%s\n' "$green" "$2" "$plain"
    eval "$2 >$work/$1 2>$work/$1.err &"
    process=$!
    running="$running $process"
    waiting "$work/$1"
    echo
}

printf '%simprint: a board that provisions itself%s\n\n' "$bold" "$plain"
note "The board is a $board, played by QEMU: a microcontroller with a UART for people, another one as the wire to its secure" \
    'element, and flash. What runs on it is the same engine, driver, chip layer and storage as on a station. To repeat any' \
    'of the commands below by hand, type this first:'
# shellcheck disable=SC2016 # shown, not expanded
printf '%s$ export PATH="$PWD/build:$PATH" IMPRINT_STATE=%s%s\n\n' "$green" "$IMPRINT_STATE" "$plain"

headline 'A plan becomes part of an image'
show "grep -v '^#' profiles/board-factory.yaml"
show "imprint compile profiles/board-factory.yaml --c | grep -A 12 'name = \"board\"'"
note 'The factory image contains that table, and no YAML. The product'"'"'s primary image has no code that could make a key or' \
    'lock anything. Their sizes:'
show "arm-none-eabi-size $images/factory/factory.elf $images/primary/primary.elf"

headline 'A chip on a wire, and the board on the other end'
show "imprint virtual new --as trust-and-go --bus swi --seed 1 $chip"
beside wire "imprint virtual serve --swi-pty $chip"
wire=$(waiting "$work/wire")
beside console "firmware/run --pty --chip $wire $board $images/factory/factory.elf $flash"
console=$(waiting "$work/console")
note "The board has power and runs its factory image. Its console is the terminal above; its flash is the file $flash."

headline 'The station tells the board to carry out its plan'
show "imprint board provision profiles/board-factory.yaml --arm profile --console $console --end"
note 'The board read its chip, registered one key, generated another, and had each sign a challenge. The station' \
    'checked with its own cryptography what the board said, and keeps the record and the certificate request.'
wait "$process" # until the board is off
csr=$(find "$IMPRINT_STATE" -name '*.csr' | head -n 1)
show "openssl req -in $csr -noout -verify -subject"

headline 'The board'"'"'s flash, read by the station'
show "imprint --storage flash:$flash keys"
note 'The key records lie in flash as on any board: a log that a power cut cannot hurt. No device was asked.'

headline 'The primary image boots from the same flash'
beside console2 "firmware/run --pty --chip $wire $board $images/primary/primary.elf $flash"
console=$(waiting "$work/console2")
mkdir -p "$work/proof"
show "imprint board prove --console $console --save $work/proof --end"
wait "$process"
show "cat $work/proof/key-18.message"
show "openssl dgst -sha256 -verify $work/proof/key-18.pem -signature $work/proof/key-18.signature $work/proof/key-18.message"
show "sed s/18/19/ $work/proof/key-18.message > $work/forged"
refused "openssl dgst -sha256 -verify $work/proof/key-18.pem -signature $work/proof/key-18.signature $work/forged"
note 'OpenSSL knows nothing of imprint or of the chip: it saw a public key, a text and a signature. The forged text fails.'

headline 'What happened'
cat <<END
A Cortex-M with nothing in its flash got its keys from the plan in its factory image, over a wire to a secure element, and
proved them to the station. Then another image booted from that flash and signed with the key that was made inside the
chip, and openssl agreed. Getting ready took $((ready - began)) s, the tour $(($(date +%s) - ready)) s.

Try next:
  - the other board:                ./demo --board $([ "$board" = mps2-an385 ] && echo mps2-an505 || echo mps2-an385)
  - talk to the board yourself:     imprint virtual serve --swi-pty $chip, then
                                    firmware/run --chip DEVICE $board $images/primary/primary.elf $flash
                                    and type: help
  - your own board:                 docs/guide/porting.md
  - what an image costs:            test/bench/run-firmware
END
