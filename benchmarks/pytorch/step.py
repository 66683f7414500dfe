"""Times a step of PyTorch's own optimizers over the shapes of ./run bench step, for comparison on the same machine.

    python3 benchmarks/pytorch/step.py [--params gpt2-small:12] [--device cuda] [--rounds 15] [--json FILE]

torch.optim.Muon (PyTorch 2.9 and later), torch.optim.AdamW (fused where there is CUDA), and ROOT as its paper states it
(arXiv 2511.20626), one matrix at a time.
"""

import argparse
import json
import statistics
import time

import torch

SETS = {
    "gpt2-small": (12, [(2304, 768), (768, 768), (3072, 768), (768, 3072)]),
    "llama-1b": (16, [(2048, 2048), (512, 2048), (512, 2048), (2048, 2048), (8192, 2048), (8192, 2048), (2048, 8192)]),
    "chargpt": (4, [(576, 192), (192, 192), (768, 192), (192, 768)]),
}


class PlainRoot:
    """Momentum, soft threshold at the 0.9 quantile, five steps of one triple, decoupled decay."""

    def __init__(self, parameters, dtype, lr=1e-3, decay=0.1, mu=0.95, quantile=0.9):
        self.parameters, self.dtype, self.lr, self.decay, self.mu, self.quantile = parameters, dtype, lr, decay, mu, quantile
        self.momenta = [torch.zeros_like(p) for p in parameters]

    @torch.no_grad()
    def step(self):
        for p, m in zip(self.parameters, self.momenta):
            m.mul_(self.mu).add_(p.grad)
            v = p.grad.add(m, alpha=self.mu)
            eps = v.abs().flatten().kthvalue(1 + int(self.quantile * (v.numel() - 1))).values
            u = self.orthogonalize(v.clamp(-eps, eps))
            p.mul_(1 - self.lr * self.decay).add_(u, alpha=-self.lr * 0.2 * max(p.shape) ** 0.5)

    def orthogonalize(self, base):
        x = base.to(self.dtype)
        tall = x.size(0) > x.size(1)
        x = x.mT if tall else x
        x = x / x.norm()
        for _ in range(5):
            gram = x @ x.mT
            x = torch.addmm(x, torch.addmm(gram, gram, gram, beta=-4.7750, alpha=2.0315), x, beta=3.4445)
        return x.mT if tall else x


def parameters_of(text, device):
    name, _, layers = text.partition(":")
    if name not in SETS or (layers and not (layers.isdigit() and int(layers) > 0)):
        raise SystemExit(f"--params {text}: NAME or NAME:LAYERS, NAME of {', '.join(SETS)}")
    torch.manual_seed(1)
    made = []
    for _ in range(int(layers) if layers else SETS[name][0]):
        for shape in SETS[name][1]:
            p = torch.nn.Parameter(torch.randn(shape, device=device) * 0.02)
            p.grad = torch.randn(shape, device=device)
            made.append(p)
    return made


def seconds(action, device):
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    started = time.perf_counter()
    action()
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    return time.perf_counter() - started


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--params", default="gpt2-small:12")
    arguments.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    arguments.add_argument("--rounds", type=int, default=15)
    arguments.add_argument("--json")
    given = arguments.parse_args()
    device = torch.device(given.device)
    parameters = parameters_of(given.params, device)

    fused = {"fused": True} if device.type == "cuda" else {}
    contenders = {
        "adamw": torch.optim.AdamW(parameters, weight_decay=0.1, **fused).step,
        "root_plain_float32": PlainRoot(parameters, torch.float32).step,
        "root_plain_bf16": PlainRoot(parameters, torch.bfloat16).step,
    }
    if hasattr(torch.optim, "Muon"):
        contenders["torch.optim.Muon"] = torch.optim.Muon(parameters).step
    else:
        print(f"PyTorch {torch.__version__} has no torch.optim.Muon: it is left out.")

    took = {name: [] for name in contenders}
    for round_ in range(given.rounds + 2):
        for name, step in contenders.items():
            time_ = seconds(step, device)
            if round_ >= 2:  # two to warm up
                took[name].append(time_)
    medians = {name: statistics.median(times) for name, times in took.items()}
    where = torch.cuda.get_device_name(device) if device.type == "cuda" else f"CPU, {torch.get_num_threads()} threads"
    print(f"{given.params} on {where}, PyTorch {torch.__version__}")
    for name, median in medians.items():
        print(f"{name:24} {median:.4f} s")
    if given.json:
        with open(given.json, "w") as file:
            json.dump({"device": where, "torch": torch.__version__, "params": given.params, "seconds": medians}, file, indent=2)


if __name__ == "__main__":
    main()
