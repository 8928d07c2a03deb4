# SPDX-License-Identifier: Apache-2.0
# Bash completion for imprint(1). Keys are completed by asking imprint itself, which only looks.

# The words of the line as the program will see them, into `words`. Bash cuts at the characters of COMP_WORDBREAKS, so
# that "virtual:FILE" and "--device=virtual" come in three pieces; pieces that touch each other on the line are one word.
_imprint_words() {
    local piece rest=$COMP_LINE without_blanks i touches glue=0
    words=()
    for ((i = 0; i <= COMP_CWORD; i++)); do
        piece=${COMP_WORDS[i]}
        without_blanks=${rest#"${rest%%[![:space:]]*}"}
        touches=0
        [[ -n $COMP_LINE && $without_blanks == "$rest" ]] && touches=1
        rest=${without_blanks#"$piece"}
        if ((i > 0 && touches)) && { ((glue)) || [[ $piece =~ ^[:=]+$ ]]; }; then
            words[-1]+=$piece
        else
            words+=("$piece")
        fi
        glue=0
        [[ $piece =~ ^[:=]+$ ]] && glue=1
    done
    # "--option=value" is "--option value".
    local whole=("${words[@]}")
    words=()
    for piece in "${whole[@]}"; do
        if [[ $piece == --*=* ]]; then words+=("${piece%%=*}" "${piece#*=}"); else words+=("$piece"); fi
    done
}

# A word as typed, without its quotes and with its ~ spelled out.
_imprint_plain() {
    local plain
    plain=$(xargs printf '%s' <<<"$1" 2>/dev/null) || plain=$1
    printf '%s' "${plain/#~\//$HOME/}"
}

# The keys of the device that the command line names: ids and names.
_imprint_keys() {
    local i before=()
    for ((i = 1; i < ${#words[@]} - 1; i++)); do
        case ${words[i]} in
            --state | --device | --storage) before+=("${words[i]}" "$(_imprint_plain "${words[i + 1]}")") ;;
        esac
    done
    "$(_imprint_plain "${words[0]}")" "${before[@]}" --json keys 2>/dev/null |
        sed -n 's/^{"event":"key",.*"key_id":\([0-9]*\),"name":\("\([^"]*\)"\|null\).*/\1 \3/p'
}

# What fits the word in hand, of the words given. Of a word that bash has cut, it wants the last piece only.
_imprint_offer() {
    local i last=${COMP_WORDS[COMP_CWORD]}
    [[ $last =~ ^[:=]+$ ]] && last=""
    mapfile -t COMPREPLY < <(compgen -W "$1" -- "$cur")
    for i in "${!COMPREPLY[@]}"; do
        COMPREPLY[i]=${COMPREPLY[i]#"${cur%"$last"}"}
    done
}

_imprint_devices() {
    local adapter
    if [[ $cur == virtual:* ]]; then
        # What stands behind the colon is a word of its own to bash, or else no file name that it could complete.
        [[ $COMP_WORDBREAKS == *:* ]] && mapfile -t COMPREPLY < <(compgen -f -- "$(_imprint_plain "${cur#virtual:}")") &&
            compopt -o filenames
        return
    fi
    local devices="virtual virtual: swi:/dev/tty kit:/dev/tty kit:hid unix: tcp:"
    for adapter in /dev/i2c-*; do
        [[ -e $adapter ]] && devices+=" i2c:$adapter"
    done
    [[ $devices == *i2c:* ]] || devices+=" i2c:/dev/i2c-"
    _imprint_offer "$devices"
    compopt -o nospace
}

# Serial ports that there are.
_imprint_ports() {
    local port ports=""
    for port in /dev/ttyACM* /dev/ttyUSB* /dev/serial/by-id/*; do
        [[ -e $port ]] && ports+=" $port"
    done
    _imprint_offer "${ports:-/dev/tty}"
    compopt -o default
}

# begin generated: bash (scripts/cli-docs)
_imprint_global="--state --device --storage --issuers --connections --json --quiet --verbose --fault --trace --trace-secrets --help --version"
_imprint_verbs="provision adopt info explain keys public-key csr certificate sign tls verify random scan verify-record issuers ledger witness line order report label manifest signer station user rework scrap retire erase compile board virtual ca help version"
_imprint_valued=" --state --device --storage --issuers --connections --fault --trace --only --operator --board --socket --arm --order --tries -s --subject -o --out -k --key -f --for -c --certificate --ca --name --alpn --tls --send -t --timeout --also-at --profile --server --listen --password-file -q --quantity --id --issuer --boards --from --to --shifts --html --format --width --height --dpi --since --signer --role --note --console --firmware --switch --primary-console --save -a --as --bus --revision --seed --unix --tcp --swi-unix --message-limit -b --nack -n "

_imprint_subcommands() {
    case $1 in
        certificate) echo "show verify export" ;;
        ledger) echo "new list show verify alarms cosign stamp export prove backup rebuild import status sync" ;;
        witness) echo "new trust list serve" ;;
        line) echo "init add-station add-planner verify" ;;
        order) echo "new list show approve close release lease return sync" ;;
        manifest) echo "export verify import list" ;;
        signer) echo "serve check status verify" ;;
        user) echo "add list remove" ;;
        board) echo "info provision prove" ;;
        virtual) echo "new serve run" ;;
        ca) echo "new" ;;
    esac
}

_imprint_options() {
    case $1 in
        "provision") echo "--dry-run --only --rehearsal --operator --board --socket --arm --confirm --order --tries --finished" ;;
        "adopt") echo "--dry-run --only --rehearsal --operator --board --socket" ;;
        "csr") echo "--subject --out" ;;
        "certificate show") echo "--key --pem --only" ;;
        "certificate export") echo "--for --key" ;;
        "sign") echo "--raw --out" ;;
        "tls") echo "--key --certificate --ca --name --alpn --tls --mqtt --send --timeout" ;;
        "verify") echo "--raw" ;;
        "random") echo "--hex" ;;
        "scan") echo "--also-at" ;;
        "verify-record") echo "--profile" ;;
        "ledger new") echo "--key" ;;
        "ledger list") echo "--csv --keys --certificates" ;;
        "ledger verify") echo "--tables" ;;
        "ledger alarms") echo "--server --local" ;;
        "witness serve") echo "--listen" ;;
        "line init") echo "--server --sql" ;;
        "line add-station") echo "--server --password-file --sql" ;;
        "line add-planner") echo "--server --password-file --sql" ;;
        "line verify") echo "--server" ;;
        "order new") echo "--quantity --id --issuer --boards --no-first-article --scan-labels --operator --server --local" ;;
        "order list") echo "--server --local" ;;
        "order show") echo "--server --local" ;;
        "order approve") echo "--operator --server --local" ;;
        "order close") echo "--operator --server --local" ;;
        "order release") echo "--operator" ;;
        "order lease") echo "--server --operator" ;;
        "order return") echo "--server --operator" ;;
        "order sync") echo "--server --operator" ;;
        "report") echo "--from --to --order --shifts --rehearsals --csv --html --line --server" ;;
        "label") echo "--out --to --format --width --height --dpi --test" ;;
        "manifest export") echo "--issuer --order --since --rehearsal" ;;
        "manifest verify") echo "--signer --ca --any-date --rehearsal" ;;
        "manifest import") echo "--signer --ca --any-date --rehearsal" ;;
        "manifest list") echo "--parts" ;;
        "signer serve") echo "--listen" ;;
        "signer status") echo "--decisions" ;;
        "signer verify") echo "--out" ;;
        "station") echo "--check" ;;
        "user add") echo "--role --password-file" ;;
        "rework") echo "--operator --note" ;;
        "scrap") echo "--operator --note" ;;
        "retire") echo "--yes --lost --operator" ;;
        "erase") echo "--yes --io-key --operator" ;;
        "compile") echo "--c --binary --certificates --name --arm --run-at-start --out" ;;
        "board info") echo "--console" ;;
        "board provision") echo "--console --dry-run --arm --confirm --only --rehearsal --operator --order --board --socket --firmware --tries --timeout --switch --primary-console --end --finished" ;;
        "board prove") echo "--console --operator --timeout --save --end" ;;
        "virtual new") echo "--as --bus --revision --seed" ;;
        "virtual serve") echo "--unix --tcp --swi-pty --swi-unix --kit-pty --kit-hid --remote --real-time --typical --maximum --message-limit" ;;
        "virtual run") echo "--bus --typical --maximum --message-limit --nack" ;;
        "ca new") echo "--name" ;;
    esac
}

# What completes the value of option $2 of verb $1: a kind, then known values.
_imprint_value() {
    case "$1 $2" in
        *" --state") echo "folder" ;;
        *" --device") echo "device" ;;
        *" --storage") echo "none file flash:" ;;
        *" --issuers") echo "file" ;;
        *" --connections") echo "file" ;;
        *" --fault") echo "none silent@ nack@ garbage@ badcrc@ flip@ lost@ reset@ slow@ kill@" ;;
        *" --trace") echo "file" ;;
        "provision --only") echo "none" ;;
        "provision --operator") echo "none" ;;
        "provision --board") echo "none" ;;
        "provision --socket") echo "none" ;;
        "provision --arm") echo "none profile" ;;
        "provision --order") echo "none" ;;
        "provision --tries") echo "none" ;;
        "adopt --only") echo "none" ;;
        "adopt --operator") echo "none" ;;
        "adopt --board") echo "none" ;;
        "adopt --socket") echo "none" ;;
        "csr -s" | "csr --subject") echo "none" ;;
        "csr -o" | "csr --out") echo "file" ;;
        "certificate show -k" | "certificate show --key") echo "key" ;;
        "certificate show --only") echo "none device signer root" ;;
        "certificate export -f" | "certificate export --for") echo "none pem aws azure" ;;
        "certificate export -k" | "certificate export --key") echo "key" ;;
        "sign -o" | "sign --out") echo "file" ;;
        "tls -k" | "tls --key") echo "key" ;;
        "tls -c" | "tls --certificate") echo "file" ;;
        "tls --ca") echo "file" ;;
        "tls --name") echo "none" ;;
        "tls --alpn") echo "none" ;;
        "tls --tls") echo "none 1.2 1.3" ;;
        "tls --send") echo "none" ;;
        "tls -t" | "tls --timeout") echo "none" ;;
        "scan --also-at") echo "none" ;;
        "verify-record --profile") echo "file" ;;
        "ledger new --key") echo "none ed25519 p-256" ;;
        "ledger alarms --server") echo "none" ;;
        "witness serve --listen") echo "none 127.0.0.1:8446 0.0.0.0:8446" ;;
        "line init --server") echo "none" ;;
        "line add-station --server") echo "none" ;;
        "line add-station --password-file") echo "file" ;;
        "line add-planner --server") echo "none" ;;
        "line add-planner --password-file") echo "file" ;;
        "line verify --server") echo "none" ;;
        "order new -q" | "order new --quantity") echo "none" ;;
        "order new --id") echo "none" ;;
        "order new --issuer") echo "none" ;;
        "order new --boards") echo "file" ;;
        "order new --operator") echo "none" ;;
        "order new --server") echo "none" ;;
        "order list --server") echo "none" ;;
        "order show --server") echo "none" ;;
        "order approve --operator") echo "none" ;;
        "order approve --server") echo "none" ;;
        "order close --operator") echo "none" ;;
        "order close --server") echo "none" ;;
        "order release --operator") echo "none" ;;
        "order lease --server") echo "none" ;;
        "order lease --operator") echo "none" ;;
        "order return --server") echo "none" ;;
        "order return --operator") echo "none" ;;
        "order sync --server") echo "none" ;;
        "order sync --operator") echo "none" ;;
        "report --from") echo "none" ;;
        "report --to") echo "none" ;;
        "report --order") echo "none" ;;
        "report --shifts") echo "none" ;;
        "report --html") echo "file" ;;
        "report --server") echo "none" ;;
        "label -o" | "label --out") echo "file" ;;
        "label --to") echo "none" ;;
        "label --format") echo "none svg png zpl" ;;
        "label --width") echo "none" ;;
        "label --height") echo "none" ;;
        "label --dpi") echo "none" ;;
        "manifest export --issuer") echo "none" ;;
        "manifest export --order") echo "none" ;;
        "manifest export --since") echo "none" ;;
        "manifest verify --signer") echo "file" ;;
        "manifest verify --ca") echo "file" ;;
        "manifest import --signer") echo "file" ;;
        "manifest import --ca") echo "file" ;;
        "signer serve --listen") echo "none 127.0.0.1:8443 0.0.0.0:8443" ;;
        "signer verify -o" | "signer verify --out") echo "file" ;;
        "user add --role") echo "none operator lead auditor" ;;
        "user add --password-file") echo "file" ;;
        "rework --operator") echo "none" ;;
        "rework --note") echo "none" ;;
        "scrap --operator") echo "none" ;;
        "scrap --note") echo "none" ;;
        "retire --operator") echo "none" ;;
        "erase --operator") echo "none" ;;
        "compile --name") echo "none" ;;
        "compile --arm") echo "none profile" ;;
        "compile -o" | "compile --out") echo "file" ;;
        "board info -c" | "board info --console") echo "port" ;;
        "board provision -c" | "board provision --console") echo "port" ;;
        "board provision --arm") echo "none profile" ;;
        "board provision --only") echo "none" ;;
        "board provision --operator") echo "none" ;;
        "board provision --order") echo "none" ;;
        "board provision --board") echo "none" ;;
        "board provision --socket") echo "none" ;;
        "board provision --firmware") echo "file" ;;
        "board provision --tries") echo "none" ;;
        "board provision --timeout") echo "none" ;;
        "board provision --switch") echo "none" ;;
        "board provision --primary-console") echo "port" ;;
        "board prove -c" | "board prove --console") echo "port" ;;
        "board prove --operator") echo "none" ;;
        "board prove --timeout") echo "none" ;;
        "board prove --save") echo "folder" ;;
        "virtual new -a" | "virtual new --as") echo "file blank trust-and-go trust-flex" ;;
        "virtual new --bus") echo "none i2c swi" ;;
        "virtual new --revision") echo "none" ;;
        "virtual new -s" | "virtual new --seed") echo "none" ;;
        "virtual serve --unix") echo "file" ;;
        "virtual serve --tcp") echo "none 127.0.0.1:0" ;;
        "virtual serve --swi-unix") echo "file" ;;
        "virtual serve --message-limit") echo "none 32 61" ;;
        "virtual run -b" | "virtual run --bus") echo "none" ;;
        "virtual run --message-limit") echo "none 32 61" ;;
        "virtual run --nack") echo "none ENXIO EREMOTEIO EIO" ;;
        "ca new -n" | "ca new --name") echo "none" ;;
    esac
}

# What completes argument $2 (from 0) of verb $1.
_imprint_argument() {
    case "$1 $2" in
        "provision 0") echo "file" ;;
        "adopt 0") echo "file" ;;
        "explain 0") echo "file" ;;
        "public-key 0") echo "key" ;;
        "csr 0") echo "key" ;;
        "certificate export 0") echo "folder" ;;
        "sign 0") echo "key" ;;
        "sign 1") echo "file" ;;
        "tls 0") echo "none" ;;
        "verify 0") echo "key" ;;
        "verify 1") echo "file" ;;
        "verify 2") echo "file" ;;
        "random 0") echo "none" ;;
        "verify-record 0") echo "file" ;;
        "issuers 0") echo "none" ;;
        "ledger show 0") echo "none" ;;
        "ledger verify "*) echo "file" ;;
        "ledger export 0") echo "folder" ;;
        "ledger prove 0") echo "none" ;;
        "ledger prove 1") echo "folder" ;;
        "ledger backup 0") echo "file" ;;
        "witness new 0") echo "none" ;;
        "witness new 1") echo "folder" ;;
        "witness trust 0") echo "folder" ;;
        "witness trust "*) echo "key" ;;
        "witness list 0") echo "folder" ;;
        "witness serve 0") echo "folder" ;;
        "line add-station 0") echo "none" ;;
        "line add-planner 0") echo "none" ;;
        "order new 0") echo "file" ;;
        "order show 0") echo "none" ;;
        "order approve 0") echo "none" ;;
        "order close 0") echo "none" ;;
        "order release 0") echo "none" ;;
        "order release 1") echo "none" ;;
        "order lease 0") echo "none" ;;
        "order lease 1") echo "none" ;;
        "order return 0") echo "none" ;;
        "label 0") echo "none" ;;
        "manifest export 0") echo "file" ;;
        "manifest export "*) echo "none" ;;
        "manifest verify "*) echo "file" ;;
        "manifest import "*) echo "file" ;;
        "signer serve 0") echo "file" ;;
        "signer check 0") echo "file" ;;
        "signer status 0") echo "file" ;;
        "signer verify 0") echo "file" ;;
        "signer verify "*) echo "file" ;;
        "station 0") echo "file" ;;
        "user add 0") echo "file" ;;
        "user add 1") echo "none" ;;
        "user list 0") echo "file" ;;
        "user remove 0") echo "file" ;;
        "user remove 1") echo "none" ;;
        "rework 0") echo "none" ;;
        "scrap 0") echo "none" ;;
        "retire 0") echo "none" ;;
        "compile 0") echo "file" ;;
        "board provision 0") echo "file" ;;
        "virtual new 0") echo "file" ;;
        "virtual serve "*) echo "file" ;;
        "virtual run "*) echo "file" ;;
        "help 0") echo "verb" ;;
        "help 1") echo "none" ;;
    esac
}
# end generated

# Offers what completes a value or an argument: a kind, then known values.
_imprint_complete() {
    local kind=$1 known=${*:2}
    case $kind in
        folder) compopt -o dirnames; return ;;
        device) _imprint_devices; return ;;
        port) _imprint_ports; return ;;
        key) _imprint_offer "$(_imprint_keys)"; return ;;
        verb) _imprint_offer "$_imprint_verbs"; return ;;
        program) known=$(compgen -c -- "$cur") ;;
    esac
    [[ -n $known ]] && _imprint_offer "$known"
    [[ $known == *[:@]* ]] && compopt -o nospace
    [[ $kind == file ]] && compopt -o default
}

_imprint() {
    local cur prev i verb="" arguments=0 words

    _imprint_words
    cur=${words[-1]}
    prev=${words[-2]}
    COMPREPLY=()

    # Which verb, and how many arguments of its own stand before the word in hand.
    for ((i = 1; i < ${#words[@]} - 1; i++)); do
        if [[ $_imprint_valued == *" ${words[i]} "* ]]; then ((i++))
        elif [[ ${words[i]} == -* ]]; then :
        elif [[ -z $verb ]]; then verb=${words[i]}
        elif [[ $verb != *" "* && -n $(_imprint_subcommands "$verb") ]]; then verb="$verb ${words[i]}"
        else ((arguments++)); fi
    done

    if [[ $_imprint_valued == *" $prev "* ]]; then
        _imprint_complete $(_imprint_value "$verb" "$prev")
    elif [[ $cur == -* ]]; then
        _imprint_offer "$_imprint_global $(_imprint_options "$verb")"
    elif [[ -z $verb ]]; then
        _imprint_offer "$_imprint_verbs"
    elif [[ -n $(_imprint_subcommands "$verb") ]]; then
        _imprint_offer "$(_imprint_subcommands "$verb")"
    else
        _imprint_complete $(_imprint_argument "$verb" "$arguments")
    fi
}

complete -F _imprint imprint
