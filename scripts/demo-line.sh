# shellcheck shell=sh
# SPDX-License-Identifier: Apache-2.0
# The tour of ./demo --line: sourced by it, with its helpers and $work. The station runs beside it, and ends with it.
# shellcheck disable=SC2154 # work, bold, plain, ready, began: ./demo's

line=$work/line log=$work/station.log fixture=$work/line/fixture tray=$work/line/tray
station=''
# shellcheck disable=SC2317,SC2329 # called by the trap
stop_all() {
    code=$?
    [ -z "$station" ] || kill "$station" 2>/dev/null || true
    (exit $code)
    finish
}
trap stop_all EXIT

# until_said COUNT PATTERN: until so many lines of the station's log match
until_said() {
    tries=0
    until [ "$(grep -cE "$2" "$log")" -ge "$1" ]; do
        tries=$((tries + 1))
        [ $tries -lt 1200 ] || die "the station has not said within 2 minutes: $2" "Next: look into $log"
        sleep 0.1
    done
}

# start_station: prints and starts it; shows where its page is
start_station() {
    : >"$log"
    rm -f "$work/page"
    printf '%s$ imprint station %s/station.yaml &%s\n' "$green" "$line" "$plain"
    imprint station "$line/station.yaml" >"$work/page" 2>>"$log" &
    station=$!
    tries=0
    until [ -s "$work/page" ]; do
        tries=$((tries + 1))
        [ $tries -lt 600 ] || die 'the station does not start' "Next: look into $log"
        sleep 0.1
    done
    cat "$work/page"
    echo
}

printf '%simprint: a shift with eight sockets%s\n\n' "$bold" "$plain"
note 'An operator fills and empties a fixture with eight sockets. The boards are virtual; a board is in a socket while its file is in the' \
    'folder of the fixture. To repeat any of the commands below by hand, type this first:'
# shellcheck disable=SC2016 # shown, not expanded
printf '%s$ export PATH="$PWD/build:$PATH" IMPRINT_STATE=%s%s\n\n' "$green" "$line/state" "$plain"
mkdir -p "$fixture" "$tray"
IMPRINT_STATE=$line/state
export IMPRINT_STATE

headline 'What the station is told'
cp profiles/mbed-factory-example.yaml "$line/board.yaml"
{
    printf "imprint: 1\nname: st-01\nprofile: board.yaml\nstate: state\noperator: '17'\nirreversible: true\nlook: 200\npage: '127.0.0.1:0'\nopen_tiles: true\nsockets:\n"
    for n in 1 2 3 4 5 6 7 8; do
        printf "  - {name: A%s, device: 'virtual:fixture/A%s'}\n" $n $n
    done
} >"$line/station.yaml"
show "cat $line/station.yaml"
show "imprint station $line/station.yaml --check"
note 'On a real line the devices are i2c:/dev/i2c-1@0x35, kit:hid:SERIAL, swi:/dev/serial/by-path/...'

headline 'Boards come from the assembly house'
for n in 1 2 3 4 5 6 7 8 9; do
    kind=trust-and-go
    [ $n -ne 4 ] || kind=blank # the assembly house has made a mistake
    imprint virtual new "$tray/board$n" --as $kind --seed $n
done
echo

headline 'The shift begins'
start_station
note "The page is at $(cat "$work/page") while this tour runs: open it in a browser."

headline 'Eight boards at once, one of them wrong'
show "for n in 1 2 3 4 5 6 7 8; do mv $tray/board\$n $fixture/A\$n; done"
until_said 8 ': (pass|fail), '
show "grep -E ': (pass|fail), ' $log"
note 'A process of its own has looked at each board, provisioned it and proven its keys; the ledger had each result before the page showed it.' \
    'The board in A4 is not what the profile expects: nothing was written to it.'

headline 'The operator empties a socket, and pulls the next board out too early'
show "mv $fixture/A1 $tray/board1"
until_said 1 'A1: empty'
show "mv $tray/board9 $fixture/A1"
until_said 2 'A1: looking'
show "mv $fixture/A1 $tray/board9"
until_said 2 'A1: empty'
show "mv $tray/board9 $fixture/A1"
until_said 2 'A1: pass'
show "grep 'A1: ' $log | tail -n 5"
note 'The board was looked at again, and the run continued where it had stopped.'

headline 'The station is killed, and comes back'
show "kill -9 $station"
wait "$station" 2>/dev/null || true
start_station
until_said 8 ': (pass|fail), '
show "grep -E ': (pass|fail), ' $log"
note 'It looked at every board again. The finished ones were confirmed: 0 changes.'

headline 'The end of the shift'
kill "$station"
wait "$station"
station=''
show 'imprint ledger list | tail -n 12'
show 'imprint ledger verify'
note 'Every attempt is an entry, and each change of the ledger would show. Next: docs/guide/station.md.'
printf '%sdone%s in %s s, after %s s of getting ready. The line is in %s.\n' "$bold" "$plain" "$(($(date +%s) - ready))" "$((ready - began))" "$line"
