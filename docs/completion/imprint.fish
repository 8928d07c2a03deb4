# SPDX-License-Identifier: Apache-2.0
# Fish completion for imprint(1). Keys are completed by asking imprint itself, which only looks.

# The words of the command line before the one in hand, without options: the verb and its arguments.
function __imprint_words
    set -l skip 0
    for word in (commandline -opc)[2..]
        if test $skip = 1
            set skip 0
        else if contains -- $word $__imprint_valued
            set skip 1
        else if not string match -q -- '-*' $word
            echo $word
        end
    end
end

# True when the verb in hand is the one named; its arguments may follow.
function __imprint_verb_is
    set -l words (__imprint_words)
    test (count $words) -ge (count $argv); or return 1
    test "$words[1..$(count $argv)]" = "$argv"
end

# True when no word of the command line but these, the beginning of a verb, stands there.
function __imprint_words_are
    set -l words (__imprint_words)
    test "$words" = "$argv"
end

# True when argument number $argv[1] (from 1) of the verb that follows is in hand.
function __imprint_argument_is
    set -l words (__imprint_words)
    __imprint_verb_is $argv[2..]; and test (math (count $words) - (count $argv[2..]) + 1) = $argv[1]
end

# The keys of the device that the command line names: ids and names.
function __imprint_keys
    set -l words (commandline -opc)
    type -q -- $words[1]; or return
    set -l before
    for i in (seq 2 (math (count $words) - 1))
        if contains -- $words[$i] --state --device --storage
            set -a before $words[$i] (string unescape -- $words[(math $i + 1)])
        end
    end
    $words[1] $before --json keys 2>/dev/null | sed -n 's/^{"event":"key",.*"key_id":\([0-9]*\),"name":\("\([^"]*\)"\|null\).*/\1\n\3/p'
end

function __imprint_devices
    printf '%s\n' virtual virtual: swi:/dev/tty kit:/dev/tty kit:hid unix: tcp:
    set -l adapters /dev/i2c-*
    test (count $adapters) -gt 0; or set adapters /dev/i2c-
    printf 'i2c:%s\n' $adapters
end

function __imprint_ports
    set -l ports /dev/ttyACM* /dev/ttyUSB* /dev/serial/by-id/*
    printf '%s\n' $ports
end

# begin generated: fish (scripts/cli-docs)
set -g __imprint_valued --state --device --storage --issuers --connections --fault --trace --only --operator --board --socket --arm --order --tries -s --subject -o --out -k --key -f --for -c --certificate --ca --name --alpn --tls --send -t --timeout --also-at --profile --server --listen --password-file -q --quantity --id --issuer --boards --from --to --shifts --html --format --width --height --dpi --since --signer --role --note --console --firmware --switch --primary-console --save -a --as --bus --revision --seed --unix --tcp --swi-unix --message-limit -b --nack -n
complete -c imprint -f
complete -c imprint -l state -x -a '(__fish_complete_directories)' -d 'the state folder: virtual chip, key records, evidence'
complete -c imprint -l device -x -a '(__imprint_devices)' -d 'the chip: virtual[:FILE], i2c:FILE[@ADDRESS], swi:FILE, kit:FILE, kit:hid, unix:PATH, tcp:HOST:PORT (default: virtual)'
complete -c imprint -l storage -x -a 'file flash:' -d 'where the key records are: file (the state folder, the default) or flash:IMAGE, the image of a board\'s flash'
complete -c imprint -l issuers -r -F -d 'the issuers of certificates, by name (default: issuers.yaml in the state folder)'
complete -c imprint -l connections -r -F -d 'the servers that devices must be accepted by, by name (default: connections.yaml in the state folder)'
complete -c imprint -l json -d 'print one JSON object per line on stdout, errors included'
complete -c imprint -l quiet -s q -d 'no messages and no progress on stderr'
complete -c imprint -l verbose -s v -d 'more detail'
complete -c imprint -l fault -x -a 'silent@ nack@ garbage@ badcrc@ flip@ lost@ reset@ slow@ kill@' -d 'rehearsals only: make the virtual chip fail at its command number N; FAULT is KIND@N; up to eight times'
complete -c imprint -l trace -r -F -d 'record the virtual chip\'s bus traffic in FILE, secrets hidden'
complete -c imprint -l trace-secrets -d 'show keys and other secrets in the trace'
complete -c imprint -l help -s h -d 'show help, change nothing'
complete -c imprint -l version -s V -d 'show the version, change nothing'
complete -c imprint -n __imprint_words_are -a provision -d 'Bring the device to the profile\'s state and prove it'
complete -c imprint -n __imprint_words_are -a adopt -d 'Take over a finished device from another station'
complete -c imprint -n __imprint_words_are -a info -d 'Show the chip, and what each slot can do and holds'
complete -c imprint -n __imprint_words_are -a explain -d 'Decode a config zone dump, without a chip'
complete -c imprint -n __imprint_words_are -a keys -d 'List the device\'s PSA keys'
complete -c imprint -n __imprint_words_are -a public-key -d 'Print a key\'s public key as PEM'
complete -c imprint -n __imprint_words_are -a csr -d 'Print a certificate request, signed in the chip, as PEM'
complete -c imprint -n __imprint_words_are -a certificate -d 'show, verify, export'
complete -c imprint -n __imprint_words_are -a sign -d 'Sign a file\'s SHA-256 with a key in the chip'
complete -c imprint -n __imprint_words_are -a tls -d 'Connect to a server with a key in the chip, by mutual TLS'
complete -c imprint -n __imprint_words_are -a verify -d 'Verify a file\'s signature with a key of the device'
complete -c imprint -n __imprint_words_are -a random -d 'Print random bytes from the chip\'s generator'
complete -c imprint -n __imprint_words_are -a scan -d 'List the chips that answer on a bus'
complete -c imprint -n __imprint_words_are -a verify-record -d 'Check a record or history by itself, without the device'
complete -c imprint -n __imprint_words_are -a issuers -d 'List the issuers of certificates, or try one'
complete -c imprint -n __imprint_words_are -a ledger -d 'new, list, show, verify, alarms, cosign, stamp, export, prove, backup, rebuild, import, status, sync'
complete -c imprint -n __imprint_words_are -a witness -d 'new, trust, list, serve'
complete -c imprint -n __imprint_words_are -a line -d 'init, add-station, add-planner, verify'
complete -c imprint -n __imprint_words_are -a order -d 'new, list, show, approve, close, release, lease, return, sync'
complete -c imprint -n __imprint_words_are -a report -d 'Report what the line made: yield, times, failures'
complete -c imprint -n __imprint_words_are -a label -d 'Make a label for a finished device, with a QR code'
complete -c imprint -n __imprint_words_are -a manifest -d 'export, verify, import, list'
complete -c imprint -n __imprint_words_are -a signer -d 'serve, check, status, verify'
complete -c imprint -n __imprint_words_are -a station -d 'Provision the boards in many sockets, and show them on a page'
complete -c imprint -n __imprint_words_are -a user -d 'add, list, remove'
complete -c imprint -n __imprint_words_are -a rework -d 'Let stations work again on a board that has failed'
complete -c imprint -n __imprint_words_are -a scrap -d 'Say that a board is thrown away: no station works on it again'
complete -c imprint -n __imprint_words_are -a retire -d 'Give a device\'s keys up, so that they may be replaced'
complete -c imprint -n __imprint_words_are -a erase -d 'Forget all PSA metadata of this device; its keys stay'
complete -c imprint -n __imprint_words_are -a compile -d 'Turn a profile into C or binary for a factory image'
complete -c imprint -n __imprint_words_are -a board -d 'info, provision, prove'
complete -c imprint -n __imprint_words_are -a virtual -d 'new, serve, run'
complete -c imprint -n __imprint_words_are -a ca -d 'new'
complete -c imprint -n __imprint_words_are -a help -d 'Show help, of one verb where it is named'
complete -c imprint -n __imprint_words_are -a version -d 'Show the version'
complete -c imprint -n '__imprint_verb_is provision' -l dry-run -s n -d 'show the plan, change nothing'
complete -c imprint -n '__imprint_verb_is provision' -l only -x -d 'refuse any other device than this one'
complete -c imprint -n '__imprint_verb_is provision' -l rehearsal -d 'allow virtual chips and published TEST keys for this run; the record says so'
complete -c imprint -n '__imprint_verb_is provision' -l operator -x -d 'who runs this: a name or number for the record'
complete -c imprint -n '__imprint_verb_is provision' -l board -x -d 'the number of the board that the chip is on; each is used once'
complete -c imprint -n '__imprint_verb_is provision' -l socket -x -d 'the station\'s socket that the device is in, for the record'
complete -c imprint -n '__imprint_verb_is provision' -l arm -x -a 'profile' -d 'allow irreversible steps: for one device and profile (both numbers are in the plan); SERIAL alone for one device and any profile; the word profile for any device. Any other is refused'
complete -c imprint -n '__imprint_verb_is provision' -l confirm -d 'show the plan, then wait for a line on stdin: SERIAL:DIGEST continues and arms, SERIAL continues; at the end of stdin the device is not changed'
complete -c imprint -n '__imprint_verb_is provision' -l order -x -d 'take one unit of this work order for the device'
complete -c imprint -n '__imprint_verb_is provision' -l tries -x -d 'after so many failures through its own fault the board is in quarantine, here and elsewhere: a station gives it, and the record keeps it'
complete -c imprint -n '__imprint_verb_is provision' -l finished -d 'confirm a finished device; refuse one that the profile would change'
complete -c imprint -n '__imprint_argument_is 1 provision' -F
complete -c imprint -n '__imprint_verb_is adopt' -l dry-run -s n -d 'show the plan, change nothing'
complete -c imprint -n '__imprint_verb_is adopt' -l only -x -d 'refuse any other device than this one'
complete -c imprint -n '__imprint_verb_is adopt' -l rehearsal -d 'allow virtual chips and published TEST keys for this run; the record says so'
complete -c imprint -n '__imprint_verb_is adopt' -l operator -x -d 'who runs this: a name or number for the record'
complete -c imprint -n '__imprint_verb_is adopt' -l board -x -d 'the number of the board that the chip is on; each is used once'
complete -c imprint -n '__imprint_verb_is adopt' -l socket -x -d 'the station\'s socket that the device is in, for the record'
complete -c imprint -n '__imprint_argument_is 1 adopt' -F
complete -c imprint -n '__imprint_argument_is 1 explain' -F
complete -c imprint -n '__imprint_argument_is 1 public-key' -a '(__imprint_keys)'
complete -c imprint -n '__imprint_verb_is csr' -l subject -s s -x -d 'the subject, such as "CN={serial},O=Example" (required)'
complete -c imprint -n '__imprint_verb_is csr' -l out -s o -r -F -d 'write to FILE, not to stdout'
complete -c imprint -n '__imprint_argument_is 1 csr' -a '(__imprint_keys)'
complete -c imprint -n '__imprint_words_are certificate' -a show -d 'Print the maker\'s certificates, or a key\'s own, as PEM'
complete -c imprint -n '__imprint_verb_is certificate show' -l key -s k -x -a '(__imprint_keys)' -d 'print the certificates that were issued here for this key'
complete -c imprint -n '__imprint_verb_is certificate show' -l pem -s p -d 'print PEM only, without the headings'
complete -c imprint -n '__imprint_verb_is certificate show' -l only -x -a 'device signer root' -d 'print one of them: device, signer or root'
complete -c imprint -n '__imprint_words_are certificate' -a verify -d 'Verify the maker\'s certificates and the certified key'
complete -c imprint -n '__imprint_words_are certificate' -a export -d 'Write the certificates as the files that a cloud needs'
complete -c imprint -n '__imprint_verb_is certificate export' -l for -s f -x -a 'pem aws azure' -d 'whose files: pem (default), aws or azure'
complete -c imprint -n '__imprint_verb_is certificate export' -l key -s k -x -a '(__imprint_keys)' -d 'the certificates that were issued here for this key'
complete -c imprint -n '__imprint_argument_is 1 certificate export' -a '(__fish_complete_directories)'
complete -c imprint -n '__imprint_verb_is sign' -l raw -s r -d 'write the signature as r and s, 32 bytes each, not as DER'
complete -c imprint -n '__imprint_verb_is sign' -l out -s o -r -F -d 'write to FILE, not to stdout'
complete -c imprint -n '__imprint_argument_is 1 sign' -a '(__imprint_keys)'
complete -c imprint -n '__imprint_argument_is 2 sign' -F
complete -c imprint -n '__imprint_verb_is tls' -l key -s k -x -a '(__imprint_keys)' -d 'the key to use (default: the maker\'s key in slot 0)'
complete -c imprint -n '__imprint_verb_is tls' -l certificate -s c -r -F -d 'the device\'s certificate and those above it, PEM or DER (default: the one that was issued here for this key, or the maker\'s)'
complete -c imprint -n '__imprint_verb_is tls' -l ca -r -F -d 'the server\'s CA, PEM or DER (default: the roots that Debian trusts)'
complete -c imprint -n '__imprint_verb_is tls' -l name -x -d 'the name in the server\'s certificate (default: HOST)'
complete -c imprint -n '__imprint_verb_is tls' -l alpn -x -d 'offer this application protocol; up to four, separated by commas'
complete -c imprint -n '__imprint_verb_is tls' -l tls -x -a '1.2 1.3' -d 'offer only this version: 1.2 or 1.3'
complete -c imprint -n '__imprint_verb_is tls' -l mqtt -d 'ask in MQTT 3.1.1: CONNECT, with the certificate\'s name as client identifier'
complete -c imprint -n '__imprint_verb_is tls' -l send -x -d 'ask this, with \\r, \\n, \\t, \\\\ and \\xHH (default: GET / of HTTP)'
complete -c imprint -n '__imprint_verb_is tls' -l timeout -s t -x -d 'end after so many seconds (default: 30)'
complete -c imprint -n '__imprint_verb_is verify' -l raw -s r -d 'the signature is r and s, 32 bytes each, not DER'
complete -c imprint -n '__imprint_argument_is 1 verify' -a '(__imprint_keys)'
complete -c imprint -n '__imprint_argument_is 2 verify' -F
complete -c imprint -n '__imprint_argument_is 3 verify' -F
complete -c imprint -n '__imprint_verb_is random' -l hex -s x -d 'print hex digits and a newline'
complete -c imprint -n '__imprint_verb_is scan' -l also-at -x -d 'also look at ADDRESS, to which the profile moves the chip'
complete -c imprint -n '__imprint_verb_is verify-record' -l profile -r -F -d 'the profile that the record must be of: compare its digest'
complete -c imprint -n '__imprint_argument_is 1 verify-record' -F
complete -c imprint -n '__imprint_words_are ledger' -a new -d 'Make the ledger before the first run, with the key that you choose'
complete -c imprint -n '__imprint_verb_is ledger new' -l key -x -a 'ed25519 p-256' -d 'ed25519 or p-256 (default: ed25519)'
complete -c imprint -n '__imprint_words_are ledger' -a list -d 'List the entries of the ledger: every attempt at every device'
complete -c imprint -n '__imprint_verb_is ledger list' -l csv -d 'comma-separated values with a heading, for spreadsheets'
complete -c imprint -n '__imprint_verb_is ledger list' -l keys -d 'the keys of finished devices, as comma-separated values'
complete -c imprint -n '__imprint_verb_is ledger list' -l certificates -d 'the certificates of finished devices, as comma-separated values'
complete -c imprint -n '__imprint_words_are ledger' -a show -d 'Show all that the ledger has of one device'
complete -c imprint -n '__imprint_words_are ledger' -a verify -d 'Check the ledger: edits, gaps, forks, a clock that went back'
complete -c imprint -n '__imprint_verb_is ledger verify' -l tables -d 'compare the derived tables with the entries, too'
complete -c imprint -n '__imprint_verb_is ledger verify' -F
complete -c imprint -n '__imprint_words_are ledger' -a alarms -d 'List the entries in which a device has what another one has'
complete -c imprint -n '__imprint_verb_is ledger alarms' -l server -x -d 'only the line\'s, of this database: PostgreSQL\'s connection settings, without a password'
complete -c imprint -n '__imprint_verb_is ledger alarms' -l local -d 'only this station\'s, without asking the line'
complete -c imprint -n '__imprint_words_are ledger' -a cosign -d 'Have witnesses cosign the newest checkpoint of the ledger'
complete -c imprint -n '__imprint_words_are ledger' -a stamp -d 'Have a time stamping authority stamp the newest checkpoint'
complete -c imprint -n '__imprint_words_are ledger' -a export -d 'Write the ledger for an auditor, with what is needed to check it'
complete -c imprint -n '__imprint_argument_is 1 ledger export' -a '(__fish_complete_directories)'
complete -c imprint -n '__imprint_words_are ledger' -a prove -d 'Prove that the ledger has one device, without showing the others'
complete -c imprint -n '__imprint_argument_is 2 ledger prove' -a '(__fish_complete_directories)'
complete -c imprint -n '__imprint_words_are ledger' -a backup -d 'Copy the ledger while the station works'
complete -c imprint -n '__imprint_argument_is 1 ledger backup' -F
complete -c imprint -n '__imprint_words_are ledger' -a rebuild -d 'Rebuild the ledger\'s derived tables from its entries'
complete -c imprint -n '__imprint_words_are ledger' -a import -d 'Take the records of the state folder into the ledger'
complete -c imprint -n '__imprint_words_are ledger' -a status -d 'Show how many entries wait for the line'
complete -c imprint -n '__imprint_words_are ledger' -a sync -d 'Send the ledger\'s new entries to the line\'s server'
complete -c imprint -n '__imprint_words_are witness' -a new -d 'Make a witness, which cosigns checkpoints of ledgers'
complete -c imprint -n '__imprint_argument_is 2 witness new' -a '(__fish_complete_directories)'
complete -c imprint -n '__imprint_words_are witness' -a trust -d 'Tell a witness which logs it cosigns'
complete -c imprint -n '__imprint_argument_is 1 witness trust' -a '(__fish_complete_directories)'
complete -c imprint -n '__imprint_verb_is witness trust' -a '(__imprint_keys)'
complete -c imprint -n '__imprint_words_are witness' -a list -d 'Show the logs of a witness, and what it cosigned last'
complete -c imprint -n '__imprint_argument_is 1 witness list' -a '(__fish_complete_directories)'
complete -c imprint -n '__imprint_words_are witness' -a serve -d 'Cosign checkpoints of ledgers that only grow, over HTTP'
complete -c imprint -n '__imprint_verb_is witness serve' -l listen -x -a '127.0.0.1:8446 0.0.0.0:8446' -d 'the address of this machine to listen at (default: 127.0.0.1:8446); port 0 takes a free one, 0.0.0.0 all addresses'
complete -c imprint -n '__imprint_argument_is 1 witness serve' -a '(__fish_complete_directories)'
complete -c imprint -n '__imprint_words_are line' -a init -d 'Prepare a PostgreSQL database for the ledger and the orders of a line'
complete -c imprint -n '__imprint_verb_is line init' -l server -x -d 'the database, as its administrator: PostgreSQL\'s connection settings, without a password'
complete -c imprint -n '__imprint_verb_is line init' -l sql -d 'print the SQL instead of running it'
complete -c imprint -n '__imprint_words_are line' -a add-station -d 'Let a station append to its own log in the line\'s database'
complete -c imprint -n '__imprint_verb_is line add-station' -l server -x -d 'the database, as its administrator: PostgreSQL\'s connection settings, without a password'
complete -c imprint -n '__imprint_verb_is line add-station' -l password-file -r -F -d 'give the role a new password, and write it to this new file'
complete -c imprint -n '__imprint_verb_is line add-station' -l sql -d 'print the SQL instead of running it'
complete -c imprint -n '__imprint_words_are line' -a add-planner -d 'Let a role make, approve and close the line\'s orders, and report of it'
complete -c imprint -n '__imprint_verb_is line add-planner' -l server -x -d 'the database, as its administrator: PostgreSQL\'s connection settings, without a password'
complete -c imprint -n '__imprint_verb_is line add-planner' -l password-file -r -F -d 'give the role a new password, and write it to this new file'
complete -c imprint -n '__imprint_verb_is line add-planner' -l sql -d 'print the SQL instead of running it'
complete -c imprint -n '__imprint_words_are line' -a verify -d 'Check the line\'s database against what its stations signed'
complete -c imprint -n '__imprint_verb_is line verify' -l server -x -d 'the database, as somebody who can read its tables: PostgreSQL\'s connection settings, without a password'
complete -c imprint -n '__imprint_words_are order' -a new -d 'Make a work order: how many devices of a profile'
complete -c imprint -n '__imprint_verb_is order new' -l quantity -s q -x -d 'how many devices: 1 to 10000000; needed without --boards'
complete -c imprint -n '__imprint_verb_is order new' -l id -x -d 'the order\'s id, as in WO-1042; else the next free WO-1, WO-2, ...'
complete -c imprint -n '__imprint_verb_is order new' -l issuer -x -d 'who has to sign the devices\' certificates'
complete -c imprint -n '__imprint_verb_is order new' -l boards -r -F -d 'only boards with these numbers, one a line; - is stdin'
complete -c imprint -n '__imprint_verb_is order new' -l no-first-article -d 'make devices without approval of the first one by a second person'
complete -c imprint -n '__imprint_verb_is order new' -l scan-labels -d 'each device\'s label is scanned back before its socket accepts another board'
complete -c imprint -n '__imprint_verb_is order new' -l operator -x -d 'who makes the order, for the ledger; at most 64 bytes'
complete -c imprint -n '__imprint_verb_is order new' -l server -x -d 'the line\'s database instead of line.yaml\'s: PostgreSQL\'s settings, without a password'
complete -c imprint -n '__imprint_verb_is order new' -l local -d 'orders of this station, and its copies of the line\'s: no server is asked'
complete -c imprint -n '__imprint_argument_is 1 order new' -F
complete -c imprint -n '__imprint_words_are order' -a list -d 'List the work orders and how far each one is'
complete -c imprint -n '__imprint_verb_is order list' -l server -x -d 'the line\'s database instead of line.yaml\'s: PostgreSQL\'s settings, without a password'
complete -c imprint -n '__imprint_verb_is order list' -l local -d 'orders of this station, and its copies of the line\'s: no server is asked'
complete -c imprint -n '__imprint_words_are order' -a show -d 'Show a work order: what it is, and how far it is'
complete -c imprint -n '__imprint_verb_is order show' -l server -x -d 'the line\'s database instead of line.yaml\'s: PostgreSQL\'s settings, without a password'
complete -c imprint -n '__imprint_verb_is order show' -l local -d 'orders of this station, and its copies of the line\'s: no server is asked'
complete -c imprint -n '__imprint_words_are order' -a approve -d 'Approve the first device of a work order, so that the others are made'
complete -c imprint -n '__imprint_verb_is order approve' -l operator -x -d 'who decides this, for the ledger; at most 64 bytes'
complete -c imprint -n '__imprint_verb_is order approve' -l server -x -d 'the line\'s database instead of line.yaml\'s: PostgreSQL\'s settings, without a password'
complete -c imprint -n '__imprint_verb_is order approve' -l local -d 'orders of this station, and its copies of the line\'s: no server is asked'
complete -c imprint -n '__imprint_words_are order' -a close -d 'Close a work order: no device takes a unit of it any more'
complete -c imprint -n '__imprint_verb_is order close' -l operator -x -d 'who decides this, for the ledger; at most 64 bytes'
complete -c imprint -n '__imprint_verb_is order close' -l server -x -d 'the line\'s database instead of line.yaml\'s: PostgreSQL\'s settings, without a password'
complete -c imprint -n '__imprint_verb_is order close' -l local -d 'orders of this station, and its copies of the line\'s: no server is asked'
complete -c imprint -n '__imprint_words_are order' -a release -d 'Give back the unit of a device that will not be finished'
complete -c imprint -n '__imprint_verb_is order release' -l operator -x -d 'who decides this, for the ledger; at most 64 bytes'
complete -c imprint -n '__imprint_words_are order' -a lease -d 'Take a share of an order of the line for this station'
complete -c imprint -n '__imprint_verb_is order lease' -l server -x -d 'the line\'s database instead of line.yaml\'s: PostgreSQL\'s settings, without a password'
complete -c imprint -n '__imprint_verb_is order lease' -l operator -x -d 'who does this, for the ledger; at most 64 bytes'
complete -c imprint -n '__imprint_words_are order' -a return -d 'End this station\'s leases of an order, and give the rest back to the line'
complete -c imprint -n '__imprint_verb_is order return' -l server -x -d 'the line\'s database instead of line.yaml\'s: PostgreSQL\'s settings, without a password'
complete -c imprint -n '__imprint_verb_is order return' -l operator -x -d 'who does this, for the ledger; at most 64 bytes'
complete -c imprint -n '__imprint_words_are order' -a sync -d 'Tell the line which devices of its orders this station has made'
complete -c imprint -n '__imprint_verb_is order sync' -l server -x -d 'the line\'s database instead of line.yaml\'s: PostgreSQL\'s settings, without a password'
complete -c imprint -n '__imprint_verb_is order sync' -l operator -x -d 'who does this, for the ledger; at most 64 bytes'
complete -c imprint -n '__imprint_verb_is report' -l from -x -d 'attempts that ended at or after TIME: 2026-01-31, or 2026-01-31T06:00'
complete -c imprint -n '__imprint_verb_is report' -l to -x -d 'attempts that ended before TIME; a day counts whole'
complete -c imprint -n '__imprint_verb_is report' -l order -x -d 'attempts of this work order alone'
complete -c imprint -n '__imprint_verb_is report' -l shifts -x -d 'divide days into shifts that begin at these times: 06:00,14:00,22:00'
complete -c imprint -n '__imprint_verb_is report' -l rehearsals -d 'report rehearsals, and no production'
complete -c imprint -n '__imprint_verb_is report' -l csv -d 'comma-separated values with a heading, for spreadsheets'
complete -c imprint -n '__imprint_verb_is report' -l html -r -F -d 'write one HTML page with plots to FILE, and print its name'
complete -c imprint -n '__imprint_verb_is report' -l line -d 'of all stations of the line: the entries that its server has'
complete -c imprint -n '__imprint_verb_is report' -l server -x -d 'the server of --line, instead of line.yaml\'s, without a password'
complete -c imprint -n '__imprint_verb_is label' -l out -s o -r -F -d 'write to FILE, not to stdout; its ending .svg, .png or .zpl is the format'
complete -c imprint -n '__imprint_verb_is label' -l to -x -d 'print it: folder:DIR, cups:PRINTER or zpl:HOST:9100'
complete -c imprint -n '__imprint_verb_is label' -l format -x -a 'svg png zpl' -d 'svg, png or zpl (default: what FILE or PLACE needs, else svg)'
complete -c imprint -n '__imprint_verb_is label' -l width -x -d 'width of the label in millimetres (default: 40)'
complete -c imprint -n '__imprint_verb_is label' -l height -x -d 'height of the label in millimetres (default: 15)'
complete -c imprint -n '__imprint_verb_is label' -l dpi -x -d 'dots per inch of the printer, for png and zpl (default: 203)'
complete -c imprint -n '__imprint_verb_is label' -l test -d 'a test label of no device: SERIAL is TEST and up to 14 letters or digits'
complete -c imprint -n '__imprint_words_are manifest' -a export -d 'Write finished devices as a signed manifest, as clouds take it'
complete -c imprint -n '__imprint_verb_is manifest export' -l issuer -x -d 'who signs: a name in the issuers file, with a key in a file or a token; its certificate is what readers need'
complete -c imprint -n '__imprint_verb_is manifest export' -l order -x -d 'only devices of this work order'
complete -c imprint -n '__imprint_verb_is manifest export' -l since -x -d 'only devices made then or later: 2026-01-31, 2026-01-31T12:00:00Z (UTC)'
complete -c imprint -n '__imprint_verb_is manifest export' -l rehearsal -d 'devices of rehearsals too'
complete -c imprint -n '__imprint_argument_is 1 manifest export' -F
complete -c imprint -n '__imprint_words_are manifest' -a verify -d 'Verify lists of parts in Microchip\'s format'
complete -c imprint -n '__imprint_verb_is manifest verify' -l signer -r -F -d 'certificates of those who sign manifests, PEM one after the other, or one in DER; Microchip\'s are called log signers'
complete -c imprint -n '__imprint_verb_is manifest verify' -l ca -r -F -d 'roots of the device certificates in the manifest, beside Microchip\'s: PEM one after the other, or one in DER'
complete -c imprint -n '__imprint_verb_is manifest verify' -l any-date -d 'take parts that are dated outside of their signer\'s validity, as pytrustplatform and esp-cryptoauth-utility date them'
complete -c imprint -n '__imprint_verb_is manifest verify' -l rehearsal -d 'take certificates of the virtual maker too'
complete -c imprint -n '__imprint_verb_is manifest verify' -F
complete -c imprint -n '__imprint_words_are manifest' -a import -d 'Keep manifests as the list of parts that may come in'
complete -c imprint -n '__imprint_verb_is manifest import' -l signer -r -F -d 'certificates of those who sign manifests, PEM one after the other, or one in DER; Microchip\'s are called log signers'
complete -c imprint -n '__imprint_verb_is manifest import' -l ca -r -F -d 'roots of the device certificates in the manifest, beside Microchip\'s: PEM one after the other, or one in DER'
complete -c imprint -n '__imprint_verb_is manifest import' -l any-date -d 'take parts that are dated outside of their signer\'s validity, as pytrustplatform and esp-cryptoauth-utility date them'
complete -c imprint -n '__imprint_verb_is manifest import' -l rehearsal -d 'take certificates of the virtual maker too'
complete -c imprint -n '__imprint_verb_is manifest import' -F
complete -c imprint -n '__imprint_words_are manifest' -a list -d 'List the manifests that were imported, or their parts'
complete -c imprint -n '__imprint_verb_is manifest list' -l parts -d 'a line for each part instead of each manifest'
complete -c imprint -n '__imprint_words_are signer' -a serve -d 'Issue certificates to stations, as an EST server'
complete -c imprint -n '__imprint_verb_is signer serve' -l listen -x -a '127.0.0.1:8443 0.0.0.0:8443' -d 'the address of this machine to listen at (default: 127.0.0.1:8443); port 0 takes a free one, 0.0.0.0 all addresses'
complete -c imprint -n '__imprint_argument_is 1 signer serve' -F
complete -c imprint -n '__imprint_words_are signer' -a check -d 'Check a signer\'s rule file, and all that it names'
complete -c imprint -n '__imprint_argument_is 1 signer check' -F
complete -c imprint -n '__imprint_words_are signer' -a status -d 'Show what a signer has issued, and what is left of each order'
complete -c imprint -n '__imprint_verb_is signer status' -l decisions -d 'list every decision as well, the first one first'
complete -c imprint -n '__imprint_argument_is 1 signer status' -F
complete -c imprint -n '__imprint_words_are signer' -a verify -d 'Check a signer\'s decisions: edits, gaps, forks'
complete -c imprint -n '__imprint_verb_is signer verify' -l out -s o -r -F -d 'write the newest checkpoint to FILE, to be kept elsewhere'
complete -c imprint -n '__imprint_argument_is 1 signer verify' -F
complete -c imprint -n '__imprint_verb_is signer verify' -F
complete -c imprint -n '__imprint_verb_is station' -l check -d 'only say whether a shift would find all it needs'
complete -c imprint -n '__imprint_argument_is 1 station' -F
complete -c imprint -n '__imprint_words_are user' -a add -d 'Let a person log in at the pages of a station'
complete -c imprint -n '__imprint_verb_is user add' -l role -x -a 'operator lead auditor' -d 'operator (default), lead or auditor'
complete -c imprint -n '__imprint_verb_is user add' -l password-file -r -F -d 'the file whose first line is the password, instead of asking'
complete -c imprint -n '__imprint_argument_is 1 user add' -F
complete -c imprint -n '__imprint_words_are user' -a list -d 'List who can log in at the pages of a station'
complete -c imprint -n '__imprint_argument_is 1 user list' -F
complete -c imprint -n '__imprint_words_are user' -a remove -d 'Take away a person\'s login at a station'
complete -c imprint -n '__imprint_argument_is 1 user remove' -F
complete -c imprint -n '__imprint_verb_is rework' -l operator -x -d 'who decides this, for the ledger; at most 64 bytes'
complete -c imprint -n '__imprint_verb_is rework' -l note -x -d 'what was found or done, for the ledger; at most 200 bytes'
complete -c imprint -n '__imprint_verb_is scrap' -l operator -x -d 'who decides this, for the ledger; at most 64 bytes'
complete -c imprint -n '__imprint_verb_is scrap' -l note -x -d 'what was found or done, for the ledger; at most 200 bytes'
complete -c imprint -n '__imprint_verb_is retire' -l yes -s y -d 'do it; without this option, only list what would be given up'
complete -c imprint -n '__imprint_verb_is retire' -l lost -d 'the device is not here (lost, broken, a board of its own): do not ask it, and leave its mark'
complete -c imprint -n '__imprint_verb_is retire' -l operator -x -d 'who runs this, for the history; at most 64 bytes'
complete -c imprint -n '__imprint_verb_is erase' -l yes -s y -d 'do it; without this option, only list what would be removed'
complete -c imprint -n '__imprint_verb_is erase' -l io-key -d 'also forget the chip\'s IO protection key'
complete -c imprint -n '__imprint_verb_is erase' -l operator -x -d 'who does it, for the ledger; at most 64 bytes'
complete -c imprint -n '__imprint_verb_is compile' -l c -d 'write a C source with a const table, for a factory image'
complete -c imprint -n '__imprint_verb_is compile' -l binary -d 'write the binary form whose SHA-256 is the profile\'s digest'
complete -c imprint -n '__imprint_verb_is compile' -l certificates -d 'write a C source by which an application puts the certificates in the chip\'s slots together again'
complete -c imprint -n '__imprint_verb_is compile' -l name -x -d 'not with --binary: the table\'s name in C (default: factory_profile, certificates)'
complete -c imprint -n '__imprint_verb_is compile' -l arm -x -a 'profile' -d 'with --c: the image may do irreversible steps on any device'
complete -c imprint -n '__imprint_verb_is compile' -l run-at-start -d 'with --c: the image starts without waiting for a station'
complete -c imprint -n '__imprint_verb_is compile' -l out -s o -r -F -d 'write to FILE, not to stdout'
complete -c imprint -n '__imprint_argument_is 1 compile' -F
complete -c imprint -n '__imprint_words_are board' -a info -d 'Say which application runs on a board'
complete -c imprint -n '__imprint_verb_is board info' -l console -s c -x -a '(__imprint_ports)' -d 'the board\'s console: a serial port, 115200 8N1 (required)'
complete -c imprint -n '__imprint_words_are board' -a provision -d 'Let a board\'s factory application provision the board'
complete -c imprint -n '__imprint_verb_is board provision' -l console -s c -x -a '(__imprint_ports)' -d 'the board\'s console: a serial port, 115200 8N1 (required)'
complete -c imprint -n '__imprint_verb_is board provision' -l dry-run -s n -d 'show the plan, change nothing'
complete -c imprint -n '__imprint_verb_is board provision' -l arm -x -a 'profile' -d 'allow irreversible steps: for one device and profile (both numbers are in the plan); SERIAL alone for one device and any profile; the word profile for any device. Any other is refused'
complete -c imprint -n '__imprint_verb_is board provision' -l confirm -d 'show the plan, then wait for a line on stdin: SERIAL:DIGEST continues and arms, SERIAL continues; at the end of stdin the device is not changed'
complete -c imprint -n '__imprint_verb_is board provision' -l only -x -d 'refuse any other device than this one'
complete -c imprint -n '__imprint_verb_is board provision' -l rehearsal -d 'allow an emulated board and published TEST keys for this run; the record says so'
complete -c imprint -n '__imprint_verb_is board provision' -l operator -x -d 'who runs this: a name or number for the record'
complete -c imprint -n '__imprint_verb_is board provision' -l order -x -d 'take one unit of this work order'
complete -c imprint -n '__imprint_verb_is board provision' -l board -x -d 'the board\'s number; each is used once'
complete -c imprint -n '__imprint_verb_is board provision' -l socket -x -d 'the station\'s socket that the board is in, for the record'
complete -c imprint -n '__imprint_verb_is board provision' -l firmware -r -F -d 'refuse a board on which another image runs than this (.bin)'
complete -c imprint -n '__imprint_verb_is board provision' -l tries -x -d 'after so many failures through its own fault the board is in quarantine, here and elsewhere: a station gives it, and the record keeps it'
complete -c imprint -n '__imprint_verb_is board provision' -l timeout -x -d 'how long the board may be silent (default: 30)'
complete -c imprint -n '__imprint_verb_is board provision' -l switch -x -d 'then run this shell command, which flashes the primary image and resets the board, and prove the keys'
complete -c imprint -n '__imprint_verb_is board provision' -l primary-console -x -a '(__imprint_ports)' -d 'with --switch: the console of the primary application'
complete -c imprint -n '__imprint_verb_is board provision' -l end -d 'end the factory application when done'
complete -c imprint -n '__imprint_verb_is board provision' -l finished -d 'confirm a finished device; refuse one that the profile would change'
complete -c imprint -n '__imprint_argument_is 1 board provision' -F
complete -c imprint -n '__imprint_words_are board' -a prove -d 'Prove a board\'s keys through its primary application'
complete -c imprint -n '__imprint_verb_is board prove' -l console -s c -x -a '(__imprint_ports)' -d 'the board\'s console: a serial port, 115200 8N1 (required)'
complete -c imprint -n '__imprint_verb_is board prove' -l operator -x -d 'who runs this: a name or number for the record'
complete -c imprint -n '__imprint_verb_is board prove' -l timeout -x -d 'how long the board may be silent (default: 30)'
complete -c imprint -n '__imprint_verb_is board prove' -l save -x -a '(__fish_complete_directories)' -d 'keep each message, signature and public key as files in DIR'
complete -c imprint -n '__imprint_verb_is board prove' -l end -d 'end the primary application when done'
complete -c imprint -n '__imprint_words_are virtual' -a new -d 'Make a virtual chip'
complete -c imprint -n '__imprint_verb_is virtual new' -l as -s a -r -a 'blank trust-and-go trust-flex' -F -d 'blank, trust-and-go (default), trust-flex, or the name of a file with a config zone dump'
complete -c imprint -n '__imprint_verb_is virtual new' -l bus -x -a 'i2c swi' -d 'i2c (default), or swi for a part with a single wire; a dump says which bus it has'
complete -c imprint -n '__imprint_verb_is virtual new' -l revision -x -d 'what the part answers when asked for its revision, 8 hex digits such as 00006004; the config zone stays as it is'
complete -c imprint -n '__imprint_verb_is virtual new' -l seed -s s -x -d 'make the same part, serial number and keys for the same N'
complete -c imprint -n '__imprint_argument_is 1 virtual new' -F
complete -c imprint -n '__imprint_words_are virtual' -a serve -d 'Let other programs use virtual chips'
complete -c imprint -n '__imprint_verb_is virtual serve' -l unix -r -F -d 'serve at a Unix socket that only its owner may use, for --device unix:PATH'
complete -c imprint -n '__imprint_verb_is virtual serve' -l tcp -x -a '127.0.0.1:0' -d 'serve at a TCP port, for --device tcp:HOST:PORT; port 0 picks a free one'
complete -c imprint -n '__imprint_verb_is virtual serve' -l swi-pty -d 'be a chip on a single wire at a pseudo terminal, for --device swi:FILE'
complete -c imprint -n '__imprint_verb_is virtual serve' -l swi-unix -r -F -d 'the same at a Unix socket, for emulators and for --device swi:PATH'
complete -c imprint -n '__imprint_verb_is virtual serve' -l kit-pty -d 'be a kit at a pseudo terminal, for --device kit:FILE; in real time'
complete -c imprint -n '__imprint_verb_is virtual serve' -l kit-hid -d 'be a kit on USB HID, for --device kit:hid; in real time; needs access to /dev/uhid'
complete -c imprint -n '__imprint_verb_is virtual serve' -l remote -d 'let --tcp listen beyond this machine: there is no password, anyone who reaches the port can use the chips'
complete -c imprint -n '__imprint_verb_is virtual serve' -l real-time -d 'let the chips\' time follow the wall clock'
complete -c imprint -n '__imprint_verb_is virtual serve' -l typical -d 'let commands take their typical times; the default where time follows the wall clock'
complete -c imprint -n '__imprint_verb_is virtual serve' -l maximum -d 'let commands take the longest published times: the worst case for a host'
complete -c imprint -n '__imprint_verb_is virtual serve' -l message-limit -x -a '32 61' -d 'with --unix and --tcp: refuse longer messages, as adapters do that carry 32 or 61 bytes'
complete -c imprint -n '__imprint_verb_is virtual serve' -F
complete -c imprint -n '__imprint_words_are virtual' -a run -d 'Run a program with virtual chips on its I2C bus'
complete -c imprint -n '__imprint_verb_is virtual run' -l bus -s b -x -d 'the chips are on /dev/i2c-N (default: 1)'
complete -c imprint -n '__imprint_verb_is virtual run' -l typical -d 'let commands take their typical times (the default)'
complete -c imprint -n '__imprint_verb_is virtual run' -l maximum -d 'let commands take the longest published times: the worst case for a host'
complete -c imprint -n '__imprint_verb_is virtual run' -l message-limit -x -a '32 61' -d 'refuse longer messages, as adapters do that carry 32 or 61 bytes'
complete -c imprint -n '__imprint_verb_is virtual run' -l nack -x -a 'ENXIO EREMOTEIO EIO' -d 'errno of a NACK: ENXIO, EREMOTEIO (as on a Raspberry Pi) or EIO (default: ENXIO for an address, EREMOTEIO for a byte)'
complete -c imprint -n '__imprint_verb_is virtual run' -F
complete -c imprint -n '__imprint_words_are ca' -a new -d 'Make a certificate authority for rehearsals'
complete -c imprint -n '__imprint_verb_is ca new' -l name -s n -x -d 'the issuer\'s name, by which profiles call it (default: rehearsal)'
complete -c imprint -n '__imprint_argument_is 1 help' -a 'provision adopt info explain keys public-key csr certificate sign tls verify random scan verify-record issuers ledger witness line order report label manifest signer station user rework scrap retire erase compile board virtual ca help version'
# end generated
