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
