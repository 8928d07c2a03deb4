# SPDX-License-Identifier: Apache-2.0
# Bash completion for imprint(1). Keys are completed by asking imprint itself, which only looks.

# The keys of the device that the command line names: ids and names.
_imprint_keys() {
    local i before=()
    for ((i = 1; i < COMP_CWORD; i++)); do
        case ${COMP_WORDS[i]} in
            --state | --device) before+=("${COMP_WORDS[i]}" "${COMP_WORDS[i + 1]}") ;;
        esac
    done
    "${COMP_WORDS[0]}" "${before[@]}" --json keys 2>/dev/null |
        sed -n 's/^{"event":"key","id":\([0-9]*\),"name":\("\([^"]*\)"\|null\).*/\1 \3/p'
}

_imprint() {
    local cur prev i verb="" arguments=0 options
    local global="--state --device --json --quiet --verbose --fault --trace --trace-secrets --help --version"
    local verbs="provision info explain keys public-key csr sign verify random erase virtual"

    cur=${COMP_WORDS[COMP_CWORD]}
    prev=${COMP_WORDS[COMP_CWORD - 1]}
    COMPREPLY=()

    # Which verb, and how many arguments of its own stand before the word in hand.
    for ((i = 1; i < COMP_CWORD; i++)); do
        case ${COMP_WORDS[i]} in
            --state | --device | --fault | --trace | --arm | --subject | -s | --out | -o | --as | -a | --seed | --unix | --tcp | --bus | -b) ((i++)) ;;
            -*) ;;
            *) if [[ -z $verb ]]; then verb=${COMP_WORDS[i]}
                elif [[ $verb == virtual ]]; then verb="virtual ${COMP_WORDS[i]}"
                else ((arguments++)); fi ;;
        esac
    done

    case $prev in
        --state) compopt -o dirnames; return ;;
        --device) COMPREPLY=($(compgen -W "virtual virtual: i2c:/dev/i2c- kit:/dev/tty unix: tcp:" -- "$cur")); return ;;
        --fault) COMPREPLY=($(compgen -W "silent@ nack@ garbage@ badcrc@ flip@ lost@ reset@ slow@ kill@" -- "$cur"))
            compopt -o nospace; return ;;
        --arm) COMPREPLY=($(compgen -W "profile" -- "$cur")); return ;;
        --as | -a) COMPREPLY=($(compgen -W "blank trust-and-go trust-flex" -- "$cur")); compopt -o default; return ;;
        --out | -o | --trace) compopt -o default; return ;;
        --unix) compopt -o default; return ;;
        --tcp) COMPREPLY=($(compgen -W "127.0.0.1:0" -- "$cur")); return ;;
        --seed | --subject | -s | --bus | -b) return ;;
    esac

    case $verb in
        provision) options="--dry-run --arm" ;;
        csr) options="--subject --out" ;;
        sign) options="--raw --out" ;;
        verify) options="--raw" ;;
        random) options="--hex" ;;
        erase) options="--yes" ;;
        "virtual new") options="--as --seed" ;;
        "virtual run") options="--bus" ;;
        "virtual serve") options="--unix --tcp --kit-pty --remote --real-time" ;;
        *) options="" ;;
    esac

    if [[ $cur == -* ]]; then
        COMPREPLY=($(compgen -W "$global $options" -- "$cur"))
        return
    fi
    case $verb:$arguments in
        :*) COMPREPLY=($(compgen -W "$verbs" -- "$cur")) ;;
        virtual:0) COMPREPLY=($(compgen -W "new serve run" -- "$cur")) ;;
        public-key:0 | csr:0 | sign:0 | verify:0) COMPREPLY=($(compgen -W "$(_imprint_keys)" -- "$cur")) ;;
        provision:0 | explain:0 | sign:1 | verify:* | "virtual new":0 | "virtual serve":* | "virtual run":*) compopt -o default ;;
    esac
}

complete -F _imprint imprint
