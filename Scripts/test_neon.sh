#!/usr/bin/env bash
# The C kernels of AArch64 on any machine: built for it, run under an emulator with and without dot products, compared
# with the scalar kernels and, bit for bit, with this machine's. Needs clang (the Swift toolchain brings one), a C
# library and linker for AArch64, and qemu's user mode; without them it says so and does nothing.
set -euo pipefail
cd "$(dirname "$0")/.."

for tool in clang aarch64-linux-gnu-gcc qemu-aarch64; do
    if ! command -v "$tool" > /dev/null; then
        echo "skipped: no $tool. On Debian: apt install gcc-aarch64-linux-gnu qemu-user"
        exit 0
    fi
done

build=.build/instruction-sets
mkdir -p "$build"
flags=(-O2 -Wall -Wextra -Werror -ISources/CKernels/include)
sources=(Tests/InstructionSets/check.c Sources/CKernels/*.c)

objects=()
for source in "${sources[@]}"; do
    object="$build/$(basename "$source" .c).o"
    clang --target=aarch64-linux-gnu -isystem /usr/aarch64-linux-gnu/include "${flags[@]}" -c "$source" -o "$object"
    objects+=("$object")
done
aarch64-linux-gnu-gcc -static "${objects[@]}" -lm -o "$build/check-aarch64"
clang "${flags[@]}" "${sources[@]}" -lm -o "$build/check-host"

"$build/check-host" > "$build/host.txt"
for processor in max cortex-a72; do
    qemu-aarch64 -cpu "$processor" "$build/check-aarch64" > "$build/$processor.txt"
    diff "$build/host.txt" "$build/$processor.txt"
done
echo "AArch64 gives the bits of this machine"
