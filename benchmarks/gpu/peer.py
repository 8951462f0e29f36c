"""The same work in PyTorch: a check of dumped results, and what the card does through cuBLAS and a compiled model.

python3 peer.py [--dump FOLDER] [--out FILE] [--toy] [--device cuda|cpu] [--only check,copy,matvec,matmul,attention,models]

Writes {"device", "results": [{"group", "name", "value", "unit"}]} under the names that gpu-benchmark gives its own figures.
Weights of PyTorch's models are bf16, whatever type the figure beside has. Exits with 1 where a check fails.
"""

import argparse
import array
import json
import os
import sys
import time

import torch
import torch.nn.functional as F

BLOCK_TYPES = ["BF16", "F16", "Q8_0", "Q4_K"]


class Report:
    def __init__(self):
        self.results = []
        self.failed = False

    def add(self, group, name, value, unit):
        self.results.append({"group": group, "name": name, "value": value, "unit": unit})
        print(f"  PyTorch {group:<12} {name:<44} {value:12.4g} {unit}", flush=True)

    def check(self, name, error, tolerance):
        self.failed |= not error <= tolerance
        self.add("check", name, error, f"relative error, {tolerance:g} allowed" + ("" if error <= tolerance else ": FAILED"))


class Clock:
    """Seconds of one piece of work, the waiting taken off."""

    def __init__(self, device, toy):
        self.device, self.toy = device, toy

    def wait(self):
        if self.device == "cuda":
            torch.cuda.synchronize()

    def run(self, work, count):
        self.wait()
        start = time.perf_counter()
        for i in range(count):
            work(i)
        self.wait()
        return time.perf_counter() - start

    def time(self, work):
        self.run(work, 2)
        count = 4
        while not self.toy and count < 1 << 14 and self.run(work, count) < 0.02:
            count *= 2
        best = float("inf")
        for _ in range(1 if self.toy else 5):
            few, many = self.run(work, count), self.run(work, 3 * count)
            best = min(best, (many - few) / (2 * count) if many > few else many / (3 * count))
        return best


def load(folder, file, *shape):
    values = array.array("f")
    path = os.path.join(folder, file)
    with open(path, "rb") as f:
        values.fromfile(f, os.path.getsize(path) // 4)
    return torch.tensor(values, dtype=torch.float32).reshape(shape)


def error(output, expected):
    return float((output.double() - expected).norm() / expected.norm())


def attend(q, k, v, mask=None, is_causal=False):
    if hasattr(F, "scaled_dot_product_attention"):
        return F.scaled_dot_product_attention(q, k, v, mask, is_causal=is_causal)
    scores = q @ k.transpose(-1, -2) / q.shape[-1] ** 0.5
    if is_causal:
        mask = torch.ones(scores.shape[-2:], dtype=torch.bool, device=q.device).tril()
    if mask is not None:
        scores = scores.masked_fill(~mask, float("-inf"))
    return scores.softmax(-1) @ v


def check(report, folder, device):
    with open(os.path.join(folder, "manifest.json")) as f:
        cases = json.load(f)
    for case in cases:
        if case["name"].startswith("linear"):
            rows, columns, batch = case["rows"], case["columns"], case["batch"]
            weight = load(folder, case["weight"], rows, columns).to(device)
            inputs = load(folder, case["input"], batch, columns).to(device)
            expected = F.linear(inputs.double(), weight.double())
            output = load(folder, case["output"], batch, rows).to(device)
        else:
            heads, kv, size, rows = case["heads"], case["kv_heads"], case["head_size"], case["rows"]
            q = load(folder, case["q"], rows, heads, size).to(device).double().transpose(0, 1)
            k = load(folder, case["k"], rows, kv, size).to(device).double().transpose(0, 1).repeat_interleave(heads // kv, 0)
            v = load(folder, case["v"], rows, kv, size).to(device).double().transpose(0, 1).repeat_interleave(heads // kv, 0)
            scores = q @ k.transpose(1, 2) / size**0.5
            mask = torch.ones(rows, rows, dtype=torch.bool, device=device).triu(1)
            expected = (scores.masked_fill(mask, float("-inf")).softmax(-1) @ v).transpose(0, 1).reshape(rows, heads * size)
            output = load(folder, case["output"], rows, heads * size).to(device)
        report.check(case["name"], error(output, expected), case["tolerance"])


def copy(report, clock, device, toy):
    source = torch.empty(1 << (20 if toy else 31), dtype=torch.uint8, device=device)
    destination = torch.empty_like(source)
    report.add("copy", "device to device", 2 * source.numel() / clock.time(lambda i: destination.copy_(source)) / 1e9, "GB/s")


def linear(report, clock, device, toy, group):
    small = group == "mat-vec"
    shapes = [(64, 256)] if toy else [(4096, 4096), (14336, 4096), (4096, 14336)] + ([(128256, 4096)] if small else [])
    batches = ([1, 3] if toy else [1, 8, 32]) if small else ([33] if toy else [512, 4096])
    for rows, columns in shapes:
        copies = max(1, min(16, (256 << 20) // (rows * columns * 2))) if small and not toy else 1
        weights = [torch.randn(rows, columns, device=device, dtype=torch.bfloat16) / columns**0.5 for _ in range(copies)]
        for batch in batches:
            inputs = torch.randn(batch, columns, device=device, dtype=torch.bfloat16)
            seconds = clock.time(lambda i: F.linear(inputs, weights[i % copies]))
            for kind in ["BF16"] if small else BLOCK_TYPES:
                name = f"{kind} {rows}x{columns} rows={batch}"
                if small:
                    report.add(group, name, 2 * rows * columns / seconds / 1e9, "GB/s")
                else:
                    report.add(group, name, 2 * rows * columns * batch / seconds / 1e12, "TFLOP/s")


def attention(report, clock, device, toy):
    heads, kv, size = (4, 2, 16) if toy else (32, 8, 128)
    kind = torch.float32 if device == "cpu" else torch.float16

    def make(streams, count, positions):
        return torch.randn(streams, count, positions, size, device=device, dtype=kind)

    for streams, context in [(1, 40), (3, 24)] if toy else [(1, 1024), (1, 16384), (8, 4096), (32, 2048), (128, 1024)]:
        q, k, v = make(streams, kv, heads // kv), make(streams, kv, context), make(streams, kv, context)
        # The query heads that share keys are rows of one product.
        seconds = clock.time(lambda i: attend(q, k, v))
        report.add("attention", f"decode streams={streams} context={context}", 2 * k.numel() * 2 / seconds / 1e9, "GB/s")
    for rows in [24] if toy else [512, 2048, 8192]:
        q, k, v = make(1, heads, rows), make(1, heads, rows), make(1, heads, rows)
        seconds = clock.time(lambda i: attend(q, k, v, is_causal=True))
        report.add("attention", f"prompt rows={rows}", 2 * heads * size * rows * (rows + 1) / seconds / 1e12, "TFLOP/s")


class Llama(torch.nn.Module):
    """A model of the Llama family with a static cache, batch first, written plainly."""

    def __init__(self, layers, width, hidden, heads, kv, size, vocabulary, streams, context, device, kind):
        super().__init__()
        self.heads, self.kv, self.size = heads, kv, size

        def matrix(rows, columns):
            return torch.nn.Parameter(torch.randn(rows, columns, device=device, dtype=kind) / columns**0.5, requires_grad=False)

        self.embedding = matrix(vocabulary, width)
        self.head = matrix(vocabulary, width)
        self.qkv = torch.nn.ParameterList([matrix((heads + 2 * kv) * size, width) for _ in range(layers)])
        self.out = torch.nn.ParameterList([matrix(width, heads * size) for _ in range(layers)])
        self.up = torch.nn.ParameterList([matrix(2 * hidden, width) for _ in range(layers)])
        self.down = torch.nn.ParameterList([matrix(width, hidden) for _ in range(layers)])
        self.resize(streams, context)
        frequencies = 500000.0 ** (-torch.arange(0, size, 2, device=device, dtype=torch.float32) / size)
        angles = torch.outer(torch.arange(context, device=device, dtype=torch.float32), frequencies)
        self.register_buffer("cos", angles.cos())
        self.register_buffer("sin", angles.sin())

    def resize(self, streams, context):
        shape = (len(self.qkv), streams, self.kv, context, self.size)
        # Buffers of the module keep their addresses, which graphs need.
        self.register_buffer("keys", torch.zeros(shape, device=self.embedding.device, dtype=self.embedding.dtype))
        self.register_buffer("values", torch.zeros(shape, device=self.embedding.device, dtype=self.embedding.dtype))
        self.register_buffer("places", torch.arange(context, device=self.embedding.device))

    @staticmethod
    def norm(x):
        y = x.float()
        return (y * torch.rsqrt(y.pow(2).mean(-1, keepdim=True) + 1e-5)).to(x.dtype)

    def turn(self, x, positions):
        cos, sin = self.cos[positions][None, None], self.sin[positions][None, None]
        a, b = x.float().chunk(2, -1)
        return torch.cat((a * cos - b * sin, b * cos + a * sin), -1).to(x.dtype)

    def forward(self, tokens, positions):
        streams, count = tokens.shape
        x = F.embedding(tokens, self.embedding)
        mask = self.places[None, :] <= positions[:, None]
        group = self.heads // self.kv
        for i in range(len(self.qkv)):
            qkv = F.linear(self.norm(x), self.qkv[i]).view(streams, count, -1, self.size).transpose(1, 2)
            q, k, v = qkv.split([self.heads, self.kv, self.kv], 1)
            self.keys[i].index_copy_(2, positions, self.turn(k, positions))
            self.values[i].index_copy_(2, positions, v)
            q = self.turn(q, positions)
            if count == 1:
                y = attend(q.reshape(streams, self.kv, group, self.size), self.keys[i], self.values[i], mask[None, None])
            else:
                # A whole prompt: what it has just stored is all there is.
                y = attend(q, self.turn(k, positions).repeat_interleave(group, 1), v.repeat_interleave(group, 1), is_causal=True)
            x = x + F.linear(y.reshape(streams, self.heads, count, self.size).transpose(1, 2).reshape(streams, count, -1), self.out[i])
            gate, up = F.linear(self.norm(x), self.up[i]).chunk(2, -1)
            x = x + F.linear(F.silu(gate) * up, self.down[i])
        return F.linear(self.norm(x[:, -1]), self.head).argmax(-1, keepdim=True)


def models(report, clock, device, toy):
    shapes = [("Toy", 2, 64, 128, 4, 2, 16, 256, ["F32", "Q8_0"])] if toy else [
        ("Llama-3.1-8B", 32, 4096, 14336, 32, 8, 128, 128256, ["Q8_0", "BF16"]),
        ("Llama-3.2-1B", 16, 2048, 8192, 32, 8, 64, 128256, ["Q8_0", "Q4_K"]),
    ]
    kind = torch.float32 if device == "cpu" else torch.bfloat16
    for name, layers, width, hidden, heads, kv, size, vocabulary, types in shapes:
        prompts = [20] if toy else [512, 2048, 8192]
        steps, begun = (6, 16) if toy else (128, 16)
        model = Llama(layers, width, hidden, heads, kv, size, vocabulary, 1, max(*prompts, begun + steps), device, kind)
        # mode="reduce-overhead" records CUDA graphs.
        compiles = hasattr(torch, "compile") and device == "cuda"
        for streams in [1, 3] if toy else [1, 8, 32, 128, 256]:
            model.resize(streams, begun + steps)
            forward = torch.compile(model, mode="reduce-overhead") if compiles else model
            tokens = torch.zeros(streams, 1, dtype=torch.long, device=device)

            def decode(first):
                token = tokens
                for position in range(first, begun + steps):
                    token = forward(token, model.places[position : position + 1]).clone()

            decode(begun)
            best = min(clock.run(lambda i: decode(begun), 1) for _ in range(1 if toy else 3))
            for kind_name in types:
                report.add("models", f"{name} {kind_name} decode streams={streams}", streams * steps / best, "tokens/s")
            if compiles:
                torch._dynamo.reset()
        for length in prompts:
            model.resize(1, length)
            tokens = torch.zeros(1, length, dtype=torch.long, device=device)
            positions = torch.arange(length, device=device)
            model(tokens, positions)
            best = min(clock.run(lambda i: model(tokens, positions), 1) for _ in range(1 if toy else 3))
            for kind_name in types:
                report.add("models", f"{name} {kind_name} prompt tokens={length}", length / best, "tokens/s")
        del model
        if device == "cuda":
            torch.cuda.empty_cache()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--dump")
    parser.add_argument("--out", default="pytorch.json")
    parser.add_argument("--toy", action="store_true")
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    parser.add_argument("--only", default="check,copy,matvec,matmul,attention,models")
    arguments = parser.parse_args()
    wanted = arguments.only.split(",")
    device, toy = arguments.device, arguments.toy
    report, clock = Report(), Clock(device, toy)
    sections = {
        "check": lambda: arguments.dump and check(report, arguments.dump, device),
        "copy": lambda: copy(report, clock, device, toy),
        "matvec": lambda: linear(report, clock, device, toy, "mat-vec"),
        "matmul": lambda: linear(report, clock, device, toy, "matmul"),
        "attention": lambda: attention(report, clock, device, toy),
        "models": lambda: models(report, clock, device, toy),
    }
    with torch.no_grad():
        for section, run in sections.items():
            if section in wanted:
                try:
                    run()
                except Exception as problem:  # One section that a version of PyTorch cannot do leaves the others.
                    print(f"  PyTorch {section}: {type(problem).__name__}: {problem}", flush=True)
                    report.failed |= section == "check" or toy
                with open(arguments.out, "w") as f:
                    json.dump({"device": torch.cuda.get_device_name() if device == "cuda" else "cpu", "torch": torch.__version__, "results": report.results}, f, indent=1)
    return 1 if report.failed else 0


if __name__ == "__main__":
    sys.exit(main())
