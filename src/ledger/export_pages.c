/* SPDX-License-Identifier: Apache-2.0 */
#include "ledger/export_pages.h"

static const char ledger_files[] =
    "# How to check this ledger\n"
    "\n"
    "For an auditor with openssl (3.0 or newer) and Python 3. The commands run in this folder.\n"
    "\n"
    "| file | holds |\n"
    "|---|---|\n"
    "| entries.ndjson | the entries: one a line, in their order, each canonical JSON |\n"
    "| checkpoint | the log's name, the number of entries, the root of the tree over them, the station's signature |\n"
    "| key.pem, key.vkey | the log's public key, as openssl and as tools for C2SP's notes read it |\n";

static const char ledger_files_of_witnesses[] =
    "| cosigned-1 ..., witness-1.pem ..., witnesses.vkey | the newest checkpoint that each witness cosigned, and their public keys |\n";

static const char ledger_files_of_stamp[] =
    "| stamped, stamped.tsr, tsa.pem | a checkpoint, its time stamp, and the certificates that vouch for the authority |\n";

static const char ledger_signed[] =
    "\n"
    "## 1. The station signed this checkpoint\n"
    "\n"
    "Compare key.pem with the one that you were given before, by another way: a key that comes with the data proves nothing.\n"
    "\n";

/* Of the newest checkpoint, by the log's key. */
static const char take_signature[] = "```sh\n"
                                     "sed '/^$/,$d' checkpoint > signed\n"
                                     "tail -n 1 checkpoint | cut -d ' ' -f 3 | base64 -d | tail -c +5 > signature\n";

static const char verify_ed25519[] =
    "openssl pkeyutl -verify -pubin -inkey key.pem -rawin -in signed -sigfile signature\n"
    "```\n"
    "\n"
    "It prints `Signature Verified Successfully`.\n";

static const char verify_p256[] = "openssl dgst -sha256 -verify key.pem -signature signature signed\n"
                                  "```\n"
                                  "\n"
                                  "It prints `Verified OK`.\n";

static const char ledger_entries[] =
    "\n"
    "## 2. These are the entries that it signed\n"
    "\n"
    "```python\n"
    "import base64, hashlib\n"
    "def node(left, right): return hashlib.sha256(b\"\\1\" + left + right).digest()\n"
    "stack, count = [], 0  # complete subtrees: height and root\n"
    "for count, line in enumerate(open(\"entries.ndjson\", \"rb\"), 1):\n"
    "    height, root = 0, hashlib.sha256(b\"\\0\" + line[:-1]).digest()\n"
    "    while stack and stack[-1][0] == height:\n"
    "        height, root = height + 1, node(stack.pop()[1], root)\n"
    "    stack.append((height, root))\n"
    "root = stack.pop()[1] if stack else hashlib.sha256().digest()\n"
    "while stack: root = node(stack.pop()[1], root)\n"
    "name, size, signed = open(\"checkpoint\").read().split(\"\\n\")[:3]\n"
    "print(\"the entries are\" if (int(size), base64.b64decode(signed)) == (count, root) else \"NOT\", \"as signed\")\n"
    "```\n"
    "\n"
    "It prints `the entries are as signed`: none was changed, added, taken out or moved.\n"
    "\n"
    "## 3. It is the log of last time\n"
    "\n"
    "Keep each checkpoint that you check. For one of N entries, the commands of step 2 over the first N lines (`head -n N`) must\n"
    "give its root. If they do not, somebody with the key signed another history, or two copies of the station's folder went on\n"
    "by themselves. Entries must also say `log` and `seq` of their place, and times must not go back but where `clock_back` is true.\n"
    "\n";

static const char ledger_witnesses[] =
    "## Witnesses saw it\n"
    "\n"
    "Each cosigned-N is the checkpoint that a witness saw last, with its time and signature; witnesses.vkey has their names.\n"
    "Get the witness's key, witness-N.pem, from who runs the witness.\n"
    "\n"
    "```sh\n"
    "for note in cosigned-*; do\n"
    "    tail -n 1 $note | cut -d ' ' -f 3 | base64 -d > signature\n"
    "    seconds=$((0x$(tail -c +5 signature | head -c 8 | od -An -tx1 | tr -d ' \\n')))\n"
    "    { printf 'cosignature/v1\\ntime %s\\n' $seconds; sed '/^$/,$d' $note; } > signed\n"
    "    tail -c 64 signature > cosignature\n"
    "    openssl pkeyutl -verify -pubin -inkey witness-${note#cosigned-}.pem -rawin -in signed -sigfile cosignature\n"
    "    date -u -d @$seconds +\"$note: %Y-%m-%d %H:%M:%S UTC\"\n"
    "done\n"
    "```\n"
    "\n"
    "For each it prints `Signature Verified Successfully`, and when the witness saw the log.\n"
    "\n";

static const char ledger_stamp[] =
    "## A time stamping authority saw it\n"
    "\n"
    "The file stamped is a checkpoint, and stamped.tsr the answer of the authority (RFC 3161). Get the authority's root\n"
    "certificate, tsa.pem, from who runs the authority.\n"
    "\n"
    "```sh\n"
    "openssl ts -verify -data stamped -in stamped.tsr -CAfile tsa.pem 2>&1\n"
    "openssl ts -reply -in stamped.tsr -text | grep 'Time stamp'\n"
    "```\n"
    "\n"
    "It prints `Verification: OK`, and when it was stamped. After the authority's certificate has ended, add `-attime SECONDS`.\n"
    "\n";

/* That what others signed is the beginning of the entries. */
static const char ledger_beginning[] =
    "## They saw the beginning of these entries\n"
    "\n"
    "```python\n"
    "import base64, glob, hashlib\n"
    "def node(left, right): return hashlib.sha256(b\"\\1\" + left + right).digest()\n"
    "def root(leaves):  # RFC 6962, section 2.1\n"
    "    if len(leaves) < 2: return hashlib.sha256(b\"\\0\" + leaves[0] if leaves else b\"\").digest()\n"
    "    split = 1 << (len(leaves) - 1).bit_length() - 1\n"
    "    return node(root(leaves[:split]), root(leaves[split:]))\n"
    "entries = [line[:-1] for line in open(\"entries.ndjson\", \"rb\")]\n"
    "for name in sorted(glob.glob(\"cosigned-*\") + glob.glob(\"stamped\")):\n"
    "    size, signed = open(name).read().split(\"\\n\")[1:3]\n"
    "    holds = int(size) <= len(entries) and root(entries[:int(size)]) == base64.b64decode(signed)\n"
    "    print(name, \"is\" if holds else \"is NOT\", \"the beginning of these entries\")\n"
    "```\n"
    "\n"
    "It prints that each is the beginning of these entries: they were there at that time, and did not change since.\n"
    "\n";

static const char ledger_keys[] =
    "## The keys proved themselves\n"
    "\n"
    "Each entry's `evidence` has challenges and signatures by the devices' keys. `imprint verify-record` checks them; its page\n"
    "docs/reference/record.md says how to do it with openssl.\n";

static const char proof_signed[] =
    "# How to check this proof\n"
    "\n"
    "For somebody who was given one entry of a ledger without the others, with openssl (3.0 or newer) and Python 3. The commands\n"
    "run in this folder.\n"
    "\n"
    "| file | holds |\n"
    "|---|---|\n"
    "| entry.json | the entry |\n"
    "| proof | its number, the hashes that lead from it to the root, and the station's checkpoint (C2SP tlog-proof) |\n"
    "| key.pem, key.vkey | the log's public key |\n"
    "\n"
    "## 1. The station signed the checkpoint\n"
    "\n"
    "Compare key.pem with the one that you were given before, by another way.\n"
    "\n"
    "```sh\n"
    "sed '1,/^$/d' proof > checkpoint\n"
    "```\n"
    "\n";

static const char proof_entry[] =
    "\n"
    "## 2. The entry is one of those that it signed\n"
    "\n"
    "```python\n"
    "import base64, hashlib\n"
    "def node(left, right): return hashlib.sha256(b\"\\1\" + left + right).digest()\n"
    "proof, checkpoint = open(\"proof\").read().split(\"\\n\\n\")[:2]\n"
    "index, hashes = int(proof.split()[2]), [base64.b64decode(line) for line in proof.split()[3:]]\n"
    "name, size, signed = checkpoint.split(\"\\n\")\n"
    "root, first, last = hashlib.sha256(b\"\\0\" + open(\"entry.json\", \"rb\").read()).digest(), index, int(size) - 1\n"
    "for other in hashes:  # RFC 9162, section 2.1.3.2\n"
    "    if first % 2 or first == last:\n"
    "        root = node(other, root)\n"
    "        while first % 2 == 0 and first: first, last = first // 2, last // 2\n"
    "    else: root = node(root, other)\n"
    "    first, last = first // 2, last // 2\n"
    "print(\"the entry is\" if last == 0 and root == base64.b64decode(signed) else \"NOT\", \"in the log\")\n"
    "```\n"
    "\n"
    "It prints `the entry is in the log`.\n";

static void write_signature(FILE *page, enum note_type type)
{
    fputs(take_signature, page);
    fputs(type == NOTE_ECDSA ? verify_p256 : verify_ed25519, page);
}

void export_pages_ledger(FILE *page, enum note_type type, const struct export_extras *extras)
{
    fputs(ledger_files, page);
    if (extras->witnesses > 0)
        fputs(ledger_files_of_witnesses, page);
    if (extras->is_stamped)
        fputs(ledger_files_of_stamp, page);
    fputs(ledger_signed, page);
    write_signature(page, type);
    fputs(ledger_entries, page);
    if (extras->witnesses > 0)
        fputs(ledger_witnesses, page);
    if (extras->is_stamped)
        fputs(ledger_stamp, page);
    if (extras->witnesses > 0 || extras->is_stamped)
        fputs(ledger_beginning, page);
    fputs(ledger_keys, page);
}

void export_pages_proof(FILE *page, enum note_type type)
{
    fputs(proof_signed, page);
    write_signature(page, type);
    fputs(proof_entry, page);
}
