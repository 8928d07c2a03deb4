# SPDX-License-Identifier: Apache-2.0
"""
A virtual PC with a real kernel, for tests: packs an initramfs of busybox, programs of this machine with their libraries,
kernel modules and files; boots it; gives back what the script in it left in /out. The script is told nothing and asked
nothing while it runs. No root, no network, no installed kernel.
"""
import bz2
import gzip
import lzma
import os
import pathlib
import re
import shutil
import stat
import subprocess
import tarfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
TOOLS = os.environ["PATH"] + ":/usr/sbin:/sbin"
DONE = "imprint-machine: done"

INIT = f"""#!/bin/busybox sh
# Process 1. Whatever happens, the machine goes off at the end.
/bin/busybox mkdir -p /proc /sys /dev /tmp /out
/bin/busybox mount -t proc proc /proc
/bin/busybox mount -t sysfs sys /sys
/bin/busybox mount -t devtmpfs dev /dev
/bin/busybox --install -s /bin
export PATH=/bin HOME=/tmp
for module in $(cat /modules/order); do
    insmod /modules/$module.ko || echo "imprint-machine: module $module cannot be loaded"
done
sh /script
echo "imprint-machine: script ended with $?"
stty -F /dev/ttyS1 raw -echo
tar -c -C / out >/dev/ttyS1 && echo "{DONE}"
sync
poweroff -f
"""


def tool(name):
    found = shutil.which(name, path=TOOLS)
    assert found, f"{name} is missing: scripts/install-packages long"
    return found


def module_bytes(path):
    """A module as the kernel takes it from insmod: unpacked."""
    opener = {".xz": lzma.open, ".gz": gzip.open, ".bz2": bz2.open}.get(path.suffix, open)
    with opener(path, "rb") as file:
        return file.read()


class Machine:
    """What is packed in; boot() runs it."""

    def __init__(self, kernel, folder):
        self.kernel = pathlib.Path(kernel)
        self.folder = pathlib.Path(folder)
        shutil.rmtree(self.folder, ignore_errors=True)
        self.root = self.folder / "root"
        (self.root / "modules").mkdir(parents=True)
        self.loaded = []
        busybox = tool("busybox")
        assert "dynamically" not in subprocess.run(["ldd", busybox], capture_output=True, text=True,
                                                   check=False).stdout, "busybox-static is needed"
        self.put(busybox, "bin/busybox", mode=0o755)

    def put(self, source, place, mode=None):
        """A file or a folder of this machine, or bytes, at `place`."""
        target = self.root / place
        target.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(source, bytes):
            target.write_bytes(source)
        elif pathlib.Path(source).is_dir():
            shutil.copytree(source, target)
        else:
            shutil.copyfile(source, target)
        if mode is not None:
            target.chmod(mode)

    def put_program(self, source, name=None):
        """A program into /bin, its libraries to where its loader looks for them."""
        source = pathlib.Path(source)
        self.put(source, f"bin/{name or source.name}", mode=0o755)
        listed = subprocess.run(["ldd", source], capture_output=True, text=True, check=False).stdout
        assert "not found" not in listed, listed
        for library in re.findall(r"(/\S+) \(0x", listed):
            if not (self.root / library[1:]).exists():
                self.put(library, library[1:], mode=0o755)
            # The C library opens this one by itself, where a thread is cancelled.
            beside = pathlib.Path(library).with_name("libgcc_s.so.1")
            if beside.exists() and not (self.root / str(beside)[1:]).exists():
                self.put(beside, str(beside)[1:], mode=0o755)

    def put_module(self, name):
        """A kernel module, to be loaded at the start, behind the modules it builds on. One built in needs nothing."""
        if name in self.loaded or self.built_in(name):
            return
        spellings = {name, name.replace("_", "-"), name.replace("-", "_")}
        paths = [path for path in self.kernel.rglob("*.ko*") if path.name.split(".ko")[0] in spellings]
        assert len(paths) == 1, f"this kernel has {len(paths)} modules {name}"
        content = module_bytes(paths[0])
        needs = re.search(rb"\0depends=([^\0]*)\0", content)
        for needed in needs.group(1).decode().split(",") if needs else []:
            if needed:
                self.put_module(needed.replace("_", "-"))
        self.put(content, f"modules/{name}.ko")
        self.loaded.append(name)

    def built_in(self, name):
        lists = list(self.kernel.rglob("modules.builtin"))
        assert lists, "this kernel has no modules.builtin"
        return any(re.search(rf"/{re.escape(name).replace('-', '[-_]')}\.ko$", path.read_text(), re.MULTILINE)
                   for path in lists)

    def boot(self, script, timeout):
        """Runs the shell script `script` in the machine; the folder with what it left in /out."""
        self.put(script.encode(), "script")
        self.put("\n".join(self.loaded).encode(), "modules/order")
        self.put(INIT.encode(), "init", mode=0o755)
        image, log, out = self.folder / "initramfs.gz", self.folder / "serial.log", self.folder / "out.tar"
        names = "\n".join(str(path.relative_to(self.root)) for path in sorted(self.root.rglob("*")))
        packed = subprocess.run([tool("cpio"), "-o", "-H", "newc", "--quiet", "-R", "0:0"], input=names.encode(),
                                cwd=self.root, capture_output=True, check=True).stdout
        image.write_bytes(gzip.compress(packed, 1))
        # KVM is not asked: there are hosts where it is there and hangs.
        command = [tool("qemu-system-x86_64"), "-accel", "tcg", "-m", "256", "-nodefaults", "-nographic", "-no-reboot",
                   "-kernel", self.kernel / "vmlinuz", "-initrd", image, "-append", "console=ttyS0 quiet panic=-1",
                   "-chardev", f"file,id=log,path={log}", "-serial", "chardev:log",
                   "-chardev", f"file,id=out,path={out}", "-serial", "chardev:out"]
        try:
            ended = subprocess.run(list(map(str, command)), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                   stderr=subprocess.STDOUT, timeout=timeout, check=False)
            how = f"QEMU ended with {ended.returncode}: {ended.stdout.decode('utf-8', 'replace')}"
        except subprocess.TimeoutExpired:
            how = f"not done after {timeout} s"
        words = log.read_text("utf-8", "replace") if log.exists() else ""
        if DONE not in words:
            last = "\n".join(words.splitlines()[-60:])
            raise AssertionError(f"the machine did not finish ({how}). Its last words, all of them in {log}:\n{last}")
        result = self.folder / "result"
        with tarfile.open(out) as tar:
            for member in tar:
                assert member.isdir() or member.isreg(), f"{member.name} is no plain file"
                assert ".." not in pathlib.PurePath(member.name).parts and not member.name.startswith("/"), member.name
                member.mode |= stat.S_IRUSR | stat.S_IWUSR
                tar.extract(member, result)
        return result / "out"
