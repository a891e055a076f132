"""The same models in PyTorch: prints {"kind", "samplesPerSecond"}, the median of some seconds' pieces, on one thread."""

import json
import sys
import time

import torch
from torch import nn
from torch.nn import functional as F

torch.set_num_threads(1)
kind, seconds = sys.argv[1], float(sys.argv[2])


def mlp(inputs, hidden, outputs):
    return nn.Sequential(nn.Linear(inputs, hidden), nn.ReLU(), nn.Linear(hidden, outputs))


def cnn():
    return nn.Sequential(
        nn.Conv2d(3, 32, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(32, 48, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2),
        nn.Flatten(), nn.Linear(8 * 8 * 48, 128), nn.ReLU(), nn.Linear(128, 10),
    )


class Packed(nn.Module):
    """Several small networks as one, by batched matrix products."""

    def __init__(self, models, inputs, hidden, outputs):
        super().__init__()
        self.k1 = nn.Parameter(torch.randn(models, inputs, hidden) * 0.1)
        self.b1 = nn.Parameter(torch.zeros(models, 1, hidden))
        self.k2 = nn.Parameter(torch.randn(models, hidden, outputs) * 0.1)
        self.b2 = nn.Parameter(torch.zeros(models, 1, outputs))

    def forward(self, x):
        return torch.baddbmm(self.b2, F.relu(torch.baddbmm(self.b1, x, self.k1)), self.k2)


def median(run, warm_up, size):
    run(1)
    begun = time.perf_counter()
    run(warm_up)
    rounds = max(1, round(warm_up * seconds / 10 / (time.perf_counter() - begun)))
    rates, started = [], time.perf_counter()
    while time.perf_counter() - started < seconds or len(rates) < 3:
        before = time.perf_counter()
        run(rounds)
        rates.append(rounds / (time.perf_counter() - before))
    return sorted(rates)[len(rates) // 2] * size


def training(model, shape, classes, batch, models=1):
    records = 2000
    x, y = torch.rand(records, *shape), torch.arange(records) * 7 % classes
    optimizer = torch.optim.Adam(model.parameters(), lr=0.001, eps=1e-7)

    def run(rounds):
        for _ in range(rounds):
            rows = torch.randint(records, (models * batch,))
            optimizer.zero_grad(set_to_none=True)
            if models == 1:
                loss = F.cross_entropy(model(x[rows]), y[rows])
            else:
                logits = model(x[rows].view(models, batch, *shape))
                loss = F.cross_entropy(logits.view(models * batch, classes), y[rows]) * models
            loss.backward()
            optimizer.step()

    return median(run, 50, models * batch)


def forward(model, shape, rows=256):
    x = torch.rand(rows, *shape)

    def run(rounds):
        with torch.inference_mode():
            for _ in range(rounds):
                model(x)

    return median(run, 4, rows)


measure = {
    "mlp": lambda: training(mlp(600, 128, 100), [600], 100, 100),
    "cnn": lambda: training(cnn(), [3, 32, 32], 10, 100),
    "tiny": lambda: training(mlp(10, 32, 2), [10], 2, 32),
    "packed8": lambda: training(Packed(8, 10, 32, 2), [10], 2, 32, models=8),
    "forward-cnn": lambda: forward(cnn(), [3, 32, 32]),
}
print(json.dumps({"kind": kind, "samplesPerSecond": round(measure[kind]())}))
