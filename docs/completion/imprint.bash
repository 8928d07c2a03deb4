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
        sed -n 's/^{"event":"key","id":\([0-9]*\),"name":\("\([^"]*\)"\|null\).*/\1 \3/p'
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

_imprint() {
    local cur prev i verb="" arguments=0 options words
    local global="--state --device --storage --json --quiet --verbose --fault --trace --trace-secrets --help --version"
    local verbs="provision info explain keys public-key csr sign verify random erase compile board virtual"

    _imprint_words
    cur=${words[-1]}
    prev=${words[-2]}
    COMPREPLY=()

    # Which verb, and how many arguments of its own stand before the word in hand.
    for ((i = 1; i < ${#words[@]} - 1; i++)); do
        case ${words[i]} in
            --state | --device | --storage | --fault | --trace | --arm | --subject | -s | --out | -o | --as | -a | --seed | --unix | --tcp | --swi-unix | --bus | -b | --name | --console | -c | --timeout | --switch | --primary-console | --save) ((i++)) ;;
            -*) ;;
            *) if [[ -z $verb ]]; then verb=${words[i]}
                elif [[ $verb == virtual || $verb == board ]]; then verb="$verb ${words[i]}"
                else ((arguments++)); fi ;;
        esac
    done

    case $prev in
        --state) compopt -o dirnames; return ;;
        --device) _imprint_devices; return ;;
        --storage) _imprint_offer "file flash:"; compopt -o nospace; return ;;
        --fault) _imprint_offer "silent@ nack@ garbage@ badcrc@ flip@ lost@ reset@ slow@ kill@"
            compopt -o nospace; return ;;
        --arm) _imprint_offer "profile"; return ;;
        --console | -c | --primary-console) _imprint_ports; return ;;
        --save) compopt -o dirnames; return ;;
        --as | -a) _imprint_offer "blank trust-and-go trust-flex"; compopt -o default; return ;;
        --out | -o | --trace | --unix | --swi-unix) compopt -o default; return ;;
        --tcp) _imprint_offer "127.0.0.1:0"; return ;;
        --bus) [[ $verb == "virtual new" ]] && _imprint_offer "i2c swi"; return ;;
        --seed | --subject | -s | -b | --name | --timeout | --switch) return ;;
    esac

    case $verb in
        provision) options="--dry-run --arm" ;;
        csr) options="--subject --out" ;;
        sign) options="--raw --out" ;;
        verify) options="--raw" ;;
        random) options="--hex" ;;
        erase) options="--yes" ;;
        compile) options="--c --binary --name --arm --run-at-start --out" ;;
        "board provision") options="--console --dry-run --arm --timeout --switch --primary-console --end" ;;
        "board prove") options="--console --timeout --save --end" ;;
        "virtual new") options="--as --bus --seed" ;;
        "virtual run") options="--bus --typical" ;;
        "virtual serve") options="--unix --tcp --swi-pty --swi-unix --kit-pty --kit-hid --remote --real-time --typical" ;;
        *) options="" ;;
    esac

    if [[ $cur == -* ]]; then
        _imprint_offer "$global $options"
        return
    fi
    case $verb:$arguments in
        :*) _imprint_offer "$verbs" ;;
        board:0) _imprint_offer "provision prove" ;;
        virtual:0) _imprint_offer "new serve run" ;;
        public-key:0 | csr:0 | sign:0 | verify:0) _imprint_offer "$(_imprint_keys)" ;;
        provision:0 | compile:0 | "board provision":0 | explain:0 | sign:1 | verify:* | "virtual new":0 | "virtual serve":* | "virtual run":*) compopt -o default ;;
    esac
}

complete -F _imprint imprint
