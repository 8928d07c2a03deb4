# shellcheck shell=sh
# SPDX-License-Identifier: Apache-2.0
# What happens in the machine: busybox's shell, run as root by machine.py's /init. It judges nothing: every step leaves its
# output, its talk and its exit code in /out, and test_kernel.py judges them outside.

export IMPRINT_STATE=/out/state
adapter=''

# step NAME COMMAND...
step() {
    name=$1
    shift
    "$@" >"/out/$name.out" 2>"/out/$name.err" </dev/null
    echo $? >"/out/$name.code"
    echo "step $name: exit code $(cat "/out/$name.code") at $(cut -d' ' -f1 /proc/uptime) s"
    [ "$(cat "/out/$name.code")" -eq 0 ] || sed 's/^/    | /' "/out/$name.err"
}

# until_true SECONDS COMMAND...
until_true() {
    left=$(($1 * 10))
    shift
    until "$@" 2>/dev/null; do
        left=$((left - 1))
        if [ $left -le 0 ]; then
            echo "waited in vain for: $*"
            return 1
        fi
        usleep 100000
    done
}
there() { ls /dev/i2c-* >/dev/null 2>&1; }
not_there() { ! there; }

# plug [OPTION...] CHIP...: the adapter comes, with these chips on its bus; $device is its file, $bus its number
plug() {
    usbip_i2c "$@" &
    adapter=$!
    until_true 20 there
    device=$(ls /dev/i2c-*)
    bus=${device##*-}
}
unplug() {
    kill "$adapter" 2>/dev/null
    wait "$adapter"
    until_true 20 not_there
}
# at ADDRESS VERB...
at() {
    address=$1
    shift
    imprint --json --device "i2c:$device@$address" "$@"
}
# bit_time MICROSECONDS: the adapter's driver, loaded again at another speed
bit_time() {
    rmmod i2c_tiny_usb
    insmod /modules/i2c-tiny-usb.ko "delay=$1"
    until_true 20 there
}

mkdir -p /out/chips
cp /chips/* /out/chips/
cd /out/chips || exit 1
uname -r >/out/kernel

# 1. Three chips on one bus of 100 kHz, as the driver has it when it is told nothing.
plug -t /out/bus.trace trust-and-go trust-flex blank
cat "/sys/bus/i2c/devices/i2c-$bus/name" >/out/adapter
step scan i2cdetect -y "$bus"
step functions i2cdetect -F "$bus"
for address in 0x35 0x36 0x60 0x11; do
    step "info-$address" at $address info
done
step dry-run at 0x35 provision /profiles/mbed-factory-example.yaml --dry-run
sha256sum trust-and-go >/out/before-first.sum
step first at 0x35 provision /profiles/mbed-factory-example.yaml --arm profile
sha256sum trust-and-go >/out/after-first.sum
step second at 0x35 provision /profiles/mbed-factory-example.yaml --arm profile
step keys at 0x35 keys
for key in 16 18; do
    step "public-$key" imprint --device "i2c:$device@0x35" public-key $key
    step "sign-$key" imprint --device "i2c:$device@0x35" sign $key /message
done
step verify imprint --device "i2c:$device@0x35" verify board /out/sign-18.out /message
step csr imprint --device "i2c:$device@0x35" csr board --subject "CN=board,O=Kernel"
step random imprint --device "i2c:$device@0x35" random 64
sha256sum trust-and-go >/out/after-use.sum
step three-ways at 0x60 provision /profiles/blank-three-ways.yaml --arm profile
step three-ways-again at 0x60 provision /profiles/blank-three-ways.yaml --arm profile
# By hand, with another program: wake, what it says then; Info, asked for with a repeated start; sleep; silence. First to
# sleep: the pulses for the other chips have woken this one, too. Every program starts anew, and on a busy machine all that
# may take longer than the chip stays awake: then once more.
for attempt in 1 2 3 4 5; do
    step "settle-$attempt" i2ctransfer -y "$bus" w1@0x36 0x01
    step wake i2ctransfer -y -a "$bus" w1@0x00 0x01
    usleep 5000
    step awake i2ctransfer -y "$bus" r4@0x36
    step ask i2ctransfer -y "$bus" w8@0x36 0x03 0x07 0x30 0x00 0x00 0x00 0x03 0x5d
    usleep 10000
    step told i2ctransfer -y "$bus" w1@0x36 0x00 r7@0x36
    step to-sleep i2ctransfer -y "$bus" w1@0x36 0x01
    step asleep i2ctransfer -y "$bus" r4@0x36
    [ "$(cat /out/told.code)$(cat /out/to-sleep.code)" = 00 ] && break
done
unplug

# 2. Which speeds wake.
plug trust-and-go
for microseconds in 20 10 8 7 2; do
    bit_time $microseconds
    step "bit-$microseconds" at 0x35 info
done
bit_time 10
unplug

# 3. The adapter is pulled in the middle of the job, then plugged in again: while the config zone is read, and before the
#    replies to the last Info of the plan, to the GenKey that makes the key, to the first Sign, and to the Write that ends
#    the mark. bus.trace has the groups of a whole run.
for groups in 2 10 15 17 20; do
    cp /chips/trust-and-go "pulled-$groups"
    export IMPRINT_STATE=/out/state-$groups
    plug -p $groups "pulled-$groups"
    step "pulled-$groups" at 0x35 provision /profiles/mbed-factory-example.yaml --arm profile
    unplug
    plug "pulled-$groups"
    step "mended-$groups" at 0x35 provision /profiles/mbed-factory-example.yaml --arm profile
    step "mended-again-$groups" at 0x35 provision /profiles/mbed-factory-example.yaml --arm profile
    step "mended-keys-$groups" at 0x35 keys
    unplug
done
export IMPRINT_STATE=/out/state

# 4. No adapter at all.
step nowhere imprint --json --device "i2c:$device@0x35" info

# 5. A kit on USB HID: the kernel's uhid makes it, its hidraw is what the program opens.
cp /chips/trust-and-go kit-chip
export IMPRINT_STATE=/out/state-kit
imprint virtual serve --kit-hid kit-chip >/out/kit.device &
kit=$!
until_true 20 ls /dev/hidraw0
ls /dev/hidraw* >/out/hidraw
step kit-info imprint --json --device kit:hid info
step kit-first imprint --json --device kit:hid provision /profiles/mbed-factory-example.yaml --arm profile
step kit-second imprint --json --device "$(cat /out/kit.device)" provision /profiles/mbed-factory-example.yaml --arm profile
step kit-public imprint --device kit:hid public-key 18
step kit-sign imprint --device kit:hid sign 18 /message
kill $kit
wait $kit
step kit-gone imprint --json --device kit:hid info
