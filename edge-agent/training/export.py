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

from nets import NETS


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
