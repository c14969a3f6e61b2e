"""Writes a network's averaged weights as ONNX with fixed shapes, its weights halved to float16.

    python export.py --run DIR --out DIR     every NAME.pt of a run becomes NAME.onnx
"""

import argparse
import copy
import os
import warnings

import numpy as np
import onnx
import torch
from onnx import TensorProto, helper, numpy_helper
from torch import nn

from nets import NETS, Reader


def export(name, net, path):
    _, shape, output = NETS[name]
    plain = copy.deepcopy(net).cpu().eval().to(memory_format=torch.contiguous_format)
    arguments = {"opset_version": 17, "input_names": ["x"], "output_names": [output], "do_constant_folding": True}
    if torch.__version__ >= "2.5":
        arguments["dynamo"] = False
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(plain, torch.zeros(shape), path + ".part", **arguments)
    onnx.save(with_half_weights(onnx.load(path + ".part")), path + ".part")
    os.replace(path + ".part", path)


def with_half_weights(model):
    """Keeps weights as float16 and widens them where they are used: half the file, the same arithmetic in float32."""
    casts = []
    for weight in model.graph.initializer:
        if weight.data_type == TensorProto.FLOAT:
            half = weight.name + ".half"
            casts.append(helper.make_node("Cast", [half], [weight.name], to=TensorProto.FLOAT))
            weight.CopyFrom(numpy_helper.from_array(numpy_helper.to_array(weight).astype(np.float16), half))
    nodes = casts + list(model.graph.node)
    del model.graph.node[:]
    model.graph.node.extend(nodes)
    onnx.checker.check_model(model)
    return model


def revive(net, path, pictures):
    """Puts the weights of an ONNX file back into a net that can learn on.

    The file's convolutions have swallowed their normalisations; those are given back what `pictures` show them, so that
    the net answers as the file does, whether it normalises by batch or by what it remembers.
    """
    graph = onnx.load(path).graph
    kept = {w.name: numpy_helper.to_array(w).astype(np.float32) for w in graph.initializer}
    widened = {n.output[0]: kept[n.input[0]] for n in graph.node if n.op_type == "Cast" and n.input[0] in kept}
    layers = [[widened[name] for name in n.input[1:3]] for n in graph.node if n.op_type in ("Conv", "Gemm")]
    modules = [m for m in net.modules() if isinstance(m, (nn.Conv2d, nn.Linear, nn.BatchNorm2d))]
    handles = []
    wanted = [m for m in modules if not isinstance(m, nn.BatchNorm2d)]
    if [tuple(weight.shape) for weight, _ in layers] != [tuple(m.weight.shape) for m in wanted]:
        raise ValueError(f"{path} is of another net: its layers have other shapes")
    for module, following in zip(modules, modules[1:] + [None]):
        if isinstance(module, nn.BatchNorm2d):
            continue
        weight, bias = (torch.from_numpy(w.copy()) for w in layers.pop(0))
        with torch.no_grad():
            module.weight.copy_(weight)
            if module.bias is not None:
                module.bias.copy_(bias)
        if isinstance(following, nn.BatchNorm2d):
            handles.append(following.register_forward_hook(lambda norm, inputs, _, bias=bias: shown(norm, inputs[0], bias)))
    with torch.no_grad():
        net.eval()(pictures)
    for handle in handles:
        handle.remove()
    return net.train()


def reader_in(path):
    """A reader as wide as the one in an ONNX file, its weights still by chance."""
    graph = onnx.load(path).graph
    shapes = {w.name: list(w.dims) for w in graph.initializer}
    halves = {n.output[0]: n.input[0] for n in graph.node if n.op_type == "Cast"}
    widths = [shapes[halves.get(n.input[1], n.input[1])][0] for n in graph.node if n.op_type == "Conv"]
    return Reader(widths[2], widths[3], widths[5], widths[7])


def widen(small, net, seed, noise=0.03):
    """Gives a wider net of the same layers the answers of a smaller one (Net2Net, Chen and others, arXiv:1511.05641).

    Channels that are missing repeat others, and whoever takes them in shares the weight between them. A little noise, in parts of
    each layer's spread, lets the repeated ones learn different things.
    """
    generator = torch.Generator().manual_seed(seed)
    layers = (nn.Conv2d, nn.BatchNorm2d)
    pairs = [(a, b) for a, b in zip(small.modules(), net.modules()) if isinstance(a, layers)]
    sources, taken = {}, torch.arange(1)
    with torch.no_grad():
        for old, new in pairs:
            if isinstance(old, nn.BatchNorm2d):
                for name, values in old.state_dict().items():
                    new.state_dict()[name].copy_(values[taken] if values.dim() else values)
                continue
            before, (had, has) = taken, (old.out_channels, new.out_channels)
            if has < had:
                raise ValueError(f"a layer of {has} channels cannot hold one of {had}: the net to widen must be the narrower one")
            if (had, has) not in sources:  # one source for all layers as wide: a residual adds like to like
                sources[had, has] = torch.cat([torch.arange(had), torch.randint(had, (has - had,), generator=generator)])
            taken = sources[had, has]
            shares = torch.bincount(before, minlength=old.in_channels)[before].view(1, -1, 1, 1)
            weight = old.weight[taken][:, before] / shares
            new.weight.copy_(weight + noise * weight.std() * torch.randn(weight.shape, generator=generator))
            if old.bias is not None:
                new.bias.copy_(old.bias[taken])
    return net


def shown(norm, sums, bias):
    """Sets a normalisation to what these sums are, and its effect to adding `bias` only."""
    mean, spread = sums.mean((0, 2, 3)), sums.var((0, 2, 3), unbiased=False)
    norm.running_mean.copy_(mean)
    norm.running_var.copy_(spread)
    norm.weight.copy_(torch.sqrt(spread + norm.eps))
    norm.bias.copy_(mean + bias)
    return sums + bias.view(1, -1, 1, 1)


def load(path, name):
    net = NETS[name][0]()
    net.load_state_dict(torch.load(path, map_location="cpu", weights_only=True)["average"])
    return net.eval()


def main():
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--run", required=True)
    arguments.add_argument("--out", required=True)
    options = arguments.parse_args()
    os.makedirs(options.out, exist_ok=True)
    for name in NETS:
        checkpoint = os.path.join(options.run, f"{name}.pt")
        if os.path.exists(checkpoint):
            export(name, load(checkpoint, name), os.path.join(options.out, f"{name}.onnx"))


if __name__ == "__main__":
    main()
