#!/usr/bin/env bash
# Measures the GPU device on this machine's card, with PyTorch beside it where python3 has torch, and writes
# FOLDER/results.md and FOLDER/results.json. Needs no .NET where a publish lies beside this script (or PUBLISH names one).
#
#   run.sh [--publish] [--toy] [--accelerator NAME] [--out FOLDER] [--only SECTIONS]
#
#   --publish      makes the publish, one file for a machine without .NET, and stops
#   --toy          tests everything but the numbers, in minutes, on a machine without a card: --toy --accelerator Cpu
#   others         as gpu-benchmark has them (gpu-benchmark --help)
#
# PYTHON names another python3.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
publish=${PUBLISH:-$here/publish}
python=${PYTHON:-python3}
limit=$((64 << 20))

make() {
    rm -rf "$publish"
    dotnet publish "$here" -c Release -r linux-x64 -o "$publish" -v q --nologo
    local size
    size=$(du -sb "$publish" | cut -f1)
    echo "$publish: $((size >> 20)) MiB"
    [ "$size" -le "$limit" ] || { echo "The publish is larger than 64 MiB." >&2; exit 1; }
}

toy=() accelerator=() out=results only=() stop=
while [ $# -gt 0 ]; do
    case $1 in
        --publish) stop=1; shift ;;
        --toy) toy=(--toy); shift ;;
        --accelerator) accelerator=(--accelerator "$2"); shift 2 ;;
        --out) out=$2; shift 2 ;;
        --only) only=(--only "$2"); shift 2 ;;
        *) echo "$1 is not known; the head of $0 lists the options." >&2; exit 2 ;;
    esac
done

if [ -n "$stop" ] || [ ! -x "$publish/gpu-benchmark" ]; then
    command -v dotnet > /dev/null || { echo "There is neither a publish in $publish nor a dotnet to make it with." >&2; exit 1; }
    make
fi
[ -z "$stop" ] || exit 0

mkdir -p "$out"
peer=() failed=0
bench=("$publish/gpu-benchmark" "${accelerator[@]}" "${toy[@]}" --out "$out")
if "$python" -c 'import torch' 2> /dev/null; then
    # The dump first: PyTorch checks it, and then has the card for itself.
    "${bench[@]}" --only numerics --dump "$out/dump" || failed=1
    cpu=()
    [ ${#toy[@]} -eq 0 ] || cpu=(--device cpu)
    "$python" "$here/peer.py" "${toy[@]}" "${cpu[@]}" --dump "$out/dump" --out "$out/pytorch.json" || failed=1
    rm -rf "$out/dump"
    [ ! -s "$out/pytorch.json" ] || peer=(--peer "$out/pytorch.json")
else
    echo "$python has no torch: measured without it"
fi
"${bench[@]}" "${only[@]}" "${peer[@]}" || failed=1
exit $failed
