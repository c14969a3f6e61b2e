"""The networks: plain convolutions only, so that they train on a CPU and run anywhere.

Shapes are a contract with the program that runs them (see README.md); `python nets.py` prints sizes and multiply-adds.
"""

import torch
from torch import nn
from torch.nn import functional as F

CLASSES = 37  # digits, letters, blank


def conv(inputs, outputs, kernel=3, stride=1, dilation=1):
    kernel = (kernel, kernel) if isinstance(kernel, int) else kernel
    padding = tuple(dilation * (k // 2) if k % 2 else 0 for k in kernel)
    dilation = tuple(dilation if k > 1 else 1 for k in kernel)
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, kernel, stride, padding, dilation, bias=False),
        nn.BatchNorm2d(outputs),
        nn.ReLU(inplace=True),
    )


class Residual(nn.Module):
    def __init__(self, *layers):
        super().__init__()
        self.layers = nn.Sequential(*layers)

    def forward(self, x):
        return x + self.layers(x)


class Detector(nn.Module):
    """1x1xHxW to 1x9x(H/8)x(W/8): how likely a plate's middle is here, and its corners in units of 32 pixels."""

    def __init__(self):
        super().__init__()
        self.fine = nn.Sequential(conv(1, 32, 7, 4), conv(32, 48, 3, 2), Residual(conv(48, 48)))
        self.coarse = nn.Sequential(
            conv(48, 64, 3, 2), Residual(conv(64, 64)), Residual(conv(64, 64, dilation=2)), Residual(conv(64, 64, dilation=4)),
            nn.Conv2d(64, 48, 1),
        )  # fmt: skip
        self.join = conv(48, 48)
        self.head = nn.Conv2d(48, 9, 1)
        nn.init.constant_(self.head.bias[:1], -4.0)

    def forward(self, x):
        fine = self.fine(x)
        wide = F.interpolate(self.coarse(fine), scale_factor=2, mode="nearest")
        return self.head(self.join(F.relu(fine + wide)))


class Refiner(nn.Module):
    """1x1x64x160 to 1x10: plate or not, two lines or one, and the corners' offsets in units of 16 pixels."""

    def __init__(self):
        super().__init__()
        self.trunk = nn.Sequential(
            conv(1, 16, 5, 2), conv(16, 32, 3, 2), Residual(conv(32, 32)), conv(32, 48, 3, 2), Residual(conv(48, 48)),
            conv(48, 64, 3, 2), Residual(conv(64, 64)),
        )  # fmt: skip
        self.head = nn.Sequential(nn.Flatten(), nn.Linear(64 * 4 * 10, 96), nn.ReLU(inplace=True), nn.Linear(96, 10))

    def forward(self, x):
        return self.head(self.trunk(x).contiguous())


class Reader(nn.Module):
    """1x1x64x192 to 1x48x37: for each of 48 columns a letter, a digit or nothing (CTC)."""

    def __init__(self, third=48, fourth=64, fifth=96, wide=128):
        super().__init__()
        self.trunk = nn.Sequential(
            conv(1, 16, 5, 2), conv(16, 32, 3, 2), conv(32, third), conv(third, fourth, 3, (2, 1)), Residual(conv(fourth, fourth)),
            conv(fourth, fifth, 3, (2, 1)), Residual(conv(fifth, fifth)),
            nn.Conv2d(fifth, wide, (4, 1), bias=False), nn.BatchNorm2d(wide), nn.ReLU(inplace=True),
        )  # fmt: skip
        self.along = nn.Sequential(*[Residual(conv(wide, wide, (1, 3), dilation=d)) for d in (1, 2, 4)])
        self.letters = nn.Conv2d(wide, CLASSES, 1)

    def forward(self, x):
        return self.letters(self.along(self.trunk(x))).squeeze(2).transpose(1, 2)


def second_reader():
    """A larger reader: it looks once, and only at what the first does not see clearly."""
    return Reader(80, 112, 176, 224)


NETS = {
    "detector": (Detector, (1, 1, 384, 640), "out"),
    "refiner": (Refiner, (1, 1, 64, 160), "out"),
    "reader": (Reader, (1, 1, 64, 192), "ctc"),
    "second-reader": (second_reader, (1, 1, 64, 192), "ctc"),
}


def multiply_adds(net, shape):
    total = 0

    def count(module, _, output):
        nonlocal total
        if isinstance(module, nn.Conv2d):
            total += output.shape[2] * output.shape[3] * module.weight.numel()
        elif isinstance(module, nn.Linear):
            total += module.weight.numel()

    handles = [m.register_forward_hook(count) for m in net.modules()]
    with torch.no_grad():
        net.eval()(torch.zeros(shape))
    for handle in handles:
        handle.remove()
    return total


if __name__ == "__main__":
    for name, (make, shape, _) in NETS.items():
        made = make()
        print(f"{name}: {sum(p.numel() for p in made.parameters()):,} weights, {multiply_adds(made, shape) / 1e6:.1f} M multiply-adds")
