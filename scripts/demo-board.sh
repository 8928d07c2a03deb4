# shellcheck shell=sh
# SPDX-License-Identifier: Apache-2.0
# The tour of ./demo --board: sourced by it, with its helpers, $board and $work. Three things run beside it, and end with
# it: the virtual chip at one end of the wire, the board that QEMU plays at the other, and what waits for the board.
# shellcheck disable=SC2154 # work, board, bold, plain, ready, began: ./demo's

chip=$work/chip.virtual flash=$work/board.flash images=build/firmware-demo/$board primary=build/firmware/$board/primary/primary.elf
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
        [ $tries -lt 600 ] || die "cannot start the tour: nothing arrived in $1 within a minute"
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
    'element, a third one that leads to a network, and flash. What runs on it is the same engine, driver, chip layer and storage as on a station. To repeat any' \
    'of the commands below by hand, type this first:'
# shellcheck disable=SC2016 # shown, not expanded
printf '%s$ export PATH="$PWD/build:$PATH" IMPRINT_STATE=%s%s\n\n' "$green" "$IMPRINT_STATE" "$plain"

headline 'A plan becomes part of an image'
show "grep -v '^#' profiles/trust-flex-identity.yaml"
show "imprint compile profiles/trust-flex-identity.yaml --c | grep -A 12 'name = \"client\"'"
note 'The factory image contains that table, and no YAML. The product'"'"'s primary images have no code that could make a key in the' \
    'chip or lock anything; one of them speaks TLS. Their sizes:'
show "arm-none-eabi-size $images/factory/factory.elf $primary $images/primary_tls/primary_tls.elf"

headline 'Who will vouch for the board'
show 'imprint ca new'
show "printf 'imprint: 1\nissuers:\n  - {name: factory, kind: file, certificate: ca/signer.pem, key: ca/signer.key}\n' > $work/state/issuers.yaml"
note 'A TEST root and a TEST signer. The profile names an issuer, factory, and this station'"'"'s file says who that is. On a real line' \
    'the signer'"'"'s key is in a token or at another machine: docs/guide/identity.md.'

headline 'A chip on a wire, and the board on the other end'
show "imprint virtual new --as trust-flex --bus swi --seed 1 $chip"
beside wire "imprint virtual serve --swi-pty $chip"
wire=$(waiting "$work/wire")
beside console "firmware/run --pty --chip $wire $board $images/factory/factory.elf $flash"
console=$(waiting "$work/console")
note "The board has power and runs its factory image. Its console is the terminal above; its flash is the file $flash."

headline 'The station tells the board to carry out its plan'
show "imprint board provision profiles/trust-flex-identity.yaml --arm profile --console $console --end"
note 'The board had its chip make a key, which signed a challenge of the station. Only then was a certificate issued for it; the board' \
    'wrote it to the chip and to its flash, read it back, and the station compared it byte for byte with what was issued.'
wait "$process" # until the board is off
certificate=$(find "$IMPRINT_STATE/devices" -name client.crt)
show "openssl verify -CAfile $IMPRINT_STATE/ca/root.pem -untrusted $IMPRINT_STATE/ca/signer.pem $certificate"

headline 'The board'"'"'s flash, read by the station'
show "imprint --storage flash:$flash keys"
note 'The key records lie in flash as on any board: a log that a power cut cannot hurt. No device was asked.'

headline 'The primary image boots from the same flash'
beside console2 "firmware/run --pty --chip $wire $board $primary $flash"
console=$(waiting "$work/console2")
mkdir -p "$work/proof"
show "imprint board prove --console $console --save $work/proof --end"
wait "$process"
show "openssl dgst -sha256 -verify $work/proof/key-16.pem -signature $work/proof/key-16.signature $work/proof/key-16.message"
show "sed s/16/19/ $work/proof/key-16.message > $work/forged"
refused "openssl dgst -sha256 -verify $work/proof/key-16.pem -signature $work/proof/key-16.signature $work/forged"
note 'OpenSSL knows nothing of imprint or of the chip: it saw a public key, a text and a signature. The forged text fails.'

# start_server NAME ROOT: an openssl s_server named localhost, by that root, which lets in whom the devices' signer vouches for
start_server() {
    show "openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=localhost -keyout $work/$1.key -out $work/$1.csr 2>/dev/null"
    show "openssl x509 -req -in $work/$1.csr -CA $2.pem -CAkey $2.key -CAcreateserial -days 30 -out $work/$1.pem"
    show "openssl s_server -accept 0 -www -cert $work/$1.pem -key $work/$1.key -CAfile $work/devices.pem -Verify 2 -verify_return_error > $work/$1.log 2>&1 &"
    running="$running $!"
    port=$(server_port "$work/$1.log")
}
# from_board COMMAND: what is typed at the board's console while its network leads to that server
from_board() {
    printf '%s' "printf '$1\\nend\\n' | firmware/run --chip $wire --network localhost:$port $board $images/primary_tls/primary_tls.elf $flash"
}

headline 'The board connects to a server that it has never met'
note 'Who trusts whom, and why: the server lets in whoever has a certificate by the signer of the devices, for it has that signer'"'"'s' \
    'certificate. The board believes a server that has a certificate by one root, for that root is part of its image: the image was built' \
    'with it (scripts/build-firmware --trust build/firmware-demo/root.pem). Neither of the two has ever seen the other.'
show "cat $IMPRINT_STATE/ca/root.pem $IMPRINT_STATE/ca/signer.pem > $work/devices.pem"
start_server server build/firmware-demo/root
show "$(from_board 'connect 16 0x1001 localhost 1.3')"
show "$(from_board 'connect 16 0x1001 localhost 1.2')"
note 'The certificate came from the board'"'"'s flash (0x1001), and key 16 signed the handshake in the chip. What counts is the answer of the' \
    'application behind TLS: a TLS 1.3 handshake ends before the server has judged the certificate.'
show "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 -subj '/CN=Somebody else' -keyout $work/else.key -out $work/else.pem 2>/dev/null"
start_server impostor "$work/else"
refused "$(from_board 'connect 16 0x1001 localhost')"
note 'A server of the same name, with a certificate by somebody else: the board tells it nothing, and its key signs nothing for it.'

headline 'What happened'
cat <<END
A Cortex-M with nothing in its flash got a key and a certificate from the plan in its factory image, over a wire to a secure
element; the station saw the key's proof before it let the certificate be issued. Then another image booted from that flash,
and connected by mutual TLS to a server that neither it nor the station had met. Getting ready took $((ready - began)) s, the tour
$(($(date +%s) - ready)) s.

Try next:
  - the other board:                ./demo --board $([ "$board" = mps2-an385 ] && echo mps2-an505 || echo mps2-an385)
  - talk to the board yourself:     imprint virtual serve --swi-pty $chip, then
                                    firmware/run --chip DEVICE $board $primary $flash
                                    and type: help
  - certificates for your devices:  docs/guide/identity.md
  - your own board:                 docs/guide/porting.md
  - what an image costs:            test/bench/run-firmware
END
